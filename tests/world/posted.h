/* SPDX-License-Identifier: MIT */
/* Additions and corrections as the imaginary state has them. */
#pragma once

#include "tests/world/world.h"

/* What a whole list says of one that was left undecided: a Settlement. */
int posted_settle(const WorldAction *action, const SettleList *list);

/* Who an addition became, by that list; without an id of what is none. */
ListedMember posted_find_listed(const WorldAction *action, const SettleList *list);

/* The outcome of an action that is settled so, of any kind. */
Outcome posted_outcome(const WorldAction *action, int settlement);

/* What is to be added, as a member that is in no list. */
WorldMember *posted_describe(World *world, const WorldChannel *channel, const RosterChannel *roster,
                             const Change *change);
