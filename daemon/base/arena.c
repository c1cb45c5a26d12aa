/* SPDX-License-Identifier: MIT */
/* Blocks double from 128 bytes to 16 KiB, so that little of an arena lies idle: there is one for
 * each channel's report. What would take a large part of a block has one of its own, of exactly its
 * size, and leaves the newest as it is. */
#include "daemon/base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE_MIN 128U
#define BLOCK_SIZE_MAX (16U * 1024U)
#define OWN_SIZE_MIN 2048U
#define OWN_SHARE 4 /* of a block, from which on it has its own */

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

static size_t arena_next_size(const Arena *arena)
{
    size_t size = arena->blocks ? arena->blocks->size * 2 : BLOCK_SIZE_MIN;

    return size > BLOCK_SIZE_MAX ? BLOCK_SIZE_MAX : size;
}

static ArenaBlock *arena_make_block(size_t size)
{
    ArenaBlock *block = size > SIZE_MAX - sizeof(*block) ? NULL : malloc(sizeof(*block) + size);

    if (block)
        block->size = size;
    return block;
}

static int arena_add_block(Arena *arena, size_t size)
{
    ArenaBlock *block = arena_make_block(size);

    if (!block)
        return -1;
    block->older = arena->blocks;
    arena->blocks = block;
    arena->used = 0;
    return 0;
}

/* A block of its own stands behind the newest. */
static void *arena_take_own(Arena *arena, size_t size)
{
    ArenaBlock *block;

    if (!arena->blocks && arena_add_block(arena, BLOCK_SIZE_MIN) < 0)
        return NULL;
    block = arena_make_block(size);
    if (!block)
        return NULL;
    block->older = arena->blocks->older;
    arena->blocks->older = block;
    return block->bytes;
}

static void *arena_take_more(Arena *arena, size_t size)
{
    size_t next = arena_next_size(arena);

    if (size >= OWN_SIZE_MIN && size > next / OWN_SHARE)
        return arena_take_own(arena, size);
    if (arena_add_block(arena, size > next ? size : next) < 0)
        return NULL;
    arena->used = size;
    return arena->blocks->bytes;
}

static inline void *arena_take(Arena *arena, size_t size, size_t alignment)
{
    size_t start = (arena->used + alignment - 1) & ~(alignment - 1);

    if (!arena->blocks || start > arena->blocks->size || size > arena->blocks->size - start)
        return arena_take_more(arena, size);
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
