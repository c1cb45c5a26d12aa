/* SPDX-License-Identifier: MIT */
/* A hash table from byte strings to pointers. Keys stay where they are: who puts one in keeps it
 * alive and unchanged as long as the map. Nothing is ever removed singly. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct MapSlot MapSlot;

typedef struct Map {
    MapSlot *slots;
    size_t slot_count; /* 0 or a power of two */
    size_t size;       /* entries */
} Map;

void map_done(Map *map);

/* Forgets all entries, keeps the memory. */
void map_clear(Map *map);

/* Makes room for `entries` in all. 0 or -ENOMEM. */
int map_reserve(Map *map, size_t entries);

/* Adds key -> value. Returns 1; 0 when the key was there already (the old value stays, and is what
 * map_find() gives); -ENOMEM. `value` must not be NULL. */
int map_put(Map *map, const void *key, size_t key_size, void *value);

/* The value, or NULL. Borrowed. */
void *map_find(const Map *map, const void *key, size_t key_size);
