/* SPDX-License-Identifier: MIT */
/* Pauses of the channels of the rosters, of instances, and of all: how they stand to each other. */
#pragma once

#include "daemon/control/channel_ref.h"
#include "daemon/store/store.h"

/* A channel as the state knows it: by its id and its name, as far as they are known. Borrowed. */
StoreScope pause_scope(const ChannelRef *found);

/* The pause that holds longest for a channel, or NULL. Borrowed. */
const StorePause *pause_find(const StorePauses *pauses, const ChannelRef *found);

/* What a new pause took the place of, for the log: " (in place of: ...)"; "" for nothing. */
const char *pause_format_replaced(const StorePauses *replaced, char *ret_text, size_t size);

/* Stops what a running pass would still change where the scope holds. */
void pause_stop_passes(Controller *controller, const StoreScope *scope);
