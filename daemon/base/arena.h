/* SPDX-License-Identifier: MIT */
/* Memory that is freed all at once: the strings of a configuration, of a list, of a plan. */
#pragma once

#include <stddef.h>

typedef struct ArenaBlock ArenaBlock;

typedef struct Arena {
    ArenaBlock *blocks;
    size_t used; /* of the newest block */
} Arena;

/* Frees everything ever taken from it; it can be used again. */
void arena_done(Arena *arena);

/* Forgets everything ever taken from it, and keeps one block to begin with. */
void arena_reset(Arena *arena);

/* `size` bytes, aligned for any type, not cleared; NULL when out of memory. */
void *arena_alloc(Arena *arena, size_t size);

/* A copy of the bytes, not aligned, followed by a NUL; NULL when out of memory. */
char *arena_copy(Arena *arena, const void *bytes, size_t size);

/* arena_copy() of a string. */
char *arena_string(Arena *arena, const char *text);
