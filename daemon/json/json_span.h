/* SPDX-License-Identifier: MIT */
/* Values where they stand in a text, as json_pull.h finds them, and what they mean. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/json/json_value.h"

typedef enum JsonKind {
    JSON_NONE, /* there is no such value */
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_INTEGER,
    JSON_FRACTION, /* or with an exponent */
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
} JsonKind;

/* A value: all of its bytes, of a string those between its quotes. */
typedef struct JsonSpan {
    const char *start;
    uint32_t size;
    uint8_t kind; /* JsonKind */
    bool has_escapes;
} JsonSpan;

/* Digits of the longest JSON_INTEGER: int64_t holds all of so many. */
#define JSON_INTEGER_SIZE_MAX 18

bool json_span_equal(const JsonSpan *a, const JsonSpan *b);

/* Whether a name, or another text without escapes, is this. */
bool json_span_is(const JsonSpan *span, const char *text);

/* A string as it is meant, into JSON_STRING_SIZE_MAX bytes, without a NUL at its end. 0; -EPROTO
 * where it is longer, where a NUL is in it, and for what is no string. */
int json_span_get_string(const JsonSpan *span, char *ret_text, size_t *ret_size);

/* As json_get_integer(). */
static inline int json_span_get_integer(const JsonSpan *span, int64_t min, int64_t max,
                                        int64_t *ret_number)
{
    const char *at = span->start, *end = at + span->size;
    int64_t number = 0;
    bool is_negative;

    if (span->kind != JSON_INTEGER)
        return -EPROTO;
    is_negative = *at == '-';
    for (at += is_negative; at < end; at++)
        number = number * 10 + (*at - '0');
    if (is_negative)
        number = -number;
    if (number < min || number > max)
        return -EPROTO;
    *ret_number = number;
    return 0;
}

/* The size of the escape that begins at a backslash, with its other half where it is the first of a
 * surrogate pair, and what it stands for. -EAGAIN where the text ends too early, -EPROTO for what
 * is none, and for one half alone. */
int json_escape(const char *at, const char *end, uint32_t *ret_code);
