/* SPDX-License-Identifier: MIT */
/* rosterctl history. */
#pragma once

#include "daemon/cli/options.h"

/* Asks the daemon, or reads the files where none runs and no socket is named. The exit status: 0,
 * also for a channel that nobody knows, which is told on standard error; 1; 69; 78. */
int ctl_history(const Options *options);
