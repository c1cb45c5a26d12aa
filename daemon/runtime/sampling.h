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
    const Backend *backend;
    size_t instance;
    PassLog *log;
    const Report *report; /* what is being kept; NULL: nothing */
    size_t next;          /* the first channel of it that was not looked at */
    sd_event_source *go_on;
} Sampling;

/* How many channels are looked at in one turn of the event loop. */
#define SAMPLING_CHANNELS_AT_ONCE 200U

/* What is not counted and not owned is borrowed. 0, -ENOMEM, or sd-event's error; sampling_done()
 * in each case. Must not move. */
int sampling_init(Sampling *sampling, size_t channel_count, const Backend *backend, size_t instance,
                  PassLog *log);
void sampling_done(Sampling *sampling);

/* After a pass over all of an instance's channels, whose report stays until the next call: the
 * first of them at once, the others in later turns. What was left of the report before is dropped,
 * for this one says it anew. A failure is logged once. */
void sampling_take(Sampling *sampling, const Report *report);
