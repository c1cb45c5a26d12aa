/* The member list's pages (API.md sections 1.2 and 1.3). */
#pragma once

#include "daemon/roma/body.h"
#include "reconcile/ops.h"

/* One page at a time; its memory for rows serves the next. Starts as {0}. */
typedef struct MemberList {
    MemberPage page; /* borrows from `root` */
    json_object *root;
    json_object *array;
    MemberRow *rows;
    size_t capacity;
} MemberList;

/* Fills list->page. 0; -EPROTO with `err` naming what is odd; -ENOMEM with `err`. The list must
 * stay where it is while the page is in use. */
int members_parse(MemberList *list, BodyParser *parser, const char *body, size_t size, Err *err);

/* Lets go of the page, keeps the memory for rows. */
void members_clear(MemberList *list);
void members_done(MemberList *list);
