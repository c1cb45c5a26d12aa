/* SPDX-License-Identifier: MIT */
/* Whether json-c made all of a text: up to version 0.16 it loses members, elements and strings
 * without a word when memory runs out. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

/* Compares a text that json-c took for JSON with what it made of it: names, elements, nulls and the
 * bytes of all strings are counted on both sides. False too where an object has a name twice, of
 * which json-c keeps one. */
bool json_is_whole(const char *text, size_t size, json_object *value);

#define JSON_SHORT_SIZE 1024

/* Has a tokener room for strings of JSON_SHORT_SIZE, so that it loses nothing of one in a text no
 * longer than that. 0, or -ENOMEM. */
int json_prepare(json_tokener *tokener);

/* The same at less cost, of what such a tokener made. */
bool json_is_whole_prepared(const char *text, size_t size, json_object *value);
