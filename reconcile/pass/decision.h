/* SPDX-License-Identifier: MIT */
/* From a whole list to what is done about it: the plan, what is remembered of it, the guards, and
 * then changes or a result. */
#pragma once

#include "reconcile/channel/channel.h"

/* The channel's list is whole, in channel->diff. */
void decision_on_list(ChannelPass *channel);
