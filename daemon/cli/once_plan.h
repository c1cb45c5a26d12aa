/* SPDX-License-Identifier: MIT */
/* The plan file that a pass of --once carries out, and the one that `rosterctl plan` keeps. */
#pragma once

#include "config/config.h"
#include "daemon/cli/options.h"
#include "daemon/report/json.h"
#include "daemon/report/plan_file.h"

/* Reads the one that is given; none is empty. 0, or a negative errno, logged. plan_file_done() in
 * both cases. */
int once_plan_read(const Options *options, PlanFile *ret_plan);

/* Whether it may be carried out now, by this configuration: 0; -ETIME, -EINVAL and -EXDEV where it
 * has lapsed, is from the future, or of an instance that the settings do not have, logged. */
int once_plan_check(const PlanFile *plan, const Options *options, const Config *config);

/* Logs which of its channels no roster names any more: nothing was done there. */
void once_plan_log_gone(const PlanFile *plan, const Report *report);

/* Keeps the report of a dry run as a plan. 0, or the errors of plan_file_write(). */
int once_plan_keep(const Report *report, const char *path, Err *err);
