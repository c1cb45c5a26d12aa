/* SPDX-License-Identifier: MIT */
/* Pauses of the channels of the rosters, of instances, and of all: how they stand to each other. */
#pragma once

#include <json-c/json.h>

#include "daemon/control/channel_ref.h"
#include "daemon/store/store.h"

/* A channel as the state knows it: by its id and its name, as far as they are known. Borrowed. */
StoreScope pause_scope(const ChannelRef *found);

/* The pause that holds longest for a channel, or NULL. Borrowed. */
const StorePause *pause_find(const StorePauses *pauses, const ChannelRef *found);

/* {"scope", "instance", "name", "id", "reason", "until"}; what does not apply is null. */
json_object *pause_row(const StorePause *pause);

/* "all", "instance" or "channel". */
const char *pause_scope_text(const StoreScope *scope);

/* [rows of the pauses that `scope` is under still, or that stand within it]. */
json_object *pause_rows_beside(const StorePauses *pauses, const StoreScope *scope);

/* Rows of all of them. */
json_object *pause_rows(const StorePauses *pauses);

/* Stops what a running pass would still change where the scope holds. */
void pause_stop_passes(Controller *controller, const StoreScope *scope);
