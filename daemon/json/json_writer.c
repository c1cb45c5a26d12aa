/* SPDX-License-Identifier: MIT */
#include "daemon/json/json_writer.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/base/utf8.h"
#include "daemon/json/json_parser.h"

/* ---- strings ---- */

/* Beyond the first 65536 characters stand two halves (RFC 8259, section 7). */
static void json_append_escape(Buf *buf, uint32_t point)
{
    if (point < 0x10000) {
        buf_printf(buf, "\\u%04" PRIx32, point);
        return;
    }
    point -= 0x10000;
    buf_printf(buf, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + (point >> 10),
               0xdc00 + (point & 0x3ff));
}

/* The letter of a short escape; 0 where there is none. */
static char json_short_escape(char byte)
{
    static const char bytes[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = byte ? strchr(bytes, byte) : NULL;

    return found ? letters[found - bytes] : '\0';
}

static void json_append_character(Buf *buf, const char *text, size_t length)
{
    char escape = json_short_escape(*text);
    uint32_t point = utf8_decode(text, length);

    if (escape) {
        buf_putc(buf, '\\');
        buf_putc(buf, escape);
    } else if (utf8_is_unseen(point)) {
        json_append_escape(buf, point);
    } else {
        buf_append(buf, text, length);
    }
}

/* How many bytes at the text's start stand for themselves. */
static size_t json_measure_plain(const char *text, size_t size)
{
    size_t count = 0;

    while (count < size && text[count] >= ' ' && text[count] <= '~' && text[count] != '"' &&
           text[count] != '\\')
        count++;
    return count;
}

static void json_append_string(Buf *buf, const char *text, size_t size)
{
    buf_putc(buf, '"');
    for (size_t at = 0, length; at < size; at += length) {
        length = json_measure_plain(text + at, size - at);
        if (length > 0) {
            buf_append(buf, text + at, length);
            continue;
        }
        length = utf8_sequence(text + at, size - at);
        if (length > 0) {
            json_append_character(buf, text + at, length);
        } else {
            buf_putc(buf, '?');
            length = 1;
        }
    }
    buf_putc(buf, '"');
}

/* ---- places ---- */

static void json_append_line(const JsonWriter *writer)
{
    if (writer->is_compact)
        return;
    buf_putc(writer->buf, '\n');
    for (unsigned int i = 0; i < writer->depth; i++)
        buf_puts(writer->buf, "  ");
}

/* All that stands before a value. */
static void json_begin_value(JsonWriter *writer, const char *key)
{
    if (writer->has_values)
        buf_putc(writer->buf, ',');
    if (writer->depth > 0)
        json_append_line(writer);
    writer->has_values = true;
    if (!key)
        return;
    json_append_string(writer->buf, key, strlen(key));
    buf_puts(writer->buf, writer->is_compact ? ":" : ": ");
}

static void json_open(JsonWriter *writer, const char *key, char bracket)
{
    if (writer->tree) {
        json_tree_open(writer->tree, key, bracket == '[');
        return;
    }
    json_begin_value(writer, key);
    buf_putc(writer->buf, bracket);
    writer->depth++;
    writer->has_values = false;
}

static void json_close(JsonWriter *writer, char bracket)
{
    if (writer->tree) {
        json_tree_close(writer->tree);
        return;
    }
    assert(writer->depth > 0);
    writer->depth--;
    if (writer->has_values)
        json_append_line(writer);
    buf_putc(writer->buf, bracket);
    writer->has_values = true;
}

void json_open_object(JsonWriter *writer, const char *key)
{
    json_open(writer, key, '{');
}

void json_close_object(JsonWriter *writer)
{
    json_close(writer, '}');
}

void json_open_array(JsonWriter *writer, const char *key)
{
    json_open(writer, key, '[');
}

void json_close_array(JsonWriter *writer)
{
    json_close(writer, ']');
}

int json_end(JsonWriter *writer)
{
    assert(writer->depth == 0 && writer->has_values);
    buf_putc(writer->buf, '\n');
    return buf_failed(writer->buf);
}

/* ---- values ---- */

void json_put_string(JsonWriter *writer, const char *key, const char *text)
{
    if (writer->tree) {
        json_tree_put_string(writer->tree, key, text);
        return;
    }
    json_begin_value(writer, key);
    json_append_string(writer->buf, text, strlen(text));
}

void json_put_text(JsonWriter *writer, const char *key, const char *text)
{
    if (str_is_empty(text))
        json_put_null(writer, key);
    else
        json_put_string(writer, key, text);
}

void json_put_number(JsonWriter *writer, const char *key, uint64_t number)
{
    char digits[STR_UINT_SIZE];
    const char *end;

    if (writer->tree) {
        json_tree_put_number(writer->tree, key, number);
        return;
    }
    end = str_print_uint(number, digits);
    json_begin_value(writer, key);
    buf_append(writer->buf, digits, (size_t)(end - digits));
}

void json_put_number_if(JsonWriter *writer, const char *key, bool is_known, uint64_t number)
{
    if (is_known)
        json_put_number(writer, key, number);
    else
        json_put_null(writer, key);
}

void json_put_bool(JsonWriter *writer, const char *key, bool value)
{
    if (writer->tree) {
        json_tree_put_bool(writer->tree, key, value);
        return;
    }
    json_begin_value(writer, key);
    buf_puts(writer->buf, value ? "true" : "false");
}

void json_put_null(JsonWriter *writer, const char *key)
{
    if (writer->tree) {
        json_tree_put_null(writer->tree, key);
        return;
    }
    json_begin_value(writer, key);
    buf_puts(writer->buf, "null");
}

/* ---- what was read ---- */

static void json_put_members(JsonWriter *writer, const char *key, const Json *object)
{
    JsonField field = json_fields(object);

    json_open_object(writer, key);
    while (json_next(&field))
        json_put_value(writer, field.key, field.value);
    json_close_object(writer);
}

static void json_put_elements(JsonWriter *writer, const char *key, const Json *array)
{
    json_open_array(writer, key);
    for (size_t i = 0; i < json_length(array); i++)
        json_put_value(writer, NULL, json_at(array, i));
    json_close_array(writer);
}

/* A number or a truth value as it stood there. */
static void json_put_word(JsonWriter *writer, const char *key, const Json *value)
{
    const char *text = json_as_text(value);

    json_begin_value(writer, key);
    if (text[0] == '\0')
        buf_fail(writer->buf);
    buf_puts(writer->buf, text);
}

/* As deep as the parser lets it be. */
void json_put_value(JsonWriter *writer, const char *key, const Json *value)
{
    if (writer->tree) {
        json_tree_put_value(writer->tree, key, value);
    } else if (!value) {
        json_put_null(writer, key);
    } else if (json_is_object(value)) {
        json_put_members(writer, key, value);
    } else if (json_is_array(value)) {
        json_put_elements(writer, key, value);
    } else if (json_is_string(value)) {
        json_begin_value(writer, key);
        json_append_string(writer->buf, json_as_text(value),
                           (size_t)json_object_get_string_len(value));
    } else {
        json_put_word(writer, key, value);
    }
}

void json_put_json(JsonWriter *writer, const char *key, const char *text)
{
    _cleanup_(json_freep) Json *value = NULL;

    if (text && json_parse_once(text, strlen(text), &value, NULL) == -ENOMEM)
        *(writer->tree ? &writer->tree->has_failed : &writer->buf->failed) = true;
    json_put_value(writer, key, value);
}

int json_append(const Json *value, Buf *buf)
{
    JsonWriter writer = {.buf = buf};

    json_put_value(&writer, NULL, value);
    return json_end(&writer);
}

int json_append_error(const char *text, Buf *buf)
{
    JsonWriter writer = {.buf = buf};

    json_open_object(&writer, NULL);
    json_put_text(&writer, "error", text);
    json_close_object(&writer);
    return json_end(&writer);
}
