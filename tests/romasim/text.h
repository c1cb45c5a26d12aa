/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A growing string; `data` is always terminated once anything was added. */
typedef struct Text {
    char *data;
    size_t len;
    size_t cap;
} Text;

void text_add_bytes(Text *t, const void *bytes, size_t len);
void text_add(Text *t, const char *s);
void text_addf(Text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_int(Text *t, long long value);

/* Adds `s` as a JSON string with its quotes; NULL becomes null, a byte that is no UTF-8 becomes
 * U+FFFD. */
void text_add_json(Text *t, const char *s);

/* Empties the text and frees its memory. */
void text_done(Text *t);

/* Bytes shared by several answers under way: a rendered page outlives the change that drops it. */
typedef struct Blob {
    size_t refs;
    size_t size;
    char *data;
} Blob;

/* Moves the text's bytes into a new blob with one reference. */
Blob *blob_take(Text *t);

/* A blob with a copy of `size` bytes. */
Blob *blob_copy(const char *data, size_t size);

Blob *blob_ref(Blob *b);

/* Accepts NULL. */
void blob_unref(Blob *b);
