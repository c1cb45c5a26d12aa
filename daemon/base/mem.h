/* SPDX-License-Identifier: MIT */
/* Ownership helpers: cleanup attributes, taking a pointer, growing an array. */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

/* Hands an owned pointer over: the source is NULL afterwards. */
#define TAKE_PTR(pointer)                                                                          \
    ({                                                                                             \
        __typeof__(pointer) *source_ = &(pointer);                                                 \
        __typeof__(pointer) taken_ = *source_;                                                     \
        *source_ = NULL;                                                                           \
        taken_;                                                                                    \
    })

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

/* Defines NAMEp(), for _cleanup_(NAMEp), out of a function that frees one Type and accepts NULL. */
#define DEFINE_CLEANUP(Type, name)                                                                 \
    static inline void name##p(Type **pointer)                                                     \
    {                                                                                              \
        if (*pointer)                                                                              \
            name(*pointer);                                                                        \
    }

static inline void mem_freep(void *pointer)
{
    free(*(void **)pointer);
}

#define _cleanup_free_ _cleanup_(mem_freep)

/*
 * Makes room for `need` items of `item_size` bytes behind *items, doubling the capacity.
 * Returns 0, or -ENOMEM with the array as it was.
 */
static inline int mem_grow(void *items, size_t *capacity, size_t need, size_t item_size)
{
    void *old, *grown;
    size_t bytes, want = *capacity ? *capacity : 8;

    if (need <= *capacity)
        return 0;
    while (want < need) {
        if (want > SIZE_MAX / 2)
            return -ENOMEM;
        want *= 2;
    }
    if (__builtin_mul_overflow(want, item_size, &bytes))
        return -ENOMEM;
    __builtin_memcpy(&old, items, sizeof(old));
    grown = realloc(old, bytes);
    if (!grown)
        return -ENOMEM;
    __builtin_memcpy(items, &grown, sizeof(grown));
    *capacity = want;
    return 0;
}
