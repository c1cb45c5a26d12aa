/* SPDX-License-Identifier: MIT */
/* The approvals that --once is given, one by one or with a plan file. */
#pragma once

#include "daemon/cli/options.h"
#include "daemon/report/json.h"
#include "daemon/report/plan_file.h"
#include "daemon/store/store.h"

/* Gives them, those of the plan where that is approved as a whole, and logs which were used
 * already. `store` may be NULL: then none is given. 0, or the store's errors. */
int once_approvals_give(Store *store, const Options *options, const PlanFile *plan,
                        bool is_in_fleet, Err *err);

/* Logs which of those given one by one fit no plan of the pass: that is no error, but whoever gave
 * them should know. */
void once_approvals_log_unfit(const Options *options, const Report *report);
