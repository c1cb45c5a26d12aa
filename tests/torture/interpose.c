/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of the program, whoever makes it, with one of them failing. What is defined here
 * stands in for glibc's for all libraries; those that allocate by secure_alloc.h (libcurl,
 * libcrypto) are linked by -Wl,--wrap.
 */
#include <stddef.h>

#include "tests/torture/failing.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);

void *__real_secure_alloc_alloc(size_t size);
void *__real_secure_alloc_calloc(size_t count, size_t size);
void *__real_secure_alloc_realloc(void *memory, size_t size);
char *__real_secure_alloc_copy(const char *text);
void *__wrap_secure_alloc_alloc(size_t size);
void *__wrap_secure_alloc_calloc(size_t count, size_t size);
void *__wrap_secure_alloc_realloc(void *memory, size_t size);
char *__wrap_secure_alloc_copy(const char *text);

void *malloc(size_t size)
{
    return failing_is_next() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return failing_is_next() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return failing_is_next() ? NULL : __libc_realloc(memory, size);
}

void *__wrap_secure_alloc_alloc(size_t size)
{
    return failing_is_next() ? NULL : __real_secure_alloc_alloc(size);
}

void *__wrap_secure_alloc_calloc(size_t count, size_t size)
{
    return failing_is_next() ? NULL : __real_secure_alloc_calloc(count, size);
}

void *__wrap_secure_alloc_realloc(void *memory, size_t size)
{
    return failing_is_next() ? NULL : __real_secure_alloc_realloc(memory, size);
}

char *__wrap_secure_alloc_copy(const char *text)
{
    return failing_is_next() ? NULL : __real_secure_alloc_copy(text);
}
