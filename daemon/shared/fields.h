/* SPDX-License-Identifier: MIT */
/* Fields of the values in etcd, beside those that json_value.h takes. What is odd is told in one
 * line with its key, and nothing is taken for it. */
#pragma once

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/json/json_parser.h"
#include "daemon/json/json_writer.h"

/* Parses a value: -EPROTO, told in `err`, where it is no JSON object; -ENOMEM. */
int fields_parse(const char *text, size_t size, Json **ret_root, Err *err);

/* Each returns 0; -EINVAL with `err`; -ENOMEM. What is not there, null or "" is NULL, 0 or -1,
 * unless it is needed. Texts are copied into the arena. */
int fields_text(const Json *root, const char *key, bool is_needed, Arena *arena,
                const char **ret_text, Err *err);

/* A text of any length that holds a JSON object itself: a member. */
int fields_json(const Json *root, const char *key, Arena *arena, const char **ret_text, Err *err);

/* A text in base64; one that is needed. */
int fields_bytes(const Json *root, const char *key, Arena *arena, const void **ret_bytes,
                 size_t *ret_size, Err *err);

/* A user's number; (uid_t)-1: not known. */
int fields_uid(const Json *root, const char *key, uid_t *ret_uid, Err *err);

/* An array of objects; NULL is one of none. Its rows are told as KEY[INDEX] by fields_of_row(). */
int fields_rows(const Json *root, const char *key, const Json **ret_rows, Err *err);

/* Puts "KEY[INDEX]." before what `err` says. Returns `error`. */
int fields_of_row(int error, const char *key, size_t index, Err *err);

/* Puts bytes as base64. */
void fields_put_bytes(JsonWriter *writer, const char *key, const void *bytes, size_t size);
