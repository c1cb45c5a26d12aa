/* SPDX-License-Identifier: MIT */
/* A tree of an object that comes in pieces, made as it comes (json_items.h), so that a long text
 * need not be read in one turn of the loop. For texts of our own: of one that others give, nothing
 * but the length of a piece bounds what one call does. */
#pragma once

#include "daemon/json/json_items.h"
#include "daemon/json/json_parser.h"

typedef struct JsonBuild {
    JsonItems items;
    JsonParser parser;
    Json *root, *list;
} JsonBuild;

/* `list`: the name of its long list, whose elements are made one by one; borrowed. 0 or -ENOMEM;
 * json_build_done() in both cases. The build may not move. */
int json_build_init(JsonBuild *build, const char *list);
void json_build_done(JsonBuild *build);

/* As json_items_take() and json_items_end(). */
int json_build_take(JsonBuild *build, const char *bytes, size_t size, Err *err);
int json_build_end(JsonBuild *build, Json **ret_root, Err *err);
