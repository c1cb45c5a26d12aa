/* SPDX-License-Identifier: MIT */
/* Whether json-c made all of a text: up to version 0.16 it loses members, elements and strings
 * without a word when memory runs out. For this room alone. */
#pragma once

#include "daemon/json/json_parser.h"

/* Compares a text that json-c took for JSON with what it made of it: names, elements, nulls and the
 * bytes of all strings are counted on both sides. False too where an object has a name twice, of
 * which json-c keeps one, and where a word is odd. */
bool json_is_whole(const char *text, size_t size, const Json *value);

/* Whether one of the words is NaN, Infinity or has single quotes, all of which json-c takes. */
bool json_has_odd_word(const char *text, size_t size);

#define JSON_SHORT_SIZE 1024

/* Has a parser room for strings of JSON_SHORT_SIZE, so that it loses nothing of one in a text no
 * longer than that. 0, or -ENOMEM. */
int json_prepare(JsonParser *parser);

/* The same at less cost, of what such a parser made. */
bool json_is_whole_prepared(const char *text, size_t size, const Json *value);
