/* SPDX-License-Identifier: MIT */
/* Change windows for worlds: some that open and close every few minutes, and freezes. */
#pragma once

#include "tests/world/world.h"

/* The windows of a choice: 0 none, 1 every half hour for twenty minutes in a zone with summer time,
 * 2 by half days, 3 a freeze of the next hours, 4 over before. */
#define WORLD_WINDOW_CHOICES 5
void world_set_windows(World *world, ChangeWindows *windows, unsigned choice);
