/* Pausing and resuming channels. A channel whose id no pass has found yet is paused by its name. */
#pragma once

#include "daemon/control/find.h"
#include "daemon/store/store.h"

/* The pause of a channel, or NULL. Borrowed. */
const StorePause *pause_find(const StorePauses *pauses, const Found *found);

/* Pauses it durably; `until_usec` is realtime, 0: no end. 0 or the store's errors. */
int pause_begin(Store *store, const Found *found, const char *reason, uint64_t until_usec,
                Err *err);

/* Ends it. 1, 0 where there was none, or the store's errors. */
int pause_end(Store *store, const Found *found, Err *err);
