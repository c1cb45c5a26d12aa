/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* A stand-in has nothing to save when memory ends: these never return NULL, they end the program.
 */

/* Zeroed memory for `n` objects. The caller owns it (free). */
void *alloc_zero(size_t n, size_t size);

/* realloc() for `n` objects. */
void *alloc_resize(void *old, size_t n, size_t size);

/* A copy of `s`, or NULL for NULL. */
char *alloc_copy(const char *s);

/* A copy of the first `len` bytes of `s`, terminated. */
char *alloc_copy_bytes(const char *s, size_t len);

/* asprintf() that cannot fail. */
char *alloc_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Makes room for one more element in a vector of `n` elements, doubling `*cap` when it is full. */
void *alloc_grow(void *vector, size_t n, size_t *cap, size_t size);

/* Prints "romasim: ..." to standard error and exits with 1. */
void alloc_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
