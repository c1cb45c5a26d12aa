/* SPDX-License-Identifier: MIT */
/*
 * DOC: how results are shown
 *
 * The report for people: the one place that puts a report's JSON into words, for `rosterd --once`,
 * `rosterctl plan`, `reconcile`, `status CHANNEL` and `approve` alike, fit for pasting into a
 * review.
 *
 * A report begins with a line of totals. Then comes what concerns a whole instance, once: an
 * instance that fails, with the number of its channels, and what holds all of it back. Then a table
 * of the channels that have something to do, and their members: `-` for deletions, `?` for missing
 * members, `=` for what stays, `!` for guards that refuse, each with its numbers. Channels in sync
 * are only counted. Many members stand side by side, each with its sign.
 *
 * What was not read is not known, and is never counted as none.
 */
#pragma once

#include <stdbool.h>

#include "daemon/base/buf.h"
#include "daemon/json/json_value.h"
#include "daemon/report/page.h"
#include "daemon/report/source.h"

typedef struct TextOptions {
    bool colour;
    bool verbose; /* ids, channels in sync, one member a line */
    bool summary; /* no members */
} TextOptions;

/* Appends a report (rosterd(8), "REPORT"). 0 or -ENOMEM. */
int report_text_append(const ReportSource *source, const TextOptions *options, Buf *buf);

/* Appends the line of totals. */
void report_text_totals(const Page *page, const Json *root);

/* The same for a terminal: where one line would be wider than a review shows, there is a line for
 * each of its parts. */
void report_text_totals_in_lines(const Page *page, const Json *root);
