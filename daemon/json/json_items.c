/* SPDX-License-Identifier: MIT */
#include "daemon/json/json_items.h"

#include <errno.h>
#include <string.h>

#include "daemon/json/json_parser.h"

void json_items_done(JsonItems *items)
{
    buf_done(&items->text);
    buf_done(&items->name);
}

static int json_items_refuse(const JsonItems *items, Err *err)
{
    return json_not_json(buf_text(&items->text), items->text.size, items->at, "out of place", err);
}

/* ---- where a value ends ---- */

static bool json_items_ends_scalar(char byte)
{
    return byte == ',' || byte == '}' || byte == ']' || byte == ' ' || byte == '\n' ||
           byte == '\r' || byte == '\t';
}

/* Takes a byte of a string; whether that was its end. */
static bool json_items_read_string(JsonItems *items, char byte)
{
    if (items->value.is_escaped)
        items->value.is_escaped = false;
    else if (byte == '\\')
        items->value.is_escaped = true;
    else
        items->value.is_in_string = byte != '"';
    return !items->value.is_in_string;
}

/* Takes the next byte; whether the value ends behind it. */
static bool json_items_read_byte(JsonItems *items, char byte)
{
    if (items->value.is_in_string)
        return json_items_read_string(items, byte) && items->value.depth == 0;
    if (byte == '"')
        items->value.is_in_string = true;
    else if (byte == '{' || byte == '[')
        items->value.depth++;
    else if (byte == '}' || byte == ']')
        return --items->value.depth == 0;
    return false;
}

/* Reads on to the end of the value; whether it is there. */
static bool json_items_read_value(JsonItems *items)
{
    const char *bytes = items->text.data;

    if (!items->value.is_begun)
        items->start = items->at;
    items->value.is_begun = true;
    for (; items->at < items->text.size; items->at++) {
        char byte = bytes[items->at];

        if (items->value.depth == 0 && !items->value.is_in_string && !strchr("\"{[", byte)) {
            if (json_items_ends_scalar(byte))
                return true;
            continue;
        }
        if (json_items_read_byte(items, byte)) {
            items->at++;
            return true;
        }
    }
    return false;
}

/* ---- one thing after the other ---- */

/* Whether there is a byte that is no white space. */
static bool json_items_skip_space(JsonItems *items)
{
    while (items->at < items->text.size && items->text.data[items->at] &&
           strchr(" \n\r\t", items->text.data[items->at]))
        items->at++;
    return items->at < items->text.size;
}

static bool json_items_is_list(const JsonItems *items)
{
    size_t size = strlen(items->list);

    return items->text.data[items->at] == '[' && items->name.size == size + 2 &&
           memcmp(items->name.data + 1, items->list, size) == 0;
}

/* A name, a field's value or an element is there, from `start` to `at`. */
static int json_items_tell(JsonItems *items, Err *err)
{
    const char *text = items->text.data + items->start;
    size_t size = items->at - items->start;

    memset(&items->value, 0, sizeof(items->value));
    if (items->place == JSON_ITEMS_ELEMENT) {
        items->place = JSON_ITEMS_AFTER_ELEMENT;
        return items->ops->on_element(items->userdata, text, size, err);
    }
    if (items->place == JSON_ITEMS_VALUE) {
        items->place = JSON_ITEMS_AFTER_VALUE;
        return items->ops->on_field(items->userdata, items->name.data, items->name.size, text, size,
                                    err);
    }
    items->place = JSON_ITEMS_COLON;
    buf_reset(&items->name);
    buf_append(&items->name, text, size);
    return buf_failed(&items->name) < 0 ? err_memory(err) : 0;
}

/* Takes one sign between values, and goes where it leads. */
static int json_items_take_sign(JsonItems *items, Err *err)
{
    bool is_first =
        items->place == JSON_ITEMS_FIRST_NAME || items->place == JSON_ITEMS_FIRST_ELEMENT;
    bool is_in_list =
        items->place == JSON_ITEMS_FIRST_ELEMENT || items->place == JSON_ITEMS_AFTER_ELEMENT;
    char sign = items->text.data[items->at];

    if (sign == (is_in_list ? ']' : '}')) {
        items->at++;
        items->place = is_in_list ? JSON_ITEMS_AFTER_VALUE : JSON_ITEMS_END;
        return is_in_list ? items->ops->on_list(items->userdata, err) : 0;
    }
    if (!is_first && sign != ',')
        return json_items_refuse(items, err);
    items->at += !is_first;
    items->place = is_in_list ? JSON_ITEMS_ELEMENT : JSON_ITEMS_NAME;
    return 0;
}

/* Takes a bracket or a colon that must come. */
static int json_items_expect(JsonItems *items, char sign, Err *err)
{
    if (items->text.data[items->at] != sign)
        return json_items_refuse(items, err);
    items->at++;
    items->place = sign == ':' ? JSON_ITEMS_VALUE : JSON_ITEMS_FIRST_NAME;
    return 0;
}

/* 1 where it has come further, 0 where more is to come first. */
static int json_items_step(JsonItems *items, Err *err)
{
    int r = 0;

    if (!items->value.is_begun && !json_items_skip_space(items))
        return 0;
    switch (items->place) {
    case JSON_ITEMS_BEGIN:
        r = json_items_expect(items, '{', err);
        break;
    case JSON_ITEMS_COLON:
        r = json_items_expect(items, ':', err);
        break;
    case JSON_ITEMS_FIRST_NAME:
    case JSON_ITEMS_FIRST_ELEMENT:
    case JSON_ITEMS_AFTER_VALUE:
    case JSON_ITEMS_AFTER_ELEMENT:
        r = json_items_take_sign(items, err);
        break;
    case JSON_ITEMS_NAME:
    case JSON_ITEMS_VALUE:
    case JSON_ITEMS_ELEMENT:
        if (items->place == JSON_ITEMS_VALUE && !items->value.is_begun &&
            json_items_is_list(items)) {
            items->at++;
            items->place = JSON_ITEMS_FIRST_ELEMENT;
        } else if (json_items_read_value(items)) {
            r = json_items_tell(items, err);
        } else {
            return 0;
        }
        break;
    case JSON_ITEMS_END:
        r = json_items_refuse(items, err);
        break;
    }
    return r < 0 ? r : 1;
}

/* Drops what was taken. */
static void json_items_forget(JsonItems *items)
{
    size_t taken = items->value.is_begun ? items->start : items->at;

    if (taken == 0)
        return;
    memmove(items->text.data, items->text.data + taken, items->text.size - taken);
    items->text.size -= taken;
    items->at -= taken;
    items->start = 0;
}

int json_items_take(JsonItems *items, const char *bytes, size_t size, Err *err)
{
    int r = 1;

    buf_append(&items->text, bytes, size);
    if (buf_failed(&items->text) < 0)
        return err_memory(err);
    while (r > 0)
        r = json_items_step(items, err);
    json_items_forget(items);
    return r;
}

int json_items_end(const JsonItems *items, Err *err)
{
    return items->place == JSON_ITEMS_END ? 0 : json_items_refuse(items, err);
}
