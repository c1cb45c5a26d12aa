/* SPDX-License-Identifier: MIT */
/* What happened last, in passing, for whoever counts it: without the members, no copy of anything.
 */
#pragma once

#include "daemon/store/store.h"

/* Told of one change: `kind` is a word of change.h, `outcome` one of the report, NULL while it is
 * not decided. Borrowed for the call. */
typedef void (*StoreNewestAdd)(void *userdata, uint64_t recorded_usec, const char *kind,
                               const char *outcome);

/* Names the changes that were recorded since then, from the newest on, `limit` at most. 1 where
 * there are more, else 0; the state's errors. */
int store_newest(Store *store, uint64_t since_usec, uint64_t limit, StoreNewestAdd add,
                 void *userdata, Err *err);

/* Names the moments since then at which a channel began to be held, to fail or to be unmanageable,
 * as samples have them (samples.h): `kind` is STORE_NEWEST_CHANNEL, `outcome` its result. Of the
 * newest `limit` samples; it reads as many. 0, or the state's errors. */
#define STORE_NEWEST_CHANNEL "channel"
int store_newest_troubles(Store *store, uint64_t since_usec, uint64_t limit, StoreNewestAdd add,
                          void *userdata, Err *err);
