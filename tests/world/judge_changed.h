/* SPDX-License-Identifier: MIT */
/* What rosters state of their members, compared once more, written naively. */
#pragma once

#include "tests/world/world.h"

/* At the end of a pass: what a channel's report says to be changed is what its last list showed
 * otherwise than its roster states. */
/* Which of the fields that a roster states are otherwise, of a member that the last list showed; 0
 * for one that the roster does not want. ROSTER_MEMBER_* bits. */
unsigned judge_changed_states(const WorldChannel *channel, const RosterChannel *roster,
                              const WorldMember *member);

void judge_changed(const World *world, const WorldChannel *channel, const ChannelReport *report);
