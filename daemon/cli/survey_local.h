/* SPDX-License-Identifier: MIT */
/* A survey of the service (reconcile/survey) from the command line, where no daemon makes it. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/cli/options.h"

/* Appends what there is of options->channels at options->instance (report/survey.h). The exit
 * status: 0 with it; EXIT_INVALID, EXIT_FAILED and EXIT_LOCKED, all told on standard error. What a
 * part of it failed for stands in the answer. */
int survey_local(const Options *options, bool reads_members, Buf *ret_answer);
