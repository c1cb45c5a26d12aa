/* SPDX-License-Identifier: MIT */
/* Reading a channel again after deletions: only what the service shows counts. */
#pragma once

#include "reconcile/channel/channel.h"

/* Empties channel->confirmed for the next list. 0 or -ENOMEM. */
int confirm_prepare(ChannelPass *channel);

void confirm_start(ChannelPass *channel);

/* The id of the member that was to be added or corrected, where the last list shows it as it should
 * be; else NULL. */
const char *confirm_find_made(const ChannelPass *channel, size_t number);

/* Reads the list `settle` from now, and goes on with what follows additions and corrections. */
void confirm_after_settling(ChannelPass *channel);

/* Additions and corrections are done, but for those that something must go for. Where another
 * failed, nothing is deleted. */
void confirm_go_on(ChannelPass *channel);
