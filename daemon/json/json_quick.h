/* SPDX-License-Identifier: MIT */
/* The common cases of json_pull.h, to be compiled into what reads many values. For this room alone.
 */
#pragma once

#include "daemon/json/json_lanes.h"
#include "daemon/json/json_pull.h"

/* Reads null, true or false, of which all bytes and one more are there. NULL for anything else. */
static inline const char *json_quick_word(const char *at, JsonSpan *ret_value)
{
    uint32_t size = 4;
    JsonKind kind = JSON_NULL;

    if (memcmp(at, "true", 4) == 0)
        kind = JSON_TRUE;
    else if (memcmp(at, "fals", 4) == 0 && at[4] == 'e') {
        kind = JSON_FALSE;
        size = 5;
    } else if (memcmp(at, "null", 4) != 0)
        return NULL;
    *ret_value = (JsonSpan){at, size, kind, false};
    return at + size;
}

/* Reads a string without escapes in ASCII, a number from 1 without a fraction, null, true or false.
 * Returns where that ends, or NULL where the value is another one, or ends too early:
 * json_pull_value() is to read it. */
static inline const char *json_quick_value(const char *at, const char *end, JsonSpan *ret_value)
{
    const char *start = at;

    if (end - at < 8)
        return NULL;
    if (*at == '"') {
        at = json_plain_end(++start, end);
        if (at == end || *at != '"')
            return NULL;
        *ret_value = (JsonSpan){start, (uint32_t)(at - start), JSON_STRING, false};
        return at + 1;
    }
    if (*at < '1' || *at > '9')
        return json_quick_word(at, ret_value);
    do
        at++;
    while (at < end && *at >= '0' && *at <= '9');
    if (at == end || (*at != ',' && *at != '}') || at - start > JSON_INTEGER_SIZE_MAX)
        return NULL;
    *ret_value = (JsonSpan){start, (uint32_t)(at - start), JSON_INTEGER, false};
    return at;
}
