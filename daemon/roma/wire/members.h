/* SPDX-License-Identifier: MIT */
/* The member list's pages (API.md sections 1.2 and 1.3). */
#pragma once

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/json/json_parser.h"
#include "daemon/roma/wire/page_pull.h"
#include "reconcile/ops.h"

/* Where a row stands in the body. */
typedef struct MemberText {
    size_t start, size;
} MemberText;

/* One page at a time; its memory for rows serves the next. Starts as {0}. */
typedef struct MemberList {
    MemberPage page;
    MemberRow *rows;
    MemberText *texts; /* of the rows */
    size_t row_capacity, text_capacity;
    const char *body; /* of the page */
    PagePull pull;
    JsonShape shape;            /* of rows */
    PageText channel_id, group; /* of the row before */
    Arena strings;              /* of the rows */
    Buf description;            /* of the row described last */
} MemberList;

/* Fills list->page. 0; -EPROTO with `err` naming what is odd; -ENOMEM with `err`. The list must
 * stay where it is, and the body be there, while the page is in use. */
int members_parse(MemberList *list, JsonParser *parser, const char *body, size_t size, Err *err);

/* Reads on in a page that is arriving, of which this is all that is there; the body may move until
 * members_parse() is called with the whole. Nothing of it counts before. */
void members_feed(MemberList *list, const char *body, size_t size);

/* The two ways in which members_parse() reads a page. The first one, members_pull.c, takes no page
 * that the second one refuses, and reads it as the same: -EPROTO or -ENOMEM, the list empty, where
 * it does not take it. The second one words what is odd. */
int members_pull(MemberList *list, const char *body, size_t size);
int members_read_tree(MemberList *list, JsonParser *parser, const char *body, size_t size,
                      Err *err);

/* Lets go of the page, keeps the memory for rows. */
void members_clear(MemberList *list);
void members_done(MemberList *list);
