/* SPDX-License-Identifier: MIT */
/* A survey of the service (reconcile/survey) from the command line, where no daemon makes it. */
#pragma once

#include "daemon/cli/options.h"
#include "daemon/report/kept.h"

/* Keeps what there is of options->channels at options->instance (report/survey.h). The exit
 * status: 0, `kept` is at its end; EXIT_INVALID, EXIT_FAILED and EXIT_LOCKED, all told on standard
 * error. What a part of it failed for stands in the answer. */
int survey_local(const Options *options, bool reads_members, Kept *kept);
