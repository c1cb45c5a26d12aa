/* SPDX-License-Identifier: MIT */
/* From a whole list to what is done about it: the plan, what is remembered of it, the guards, and
 * then deletions or a result. */
#pragma once

#include "reconcile/channel/channel.h"

/* The channel's list is whole, in channel->diff. */
void decision_on_list(ChannelPass *channel);

/* Gives the channel's deletions that earlier passes left undecided their outcome, out of
 * channel->diff (ops.h, settle()); where members are still listed and `is_final` is not said, these
 * stay undecided and are counted in channel->in_doubt_count. 0, or the state's errors. */
int decision_settle(ChannelPass *channel, const char *channel_id, bool is_final, Err *err);

/* The same where the list of channels does not have it. */
int decision_settle_absent(ChannelPass *channel, const char *channel_id, Err *err);
