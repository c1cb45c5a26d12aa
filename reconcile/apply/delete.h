/* SPDX-License-Identifier: MIT */
/* Deleting a plan's extras: recorded first, then sent one at a time.
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
