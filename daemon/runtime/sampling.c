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

/* A portion of a report's channels. */
typedef struct Portion {
    const Report *report;
    size_t begin, end;
} Portion;

/* Puts what is due into `samples`, where that is not NULL. */
static size_t sampling_collect(const Sampling *sampling, const Portion *portion, uint64_t now_usec,
                               StoreSample *samples)
{
    size_t count = 0;

    for (size_t i = portion->begin; i < portion->end; i++) {
        const ChannelReport *channel = &portion->report->channels[i];
        const Counts counts = counts_of(channel);

        if (!sampling_is_due(&sampling->channels[i], channel, &counts, now_usec))
            continue;
        if (samples)
            samples[count] =
                sampling_make(sampling->backend->keys[sampling->instance], channel, &counts);
        count++;
    }
    return count;
}

/* Notes what became of the samples that were collected at that time. */
static void sampling_note(Sampling *sampling, const Portion *portion, uint64_t now_usec,
                          const StoreSample *samples)
{
    for (size_t i = portion->begin; i < portion->end; i++) {
        const ChannelReport *channel = &portion->report->channels[i];
        const Counts counts = counts_of(channel);
        Sampled *last = &sampling->channels[i];

        if (!sampling_is_due(last, channel, &counts, now_usec))
            continue;
        if (samples->is_kept && samples->ago_usec < now_usec)
            *last = (Sampled){now_usec - samples->ago_usec, channel->result, counts};
        samples++;
    }
}

static int sampling_add(Sampling *sampling, const Portion *portion, Err *err)
{
    uint64_t now_usec = clock_boottime_usec();
    size_t count = sampling_collect(sampling, portion, now_usec, NULL);
    _cleanup_free_ StoreSample *samples = NULL;
    int r;

    if (count == 0)
        return 0;
    samples = calloc(count, sizeof(*samples));
    if (!samples)
        return err_memory(err);
    sampling_collect(sampling, portion, now_usec, samples);
    r = store_samples_add(sampling->backend->store, samples, count, err);
    if (r == 0)
        sampling_note(sampling, portion, now_usec, samples);
    return r;
}

static void sampling_end(Sampling *sampling, const Err *err)
{
    PassLog *log = sampling->log;

    sampling->report = NULL;
    if (!err)
        log_once_forget(&log->log_once, SAMPLING_SUBJECT);
    else if (log_once_is_new(&log->log_once, SAMPLING_SUBJECT, err->text))
        log_event(LOG_LEVEL_WARNING,
                  &(LogFields){.message_id = MESSAGE_STATE, .instance = log->instance_name},
                  "%s: no samples are kept: %s", log->instance_name, err->text);
}

/* What a failure leaves out comes with the next pass. */
static void sampling_step(Sampling *sampling)
{
    const Report *report = sampling->report;
    size_t left = report->channel_count - sampling->next;
    const Portion portion = {
        report, sampling->next,
        sampling->next + (left < SAMPLING_CHANNELS_AT_ONCE ? left : SAMPLING_CHANNELS_AT_ONCE)};
    Err err = {0};

    sampling->next = portion.end;
    if (!sampling->backend->store) {
        sampling->report = NULL;
        return;
    }
    if (sampling_add(sampling, &portion, &err) < 0)
        sampling_end(sampling, &err);
    else if (portion.end == report->channel_count)
        sampling_end(sampling, NULL);
    else
        sd_event_source_set_enabled(sampling->go_on, SD_EVENT_ONESHOT);
}

static int sampling_on_turn(sd_event_source *source, void *userdata)
{
    Sampling *sampling = userdata;

    (void)source;
    if (sampling->report)
        sampling_step(sampling);
    return 0;
}

int sampling_init(Sampling *sampling, size_t channel_count, const Backend *backend, size_t instance,
                  PassLog *log)
{
    int r;

    assert(instance < backend->config->instance_count);
    *sampling = (Sampling){.channels = calloc(channel_count + 1, sizeof(*sampling->channels)),
                           .count = channel_count,
                           .backend = backend,
                           .instance = instance,
                           .log = log};
    if (!sampling->channels)
        return -ENOMEM;
    r = sd_event_add_defer(backend->event, &sampling->go_on, sampling_on_turn, sampling);
    if (r >= 0)
        r = sd_event_source_set_enabled(sampling->go_on, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

void sampling_done(Sampling *sampling)
{
    sd_event_source_disable_unref(sampling->go_on);
    free(sampling->channels);
    *sampling = (Sampling){0};
}

void sampling_take(Sampling *sampling, const Report *report)
{
    sampling->report = NULL;
    sd_event_source_set_enabled(sampling->go_on, SD_EVENT_OFF);
    if (sampling->backend->dry_run || !sampling->backend->store ||
        report->channel_count != sampling->count)
        return;
    sampling->report = report;
    sampling->next = 0;
    sampling_step(sampling);
}
