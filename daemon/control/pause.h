/* SPDX-License-Identifier: MIT */
/* Pauses of the channels of the rosters, of instances, and of all: how they stand to each other. */
#pragma once

#include "daemon/control/channel_ref.h"
#include "daemon/json/json_writer.h"
#include "daemon/store/store.h"

/* A channel as the state knows it: by its id and its name, as far as they are known. Borrowed. */
StoreScope pause_scope(const ChannelRef *found);

/* The pause that holds longest for a channel, or NULL. Borrowed. */
const StorePause *pause_find(const StorePauses *pauses, const ChannelRef *found);

/* Each puts something into the object that was opened last, null where it does not apply: a scope's
 * "scope", "instance", "name" and "id"; a pause's scope, "reason" and "until"; and under `key` an
 * array of pauses: those that `beside` is under still or that stand within it, NULL: all. */
void pause_put_scope(JsonWriter *writer, const StoreScope *scope);
void pause_put(JsonWriter *writer, const StorePause *pause);
void pause_put_all(JsonWriter *writer, const char *key, const StorePauses *pauses,
                   const StoreScope *beside);

/* "all", "instance" or "channel". */
const char *pause_scope_text(const StoreScope *scope);

/* Stops what a running pass would still change where the scope holds. */
void pause_stop_passes(Controller *controller, const StoreScope *scope);
