/* Beats: see beat.h. */
#include "daemon/beat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/map.h"
#include "daemon/base/random.h"
#include "daemon/base/str.h"
#include "daemon/message_ids.h"
#include "daemon/say.h"

#define JITTER_PERCENT 10
#define OVERDUE_USEC (15 * USEC_PER_SEC)

/* ---- when ---- */

static uint64_t beat_jitter_usec(uint64_t span_usec)
{
    uint64_t width = span_usec / 100 * (2 * JITTER_PERCENT);

    return width == 0 ? span_usec : span_usec - width / 2 + random_bits() % width;
}

static uint64_t beat_delay_usec(const Beat *beat)
{
    uint64_t interval_usec = beat->door->config->interval_usec;
    uint64_t delay_usec = interval_usec;

    for (uint32_t i = 0; i < beat->failures && delay_usec < BEAT_BACKOFF_MAX_USEC; i++)
        delay_usec *= 2;
    if (delay_usec == interval_usec)
        return beat_jitter_usec(interval_usec);
    delay_usec = beat_jitter_usec(delay_usec);
    return delay_usec < BEAT_BACKOFF_MAX_USEC ? delay_usec : BEAT_BACKOFF_MAX_USEC;
}

void beat_schedule(Beat *beat, uint64_t delay_usec)
{
    if (beat->is_held) {
        beat->next_usec = USEC_NEVER;
        sd_event_source_set_enabled(beat->timer, SD_EVENT_OFF);
        return;
    }
    beat->next_usec = clock_monotonic_usec() + delay_usec;
    sd_event_source_set_time(beat->timer, beat->next_usec);
    sd_event_source_set_enabled(beat->timer, SD_EVENT_ONESHOT);
}

static int beat_on_unsettled(void *userdata, const char *channel_id)
{
    (void)channel_id;
    *(bool *)userdata = true;
    return 0;
}

bool beat_has_work(const Beat *beat)
{
    bool has_unsettled = false;

    if (beat->channel_count == 0 && beat->door->store)
        store_unsettled(beat->door->store, beat->door->config->instances[beat->instance].name,
                        beat_on_unsettled, &has_unsettled, NULL);
    return beat->channel_count > 0 || has_unsettled;
}

/* ---- what a pass came to ---- */

static bool beat_could_read(const Report *report)
{
    for (size_t i = 0; i < report->channel_count; i++) {
        if (report->channels[i].has_list || report->channels[i].result == RESULT_UNMANAGEABLE)
            return true;
    }
    return false;
}

static void beat_note_channel(Beat *beat, size_t number, const ChannelReport *report)
{
    beat->results[report->result]++;
    if (report->has_list)
        beat->listed_usec[number] = clock_monotonic_usec();
    say_recovered(beat, report);
    say_drift(beat, report);
    if (beat->trouble[0] || report->result < RESULT_HELD)
        return;
    if (report->result == RESULT_HELD)
        snprintf(beat->trouble, sizeof(beat->trouble), "%s/%s: held by %s", say_instance_name(beat),
                 say_channel_name(report), guard_name_text(report->guards[0].name));
    else
        snprintf(beat->trouble, sizeof(beat->trouble), "%s/%s: %.240s", say_instance_name(beat),
                 say_channel_name(report), report->error.text);
}

/* Backs off while nothing can be read; a pass without channels says nothing of that. Says once that
 * an instance fails, and once that it works. */
static void beat_note_instance(Beat *beat, const Report *report)
{
    bool could_read = beat_could_read(report);

    if (report->channel_count == 0)
        return;
    if (could_read)
        beat->failures = 0;
    else if (beat->failures < UINT32_MAX)
        beat->failures++;
    if (could_read && !beat->instance_failed) {
        if (beat->trouble_since_usec)
            say_recovery(beat);
        beat->trouble_since_usec = 0;
    } else if (beat->trouble_since_usec == 0) {
        beat->trouble_since_usec = clock_monotonic_usec();
        say_outage(beat, report);
    }
}

static void beat_take_stock(Beat *beat, const Report *report)
{
    for (size_t i = 0; i <= RESULT_FAILED; i++)
        beat->results[i] = 0;
    beat->trouble[0] = '\0';
    for (size_t i = 0; i < report->channel_count; i++)
        beat_note_channel(beat, i, &report->channels[i]);
    beat_note_instance(beat, report);
}

/* A pass that does not even begin is a trouble of its own: the daemon would stand still unseen. */
static void beat_on_no_pass(Beat *beat, const Err *err)
{
    const LogFields fields = {.message_id = MESSAGE_STATE, .instance = say_instance_name(beat)};

    if (news_is_new(&beat->news, "", err->text))
        log_event(LOG_LEVEL_ERR, &fields, "%s: no pass can begin: %s", say_instance_name(beat),
                  err->text);
    snprintf(beat->trouble, sizeof(beat->trouble), "%s: no pass can begin: %.240s",
             say_instance_name(beat), err->text);
    beat_schedule(beat, beat_delay_usec(beat));
    beat->on_pass(beat, beat->userdata);
}

static void beat_keep_report(Beat *beat, Run *run)
{
    report_done(&beat->last);
    run_take_report(run, &beat->last);
    str_copy(beat->last_pass, sizeof(beat->last_pass), beat->last.pass_id);
    beat->last.pass_id = beat->last_pass;
    beat->last_usec = clock_realtime_usec();
}

static void beat_on_done(Run *run, void *userdata)
{
    Beat *beat = userdata;
    const LogFields fields = {.message_id = MESSAGE_STATE};
    Err err = {0};

    if (run_finish(run, &err) >= 0)
        news_forget(&beat->news, "");
    else if (news_is_new(&beat->news, "", err.text))
        log_event(LOG_LEVEL_ERR, &fields, "%s", err.text);
    if (!beat->is_halted && !beat->is_cut) {
        beat_take_stock(beat, run_get_report(run));
        beat_keep_report(beat, run);
        beat->done_count = beat->begun_count;
    }
    beat->is_cut = false;
    beat->run = NULL;
    run_free(run);
    if (!beat->is_halted && beat_has_work(beat))
        beat_schedule(beat, beat->is_asked ? 0 : beat_delay_usec(beat));
    beat->is_asked = false;
    beat->on_pass(beat, beat->userdata);
}

static int beat_on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    Beat *beat = userdata;
    Err err = {0};

    (void)source;
    (void)usec;
    if (beat->is_halted || beat->run)
        return 0;
    beat->next_usec = USEC_NEVER;
    beat->instance_failed = false;
    if (run_begin(beat->door, beat->instance, beat->failures > 0, beat_on_done, say_event, beat,
                  &beat->run, &err) < 0)
        beat_on_no_pass(beat, &err);
    else
        beat->begun_count++;
    return 0;
}

/* ---- beginning and ending ---- */

int beat_init(Beat *beat, Door *door, size_t instance)
{
    const Config *config = door->config;
    int r;

    *beat = (Beat){
        .door = door,
        .instance = instance,
        .next_usec = USEC_NEVER,
    };
    for (size_t i = 0; i < config->channel_count; i++)
        beat->channel_count += config->channels[i].instance == instance;
    beat->listed_usec = calloc(beat->channel_count + 1, sizeof(*beat->listed_usec));
    if (!beat->listed_usec)
        return -ENOMEM;
    r = sd_event_add_time(door->event, &beat->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                          beat_on_time, beat);
    if (r >= 0)
        r = sd_event_source_set_enabled(beat->timer, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

void beat_begin(Beat *beat, BeatOnPass on_pass, void *userdata)
{
    beat->on_pass = on_pass;
    beat->userdata = userdata;
    if (beat_has_work(beat))
        beat_schedule(beat, 0);
}

void beat_done(Beat *beat)
{
    run_free(beat->run);
    sd_event_source_disable_unref(beat->timer);
    news_done(&beat->news);
    report_done(&beat->last);
    free(beat->listed_usec);
    *beat = (Beat){0};
}

/* A halted beat's owner waits for its changes in flight. */
static void beat_on_answered(Run *run, void *userdata)
{
    Beat *beat = userdata;

    (void)run;
    beat->on_pass(beat, beat->userdata);
}

void beat_halt(Beat *beat, const char *why)
{
    beat->is_halted = true;
    beat->next_usec = USEC_NEVER;
    sd_event_source_set_enabled(beat->timer, SD_EVENT_OFF);
    if (!beat->run)
        return;
    run_tell_answers(beat->run, beat_on_answered);
    run_stop(beat->run, why);
}

void beat_abandon(Beat *beat, const char *why)
{
    if (beat->run)
        run_abandon(beat->run, why);
}

bool beat_is_stuck(const Beat *beat, uint64_t now_usec)
{
    if (beat->run)
        return run_is_stuck(beat->run, now_usec);
    return beat->next_usec != USEC_NEVER && now_usec > beat->next_usec + OVERDUE_USEC;
}

static const char *beat_key(const RosterChannel *channel)
{
    return channel->name ? channel->name : channel->id;
}

/* When channels were last read whole; without memory that is forgotten. */
static void beat_take_listed(Beat *beat, Beat *old)
{
    _cleanup_(map_done) Map known = {0};
    const Config *before = old->door->config, *now = beat->door->config;

    for (size_t i = 0, number = 0; i < before->channel_count; i++) {
        const char *key = beat_key(&before->channels[i]);

        if (before->channels[i].instance == old->instance &&
            map_put(&known, key, strlen(key), &old->listed_usec[number++]) < 0)
            return;
    }
    for (size_t i = 0, number = 0; i < now->channel_count; i++) {
        const char *key = beat_key(&now->channels[i]);
        const uint64_t *listed_usec;

        if (now->channels[i].instance != beat->instance)
            continue;
        listed_usec = map_find(&known, key, strlen(key));
        beat->listed_usec[number++] = listed_usec ? *listed_usec : 0;
    }
}

void beat_take_over(Beat *beat, Beat *old)
{
    beat->failures = old->failures;
    beat->trouble_since_usec = old->trouble_since_usec;
    beat_take_listed(beat, old);
    news_done(&beat->news);
    beat->news = old->news;
    old->news = (News){0};
}
