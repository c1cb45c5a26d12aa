/* SPDX-License-Identifier: MIT */
/* Percent coding of paths and queries. */
#include "tests/romasim/percent.h"

#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

char *percent_decode(const char *s, size_t len)
{
    char *out = alloc_zero(len + 1, 1);
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        int high, low;

        if (s[i] != '%') {
            out[n++] = s[i];
            continue;
        }
        high = i + 2 < len ? nibble(s[i + 1]) : -1;
        low = i + 2 < len ? nibble(s[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0)) {
            free(out);
            return NULL;
        }
        out[n++] = (char)(high * 16 + low);
        i += 2;
    }
    return out;
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           strchr("-_.~", c);
}

void percent_encode(Text *t, const char *s)
{
    static const char digits[] = "0123456789ABCDEF";

    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        char escape[3] = {'%', digits[c >> 4], digits[c & 15]};

        if (is_unreserved(c))
            text_add_bytes(t, s, 1);
        else
            text_add_bytes(t, escape, 3);
    }
}
