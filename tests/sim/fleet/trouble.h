/* SPDX-License-Identifier: MIT */
/* What goes wrong in a fleet, and what people do with it. */
#pragma once

#include "tests/sim/fleet/fleet.h"

void trouble_begin(Fleet *fleet);
uint64_t trouble_next_usec(const Fleet *fleet);

/* Does what is due. False: nothing is. */
bool trouble_step(Fleet *fleet);

/* Nothing goes wrong any more; whatever stands still, is down, cut off or drained is no more. */
void trouble_end(Fleet *fleet);

/* ---- people.c ---- */

void people_act(Fleet *fleet);
/* Whether an undo is under way; none is wanted any more. */
bool people_are_undoing(Fleet *fleet);
void people_end_quarantines(Fleet *fleet);

/* Has pauses written and taken back as the office wants them. */
void people_carry_out_pauses(Fleet *fleet);
void people_pause(FleetHost *host, size_t channel);
