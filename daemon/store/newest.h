/* SPDX-License-Identifier: MIT */
/* The newest changes in passing, for whoever counts them: without the members, no copy of anything.
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
