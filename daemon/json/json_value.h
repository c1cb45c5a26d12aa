/* SPDX-License-Identifier: MIT */
/*
 * DOC: JSON, read and written
 *
 * This is the one room that knows json-c, and nothing of json-c shows outside it. json_parser.h
 * makes a tree of a text, or says where and what is wrong with it; here its values are taken out;
 * json_writer.h writes JSON into a Buf and needs no tree. Long texts are read without a tree as
 * long as nothing about them is odd: json_pull.h finds their values where they stand (json_span.h),
 * json_shape.h those of objects that are all alike.
 *
 * There are two ways to take values out. Where it matters what a value is, a getter has a type and
 * a range, and takes nothing for it that is not exactly so: json-c by itself would take "abc" for
 * 0. Where something is only shown to people, json_find() and json_as_text() give something for
 * whatever there is.
 *
 * NULL stands for JSON's null everywhere. Values are borrowed from their root, which is given back
 * with json_free(). Nothing here is shared between two roots or kept between two calls.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/mem.h"

#define JSON_STRING_SIZE_MAX 1024

typedef struct json_object Json;

/* Gives a root back; NULL is fine. */
void json_free(Json *root);
DEFINE_CLEANUP(Json, json_free)

/* ---- what it is ---- */

bool json_is_object(const Json *value);
bool json_is_array(const Json *value);
bool json_is_string(const Json *value);
bool json_is_integer(const Json *value);

/* true or false itself, and nothing that is like it. */
bool json_is_true(const Json *value);
bool json_is_false(const Json *value);

/* "a string", "an object": for messages. */
const char *json_type_name(const Json *value);

/* ---- what is in it ---- */

/* The value of an object's key; NULL where there is none, and in what is no object. */
Json *json_find(const Json *object, const char *key);

/* The elements of an array; 0 and NULL in what is none. */
size_t json_length(const Json *array);
Json *json_at(const Json *array, size_t index);

/* One key of an object after the other, in the order in which they stand there; none of what is no
 * object. json_next() is false after the last one. */
typedef struct JsonField {
    const char *key;
    Json *value;
    const void *next;
} JsonField;

JsonField json_fields(const Json *object);
bool json_next(JsonField *field);

/* The value as text, borrowed: a string as it is, up to its first NUL, anything else as JSON; ""
 * for null, and where memory runs out. */
const char *json_as_text(const Json *value);

/* A whole number from 0; 0 for anything else. */
uint64_t json_as_number(const Json *value);

/* ---- exactly that, or an error ---- */

/* A string of JSON_STRING_SIZE_MAX bytes at most without a NUL, borrowed from the value.
 * 0 or -EPROTO. */
int json_get_string(const Json *value, const char **ret_text);

/* The same, but null is "". */
int json_get_optional_string(const Json *value, const char **ret_text);

/* A whole number (1.0 is none). 0 or -EPROTO. */
int json_get_integer(const Json *value, int64_t min, int64_t max, int64_t *ret_number);

/* Sets "LIST[INDEX].FIELD: should be WANTED, is a string" and returns -EPROTO. */
int json_odd_field(Err *err, const char *list, size_t index, const char *field, const char *wanted,
                   const Json *value);

/* ---- requests ---- */

/* The only keys that an object may have, NULL at their end. 0, or -EINVAL with `err`. */
int json_check_keys(const Json *root, const char *const *keys, Err *err);

/* A text, borrowed; *ret_text is NULL where there is none, which `is_needed` forbids. A number from
 * 1 and a truth value likewise, 0 and false. -EINVAL with `err` for other types, empty texts and
 * those over JSON_STRING_SIZE_MAX, numbers beyond `max`, which is less than UINT64_MAX. */
int json_take_text(const Json *root, const char *key, bool is_needed, const char **ret_text,
                   Err *err);
int json_take_number(const Json *root, const char *key, uint64_t max, uint64_t *ret_number,
                     Err *err);
int json_take_bool(const Json *root, const char *key, bool *ret_value, Err *err);
