/* SPDX-License-Identifier: MIT */
/*
 * JSON written into a Buf, value by value as they come: there is no tree that memory could run out
 * for, and a failure sticks in the Buf, where it is checked once, at the end.
 *
 * Each value goes to a key of the object that was opened last, or, with NULL for its key, to the
 * end of the array that was opened last; the outermost one has no key either. Two spaces for each
 * level, one value a line, unless `is_compact`. What would steer a terminal or not be seen is
 * escaped, so that the text can be shown as it is and still says the same; bytes that are no UTF-8
 * stand as '?'. Or, with a tree in place of the Buf, into that (json_tree.h): it holds what reading
 * the text would have brought.
 */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/json/json_tree.h"
#include "daemon/json/json_value.h"

typedef struct JsonWriter {
    Buf *buf;
    JsonTree *tree; /* NULL: into the Buf */
    bool is_compact;
    bool has_values; /* what was opened last has */
    unsigned int depth;
} JsonWriter;

/* Each is closed by its own; json_end() ends the text with a newline, and is not for a tree. 0 or
 * -ENOMEM. */
void json_open_object(JsonWriter *writer, const char *key);
void json_close_object(JsonWriter *writer);
void json_open_array(JsonWriter *writer, const char *key);
void json_close_array(JsonWriter *writer);
int json_end(JsonWriter *writer);

/* A text that is NULL or "" stands as null, a string as it is. */
void json_put_text(JsonWriter *writer, const char *key, const char *text);
void json_put_string(JsonWriter *writer, const char *key, const char *text);
void json_put_number(JsonWriter *writer, const char *key, uint64_t number);
void json_put_bool(JsonWriter *writer, const char *key, bool value);
void json_put_null(JsonWriter *writer, const char *key);

/* null where it is not known. */
void json_put_number_if(JsonWriter *writer, const char *key, bool is_known, uint64_t number);

/* What was read elsewhere, all of it. */
void json_put_value(JsonWriter *writer, const char *key, const Json *value);

/* A text of JSON; null where it is NULL or no JSON object. */
void json_put_json(JsonWriter *writer, const char *key, const char *text);

/* Appends a value, or {"error": TEXT}, with a newline at its end. 0 or -ENOMEM. */
int json_append(const Json *value, Buf *buf);
int json_append_error(const char *text, Buf *buf);
