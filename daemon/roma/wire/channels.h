/* SPDX-License-Identifier: MIT */
/* The channel list's pages (API.md sections 1.7 and 1.10). */
#pragma once

#include "daemon/base/arena.h"
#include "daemon/json/json_parser.h"
#include "daemon/roma/wire/page.h"
#include "reconcile/ops.h"

/* One page at a time, like MemberList. Starts as {0}. */
typedef struct ChannelList {
    ChannelPage page;
    ChannelRow *rows;
    size_t capacity;
    Arena strings; /* of the rows */
} ChannelList;

/* Fills list->page. 0; -EPROTO with `err` naming what is odd about the page; -ENOMEM with `err`.
 * What is odd about a row stands in it (ChannelRow.odd). */
int channels_parse(ChannelList *list, JsonParser *parser, const char *body, size_t size, Err *err);

/* Lets go of the page, keeps the memory for rows. */
void channels_clear(ChannelList *list);
void channels_done(ChannelList *list);
