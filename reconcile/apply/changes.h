/* SPDX-License-Identifier: MIT */
/* The changes that a plan comes to, in the order in which they are sent: additions as the roster
 * has them, corrections and deletions as the plan has them. */
#pragma once

#include "reconcile/channel/channel.h"

/* Room for so many changes of a channel that has none, and for what is told of them. 0 or -ENOMEM.
 */
int changes_allocate(ChannelPass *channel, size_t count);

/* Makes channel->changes and channel->sent out of channel->plan. 0 or -ENOMEM. */
int changes_make(ChannelPass *channel);
