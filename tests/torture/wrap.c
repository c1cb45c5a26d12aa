/* SPDX-License-Identifier: MIT */
/* Every allocation of ours, with one of them failing: linked in by -Wl,--wrap. */
#include <stddef.h>

#include "tests/torture/failing.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
    return failing_is_next() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return failing_is_next() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return failing_is_next() ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text)
{
    return failing_is_next() ? NULL : __real_strdup(text);
}
