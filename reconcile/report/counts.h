/* SPDX-License-Identifier: MIT */
/* A channel in numbers, as its pass left it. */
#pragma once

#include "reconcile/report/report.h"

typedef struct Counts {
    bool is_read; /* the numbers but `desired` are of a whole list; else they are 0 */
    size_t live;
    size_t desired;
    size_t extra; /* neither deleted nor in quarantine */
    size_t missing;
    size_t changed; /* not corrected, or not enabled again */
    size_t ignored;
    size_t quarantined;
} Counts;

/* The list that the pass planned from, with what the pass has done since. */
Counts counts_of(const ChannelReport *channel);
