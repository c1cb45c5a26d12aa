/* SPDX-License-Identifier: MIT */
/* A report at hand as it is shown (source.h): out of its JSON, as that of a daemon's answer is, of
 * which no more is made at once than an outline and one channel. */
#pragma once

#include "daemon/report/source.h"
#include "reconcile/report/report.h"

typedef struct JsonSource {
    const Report *report;
    Json *root;
    Json *channel; /* the one that was asked for last */
} JsonSource;

/* `report` is borrowed. Sets all of the source but its flush(). 0 or -ENOMEM; json_source_done() in
 * both cases. */
int json_source_init(JsonSource *source, const Report *report, ReportSource *ret_source);
void json_source_done(JsonSource *source);
