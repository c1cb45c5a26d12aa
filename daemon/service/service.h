/* SPDX-License-Identifier: MIT */
/* rosterd as a daemon: passes without end, reload, stop. */
#pragma once

#include "daemon/cli/options.h"

/* Runs until a signal ends it. The exit status: 0 after a signal; 75, 78 and, where the loop itself
 * fails, 1. */
int service_run(const Options *options);
