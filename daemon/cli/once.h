/* SPDX-License-Identifier: MIT */
/* One pass from the command line: `rosterd --once` and `rosterctl plan`. */
#pragma once

#include "daemon/cli/options.h"

/* Loads the configuration, runs the pass, prints the report on standard output, and returns the
 * exit status. Reasons for not running go to standard error. */
int once_run(const Options *options);
