/* The member list's pages (API.md sections 1.2 and 1.3). */
#pragma once

#include "daemon/roma/body.h"
#include "daemon/roma/scan.h"
#include "reconcile/ops.h"

/* One page at a time; its memory serves the next. Starts as {0}. */
typedef struct MemberList MemberList;

struct MemberList {
    MemberPage page;  /* its rows borrow from `strings` */
    MemberList *self; /* whom the page describes its rows by */
    BodyParser *parser;
    MemberRow *rows;
    ScanValue *sources; /* the rows as they stand in the body */
    size_t row_capacity;
    size_t source_capacity;
    char *strings;
    size_t string_capacity;
    json_object *described; /* the row that was described last */
};

/*
 * Fills list->page. 0; -EPROTO with `err` naming what is odd; -ENOMEM with `err`. The page borrows
 * from the body and uses the parser to describe rows; the list must stay where it is while the page
 * is in use.
 */
int members_parse(MemberList *list, BodyParser *parser, const char *body, size_t size, Err *err);

/* Lets go of the page, keeps the memory. */
void members_clear(MemberList *list);
void members_done(MemberList *list);
