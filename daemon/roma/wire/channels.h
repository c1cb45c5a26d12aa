/* SPDX-License-Identifier: MIT */
/* The channel list's pages (API.md sections 1.7 and 1.10). */
#pragma once

#include "daemon/base/arena.h"
#include "daemon/json/json_parser.h"
#include "daemon/roma/wire/page_pull.h"
#include "reconcile/ops.h"

/* One page at a time, like MemberList. Starts as {0}. */
typedef struct ChannelList {
    ChannelPage page;
    ChannelRow *rows;
    size_t capacity;
    Arena strings; /* of the rows */
    PagePull pull;
    JsonShape shape, group_shape;   /* of rows, and of the groups in them */
    PageText member_type, vpc_type; /* of the row before */
} ChannelList;

/* Fills list->page. 0; -EPROTO with `err` naming what is odd about the page; -ENOMEM with `err`.
 * What is odd about a row stands in it (ChannelRow.odd). */
int channels_parse(ChannelList *list, JsonParser *parser, const char *body, size_t size, Err *err);

/* Reads on in a page that is arriving, like members_feed(). */
void channels_feed(ChannelList *list, const char *body, size_t size);

/* The two ways in which channels_parse() reads a page, like those of members. A page in which a row
 * is odd is not taken by the first one, channels_pull.c. */
int channels_pull(ChannelList *list, const char *body, size_t size);
int channels_read_tree(ChannelList *list, JsonParser *parser, const char *body, size_t size,
                       Err *err);

/* Lets go of the page, keeps the memory for rows. */
void channels_clear(ChannelList *list);
void channels_done(ChannelList *list);
