/* SPDX-License-Identifier: MIT */
/* How a whole list is asked what became of changes that earlier passes left undecided (ops.h,
 * settle()). */
#pragma once

#include "reconcile/channel/channel.h"

/* Gives the channel's changes that earlier passes left undecided their outcome, out of
 * channel->diff; where members to be deleted are still listed and `is_final` is not said, these
 * stay undecided and are counted in channel->in_doubt_count. 0, or the state's errors. */
int settling_on_list(ChannelPass *channel, const char *channel_id, bool is_final, Err *err);

/* The same where the list of channels does not have it. */
int settling_on_absent(ChannelPass *channel, const char *channel_id, Err *err);
