/* SPDX-License-Identifier: MIT */
/* The report for people: what `rosterctl plan` and `rosterd --once` print, fit for pasting into a
 * review. */
#pragma once

#include <stdbool.h>

#include "daemon/base/buf.h"
#include "reconcile/report/report.h"

/* Whether standard output may be coloured: a terminal, and no NO_COLOR (no-color.org). */
bool report_text_wants_colour(void);

/* What a guard of this name counts: "deletions planned". "planned" for a name that is none. */
const char *report_text_measure(const char *guard_name);

/* Appends the report: a block for each channel with `-` for deletions, `?` for missing members, `=`
 * for what stays; then one line that sums up. 0 or -ENOMEM. */
int report_text_append(const Report *report, bool colour, Buf *buf);
