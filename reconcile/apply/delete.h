/* SPDX-License-Identifier: MIT */
/*
 * DOC: changing a channel
 *
 * What this room does is all that ever changes anything at the service. A plan that no guard holds
 * comes here: delete_start() has its extras recorded (group_commit.h), durably and all at once, and
 * only then sends the first deletion. They go one at a time; each has its outcome written when it
 * is known (deletion.h), and one whose effect nobody knows stays undecided rather than guessed.
 *
 * Before each deletion the channel may have been paused, the pass stopped, or the instance failed:
 * then what is left is skipped, and is recorded so. Five failures in a row end the channel's pass.
 * At the end the channel is read again (confirm.h), and the list, not the answers, says what is
 * gone.
 *
 * An undo comes the other way (add.h): the members that the history says were deleted are compared
 * with a fresh list, what is live again is left alone, and the rest is added one at a time and
 * confirmed likewise.
 */
#pragma once

#include "reconcile/channel/channel.h"

/* So many failed deletions in a row end the channel's pass. */
#define DELETE_FAILURES_MAX 5

/* Has the plan's extras recorded (group_commit.h), then deletes them. */
void delete_start(ChannelPass *channel);

/* Ends a channel of whose extras nothing is recorded or sent. */
void delete_skip(ChannelPass *channel, Result result, const Err *err);

/* The channel was paused: no deletion is sent any more, one in flight is awaited. */
void delete_pause(ChannelPass *channel);
