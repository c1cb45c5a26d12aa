/* SPDX-License-Identifier: MIT */
/* What rosters state of their members, compared once more, written naively. */
#pragma once

#include "tests/world/world.h"

/* At the end of a pass: what a channel's report says to be changed is what its last list showed
 * otherwise than its roster states. */
void judge_changed(const World *world, const WorldChannel *channel, const ChannelReport *report);
