/* SPDX-License-Identifier: MIT */
/*
 * Samples: how many members a channel had and should have had, over the last 8 days. A channel gets
 * a sample when something about it is different, STORE_SAMPLE_LEAST_USEC after the one before at
 * the soonest, and after STORE_SAMPLE_MOST_USEC in any case: it holds until the next one. What is
 * too old goes by the steady clock, a few rows at a time, with what is added.
 */
#pragma once

#include "daemon/store/store.h"

#define STORE_SAMPLE_LEAST_USEC (5 * USEC_PER_MINUTE)
#define STORE_SAMPLE_MOST_USEC USEC_PER_HOUR
#define STORE_SAMPLES_KEEP_USEC (8 * USEC_PER_DAY)
#define STORE_SAMPLES_MAX 1000000 /* of all channels; the oldest go first */

typedef struct StoreSample {
    StoreScope
        channel; /* of what is added: the instance's key, the channel's id, its name or NULL */
    uint64_t time_usec; /* realtime */
    const char *result; /* a word of the report */
    bool is_read;       /* the numbers below are known */
    uint64_t live, extra, missing, changed, ignored, quarantined;
    uint64_t desired;
    bool is_kept;      /* told by store_samples_add(): the channel's newest one says this */
    uint64_t ago_usec; /* is_kept: since when it does */
} StoreSample;

typedef struct StoreSamples {
    Arena arena; /* holds all that is pointed to */
    StoreSample *items;
    size_t count, capacity;
    bool is_cut; /* there are older ones that would fit, beyond the limit */
} StoreSamples;

void store_samples_done(StoreSamples *samples);

/* Adds those of the samples that are due; commits at once, where there are any. Does nothing in a
 * Store for reading. */
int store_samples_add(Store *store, StoreSample *samples, size_t count, Err *err);

/* Which samples are asked for; zero and NULL leave a choice open. */
typedef struct StoreSamplesFilter {
    const char *instance; /* what people call it now */
    const char *channel;  /* id or name */
    uint64_t since_usec;  /* realtime; of each channel, also the one that held then */
    size_t limit;         /* the newest so many */
} StoreSamplesFilter;

/* The samples that fit, oldest first. `ret_samples` is done by the caller. */
int store_samples(Store *store, const StoreSamplesFilter *filter, uint64_t realtime_usec,
                  StoreSamples *ret_samples, Err *err);
