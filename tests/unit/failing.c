/* SPDX-License-Identifier: MIT */
#include "tests/unit/failing.h"

#include <dlfcn.h>
#include <errno.h>
#include <json-c/json.h>
#include <stddef.h>
#include <string.h>

/* gcc and clang tell it in two ways. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

/* The linker finds this before the C library: each test that allocates has it. */
static long allocations_left = -1; /* until one fails; -1: none does */
static bool did_fail;
static bool is_paused;

#if defined(__GLIBC__) && !defined(IS_SANITIZED)
#define HAS_ALLOCATOR 1

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);

static bool must_fail(void)
{
    if (is_paused || allocations_left < 0 || allocations_left-- > 0)
        return false;
    did_fail = true;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return must_fail() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return must_fail() ? NULL : __libc_realloc(memory, size);
}

/* Newer C libraries (2.41) look for a translation with memory of their own, and do without. */
char *strerror(int error)
{
    static char *(*show)(int);
    bool before = failing_pause(true);
    char *text;

    if (!show) {
        void *found = dlsym(RTLD_NEXT, "strerror");

        memcpy(&show, &found, sizeof(show));
    }
    text = show(error);
    failing_pause(before);
    return text;
}
#else
#define HAS_ALLOCATOR 0
#endif

/* Stands before json-c's own: 0.16 reads through a null pointer when it cannot copy a key. */
json_object *json_tokener_parse_ex(json_tokener *tokener, const char *text, int size)
{
    static json_object *(*parse)(json_tokener *, const char *, int);
    bool before = failing_pause(true);
    json_object *parsed;

    if (!parse) {
        void *found = dlsym(RTLD_NEXT, "json_tokener_parse_ex");

        memcpy(&parse, &found, sizeof(parse));
    }
    parsed = parse(tokener, text, size);
    failing_pause(before);
    return parsed;
}

bool failing_is_possible(void)
{
    return HAS_ALLOCATOR;
}

void failing_after(long count)
{
    did_fail = false;
    allocations_left = count;
}

bool failing_did(void)
{
    return did_fail;
}

bool failing_stop(void)
{
    allocations_left = -1;
    return did_fail;
}

bool failing_pause(bool pauses)
{
    bool before = is_paused;

    is_paused = pauses;
    return before;
}
