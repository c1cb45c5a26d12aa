/* SPDX-License-Identifier: MIT */
/* What the service has, for the commands that show or write it. */
#pragma once

#include "daemon/cli/options.h"
#include "daemon/report/kept.h"

/* Asks the daemon that runs with these settings, else the service: of options->channels at
 * options->instance. The exit status: 0 with the answer (daemon/report/survey.h) kept, which may
 * tell of parts that failed; else it is told why. */
int ctl_survey(const Options *options, bool reads_members, Kept **ret_kept);
