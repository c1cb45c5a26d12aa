/* SPDX-License-Identifier: MIT */
/* Which hosts of a fleet owned an instance when, as far as this host has heard: where its history
 * is silent, theirs may tell. */
#pragma once

#include "daemon/store/store.h"

/* So many are kept of an instance, the newest. */
#define STORE_OWNERS_MAX 100

/* Who owns an instance from now on; `host` NULL: nobody does. Buffered. Costs a look where that is
 * known already. */
int store_owners_note(Store *store, const char *instance_key, const char *instance_name,
                      const char *host, uint64_t realtime_usec, Err *err);

typedef struct StoreOwner {
    const char *instance_key, *instance_name;
    const char *host;
    uint64_t from_usec;  /* realtime, by the clock of this host */
    uint64_t until_usec; /* likewise; 0: it owns it still, or was not heard of since */
} StoreOwner;

typedef struct StoreOwners {
    Arena arena; /* holds all that is pointed to */
    StoreOwner *items;
    size_t count, capacity;
} StoreOwners;

void store_owners_done(StoreOwners *owners);

/* Those of an instance (by its name; NULL: of all) since then, but for this host (`but`), the
 * oldest first. `ret_owners` is done by the caller. */
int store_owners(Store *store, const char *instance_name, uint64_t since_usec, const char *but,
                 StoreOwners *ret_owners, Err *err);
