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
