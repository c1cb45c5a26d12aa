/* SPDX-License-Identifier: MIT */
/* Strings that grow, JSON quoting, and shared bytes. */
#include "tests/romasim/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"

static void reserve(Text *t, size_t more)
{
    size_t cap = t->cap > 0 ? t->cap : 256;

    if (t->len + more + 1 <= t->cap)
        return;
    while (cap < t->len + more + 1)
        cap *= 2;
    t->data = alloc_resize(t->data, cap, 1);
    t->cap = cap;
}

void text_add_bytes(Text *t, const void *bytes, size_t len)
{
    reserve(t, len);
    if (len > 0)
        memcpy(t->data + t->len, bytes, len);
    t->len += len;
    t->data[t->len] = '\0';
}

void text_add(Text *t, const char *s)
{
    text_add_bytes(t, s, strlen(s));
}

void text_addf(Text *t, const char *format, ...)
{
    char *formatted = NULL;
    va_list args;
    int len;

    va_start(args, format);
    len = vasprintf(&formatted, format, args);
    va_end(args);
    if (len < 0)
        alloc_die("out of memory");
    text_add_bytes(t, formatted, (size_t)len);
    free(formatted);
}

void text_add_int(Text *t, long long value)
{
    char digits[32];
    size_t n = sizeof(digits);
    unsigned long long rest = value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value;

    do
        digits[--n] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        digits[--n] = '-';
    text_add_bytes(t, digits + n, sizeof(digits) - n);
}

/* Length of the well-formed UTF-8 character at `s`; 0 if it is none (RFC 3629). */
static size_t character(const unsigned char *s)
{
    size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

    if (s[0] > 0xf4 || (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

static void add_escaped(Text *t, unsigned char c)
{
    if (c == '"' || c == '\\') {
        char pair[2] = {'\\', (char)c};

        text_add_bytes(t, pair, 2);
    } else {
        text_addf(t, "\\u%04x", c < 0x80 ? c : 0xfffdu);
    }
}

void text_add_json(Text *t, const char *s)
{
    const char *plain = s;

    if (!s) {
        text_add(t, "null");
        return;
    }
    text_add_bytes(t, "\"", 1);
    while (*s) {
        unsigned char c = (unsigned char)*s;
        size_t len = character((const unsigned char *)s);

        if (len > 0 && c >= 0x20 && c != '"' && c != '\\') {
            s += len;
            continue;
        }
        text_add_bytes(t, plain, (size_t)(s - plain));
        add_escaped(t, c);
        plain = ++s;
    }
    text_add_bytes(t, plain, (size_t)(s - plain));
    text_add_bytes(t, "\"", 1);
}

void text_done(Text *t)
{
    free(t->data);
    *t = (Text){0};
}

Blob *blob_take(Text *t)
{
    Blob *b = alloc_zero(1, sizeof(*b));

    b->refs = 1;
    b->size = t->len;
    b->data = t->data;
    *t = (Text){0};
    return b;
}

Blob *blob_copy(const char *data, size_t size)
{
    Text t = {0};

    text_add_bytes(&t, data, size);
    return blob_take(&t);
}

Blob *blob_ref(Blob *b)
{
    b->refs++;
    return b;
}

void blob_unref(Blob *b)
{
    if (!b || --b->refs > 0)
        return;
    free(b->data);
    free(b);
}
