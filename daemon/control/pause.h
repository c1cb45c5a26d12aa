/* SPDX-License-Identifier: MIT */
/* Pausing and resuming channels: by id, and by name as well, which holds and shows while no pass
 * has found the id: before the first, and while the service fails. */
#pragma once

#include "daemon/control/channel_ref.h"
#include "daemon/store/store.h"

/* The pause of a channel, or NULL. Borrowed. */
const StorePause *pause_find(const StorePauses *pauses, const ChannelRef *found);

/* Pauses it durably; `until_usec` is realtime, 0: no end. 0 or the store's errors. */
int pause_begin(Store *store, const ChannelRef *found, const char *reason, uint64_t until_usec,
                Err *err);

/* Ends it. 1, 0 where there was none; -EPERM while its id would have to be known; the store's
 * errors. */
int pause_end(Store *store, const ChannelRef *found, Err *err);
