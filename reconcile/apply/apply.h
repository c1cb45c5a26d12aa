/* SPDX-License-Identifier: MIT */
/*
 * DOC: changing a channel
 *
 * What this room does is all that ever changes anything at the service. A plan that no guard holds
 * comes here: apply_start() has its changes recorded (group_commit.h), durably and all of them, and
 * only then sends the first. They go one at a time; each has its outcome written when it is known
 * (sent.h), and one whose effect nobody knows stays undecided rather than guessed.
 *
 * Make before break: additions and corrections come first. The list is read after them (confirm.h),
 * and only what it shows is done. Deletions begin `settle` after that, once one more list has shown
 * that enough members stay; where an addition failed, none does, but one that a full channel
 * refused is exchanged for an extra (exchange.h).
 *
 * Where there is a quarantine, an extra is disabled where it would be deleted, and deleted in a
 * later pass (enter.h has those that are disabled already). What is no longer to be deleted is
 * enabled again before all of this (enable.h), and what else is planned is judged by the list after
 * it.
 *
 * Before each change the channel may have been paused, the pass stopped, or the instance failed:
 * then what is left is skipped, and is recorded so. Five failures in a row end the channel's pass.
 * At the end the channel is read again, and the list, not the answers, says what is done.
 *
 * An undo comes the other way (undo.h): its changes are made of the history and a fresh list, and
 * then go through the same hands.
 */
#pragma once

#include "reconcile/channel/channel.h"

/* So many failed changes in a row end the channel's pass. */
#define APPLY_FAILURES_MAX 5

/* Has the plan's changes recorded (group_commit.h), then sends them. */
void apply_start(ChannelPass *channel);

/* The same of channel->changes, which are made already. */
void apply_record(ChannelPass *channel);

/* Before the plan is judged: has the members of channel->fates enabled again, which no guard and no
 * window holds. `on_enabled` gets the list that is read after that, into channel->diff. */
void apply_enable(ChannelPass *channel, ChannelOnWhole on_enabled);

/* Ends a channel of whose changes nothing is recorded or sent. */
void apply_skip(ChannelPass *channel, Result result, const Err *err);

/* What is planned has that outcome, in the report, as far as there was memory to report it. */
void apply_mark(ChannelPass *channel, Outcome outcome);

/* Sends the next change, or what follows the last one. */
void apply_next(ChannelPass *channel);

/* Sends that change. */
void apply_send(ChannelPass *channel, size_t number);

/* The channel's error, unless there is an earlier one. */
void apply_keep_error(ChannelPass *channel, const Err *err);

/* Whether a change waits for its turn. */
bool apply_is_left(const ChannelPass *channel, size_t number);

/* Whether a deletion does. */
bool apply_has_deletion_left(const ChannelPass *channel);

/* Ends the channel without confirming: what was not sent is skipped, what may have had its effect
 * stays undecided in the history. */
void apply_cut(ChannelPass *channel, Result result, const Err *err);

/* The changes that were not sent are skipped. 0, or the state's error told in `err`. */
int apply_skip_rest(ChannelPass *channel, Err *err);

/* The channel was paused: no change is sent any more, one in flight is awaited. */
void apply_pause(ChannelPass *channel);
