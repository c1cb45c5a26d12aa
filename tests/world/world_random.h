/* SPDX-License-Identifier: MIT */
/* What is by chance: worlds, what people do to them, and what goes wrong (world_errs.c). Part of
 * world.h. */
#pragma once

#include "tests/world/world.h"

/* For World.disturb: in some spans of time much goes wrong, in others nothing. */
bool world_disturb_by_chance(World *world, WorldEvent *arrival);

/* A world made of a seed, its passes run, ending with a calm one that must converge. */
void world_run_seed(uint64_t seed);

/* Its first part: instances, channels, members, rosters, settings. */
void world_make_random(World *world);
WorldMember *world_add_random_extra(World *world, WorldChannel *channel);
void world_change_fields(World *world, WorldMember *member);
Mode world_random_mode(World *world);

/* How long extras are in quarantine, and at the most; 0: there is none. */
#define WORLD_QUARANTINE_MAX_USEC (24 * USEC_PER_HOUR)
uint64_t world_random_quarantine(World *world);

/* Whether the roster names a group that the channel does not have, in a mode that adds: such a
 * channel fails, for no group is created. */
bool world_lacks_group(const WorldChannel *channel, const RosterChannel *roster);
void world_state_random(World *world, RosterMember *member);
void world_random_groups(World *world, WorldChannel *channel);
