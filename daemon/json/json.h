/* SPDX-License-Identifier: MIT */
/* Making JSON objects, and taking requests apart strictly. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"

/* What cannot be made for want of memory is left out, and json_append() tells of it: a chain of
 * these is checked once, at its end. NULL is fine for what could not be made. */
json_object *json_new_object(void);
json_object *json_new_array(void);

/* Each takes the value over. NULL stands as null. */
void json_put(json_object *object, const char *key, json_object *value);

/* Appends to an array; takes the value over. NULL is for what could not be made. */
void json_add(json_object *array, json_object *value);

/* Bytes of a text that are no UTF-8 stand as '?'. A text that is NULL or "" stands as null, a
 * string as it is. */
void json_put_text(json_object *object, const char *key, const char *text);
void json_put_string(json_object *object, const char *key, const char *text);
void json_put_number(json_object *object, const char *key, uint64_t number);
void json_put_bool(json_object *object, const char *key, bool value);

/* null where it is not known. */
void json_put_number_if(json_object *object, const char *key, bool is_known, uint64_t number);

/* Appends the object, pretty-printed, with a newline at its end, and gives it back. 0; -ENOMEM also
 * when anything of it could not be made, and then buf_failed(). */
int json_append(json_object *root, Buf *buf);

/* Appends {"error": TEXT}. 0 or -ENOMEM. */
int json_append_error(const char *text, Buf *buf);

/* A request's body as an object; no body is an empty one. -EINVAL with one line in `err`; -ENOMEM.
 * Give it back with json_object_put(). */
int json_parse_request(const Buf *body, json_object **ret_root, Err *err);

/* The only keys that an object may have, NULL at their end. 0 or -EINVAL. */
int json_check_keys(json_object *root, const char *const *keys, Err *err);

/* A text, borrowed; *ret_text is NULL where there is none, which `is_needed` forbids. A number and
 * a truth value likewise, 0 and false. -EINVAL for other types, empty texts and those over 1024
 * bytes. */
int json_get_text(json_object *root, const char *key, bool is_needed, const char **ret_text,
                  Err *err);
int json_get_number(json_object *root, const char *key, uint64_t *ret_number, Err *err);
int json_get_bool(json_object *root, const char *key, bool *ret_value, Err *err);
