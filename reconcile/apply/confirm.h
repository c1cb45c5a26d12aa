/* SPDX-License-Identifier: MIT */
/* Reading a channel again after deletions: only what the service shows counts. */
#pragma once

#include "reconcile/channel/channel.h"

void confirm_start(ChannelPass *channel);
