/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/sampling.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/log/message_ids.h"
#include "daemon/store/samples.h"

/* Under which the log keeps what it said: no channel is called that. */
#define SAMPLING_SUBJECT "\nsamples"

int sampling_init(Sampling *sampling, size_t channel_count)
{
    *sampling = (Sampling){.channels = calloc(channel_count + 1, sizeof(*sampling->channels)),
                           .count = channel_count};
    return sampling->channels ? 0 : -ENOMEM;
}

void sampling_done(Sampling *sampling)
{
    free(sampling->channels);
    *sampling = (Sampling){0};
}

static bool sampling_is_same(const Counts *a, const Counts *b)
{
    return a->is_read == b->is_read && a->live == b->live && a->desired == b->desired &&
           a->extra == b->extra && a->missing == b->missing && a->changed == b->changed &&
           a->ignored == b->ignored && a->quarantined == b->quarantined;
}

/* As far as memory knows; the state has the last word. */
static bool sampling_is_due(const Sampled *last, const ChannelReport *channel, const Counts *counts,
                            uint64_t now_usec)
{
    uint64_t age_usec = now_usec - last->boottime_usec;

    if (!channel->id || (last->boottime_usec && age_usec < STORE_SAMPLE_LEAST_USEC))
        return false;
    return !last->boottime_usec || age_usec >= STORE_SAMPLE_MOST_USEC ||
           last->result != channel->result || !sampling_is_same(&last->counts, counts);
}

static StoreSample sampling_make(const char *instance_key, const ChannelReport *channel,
                                 const Counts *counts)
{
    return (StoreSample){
        .channel = {.instance_key = instance_key,
                    .channel_id = channel->id,
                    .channel_name = channel->name},
        .time_usec = clock_realtime_usec(),
        .result = report_result_text(channel->result),
        .is_read = counts->is_read,
        .live = counts->live,
        .desired = counts->desired,
        .extra = counts->extra,
        .missing = counts->missing,
        .changed = counts->changed,
        .ignored = counts->ignored,
        .quarantined = counts->quarantined,
    };
}

/* Puts what is due into `samples`, where that is not NULL. */
static size_t sampling_collect(const Sampling *sampling, const char *instance_key,
                               const Report *report, uint64_t now_usec, StoreSample *samples)
{
    size_t count = 0;

    for (size_t i = 0; i < report->channel_count; i++) {
        const ChannelReport *channel = &report->channels[i];
        const Counts counts = counts_of(channel);

        if (!sampling_is_due(&sampling->channels[i], channel, &counts, now_usec))
            continue;
        if (samples)
            samples[count] = sampling_make(instance_key, channel, &counts);
        count++;
    }
    return count;
}

/* Notes what became of the samples that were collected at that time. */
static void sampling_note(Sampling *sampling, const Report *report, uint64_t now_usec,
                          const StoreSample *samples)
{
    for (size_t i = 0; i < report->channel_count; i++) {
        const ChannelReport *channel = &report->channels[i];
        const Counts counts = counts_of(channel);
        Sampled *last = &sampling->channels[i];

        if (!sampling_is_due(last, channel, &counts, now_usec))
            continue;
        if (samples->is_kept && samples->ago_usec < now_usec)
            *last = (Sampled){now_usec - samples->ago_usec, channel->result, counts};
        samples++;
    }
}

static int sampling_add(Sampling *sampling, const Backend *backend, const char *instance_key,
                        const Report *report, Err *err)
{
    uint64_t now_usec = clock_boottime_usec();
    size_t count = sampling_collect(sampling, instance_key, report, now_usec, NULL);
    _cleanup_free_ StoreSample *samples = NULL;
    int r;

    if (count == 0)
        return 0;
    samples = calloc(count, sizeof(*samples));
    if (!samples)
        return err_memory(err);
    sampling_collect(sampling, instance_key, report, now_usec, samples);
    r = store_samples_add(backend->store, samples, count, err);
    if (r == 0)
        sampling_note(sampling, report, now_usec, samples);
    return r;
}

void sampling_take(Sampling *sampling, const Backend *backend, size_t instance,
                   const Report *report, PassLog *log)
{
    Err err = {0};

    assert(instance < backend->config->instance_count);
    if (backend->dry_run || !backend->store || report->channel_count != sampling->count)
        return;
    if (sampling_add(sampling, backend, backend->keys[instance], report, &err) >= 0)
        log_once_forget(&log->log_once, SAMPLING_SUBJECT);
    else if (log_once_is_new(&log->log_once, SAMPLING_SUBJECT, err.text))
        log_event(LOG_LEVEL_WARNING,
                  &(LogFields){.message_id = MESSAGE_STATE, .instance = log->instance_name},
                  "%s: no samples are kept: %s", log->instance_name, err.text);
}
