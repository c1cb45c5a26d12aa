/* SPDX-License-Identifier: MIT */
/* A life as one host of a fleet: leases that end, instances that other hosts own for a while,
 * intents that come late, are refused or never answered. Who has none is alone. */
#pragma once

#include "tests/sim/sim.h"
#include "tests/world/fleet.h"

/* Every third life is one. */
void sim_owner_init(Sim *sim);

/* When something of this happens next; USEC_NEVER: nothing does. */
uint64_t sim_owner_next_usec(const Sim *sim);
void sim_owner_on_time(Sim *sim);

/* What is left of the handover; USEC_NEVER: nothing. */
uint64_t sim_owner_handover_usec(const Sim *sim);

/* Whether another host has the instances. */
bool sim_owner_is_out(const Sim *sim);

/* A new set of this process, or a new process, after one that was killed or may have handed over.
 */
void sim_owner_begin_set(Sim *sim);
void sim_owner_start_again(Sim *sim);

/* All of it is over. */
void sim_owner_calm(Sim *sim);
