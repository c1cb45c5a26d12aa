/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* The admin interface for tests, below /_sim/: never authenticated, never logged, never faulty.
 * Answers. */
void admin_handle(Request *r);
