/* SPDX-License-Identifier: MIT */
/* A tree of JSON made value by value, in the way of json_writer.h, which calls it: what would be
 * read again at once need not become a text in between. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/json/json_parser.h"
#include "daemon/json/json_value.h"

/* Starts as {0}. The root holds all that is put; a failure sticks, and what is put then is dropped.
 */
typedef struct JsonTree {
    Json *root;
    Json *open[JSON_DEPTH_MAX]; /* in the root: what is not closed yet, the outermost first */
    size_t depth;
    bool has_failed;
} JsonTree;

/* Opens an object or an array, and closes what was opened last. */
void json_tree_open(JsonTree *tree, const char *key, bool is_array);
void json_tree_close(JsonTree *tree);

/* Puts a value. Bytes of a text that are no UTF-8 stand as '?'; a value is copied. */
void json_tree_put_string(JsonTree *tree, const char *key, const char *text);
void json_tree_put_number(JsonTree *tree, const char *key, uint64_t number);
void json_tree_put_bool(JsonTree *tree, const char *key, bool value);
void json_tree_put_null(JsonTree *tree, const char *key);
void json_tree_put_value(JsonTree *tree, const char *key, const Json *value);

/* Takes the root, or gives back what there is of it: 0 or -ENOMEM. */
int json_tree_end(JsonTree *tree, Json **ret_root);
