/* SPDX-License-Identifier: MIT */
/* The beginning of the status page: whether anything is wrong, where, since when, and what is to be
 * done about it. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/json/json_value.h"
#include "reconcile/report/report.h"

/* What the page says as a whole. */
typedef struct PageSums {
    size_t channels, unread; /* unread: no pass has looked at them yet */
    size_t elsewhere;        /* in instances that are not this host's; counted nowhere else */
    size_t results[RESULT_FAILED + 1];
    size_t troubles; /* channels that want somebody, and what is wrong beside them */
} PageSums;

PageSums page_verdict_sum(const Json *root);

/* The verdict in a few words, as text: "All 12 channels are in sync". */
void page_verdict_append_title(Buf *buf, const Json *root, const PageSums *sums);

/* The verdict, the totals below it, and then each thing that is wrong, channels that only differ
 * from their rosters last. 0 or -ENOMEM. */
int page_verdict_append(Buf *buf, const Json *root, const PageSums *sums);
