/* SPDX-License-Identifier: MIT */
/* The plan of one channel: what a whole list and the roster come to. A plan that is carried out is
 * named by its digest, which an approval must match. */
#pragma once

#include "daemon/base/digest.h"
#include "reconcile/plan/diff.h"

typedef struct Plan {
    Extra *extras; /* borrowed from the diff; sorted by identity, then id */
    size_t extra_count;
    size_t missing_count;
    size_t live_count;
    size_t ignored_count;
    size_t staying_in_service;
    char digest[DIGEST_HEX_SIZE]; /* "" when nothing is extra, or before its guards are evaluated */
} Plan;

/* Makes the plan out of a diff whose list was whole; sorts the diff's extras. It has no digest yet
 * (plan_digest.h). */
void plan_make(Diff *diff, Plan *ret_plan);
