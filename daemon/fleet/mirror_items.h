/* SPDX-License-Identifier: MIT */
/* Keys of etcd in memory, in their order. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/fleet/etcd_txn.h"

typedef struct MirrorItem {
    EtcdKey key; /* its texts stand behind it */
} MirrorItem;

typedef struct MirrorItems {
    MirrorItem **items; /* by key */
    size_t count, capacity;
} MirrorItems;

void mirror_items_done(MirrorItems *items);

/* The place of a key, or where it would stand. */
size_t mirror_items_place(const MirrorItems *items, const char *key, bool *ret_is_there);

/* Copies a key, in the place of the one of that name. 0 or -ENOMEM. */
int mirror_items_put(MirrorItems *items, const EtcdKey *key);

/* Whether it was there. */
bool mirror_items_remove(MirrorItems *items, const char *key);
