/* SPDX-License-Identifier: MIT */
/* A report of some channels of a pass alone, for whoever asked for these. */
#pragma once

#include "daemon/base/err.h"
#include "reconcile/report/report.h"

/* Takes out of a report the channels that are named, each by a name, an id, or instance/name, and
 * their instances; all of it where `count` is 0. What it holds is borrowed, but for the two arrays,
 * which report_select_done() frees. 0; -ENOENT a name fits none; -EIO as far as is known; -ENOMEM;
 * told in `err`. */
int report_select(const Report *report, const char *const *names, size_t count, Report *ret_report,
                  Err *err);
void report_select_done(Report *report);
