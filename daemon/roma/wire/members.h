/* SPDX-License-Identifier: MIT */
/* The member list's pages (API.md sections 1.2 and 1.3). */
#pragma once

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/json/json_parser.h"
#include "daemon/roma/wire/page.h"
#include "reconcile/ops.h"

/* Where a row stands in the body. */
typedef struct MemberText {
    const char *start;
    size_t size;
} MemberText;

/* One page at a time; its memory for rows serves the next. Starts as {0}. */
typedef struct MemberList {
    MemberPage page;
    MemberRow *rows;
    MemberText *texts; /* of the rows, in the body */
    size_t row_capacity, text_capacity;
    Arena strings;   /* of the rows */
    Buf description; /* of the row described last */
} MemberList;

/* Fills list->page. 0; -EPROTO with `err` naming what is odd; -ENOMEM with `err`. The list must
 * stay where it is, and the body be there, while the page is in use. */
int members_parse(MemberList *list, JsonParser *parser, const char *body, size_t size, Err *err);

/* Lets go of the page, keeps the memory for rows. */
void members_clear(MemberList *list);
void members_done(MemberList *list);
