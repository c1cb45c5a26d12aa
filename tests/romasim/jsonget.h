/* SPDX-License-Identifier: MIT */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>

/* Typed access to the state file and to admin requests: a wrong type is a mistake in a test, so it
 * is said aloud. Absent keys give `otherwise`. Mistakes are collected in a JsonError: look at it at
 * the end. */
typedef struct JsonError {
    char *text;
} JsonError;

/* The first complaint is kept. */
void jsonget_fail(JsonError *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* NULL when absent or null; borrowed from `o`. */
const char *jsonget_string(JsonError *e, json_object *o, const char *key);

/* A copy of the string, or of `otherwise` (which may be NULL). */
char *jsonget_copy(JsonError *e, json_object *o, const char *key, const char *otherwise);
int jsonget_int(JsonError *e, json_object *o, const char *key, int otherwise);
bool jsonget_bool(JsonError *e, json_object *o, const char *key, bool otherwise);

/* NULL when absent or null; borrowed. */
json_object *jsonget_object(JsonError *e, json_object *o, const char *key);
json_object *jsonget_array(JsonError *e, json_object *o, const char *key);
size_t jsonget_length(json_object *array_or_null);

bool jsonget_has(json_object *o, const char *key);

bool jsonget_is_listed(const char *key, const char *const *keys);

/* Complains about every key that is not in the NULL-terminated list. */
void jsonget_only(JsonError *e, json_object *o, const char *what, const char *const *keys);

/* Parses text strictly (no comments, no trailing commas, valid UTF-8, nothing behind). NULL if it
 * is not JSON. */
json_object *jsonget_parse(const char *text, size_t len);
