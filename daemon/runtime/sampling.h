/* SPDX-License-Identifier: MIT */
/* Keeps samples of an instance's channels (daemon/store/samples.h) out of its reports. What was
 * kept last stands in memory too, so that a pass which finds everything as it was costs nothing. */
#pragma once

#include "daemon/log/pass_log.h"
#include "daemon/runtime/backend.h"
#include "reconcile/report/counts.h"

/* Of one channel. */
typedef struct Sampled {
    uint64_t boottime_usec; /* when; 0: not known */
    Result result;
    Counts counts;
} Sampled;

typedef struct Sampling {
    Sampled *channels; /* in the order of the reports */
    size_t count;
} Sampling;

/* 0 or -ENOMEM. */
int sampling_init(Sampling *sampling, size_t channel_count);
void sampling_done(Sampling *sampling);

/* After a pass over all of an instance's channels. A failure is logged once. */
void sampling_take(Sampling *sampling, const Backend *backend, size_t instance,
                   const Report *report, PassLog *log);
