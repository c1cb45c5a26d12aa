/* SPDX-License-Identifier: MIT */
/*
 * A JSON object that comes in pieces, taken apart into its fields and the elements of one of its
 * lists: of a long answer no more is held at once than one of these. Where a value ends is told by
 * its brackets and quotes alone; what it is, and whether it is JSON at all, is for json_parser.h,
 * which whoever takes it asks.
 */
#pragma once

#include <stdbool.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"

/* Each returns 0 or an error, which ends the reading. Texts live for the call. */
typedef struct JsonItemsOps {
    /* A field; `name` stands in its quotes. */
    int (*on_field)(void *userdata, const char *name, size_t name_size, const char *text,
                    size_t size, Err *err);
    /* An element of the list. */
    int (*on_element)(void *userdata, const char *text, size_t size, Err *err);
    /* The list itself, where it ends. */
    int (*on_list)(void *userdata, Err *err);
} JsonItemsOps;

/* Starts as {.list, .ops, .userdata}: the name of the list whose elements are told one by one. */
typedef struct JsonItems {
    const char *list;
    const JsonItemsOps *ops;
    void *userdata;
    enum {
        JSON_ITEMS_BEGIN,
        JSON_ITEMS_FIRST_NAME,
        JSON_ITEMS_NAME,
        JSON_ITEMS_COLON,
        JSON_ITEMS_VALUE,
        JSON_ITEMS_AFTER_VALUE,
        JSON_ITEMS_FIRST_ELEMENT,
        JSON_ITEMS_ELEMENT,
        JSON_ITEMS_AFTER_ELEMENT,
        JSON_ITEMS_END,
    } place;
    Buf text;     /* what is not taken yet, and perhaps a little before it */
    size_t at;    /* how far it is read */
    size_t start; /* of the name or value under way */
    Buf name;     /* of the field under way, in its quotes */
    struct {
        bool is_begun, is_in_string, is_escaped;
        size_t depth;
    } value; /* under way */
} JsonItems;

void json_items_done(JsonItems *items);

/* Takes in what came. 0; -EPROTO what came is no object; -ENOMEM; the errors of the functions
 * above; told in `err`. */
int json_items_take(JsonItems *items, const char *bytes, size_t size, Err *err);

/* When nothing more comes: 0, or -EPROTO where the object is not at its end. */
int json_items_end(const JsonItems *items, Err *err);
