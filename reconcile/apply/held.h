/* SPDX-License-Identifier: MIT */
/* What guards hold: how a held channel ends, and what the log is told of it. */
#pragma once

#include "reconcile/channel/channel.h"

/* How many members an event names; of more it says how many more there are. */
#define HELD_MEMBERS_MAX 20

/* Notes in the report of a channel that is started what a guard refuses. */
void held_add(ChannelPass *channel, Guard guard);

/* Notes in the report which guards refuse: of a channel that is held, or would be. */
void held_report(ChannelPass *channel, const Guard guards[static GUARD_COUNT]);

/* Ends a channel that has extras: none of them is deleted, for those of the guards that refuse. */
void held_end(ChannelPass *channel, const Guard guards[static GUARD_COUNT]);

/* Evaluates what other hosts have to do with the channel, whatever is planned there: whether that
 * withholds its changes (channel->is_withheld), and why, in channel->guards. 0 or -ENOMEM. */
int held_look_at_fleet(ChannelPass *channel, const Conditions *conditions);

/* Ends a channel that is withheld so. An approval is not spent, and passes nothing; what guards it
 * lets pass is not told. */
void held_end_by_fleet(ChannelPass *channel);

/* Of one whose changes are under way by then: tells of the condition that withholds the rest. */
void held_report_by_fleet(ChannelPass *channel);

/* Notes that no lease outlives a change any more, and why: channel->is_withheld. */
void held_note_lease(ChannelPass *channel, const Err *why);

/* Tells of an instance's plans that its guards of a whole pass hold: `instance` has their digest
 * and the guards. */
void held_tell_instance(const Ops *ops, void *context, const Report *report,
                        const InstanceReport *instance);
