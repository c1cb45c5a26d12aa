/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

typedef struct MapSlot {
    const char *key;
    void *value;
} MapSlot;

/* String to pointer; keys are borrowed and must live as long as their entry. */
typedef struct Map {
    MapSlot *slots;
    size_t n;
    size_t used; /* entries and the graves of removed ones */
    size_t cap;
} Map;

/* NULL when absent. */
void *map_find(const Map *m, const char *key);

/* Adds or replaces. */
void map_set(Map *m, const char *key, void *value);

void map_remove(Map *m, const char *key);
void map_done(Map *m);
