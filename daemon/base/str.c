/* SPDX-License-Identifier: MIT */
#include "daemon/base/str.h"

#include <errno.h>
#include <string.h>

bool str_has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_is_empty(const char *text)
{
    return !text || text[0] == '\0';
}

int str_parse_uint(const char *text, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
        return -EINVAL;
    for (const char *digit = text; *digit; digit++) {
        if (*digit < '0' || *digit > '9')
            return -EINVAL;
    }
    for (const char *digit = text; *digit; digit++) {
        if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(*digit - '0'), &value) || value > max)
            return -ERANGE;
    }
    *ret_value = value;
    return 0;
}

char *str_print_uint(uint64_t value, char ret_text[static STR_UINT_SIZE])
{
    char digits[STR_UINT_SIZE];
    size_t count = 0;

    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    for (size_t i = 0; i < count; i++)
        ret_text[i] = digits[count - 1 - i];
    ret_text[count] = '\0';
    return ret_text + count;
}

/* 1 for each byte that an id may have. */
static const unsigned char id_bytes[256] = {
    ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1, ['-'] = 1, ['_'] = 1,
};

typedef unsigned char StrLanes __attribute__((vector_size(16)));

/* Likewise of 16 bytes: all bits of each. The compiler makes of it what the processor has. */
static inline bool str_are_id_lanes(const char *bytes)
{
    StrLanes lanes, letters, good;
    uint64_t words[2];

    memcpy(&lanes, bytes, sizeof(lanes));
    letters = lanes | 0x20;
    good = (StrLanes)((StrLanes)(letters - 'a') < 26) | (StrLanes)((StrLanes)(lanes - '0') < 10) |
           (StrLanes)(lanes == '-') | (StrLanes)(lanes == '_');
    memcpy(words, &good, sizeof(words));
    return (words[0] & words[1]) == UINT64_MAX;
}

bool str_are_id_bytes(const char *bytes, size_t size)
{
    for (; size >= sizeof(StrLanes); bytes += sizeof(StrLanes), size -= sizeof(StrLanes)) {
        if (!str_are_id_lanes(bytes))
            return false;
    }
    for (; size > 0; bytes++, size--) {
        if (!id_bytes[(unsigned char)*bytes])
            return false;
    }
    return true;
}

bool str_is_id(const char *text, size_t size_max)
{
    size_t size = strnlen(text, size_max + 1);

    return size > 0 && size <= size_max && str_are_id_bytes(text, size);
}

void str_copy(char *ret_text, size_t size, const char *text)
{
    size_t length = strnlen(text, size);

    if (length == size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(ret_text, text, length);
    ret_text[length] = '\0';
}
