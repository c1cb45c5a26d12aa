/* SPDX-License-Identifier: MIT */
/* A hash map from borrowed strings to pointers: open addressing, linear probing. */
#include "tests/romasim/map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"

static const char grave[] = "";

static size_t hash(const char *key)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 0x100000001b3u;
    return (size_t)(h ^ h >> 32);
}

/* The slot that holds `key`, else the empty one where the search ended. */
static MapSlot *probe(const Map *m, const char *key)
{
    size_t i = hash(key) & (m->cap - 1);

    while (m->slots[i].key && (m->slots[i].key == grave || strcmp(m->slots[i].key, key) != 0))
        i = (i + 1) & (m->cap - 1);
    return &m->slots[i];
}

static void rebuild(Map *m, size_t cap)
{
    Map next = {.slots = alloc_zero(cap, sizeof(MapSlot)), .cap = cap};

    for (size_t i = 0; i < m->cap; i++) {
        if (!m->slots[i].key || m->slots[i].key == grave)
            continue;
        *probe(&next, m->slots[i].key) = m->slots[i];
        next.n++;
    }
    next.used = next.n;
    free(m->slots);
    *m = next;
}

void *map_find(const Map *m, const char *key)
{
    return m->cap > 0 ? probe(m, key)->value : NULL;
}

void map_set(Map *m, const char *key, void *value)
{
    MapSlot *slot;

    if ((m->used + 1) * 4 > m->cap * 3)
        rebuild(m, m->n * 2 + 16 > m->cap ? (m->cap > 0 ? m->cap * 2 : 16) : m->cap);
    slot = probe(m, key);
    if (!slot->key) {
        m->n++;
        m->used++;
    }
    *slot = (MapSlot){.key = key, .value = value};
}

void map_remove(Map *m, const char *key)
{
    MapSlot *slot = m->cap > 0 ? probe(m, key) : NULL;

    if (!slot || !slot->key)
        return;
    *slot = (MapSlot){.key = grave};
    m->n--;
}

void map_done(Map *m)
{
    free(m->slots);
    *m = (Map){0};
}
