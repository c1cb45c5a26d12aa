/* SPDX-License-Identifier: MIT */
/* What guards hold: how a held channel ends, and what the log is told of it. */
#pragma once

#include "reconcile/channel/channel.h"

/* How many members an event names; of more it says how many more there are. */
#define HELD_MEMBERS_MAX 20

/* Notes in the report which guards refuse: of a channel that is held, or would be. */
void held_report(ChannelPass *channel, const Guard guards[static GUARD_COUNT]);

/* Ends a channel that has extras: none of them is deleted, for those of the guards that refuse. */
void held_end(ChannelPass *channel, const Guard guards[static GUARD_COUNT]);

/* Tells of an instance's plans that its guards of a whole pass hold: `instance` has their digest
 * and the guards. */
void held_tell_instance(const Ops *ops, void *context, const Report *report,
                        const InstanceReport *instance);
