/* SPDX-License-Identifier: MIT */
/* Passes that are confined to the plans of an earlier dry run, as by a plan file. */
#pragma once

#include "tests/world/world.h"

/* From now on passes carry out what the last one, a dry run, had planned, and nothing else. */
void chosen_take(World *world);

/* The same where the last pass was a dry run; else passes carry out any plan. */
void chosen_take_after_dry_run(World *world);

/* The rule: what is about to be changed is of the plans that were taken. */
void chosen_rule_record(const World *world, const Batch *batch);
