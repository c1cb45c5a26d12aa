/* SPDX-License-Identifier: MIT */
/*
 * Many instances on three hosts on which nothing goes wrong but what is written here: all begin,
 * with room for half of the instances each; one dies and comes back; each is begun anew, with room
 * for a third; one dies, so that nobody has room for what it had, and comes back. What must hold
 * besides the judge's rules (judge.h):
 *
 * - An instance is owned by one host at most, and by one as soon as there is room; no host owns
 *   more than it has room for, and nothing is moved while it has an owner.
 * - Who comes back, and whoever has room where a host has died, owns what is free within a few
 *   seconds; of a host that has died, once its lease has ended.
 * - While nothing changes hands, etcd is asked for one renewal a host and quarter lease, one
 *   transaction a channel with changes and pass, one a pass (its record), and for nothing else,
 *   be there instances that nobody has room for or not.
 */
#pragma once

#include "tests/sim/fleet/fleet.h"

/* Lives that, with so many instances. What breaks a rule does not return. */
void scale_life(size_t instance_count, FleetCounts *counts);
