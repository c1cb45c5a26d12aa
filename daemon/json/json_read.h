/* SPDX-License-Identifier: MIT */
/* JSON bodies and what is taken out of them: strict about syntax, types and ranges, where json-c by
 * itself would take "abc" for 0 and a comment for JSON. */
#pragma once

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

#define JSON_STRING_SIZE_MAX 1024
#define PAGE_ROWS_MAX 500 /* of one page, API.md section 1.1 */

/* Reads one body after the other. */
typedef struct JsonParser {
    json_tokener *tokener;
} JsonParser;

/* 0 or -ENOMEM. */
int json_read_parser_init(JsonParser *parser);
void json_read_parser_done(JsonParser *parser);

/* The whole body as one JSON object. -EPROTO with `err` saying what it is instead ("HTML instead of
 * JSON"). Give *ret_root back with json_object_put(). */
int json_read_parse(JsonParser *parser, const char *body, size_t size, json_object **ret_root,
                    Err *err);

/* Whether a text can be JSON at all: UTF-8 (RFC 3629), and not too long for json-c. 0 or -EPROTO.
 */
int json_read_check(const char *body, size_t size, Err *err);

/* Says what a text that is no JSON is instead ("HTML instead of JSON"), or else `reason`; -EPROTO.
 */
int json_read_not_json(const char *body, size_t size, const char *reason, Err *err);

/* Reads one value at the text's start, of any kind, and tells how far it went; what follows is not
 * looked at. NULL, or the reason why it is none. Give *ret_value (NULL for null) back with
 * json_object_put(). */
const char *json_read_read_value(JsonParser *parser, const char *text, size_t size,
                                 json_object **ret_value, size_t *ret_used);

/* "a string", "an object": for messages. */
const char *json_read_type_name(json_object *value);

/* A string of JSON_STRING_SIZE_MAX bytes at most without a NUL, borrowed from the value.
 * 0 or -EPROTO. */
int json_read_get_string(json_object *value, const char **ret_text);

/* The same, but null is "". */
int json_read_get_optional_string(json_object *value, const char **ret_text);

/* A whole number (1.0 is none). 0 or -EPROTO. */
int json_read_get_integer(json_object *value, int64_t min, int64_t max, int64_t *ret_number);

/* Sets "LIST[INDEX].FIELD: should be WANTED, is a string" and returns -EPROTO. */
int json_read_odd_field(Err *err, const char *list, size_t index, const char *field,
                        const char *wanted, json_object *value);
