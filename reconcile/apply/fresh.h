/* SPDX-License-Identifier: MIT */
/* Corrections go by a list that is not old: the service takes the complete member (API.md section
 * 1.11), and what somebody changed meanwhile must not be written over. */
#pragma once

#include "reconcile/channel/channel.h"

/* Whether the next change is a correction, and the last list too old for it. */
bool fresh_is_due(const ChannelPass *channel);

/* Reads the list again, skips the corrections of members that are no more as they were recorded,
 * and goes on. */
void fresh_read(ChannelPass *channel);
