/* SPDX-License-Identifier: MIT */
#include "daemon/base/buf.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/secure_alloc.h"

void buf_done(Buf *buf)
{
    if (buf->is_secret)
        secure_alloc_free(buf->data);
    else
        free(buf->data);
    *buf = (Buf){.is_secret = buf->is_secret};
}

void buf_reset(Buf *buf)
{
    buf->size = 0;
    buf->failed = false;
    if (buf->data)
        buf->data[0] = '\0';
}

static int buf_grow(Buf *buf, size_t need)
{
    size_t capacity = buf->capacity ? buf->capacity : 64;
    char *grown;

    if (!buf->is_secret)
        return mem_grow(&buf->data, &buf->capacity, need, 1);
    if (need <= buf->capacity)
        return 0;
    while (capacity < need) {
        if (capacity > SIZE_MAX / 2)
            return -ENOMEM;
        capacity *= 2;
    }
    grown = secure_alloc_realloc(buf->data, capacity);
    if (!grown)
        return -ENOMEM;
    buf->data = grown;
    buf->capacity = capacity;
    return 0;
}

static bool buf_reserve(Buf *buf, size_t more)
{
    size_t need;

    if (buf->failed)
        return false;
    if (more < buf->capacity - buf->size)
        return true;
    if (__builtin_add_overflow(buf->size, more, &need) || need == SIZE_MAX ||
        buf_grow(buf, need + 1) < 0) {
        buf_fail(buf);
        return false;
    }
    return true;
}

void buf_append(Buf *buf, const void *bytes, size_t size)
{
    if (!buf_reserve(buf, size))
        return;
    if (size > 0)
        memcpy(buf->data + buf->size, bytes, size);
    buf->size += size;
    buf->data[buf->size] = '\0';
}

void buf_puts(Buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_grow_putc(Buf *buf, char byte)
{
    buf_append(buf, &byte, 1);
}

void buf_fail(Buf *buf)
{
    buf->failed = true;
}

void buf_fail_with(Buf *buf, const Buf *part)
{
    if (part->failed)
        buf_fail(buf);
}

void buf_printf(Buf *buf, const char *format, ...)
{
    va_list arguments, again;
    int length;

    va_start(arguments, format);
    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        buf_fail(buf);
    else if (buf_reserve(buf, (size_t)length)) {
        vsnprintf(buf->data + buf->size, (size_t)length + 1, format, again);
        buf->size += (size_t)length;
    }
    va_end(again);
}

const char *buf_text(const Buf *buf)
{
    return buf->data ? buf->data : "";
}

int buf_failed(const Buf *buf)
{
    return buf->failed ? -ENOMEM : 0;
}

char *buf_take(Buf *buf)
{
    char *text;

    assert(!buf->is_secret);
    if (!buf->failed && !buf->data)
        buf_append(buf, "", 0);
    text = buf->failed ? NULL : TAKE_PTR(buf->data);
    buf_done(buf);
    return text;
}
