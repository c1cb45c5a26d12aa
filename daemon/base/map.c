/* SPDX-License-Identifier: MIT */
/* Open addressing with linear probing, at most three quarters full. */
#include "daemon/base/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/hash.h"

struct MapSlot {
    const void *key;
    void *value; /* NULL: the slot is free */
    uint32_t key_size;
    uint32_t hash;
};

static uint32_t map_hash(const void *key, size_t size)
{
    return (uint32_t)hash_bytes(0, key, size);
}

void map_done(Map *map)
{
    free(map->slots);
    *map = (Map){0};
}

void map_clear(Map *map)
{
    if (map->slots)
        memset(map->slots, 0, map->slot_count * sizeof(*map->slots));
    map->size = 0;
}

/* The slot that holds the key, or the free one where it belongs. */
static MapSlot *map_slot(const Map *map, const void *key, size_t key_size, uint32_t hash)
{
    size_t index = hash & (map->slot_count - 1);

    for (;; index = (index + 1) & (map->slot_count - 1)) {
        MapSlot *slot = &map->slots[index];

        if (!slot->value || (slot->hash == hash && slot->key_size == key_size &&
                             memcmp(slot->key, key, key_size) == 0))
            return slot;
    }
}

static int map_resize(Map *map, size_t slot_count)
{
    Map grown = {.slot_count = slot_count, .size = map->size};

    grown.slots = calloc(slot_count, sizeof(*grown.slots));
    if (!grown.slots)
        return -ENOMEM;
    for (size_t i = 0; i < map->slot_count; i++) {
        const MapSlot *slot = &map->slots[i];

        if (slot->value)
            *map_slot(&grown, slot->key, slot->key_size, slot->hash) = *slot;
    }
    free(map->slots);
    *map = grown;
    return 0;
}

int map_reserve(Map *map, size_t entries)
{
    size_t slot_count = map->slot_count ? map->slot_count : 16;

    if (entries > SIZE_MAX / 4 / sizeof(MapSlot))
        return -ENOMEM;
    while (slot_count / 4 * 3 < entries)
        slot_count *= 2;
    return slot_count == map->slot_count ? 0 : map_resize(map, slot_count);
}

int map_put(Map *map, const void *key, size_t key_size, void *value)
{
    uint32_t hash = map_hash(key, key_size);
    MapSlot *slot;

    if (key_size > UINT32_MAX || map_reserve(map, map->size + 1) < 0)
        return -ENOMEM;
    slot = map_slot(map, key, key_size, hash);
    if (slot->value)
        return 0;
    *slot = (MapSlot){.key = key, .value = value, .key_size = (uint32_t)key_size, .hash = hash};
    map->size++;
    return 1;
}

void *map_find(const Map *map, const void *key, size_t key_size)
{
    if (map->size == 0)
        return NULL;
    return map_slot(map, key, key_size, map_hash(key, key_size))->value;
}
