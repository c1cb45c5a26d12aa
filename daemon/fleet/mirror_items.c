/* SPDX-License-Identifier: MIT */
#include "daemon/fleet/mirror_items.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"

void mirror_items_done(MirrorItems *items)
{
    for (size_t i = 0; i < items->count; i++)
        free(items->items[i]);
    free(items->items);
    *items = (MirrorItems){0};
}

size_t mirror_items_place(const MirrorItems *items, const char *key, bool *ret_is_there)
{
    size_t low = 0, high = items->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(items->items[middle]->key.key, key);

        if (order == 0) {
            *ret_is_there = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_is_there = false;
    return low;
}

static MirrorItem *item_new(const EtcdKey *key)
{
    size_t key_size = strlen(key->key) + 1;
    MirrorItem *item = malloc(sizeof(*item) + key_size + key->value_size + 1);
    char *texts = (char *)(item + 1);

    if (!item)
        return NULL;
    item->key = *key;
    memcpy(texts, key->key, key_size);
    memcpy(texts + key_size, key->value, key->value_size);
    texts[key_size + key->value_size] = '\0';
    item->key.key = texts;
    item->key.value = texts + key_size;
    return item;
}

int mirror_items_put(MirrorItems *items, const EtcdKey *key)
{
    bool is_there;
    size_t place = mirror_items_place(items, key->key, &is_there);
    MirrorItem *item;

    if (!is_there &&
        mem_grow(&items->items, &items->capacity, items->count + 1, sizeof(*items->items)) < 0)
        return -ENOMEM;
    item = item_new(key);
    if (!item)
        return -ENOMEM;
    if (is_there) {
        free(items->items[place]);
    } else {
        memmove(items->items + place + 1, items->items + place,
                (items->count - place) * sizeof(*items->items));
        items->count++;
    }
    items->items[place] = item;
    return 0;
}

bool mirror_items_remove(MirrorItems *items, const char *key)
{
    bool is_there;
    size_t place = mirror_items_place(items, key, &is_there);

    if (!is_there)
        return false;
    free(items->items[place]);
    items->count--;
    memmove(items->items + place, items->items + place + 1,
            (items->count - place) * sizeof(*items->items));
    return true;
}
