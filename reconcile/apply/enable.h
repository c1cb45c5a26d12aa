/* SPDX-License-Identifier: MIT */
/* Members that rosterd had disabled and that are no longer to be deleted: they are enabled again.
 */
#pragma once

#include "reconcile/channel/channel.h"

/* Makes a change of each of channel->fates, to be recorded and sent. 0 or -ENOMEM. */
int enable_make(ChannelPass *channel);

/* They are all enabled, as a list says: has the channel listed and judged anew. */
void enable_go_on(ChannelPass *channel);
