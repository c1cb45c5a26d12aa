/* What scanned values mean: see scan.h. */
#include <errno.h>
#include <string.h>

#include "daemon/roma/scan.h"

#define REPLACEMENT 0xfffdU

/* Four digits that were checked when they were scanned. */
static uint32_t scan_hex(const char *digits)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++) {
        char c = digits[i];

        value = value * 16 + (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

static char *scan_put_utf8(char *to, uint32_t code)
{
    if (code < 0x80)
        *to++ = (char)code;
    else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

/* One \uXXXX, or two that are one character; `*from` goes behind them. */
static uint32_t scan_code(const char **from, const char *end)
{
    uint32_t high = scan_hex(*from + 2), low;

    *from += 6;
    if (high < 0xd800 || high > 0xdfff)
        return high;
    if (high > 0xdbff || end - *from < 6 || (*from)[0] != '\\' || (*from)[1] != 'u')
        return REPLACEMENT;
    low = scan_hex(*from + 2);
    if (low < 0xdc00 || low > 0xdfff)
        return REPLACEMENT;
    *from += 6;
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static char scan_short_escape(char letter)
{
    switch (letter) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return letter;
    }
}

size_t scan_unescape(const ScanValue *value, char *ret_text)
{
    const char *from = value->text, *end = value->text + value->size;
    char *to = ret_text;

    if (!value->is_escaped)
        to = mempcpy(to, value->text, value->size);
    else {
        while (from < end) {
            if (*from != '\\')
                *to++ = *from++;
            else if (from[1] == 'u')
                to = scan_put_utf8(to, scan_code(&from, end));
            else {
                *to++ = scan_short_escape(from[1]);
                from += 2;
            }
        }
    }
    *to = '\0';
    return (size_t)(to - ret_text);
}

int scan_integer(const ScanValue *value, int64_t *ret_number)
{
    bool is_negative = value->text[0] == '-';
    int64_t number = 0;

    for (size_t i = is_negative; i < value->size; i++) {
        if (__builtin_mul_overflow(number, INT64_C(10), &number) ||
            __builtin_add_overflow(number, (int64_t)(value->text[i] - '0'), &number))
            return -ERANGE;
    }
    *ret_number = is_negative ? -number : number;
    return 0;
}

const char *scan_kind_name(ScanKind kind)
{
    switch (kind) {
    case SCAN_NULL:
        return "null";
    case SCAN_TRUTH:
        return "a truth value";
    case SCAN_INTEGER:
        return "a whole number";
    case SCAN_FRACTION:
        return "a number with a fraction";
    case SCAN_STRING:
        return "a string";
    case SCAN_ARRAY:
        return "an array";
    case SCAN_OBJECT:
        return "an object";
    }
    return "something else";
}
