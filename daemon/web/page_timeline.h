/* SPDX-License-Identifier: MIT */
/* What was changed over an hour, a day and a week, as charts for the status page. */
#pragma once

#include <stdint.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"

#define PAGE_TIMELINE_USEC (7 * USEC_PER_DAY)
#define PAGE_TIMELINE_RANGES 3
#define PAGE_TIMELINE_BINS_MAX 96

/* What is told apart. */
typedef enum PageSeries {
    PAGE_SERIES_DELETED,
    PAGE_SERIES_ADDED,
    PAGE_SERIES_CHANGED, /* corrected, disabled, enabled */
    PAGE_SERIES_HELD,    /* channels that began to be */
    PAGE_SERIES_FAILED,  /* likewise, and changes */
    PAGE_SERIES_COUNT,
} PageSeries;

typedef struct PageTimeline {
    uint64_t now_usec;
    bool is_cut;    /* there were more changes than were counted: the older bins lack some */
    bool is_failed; /* the history could not be read */
    uint32_t bins[PAGE_TIMELINE_RANGES][PAGE_TIMELINE_BINS_MAX][PAGE_SERIES_COUNT];
} PageTimeline;

/* Counts a change or a trouble (StoreNewestAdd); `timeline` is a PageTimeline with `now_usec` set.
 */
void page_timeline_add(void *timeline, uint64_t recorded_usec, const char *kind,
                       const char *outcome);

/* The charts, each with its sums in words, and the buttons that choose one. */
void page_timeline_append(Buf *buf, const PageTimeline *timeline);
