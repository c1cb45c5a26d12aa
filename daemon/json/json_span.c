/* SPDX-License-Identifier: MIT */
#include "daemon/json/json_span.h"

#include <errno.h>
#include <string.h>

#define JSON_ESCAPE_SIZE 6 /* a backslash, u and four digits */

bool json_span_equal(const JsonSpan *a, const JsonSpan *b)
{
    return a->size == b->size && memcmp(a->start, b->start, a->size) == 0;
}

bool json_span_is(const JsonSpan *span, const char *text)
{
    return strlen(text) == span->size && memcmp(span->start, text, span->size) == 0;
}

/* ---- escapes ---- */

static int json_hex4(const char *digits, uint32_t *ret_code)
{
    uint32_t code = 0;

    for (size_t i = 0; i < 4; i++) {
        char low = (char)(digits[i] | 0x20);

        if (digits[i] >= '0' && digits[i] <= '9')
            code = code * 16 + (uint32_t)(digits[i] - '0');
        else if (low >= 'a' && low <= 'f')
            code = code * 16 + (uint32_t)(low - 'a' + 10);
        else
            return -EPROTO;
    }
    *ret_code = code;
    return 0;
}

/* How long the escape with four digits is, with the second one of a surrogate pair, and what it
 * stands for. */
static int json_escape_code(const char *at, const char *end, uint32_t *ret_code)
{
    uint32_t code, low;

    if (end - at < JSON_ESCAPE_SIZE)
        return -EAGAIN;
    if (json_hex4(at + 2, &code) < 0)
        return -EPROTO;
    *ret_code = code;
    if ((code & 0xf800) != 0xd800)
        return JSON_ESCAPE_SIZE;
    if (end - at < 2 * JSON_ESCAPE_SIZE)
        return -EAGAIN;
    at += JSON_ESCAPE_SIZE;
    if (code >= 0xdc00 || at[0] != '\\' || at[1] != 'u' || json_hex4(at + 2, &low) < 0 ||
        (low & 0xfc00) != 0xdc00)
        return -EPROTO;
    *ret_code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
    /* json-c takes the character for another half of a pair: it is for json-c to judge. */
    return (*ret_code & 0xf800) == 0xd800 ? -EPROTO : 2 * JSON_ESCAPE_SIZE;
}

/* The same of any escape. */
int json_escape(const char *at, const char *end, uint32_t *ret_code)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *letter;

    if (end - at < 2)
        return -EAGAIN;
    if (at[1] == 'u')
        return json_escape_code(at, end, ret_code);
    letter = memchr(letters, at[1], sizeof(letters) - 1);
    if (!letter)
        return -EPROTO;
    *ret_code = (unsigned char)meant[letter - letters];
    return 2;
}

static size_t json_put_utf8(uint32_t code, char *ret)
{
    if (code < 0x80) {
        ret[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        ret[0] = (char)(0xc0 | code >> 6);
        ret[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        ret[0] = (char)(0xe0 | code >> 12);
        ret[1] = (char)(0x80 | (code >> 6 & 0x3f));
        ret[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    ret[0] = (char)(0xf0 | code >> 18);
    ret[1] = (char)(0x80 | (code >> 12 & 0x3f));
    ret[2] = (char)(0x80 | (code >> 6 & 0x3f));
    ret[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

static int json_unescape(const JsonSpan *span, char *ret_text, size_t *ret_size)
{
    const char *at = span->start, *end = at + span->size;
    size_t size = 0;

    while (at < end) {
        char bytes[4] = {*at};
        size_t length = 1;
        uint32_t code;
        int used = 1;

        if (*at == '\\') {
            used = json_escape(at, end, &code);
            if (used < 0 || code == 0)
                return -EPROTO;
            length = json_put_utf8(code, bytes);
        }
        if (size + length > JSON_STRING_SIZE_MAX)
            return -EPROTO;
        memcpy(ret_text + size, bytes, length);
        size += length;
        at += used;
    }
    *ret_size = size;
    return 0;
}

int json_span_get_string(const JsonSpan *span, char *ret_text, size_t *ret_size)
{
    if (span->kind != JSON_STRING)
        return -EPROTO;
    if (span->has_escapes)
        return json_unescape(span, ret_text, ret_size);
    if (span->size > JSON_STRING_SIZE_MAX)
        return -EPROTO;
    memcpy(ret_text, span->start, span->size);
    *ret_size = span->size;
    return 0;
}
