/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of the program, whoever makes it, with one of them failing. What is defined here
 * stands in for glibc's for all libraries; those that allocate in the vault (libcurl, libcrypto)
 * are linked by -Wl,--wrap.
 */
#include <stddef.h>

#include "tests/torture/failing.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);

void *__real_vault_alloc(size_t size);
void *__real_vault_calloc(size_t count, size_t size);
void *__real_vault_realloc(void *memory, size_t size);
char *__real_vault_copy(const char *text);
void *__wrap_vault_alloc(size_t size);
void *__wrap_vault_calloc(size_t count, size_t size);
void *__wrap_vault_realloc(void *memory, size_t size);
char *__wrap_vault_copy(const char *text);

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

void *__wrap_vault_alloc(size_t size)
{
    return failing_is_next() ? NULL : __real_vault_alloc(size);
}

void *__wrap_vault_calloc(size_t count, size_t size)
{
    return failing_is_next() ? NULL : __real_vault_calloc(count, size);
}

void *__wrap_vault_realloc(void *memory, size_t size)
{
    return failing_is_next() ? NULL : __real_vault_realloc(memory, size);
}

char *__wrap_vault_copy(const char *text)
{
    return failing_is_next() ? NULL : __real_vault_copy(text);
}
