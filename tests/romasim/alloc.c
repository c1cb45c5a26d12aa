/* SPDX-License-Identifier: MIT */
/* Memory that cannot run out in silence, and the one way to give up. */
#include "tests/romasim/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void alloc_die(const char *format, ...)
{
    va_list args;

    fputs("romasim: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

void *alloc_zero(size_t n, size_t size)
{
    void *p = calloc(n > 0 ? n : 1, size);

    if (!p)
        alloc_die("out of memory");
    return p;
}

void *alloc_resize(void *old, size_t n, size_t size)
{
    void *p = reallocarray(old, n > 0 ? n : 1, size);

    if (!p)
        alloc_die("out of memory");
    return p;
}

char *alloc_copy_bytes(const char *s, size_t len)
{
    char *p = alloc_zero(len + 1, 1);

    memcpy(p, s, len);
    return p;
}

char *alloc_copy(const char *s)
{
    return s ? alloc_copy_bytes(s, strlen(s)) : NULL;
}

char *alloc_format(const char *format, ...)
{
    va_list args;
    char *s = NULL;
    int len;

    va_start(args, format);
    len = vasprintf(&s, format, args);
    va_end(args);
    if (len < 0)
        alloc_die("out of memory");
    return s;
}

void *alloc_grow(void *vector, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return vector;
    *cap = *cap > 0 ? *cap * 2 : 8;
    return alloc_resize(vector, *cap, size);
}
