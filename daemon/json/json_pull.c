/* SPDX-License-Identifier: MIT */
#include "daemon/json/json_pull.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/utf8.h"
#include "daemon/json/json_lanes.h"

/* json-c at its limit takes one level more where that one is empty. */
#define JSON_PULL_DEPTH_MAX (JSON_DEPTH_MAX - 1)

/* ---- what stands between values ---- */

static inline bool json_is_space(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

int json_pull_peek(JsonPull *pull, char *ret_byte)
{
    while (pull->at < pull->end && json_is_space(*pull->at))
        pull->at++;
    if (pull->at == pull->end)
        return -EAGAIN;
    *ret_byte = *pull->at;
    return 0;
}

int json_pull_expect(JsonPull *pull, char byte)
{
    char next;
    int r = json_pull_peek(pull, &next);

    if (r < 0)
        return r;
    if (next != byte)
        return -EPROTO;
    pull->at++;
    return 0;
}

/* ---- strings ---- */

/* The size of what stands at a byte that is not plain, or the error. */
static int json_measure_odd(const char *at, const char *end)
{
    size_t length;
    uint32_t unused;

    if (*at == '\\')
        return json_escape(at, end, &unused);
    if ((*at & 0x80) == 0)
        return -EPROTO;
    length = utf8_sequence(at, (size_t)(end - at));
    return length > 0 ? (int)length : end - at < 4 ? -EAGAIN : -EPROTO;
}

/* From behind its first quote to behind its last. */
static inline int json_pull_string(JsonPull *pull, JsonSpan *ret_value)
{
    const char *start = pull->at, *at = json_plain_end(start, pull->end);
    bool has_escapes = false;

    while (at < pull->end && *at != '"') {
        int size = json_measure_odd(at, pull->end);

        if (size < 0)
            return size;
        has_escapes = has_escapes || *at == '\\';
        at = json_plain_end(at + size, pull->end);
    }
    if (at == pull->end)
        return -EAGAIN;
    *ret_value = (JsonSpan){start, (uint32_t)(at - start), JSON_STRING, has_escapes};
    pull->at = at + 1;
    return 0;
}

/* ---- numbers and words ---- */

static const char *json_digits_end(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* Its fraction and its exponent, whichever there is. */
static int json_pull_fraction(JsonPull *pull)
{
    const char *at = pull->at, *digits;

    if (*at == '.') {
        digits = at + 1;
        at = json_digits_end(digits, pull->end);
        if (at == digits)
            return at == pull->end ? -EAGAIN : -EPROTO;
    }
    if (at < pull->end && (*at | 0x20) == 'e') {
        digits = at + 1;
        if (digits < pull->end && (*digits == '+' || *digits == '-'))
            digits++;
        at = json_digits_end(digits, pull->end);
        if (at == digits)
            return at == pull->end ? -EAGAIN : -EPROTO;
    }
    pull->at = at;
    return at == pull->end ? -EAGAIN : 0;
}

static inline int json_pull_number(JsonPull *pull, JsonSpan *ret_value)
{
    const char *start = pull->at, *digits = start + (*start == '-');
    const char *at = json_digits_end(digits, pull->end);
    JsonKind kind = JSON_INTEGER;
    int r = 0;

    if (at == pull->end)
        return -EAGAIN;
    if (at == digits || (*digits == '0' && at - digits > 1))
        return -EPROTO;
    pull->at = at;
    if (*at == '.' || (*at | 0x20) == 'e') {
        kind = JSON_FRACTION;
        r = json_pull_fraction(pull);
    } else if (at - digits > JSON_INTEGER_SIZE_MAX)
        return -EPROTO;
    *ret_value = (JsonSpan){start, (uint32_t)(pull->at - start), kind, false};
    return r;
}

static int json_pull_word(JsonPull *pull, const char *word, JsonKind kind, JsonSpan *ret_value)
{
    size_t size = strlen(word), left = (size_t)(pull->end - pull->at);

    if (memcmp(pull->at, word, size < left ? size : left) != 0)
        return -EPROTO;
    if (left < size)
        return -EAGAIN;
    *ret_value = (JsonSpan){pull->at, (uint32_t)size, kind, false};
    pull->at += size;
    return 0;
}

/* ---- what holds others ---- */

/* The names of all objects around. */
typedef struct JsonOpen {
    JsonSpan names[JSON_NAMES_MAX];
    size_t name_count;
    unsigned int depth;
} JsonOpen;

static int json_pull_inner(JsonPull *pull, JsonOpen *open, JsonSpan *ret_value);

int json_pull_name(JsonPull *pull, JsonSpan *ret_name)
{
    int r = json_pull_expect(pull, '"');

    if (r == 0)
        r = json_pull_string(pull, ret_name);
    if (r == 0 && ret_name->has_escapes)
        return -EPROTO;
    return r < 0 ? r : json_pull_expect(pull, ':');
}

static int json_open_name(JsonPull *pull, JsonOpen *open, size_t first)
{
    JsonSpan *name = &open->names[open->name_count];
    int r;

    if (open->name_count == JSON_NAMES_MAX)
        return -EPROTO;
    r = json_pull_name(pull, name);
    for (size_t i = first; r == 0 && i < open->name_count; i++) {
        if (json_span_equal(&open->names[i], name))
            return -EPROTO;
    }
    open->name_count++;
    return r;
}

/* Reads what stands between the brackets, and the last of them. */
static int json_pull_items(JsonPull *pull, JsonOpen *open, char last)
{
    size_t first = open->name_count;
    JsonSpan unused;
    char next;
    int r = json_pull_peek(pull, &next);

    if (r == 0 && next == last) {
        pull->at++;
        return 0;
    }
    while (r == 0) {
        if (last == '}')
            r = json_open_name(pull, open, first);
        if (r == 0)
            r = json_pull_inner(pull, open, &unused);
        if (r == 0)
            r = json_pull_peek(pull, &next);
        if (r < 0 || next != ',')
            break;
        pull->at++;
    }
    open->name_count = first;
    return r < 0 ? r : json_pull_expect(pull, last);
}

static int json_pull_container(JsonPull *pull, JsonOpen *open, JsonSpan *ret_value)
{
    const char *start = pull->at;
    bool has_names = *start == '{';
    int r;

    if (open->depth == JSON_PULL_DEPTH_MAX)
        return -EPROTO;
    open->depth++;
    pull->at++;
    r = json_pull_items(pull, open, has_names ? '}' : ']');
    open->depth--;
    *ret_value = (JsonSpan){start, (uint32_t)(pull->at - start),
                            has_names ? JSON_OBJECT : JSON_ARRAY, false};
    return r;
}

static int json_pull_inner(JsonPull *pull, JsonOpen *open, JsonSpan *ret_value)
{
    char first;
    int r = json_pull_peek(pull, &first);

    if (r < 0)
        return r;
    switch (first) {
    case '"':
        pull->at++;
        return json_pull_string(pull, ret_value);
    case '{':
    case '[':
        return json_pull_container(pull, open, ret_value);
    case 'n':
        return json_pull_word(pull, "null", JSON_NULL, ret_value);
    case 't':
        return json_pull_word(pull, "true", JSON_TRUE, ret_value);
    case 'f':
        return json_pull_word(pull, "false", JSON_FALSE, ret_value);
    default:
        return json_pull_number(pull, ret_value);
    }
}

int json_pull_value(JsonPull *pull, JsonSpan *ret_value)
{
    JsonOpen open;

    open.name_count = 0;
    open.depth = pull->depth;
    return json_pull_inner(pull, &open, ret_value);
}
