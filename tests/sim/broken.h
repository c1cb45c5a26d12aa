/* SPDX-License-Identifier: MIT */
/* What a simulator does once a rule breaks: the seed is lived once more with a trace (seeds are
 * exact), and how to do so by hand is told. Neither returns. */
#pragma once

#include "tests/world/world.h"

/* Runs PROGRAM --seed N [FAULT] in the place of this process; fault: NULL for none. */
_Noreturn void sim_live_again(const World *world, const char *text, const char *program,
                              const char *fault);

/* Tells the trace, and `make TARGET SEED=N`. */
_Noreturn void sim_tell_broken(const World *world, const char *text, const char *target);
