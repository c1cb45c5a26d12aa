/* SPDX-License-Identifier: MIT */
/* Extras that enter quarantine and are disabled already: nothing is sent for them. */
#pragma once

#include "reconcile/channel/channel.h"

/* Has those of the plan kept in the state. 0, or its error told in `err`. */
int enter_quarantine(ChannelPass *channel, Err *err);

/* Ends a channel whose plan has nothing to send. */
void enter_end(ChannelPass *channel);
