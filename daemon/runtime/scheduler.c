/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/scheduler.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/map.h"
#include "daemon/base/random.h"
#include "daemon/base/str.h"
#include "daemon/log/message_ids.h"

#define JITTER_PERCENT 10
#define OVERDUE_USEC (15 * USEC_PER_SEC)

/* ---- when ---- */

static uint64_t scheduler_jitter_usec(uint64_t span_usec)
{
    uint64_t width = span_usec / 100 * (2 * JITTER_PERCENT);

    return width == 0 ? span_usec : span_usec - width / 2 + random_bits() % width;
}

static uint64_t scheduler_delay_usec(const Scheduler *scheduler)
{
    uint64_t interval_usec = scheduler->backend->config->interval_usec;
    uint64_t delay_usec = interval_usec;

    for (uint32_t i = 0; i < scheduler->failures && delay_usec < SCHEDULER_BACKOFF_MAX_USEC; i++)
        delay_usec *= 2;
    if (delay_usec == interval_usec)
        return scheduler_jitter_usec(interval_usec);
    delay_usec = scheduler_jitter_usec(delay_usec);
    return delay_usec < SCHEDULER_BACKOFF_MAX_USEC ? delay_usec : SCHEDULER_BACKOFF_MAX_USEC;
}

void scheduler_schedule(Scheduler *scheduler, uint64_t delay_usec)
{
    if (scheduler->is_held) {
        scheduler->next_usec = USEC_NEVER;
        sd_event_source_set_enabled(scheduler->timer, SD_EVENT_OFF);
        return;
    }
    scheduler->next_usec = clock_monotonic_usec() + delay_usec;
    sd_event_source_set_time(scheduler->timer, scheduler->next_usec);
    sd_event_source_set_enabled(scheduler->timer, SD_EVENT_ONESHOT);
}

static int scheduler_on_unsettled(void *userdata, const char *channel_id)
{
    (void)channel_id;
    *(bool *)userdata = true;
    return 0;
}

bool scheduler_has_work(const Scheduler *scheduler)
{
    bool has_unsettled = false;

    if (scheduler->channel_count == 0 && scheduler->backend->store)
        store_unsettled(scheduler->backend->store,
                        scheduler->backend->config->instances[scheduler->instance].name,
                        scheduler_on_unsettled, &has_unsettled, NULL);
    return scheduler->channel_count > 0 || has_unsettled;
}

/* ---- what a pass came to ---- */

static bool scheduler_could_read(const Report *report)
{
    for (size_t i = 0; i < report->channel_count; i++) {
        if (report->channels[i].has_list || report->channels[i].result == RESULT_UNMANAGEABLE)
            return true;
    }
    return false;
}

static void scheduler_note_channel(Scheduler *scheduler, size_t number, const ChannelReport *report)
{
    scheduler->results[report->result]++;
    if (report->has_list)
        scheduler->listed_usec[number] = clock_monotonic_usec();
    pass_log_recovered(&scheduler->log, report);
    pass_log_drift(&scheduler->log, report);
    if (scheduler->trouble[0] || report->result < RESULT_HELD)
        return;
    if (report->result == RESULT_HELD)
        snprintf(scheduler->trouble, sizeof(scheduler->trouble), "%s/%s: held by %s",
                 scheduler->log.instance_name, pass_log_channel_name(report),
                 guard_name_text(report->guards[0].name));
    else
        snprintf(scheduler->trouble, sizeof(scheduler->trouble), "%s/%s: %.240s",
                 scheduler->log.instance_name, pass_log_channel_name(report), report->error.text);
}

/* Backs off while nothing can be read; a pass without channels says nothing of that. Says once that
 * an instance fails, and once that it works. */
static void scheduler_note_instance(Scheduler *scheduler, const Report *report)
{
    bool could_read = scheduler_could_read(report);

    if (report->channel_count == 0)
        return;
    if (could_read)
        scheduler->failures = 0;
    else if (scheduler->failures < UINT32_MAX)
        scheduler->failures++;
    if (could_read && !scheduler->log.instance_failed) {
        if (scheduler->log.outage_since_usec)
            pass_log_recovery(&scheduler->log);
        scheduler->log.outage_since_usec = 0;
    } else if (scheduler->log.outage_since_usec == 0) {
        scheduler->log.outage_since_usec = clock_monotonic_usec();
        pass_log_outage(&scheduler->log, report);
    }
}

static void scheduler_take_stock(Scheduler *scheduler, const Report *report)
{
    for (size_t i = 0; i <= RESULT_FAILED; i++)
        scheduler->results[i] = 0;
    scheduler->trouble[0] = '\0';
    for (size_t i = 0; i < report->channel_count; i++)
        scheduler_note_channel(scheduler, i, &report->channels[i]);
    scheduler_note_instance(scheduler, report);
}

/* A pass that does not even begin is a trouble of its own: the daemon would stand still unseen. */
static void scheduler_on_no_pass(Scheduler *scheduler, const Err *err)
{
    const LogFields fields = {.message_id = MESSAGE_STATE,
                              .instance = scheduler->log.instance_name};

    if (log_once_is_new(&scheduler->log.log_once, "", err->text))
        log_event(LOG_LEVEL_ERR, &fields, "%s: no pass can begin: %s", scheduler->log.instance_name,
                  err->text);
    snprintf(scheduler->trouble, sizeof(scheduler->trouble), "%s: no pass can begin: %.240s",
             scheduler->log.instance_name, err->text);
    scheduler_schedule(scheduler, scheduler_delay_usec(scheduler));
    scheduler->on_pass(scheduler, scheduler->userdata);
}

static void scheduler_keep_report(Scheduler *scheduler, PassRun *run)
{
    report_done(&scheduler->last);
    pass_run_take_report(run, &scheduler->last);
    str_copy(scheduler->last_pass, sizeof(scheduler->last_pass), scheduler->last.pass_id);
    scheduler->last.pass_id = scheduler->last_pass;
    scheduler->last_usec = clock_realtime_usec();
}

static void scheduler_on_done(PassRun *run, void *userdata)
{
    Scheduler *scheduler = userdata;
    const LogFields fields = {.message_id = MESSAGE_STATE};
    Err err = {0};

    if (pass_run_finish(run, &err) >= 0)
        log_once_forget(&scheduler->log.log_once, "");
    else if (log_once_is_new(&scheduler->log.log_once, "", err.text))
        log_event(LOG_LEVEL_ERR, &fields, "%s", err.text);
    if (!scheduler->is_halted && !scheduler->is_cut) {
        scheduler_take_stock(scheduler, pass_run_get_report(run));
        scheduler_keep_report(scheduler, run);
        scheduler->done_count = scheduler->begun_count;
    }
    scheduler->is_cut = false;
    scheduler->run = NULL;
    pass_run_free(run);
    if (!scheduler->is_halted && scheduler_has_work(scheduler))
        scheduler_schedule(scheduler, scheduler->is_asked ? 0 : scheduler_delay_usec(scheduler));
    scheduler->is_asked = false;
    scheduler->on_pass(scheduler, scheduler->userdata);
}

static void scheduler_on_event(const Event *event, void *userdata)
{
    Scheduler *scheduler = userdata;

    pass_log_event(&scheduler->log, event);
}

static int scheduler_on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    Scheduler *scheduler = userdata;
    Err err = {0};

    (void)source;
    (void)usec;
    if (scheduler->is_halted || scheduler->run)
        return 0;
    scheduler->next_usec = USEC_NEVER;
    scheduler->log.instance_failed = false;
    if (pass_run_begin(scheduler->backend, scheduler->instance, scheduler->failures > 0,
                       scheduler_on_done, scheduler_on_event, scheduler, &scheduler->run, &err) < 0)
        scheduler_on_no_pass(scheduler, &err);
    else
        scheduler->begun_count++;
    return 0;
}

/* ---- beginning and ending ---- */

int scheduler_init(Scheduler *scheduler, Backend *backend, size_t instance)
{
    const Config *config = backend->config;
    int r;

    *scheduler = (Scheduler){
        .backend = backend,
        .instance = instance,
        .next_usec = USEC_NEVER,
        .log = {.instance_name = config->instances[instance].name},
    };
    for (size_t i = 0; i < config->channel_count; i++)
        scheduler->channel_count += config->channels[i].instance == instance;
    scheduler->listed_usec = calloc(scheduler->channel_count + 1, sizeof(*scheduler->listed_usec));
    if (!scheduler->listed_usec)
        return -ENOMEM;
    r = sd_event_add_time(backend->event, &scheduler->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                          scheduler_on_time, scheduler);
    if (r >= 0)
        r = sd_event_source_set_enabled(scheduler->timer, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

void scheduler_begin(Scheduler *scheduler, SchedulerOnPass on_pass, void *userdata)
{
    scheduler->on_pass = on_pass;
    scheduler->userdata = userdata;
    if (scheduler_has_work(scheduler))
        scheduler_schedule(scheduler, 0);
}

void scheduler_done(Scheduler *scheduler)
{
    pass_run_free(scheduler->run);
    sd_event_source_disable_unref(scheduler->timer);
    pass_log_done(&scheduler->log);
    report_done(&scheduler->last);
    free(scheduler->listed_usec);
    *scheduler = (Scheduler){0};
}

/* A halted scheduler's owner waits for its changes in flight. */
static void scheduler_on_answered(PassRun *run, void *userdata)
{
    Scheduler *scheduler = userdata;

    (void)run;
    scheduler->on_pass(scheduler, scheduler->userdata);
}

void scheduler_halt(Scheduler *scheduler, const char *why)
{
    scheduler->is_halted = true;
    scheduler->next_usec = USEC_NEVER;
    sd_event_source_set_enabled(scheduler->timer, SD_EVENT_OFF);
    if (!scheduler->run)
        return;
    pass_run_tell_answers(scheduler->run, scheduler_on_answered);
    pass_run_stop(scheduler->run, why);
}

void scheduler_abandon(Scheduler *scheduler, const char *why)
{
    if (scheduler->run)
        pass_run_abandon(scheduler->run, why);
}

bool scheduler_is_stuck(const Scheduler *scheduler, uint64_t now_usec)
{
    if (scheduler->run)
        return pass_run_is_stuck(scheduler->run, now_usec);
    return scheduler->next_usec != USEC_NEVER && now_usec > scheduler->next_usec + OVERDUE_USEC;
}

static const char *scheduler_key(const RosterChannel *channel)
{
    return channel->name ? channel->name : channel->id;
}

/* When channels were last read whole; without memory that is forgotten. */
static void scheduler_take_listed(Scheduler *scheduler, Scheduler *old)
{
    _cleanup_(map_done) Map known = {0};
    const Config *before = old->backend->config, *now = scheduler->backend->config;

    for (size_t i = 0, number = 0; i < before->channel_count; i++) {
        const char *key = scheduler_key(&before->channels[i]);

        if (before->channels[i].instance == old->instance &&
            map_put(&known, key, strlen(key), &old->listed_usec[number++]) < 0)
            return;
    }
    for (size_t i = 0, number = 0; i < now->channel_count; i++) {
        const char *key = scheduler_key(&now->channels[i]);
        const uint64_t *listed_usec;

        if (now->channels[i].instance != scheduler->instance)
            continue;
        listed_usec = map_find(&known, key, strlen(key));
        scheduler->listed_usec[number++] = listed_usec ? *listed_usec : 0;
    }
}

void scheduler_take_over(Scheduler *scheduler, Scheduler *old)
{
    scheduler->failures = old->failures;
    scheduler->log.outage_since_usec = old->log.outage_since_usec;
    scheduler_take_listed(scheduler, old);
    log_once_done(&scheduler->log.log_once);
    scheduler->log.log_once = old->log.log_once;
    old->log.log_once = (LogOnce){0};
}
