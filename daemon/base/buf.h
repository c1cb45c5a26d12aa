/* SPDX-License-Identifier: MIT */
/* A growing string of bytes, always followed by a NUL. A failed append sticks, so that a chain of
 * appends is checked once, by buf_failed(), at its end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct Buf {
    char *data; /* NULL while nothing was appended */
    size_t size;
    size_t capacity;
    bool failed;
    bool is_secret; /* its memory is wiped (secure_alloc.h): to be set while it is
                       empty */
} Buf;

void buf_done(Buf *buf);

/* Empties it, keeps the memory, forgets a failure. */
void buf_reset(Buf *buf);

void buf_append(Buf *buf, const void *bytes, size_t size);
void buf_puts(Buf *buf, const char *text);

/* As buf_putc(), where there may be no room left. */
void buf_grow_putc(Buf *buf, char byte);

static inline void buf_putc(Buf *buf, char byte)
{
    if (buf->failed || buf->capacity - buf->size < 2) {
        buf_grow_putc(buf, byte);
        return;
    }
    buf->data[buf->size++] = byte;
    buf->data[buf->size] = '\0';
}

/* As an append that failed: for what belongs to the text and could not be made. */
void buf_fail(Buf *buf);

/* Fails where the other one did, whose text belongs to its own. */
void buf_fail_with(Buf *buf, const Buf *part);

void buf_printf(Buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text so far, "" when empty; owned by the buffer. */
const char *buf_text(const Buf *buf);

/* 0, or -ENOMEM when any append failed. */
int buf_failed(const Buf *buf);

/* Moves the text out (free() it; never of a secret one); NULL when an append failed. The buffer is
 * empty afterwards. */
char *buf_take(Buf *buf);
