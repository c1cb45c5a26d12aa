/* SPDX-License-Identifier: MIT */
/* Blocks double from 256 bytes to 256 KiB, so that small arenas stay small: there is one for each
 * channel's report. */
#include "daemon/base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE_MIN 256U
#define BLOCK_SIZE_MAX (256U * 1024U)

struct ArenaBlock {
    ArenaBlock *older;
    size_t size;
    _Alignas(max_align_t) char bytes[];
};

void arena_done(Arena *arena)
{
    while (arena->blocks) {
        ArenaBlock *older = arena->blocks->older;

        free(arena->blocks);
        arena->blocks = older;
    }
    arena->used = 0;
}

void arena_reset(Arena *arena)
{
    ArenaBlock *newest = arena->blocks;

    if (!newest)
        return;
    arena->blocks = newest->older;
    arena_done(arena);
    newest->older = NULL;
    arena->blocks = newest;
}

static int arena_add_block(Arena *arena, size_t need)
{
    size_t size = arena->blocks ? arena->blocks->size * 2 : BLOCK_SIZE_MIN;
    ArenaBlock *block;

    if (size > BLOCK_SIZE_MAX)
        size = BLOCK_SIZE_MAX;
    if (size < need)
        size = need;
    if (size > SIZE_MAX - sizeof(*block))
        return -1;
    block = malloc(sizeof(*block) + size);
    if (!block)
        return -1;
    block->older = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->used = 0;
    return 0;
}

static inline void *arena_take(Arena *arena, size_t size, size_t alignment)
{
    size_t start = (arena->used + alignment - 1) & ~(alignment - 1);

    if (!arena->blocks || start > arena->blocks->size || size > arena->blocks->size - start) {
        if (arena_add_block(arena, size) < 0)
            return NULL;
        start = 0;
    }
    arena->used = start + size;
    return arena->blocks->bytes + start;
}

void *arena_alloc(Arena *arena, size_t size)
{
    return arena_take(arena, size, _Alignof(max_align_t));
}

char *arena_copy(Arena *arena, const void *bytes, size_t size)
{
    char *copy = size == SIZE_MAX ? NULL : arena_take(arena, size + 1, 1);

    if (!copy)
        return NULL;
    if (size > 0)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

/* With its NUL. */
char *arena_string(Arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = arena_take(arena, size, 1);

    return copy ? memcpy(copy, text, size) : NULL;
}
