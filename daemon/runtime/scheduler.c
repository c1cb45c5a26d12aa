/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/scheduler.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/map.h"
#include "daemon/base/str.h"
#include "daemon/log/message_ids.h"
#include "daemon/store/quarantine.h"

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
        store_unsettled(scheduler->backend->store, scheduler->backend->keys[scheduler->instance],
                        scheduler_on_unsettled, &has_unsettled, NULL);
    return scheduler->channel_count > 0 || has_unsettled;
}

/* Until the next opening of a change window. */
static uint64_t scheduler_opens_in_usec(const Scheduler *scheduler)
{
    const Config *config = scheduler->backend->config;
    const ChannelNumbers own =
        channel_index_get(&scheduler->backend->channels, scheduler->instance);
    uint64_t now_usec = clock_realtime_usec(), due_usec = USEC_NEVER;
    bool has_settings = false; /* those of the settings alone were looked at */

    for (size_t i = 0; i < own.count; i++) {
        const RosterChannel *channel = &config->channels[own.items[i]];
        const ChangeGate gate = config_gate(config, channel);
        bool has_own = channel->windows.window_count + channel->windows.freeze_count > 0;
        uint64_t opening_usec;

        if (!has_own && has_settings)
            continue;
        has_settings = has_settings || !has_own;
        opening_usec = change_gate_next_opening_usec(&gate, now_usec);
        if (opening_usec && opening_usec - now_usec < due_usec)
            due_usec = opening_usec - now_usec;
    }
    return due_usec;
}

/* Until a host of a fleet that has taken the instance over may change it. */
static uint64_t scheduler_changes_in_usec(const Scheduler *scheduler)
{
    const Backend *backend = scheduler->backend;
    FleetConditions conditions;

    if (!backend->fleet)
        return USEC_NEVER;
    fleet_get_conditions(backend->fleet, backend->keys[scheduler->instance],
                         backend->config->limits.timeout_usec, &conditions);
    return conditions.handover_usec ? conditions.handover_usec : USEC_NEVER;
}

uint64_t scheduler_due_in_usec(const Scheduler *scheduler)
{
    const Backend *backend = scheduler->backend;
    uint64_t opens_usec = scheduler_opens_in_usec(scheduler);
    uint64_t ends_usec =
        backend->store && !backend->dry_run
            ? store_quarantine_due_usec(backend->store, backend->keys[scheduler->instance])
            : USEC_NEVER;

    uint64_t changes_usec = scheduler_changes_in_usec(scheduler);

    if (ends_usec < opens_usec)
        opens_usec = ends_usec;
    return changes_usec < opens_usec ? changes_usec : opens_usec;
}

/* ---- what a pass came to ---- */

static void scheduler_note_since(SchedulerSince *since, Result result)
{
    if (result == RESULT_CONVERGED)
        result = RESULT_IN_SYNC;
    if (since->usec == 0 || since->result != result)
        *since = (SchedulerSince){
            .usec = clock_realtime_usec(), .result = result, .is_first = since->usec == 0};
}

/* Whether it was listed, or needs not be. */
static bool scheduler_is_read(const ChannelReport *report)
{
    return report->has_list || report->is_refused || report->result == RESULT_UNMANAGEABLE;
}

static void scheduler_note_channel(Scheduler *scheduler, size_t number, const ChannelReport *report)
{
    assert(number < scheduler->channel_count && report->result <= RESULT_FAILED);
    scheduler->results[report->result]++;
    if (report->has_list)
        scheduler->listed_usec[number] = clock_monotonic_usec();
    scheduler_note_since(&scheduler->since[number], report->result);
    if (scheduler_is_read(report))
        scheduler->read_usec[number] = clock_monotonic_usec();
    if (scheduler->trouble[0] || report->result < RESULT_HELD)
        return;
    if (report->result == RESULT_HELD && report->guard_count > 0)
        snprintf(scheduler->trouble, sizeof(scheduler->trouble), "%s/%s: held by %s",
                 scheduler->log.instance_name, pass_log_channel_name(report),
                 guard_name_text(report->guards[0].name));
    else
        snprintf(scheduler->trouble, sizeof(scheduler->trouble), "%s/%s: %.240s",
                 scheduler->log.instance_name, pass_log_channel_name(report),
                 report_error(report)->text);
}

/* A pass without channels says nothing of the instance. Says once that it fails, and once that it
 * works. */
static void scheduler_note_instance(Scheduler *scheduler, const Report *report)
{
    bool could_read = report_could_read(report);

    if (report->channel_count == 0)
        return;
    schedule_note(scheduler->schedule, could_read);
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
    bool is_whole = true;

    for (size_t i = 0; i <= RESULT_FAILED; i++)
        scheduler->results[i] = 0;
    scheduler->trouble[0] = '\0';
    telling_begin(&scheduler->telling, report->channels, report->channel_count);
    for (size_t i = 0; i < report->channel_count; i++) {
        scheduler_note_channel(scheduler, i, &report->channels[i]);
        is_whole &= scheduler_is_read(&report->channels[i]);
    }
    /* One that waits for answers in vain does not make the next ones later. */
    if (is_whole)
        scheduler->pass_usec = clock_monotonic_usec() - scheduler->begun_usec;
    for (size_t i = 0; i < report->instance_count; i++)
        pass_log_instance(&scheduler->log, &report->instances[i]);
    scheduler_note_instance(scheduler, report);
    tally_on_pass(scheduler->backend->tally, scheduler->instance, report,
                  clock_monotonic_usec() - scheduler->begun_usec, clock_realtime_usec());
}

/* A pass that does not even begin is a trouble of its own: the daemon would stand still unseen. */
static void scheduler_on_no_pass(Scheduler *scheduler, const Err *err)
{
    const LogFields fields = {.message_id = MESSAGE_STATE,
                              .instance = scheduler->log.instance_name};

    if (log_once_is_new(&scheduler->log.log_once, "", err->text))
        log_event(LOG_LEVEL_ERR, &fields, "%s: no pass can begin: %s", scheduler->log.instance_name,
                  err->text);
    scheduler->unbegun_count++;
    tally_on_no_pass(scheduler->backend->tally, scheduler->instance);
    snprintf(scheduler->trouble, sizeof(scheduler->trouble), "%s: no pass can begin: %.240s",
             scheduler->log.instance_name, err->text);
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

    assert(run == scheduler->run);
    if (pass_run_finish(run, &err) >= 0)
        log_once_forget(&scheduler->log.log_once, "");
    else if (log_once_is_new(&scheduler->log.log_once, "", err.text))
        log_event(LOG_LEVEL_ERR, &fields, "%s", err.text);
    if (schedule_counts(scheduler->schedule)) {
        scheduler_take_stock(scheduler, pass_run_get_report(run));
        scheduler_keep_report(scheduler, run);
        sampling_take(&scheduler->sampling, &scheduler->last);
        if (scheduler->backend->on_report)
            scheduler->backend->on_report(scheduler->backend->report_userdata, scheduler->instance,
                                          &scheduler->last);
    }
    scheduler->run = NULL;
    pass_run_free(run);
    schedule_on_done(scheduler->schedule);
    scheduler->on_pass(scheduler, scheduler->userdata);
}

static void scheduler_on_event(const Event *event, void *userdata)
{
    Scheduler *scheduler = userdata;

    pass_log_event(&scheduler->log, event);
}

/* While the schedule is ending, or gives way to another host, the controller waits for changes in
 * flight: each answer may be the last. */
static void scheduler_on_answered(PassRun *run, void *userdata)
{
    Scheduler *scheduler = userdata;

    (void)run;
    if (scheduler->schedule->state == SCHEDULE_ENDING || scheduler->schedule->stands_by)
        scheduler->on_pass(scheduler, scheduler->userdata);
}

int scheduler_begin_pass(Scheduler *scheduler, bool is_probe)
{
    Err err = {0};
    int r;

    assert(!scheduler->run);
    telling_finish(&scheduler->telling);
    scheduler->log.instance_failed = false;
    scheduler->begun_usec = clock_monotonic_usec();
    r = pass_run_begin(scheduler->backend, scheduler->instance, is_probe, scheduler_on_done,
                       scheduler_on_event, scheduler, &scheduler->run, &err);
    if (r < 0)
        scheduler_on_no_pass(scheduler, &err);
    else
        pass_run_tell_answers(scheduler->run, scheduler_on_answered);
    return r;
}

static int scheduler_on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    Scheduler *scheduler = userdata;

    (void)source;
    (void)usec;
    if (schedule_on_time(scheduler->schedule) < 0)
        scheduler->on_pass(scheduler, scheduler->userdata);
    return 0;
}

void scheduler_wake_at(Scheduler *scheduler, uint64_t monotonic_usec)
{
    bool is_on = monotonic_usec != USEC_NEVER;

    if (is_on)
        sd_event_source_set_time(scheduler->timer, monotonic_usec);
    sd_event_source_set_enabled(scheduler->timer, is_on ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

/* ---- beginning and ending ---- */

int scheduler_init(Scheduler *scheduler, Backend *backend, Schedule *schedule,
                   SchedulerOnPass on_pass, void *userdata)
{
    const Config *config = backend->config;
    size_t instance = schedule->instance;
    int r;

    assert(on_pass && instance < config->instance_count);
    *scheduler = (Scheduler){
        .backend = backend,
        .schedule = schedule,
        .instance = instance,
        .on_pass = on_pass,
        .userdata = userdata,
        .channel_count = channel_index_get(&backend->channels, instance).count,
        .log = {.instance_name = config->instances[instance].name},
    };
    scheduler->telling = (Telling){.event = backend->event, .log = &scheduler->log};
    scheduler->listed_usec = calloc(scheduler->channel_count + 1, sizeof(*scheduler->listed_usec));
    scheduler->since = calloc(scheduler->channel_count + 1, sizeof(*scheduler->since));
    scheduler->read_usec = calloc(scheduler->channel_count + 1, sizeof(*scheduler->read_usec));
    if (!scheduler->listed_usec || !scheduler->since || !scheduler->read_usec)
        return -ENOMEM;
    r = sampling_init(&scheduler->sampling, scheduler->channel_count, backend, instance,
                      &scheduler->log);
    if (r < 0)
        return r;
    r = sd_event_add_time(backend->event, &scheduler->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                          scheduler_on_time, scheduler);
    if (r >= 0)
        r = sd_event_source_set_enabled(scheduler->timer, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

void scheduler_done(Scheduler *scheduler)
{
    pass_run_free(scheduler->run);
    sd_event_source_disable_unref(scheduler->timer);
    telling_finish(&scheduler->telling);
    pass_log_done(&scheduler->log);
    sampling_done(&scheduler->sampling);
    report_done(&scheduler->last);
    free(scheduler->listed_usec);
    free(scheduler->since);
    free(scheduler->read_usec);
    *scheduler = (Scheduler){0};
}

/* With its size: a name may be another channel's id, which goes with the byte behind its text. */
static const char *scheduler_key(const RosterChannel *channel, size_t *ret_size)
{
    const char *key = channel->name ? channel->name : channel->id;

    *ret_size = strlen(key) + (channel->name ? 0 : 1);
    return key;
}

static bool scheduler_is_same_channel(const RosterChannel *a, const RosterChannel *b)
{
    return a->name && b->name ? str_equal(a->name, b->name)
                              : !a->name && !b->name && str_equal(a->id, b->id);
}

static int scheduler_collect(const Scheduler *old, Map *known)
{
    const RosterChannel *channels = old->backend->config->channels;
    const ChannelNumbers own = channel_index_get(&old->backend->channels, old->instance);

    for (size_t i = 0; i < own.count; i++) {
        size_t size;
        const char *key = scheduler_key(&channels[own.items[i]], &size);

        if (map_put(known, key, size, &old->listed_usec[i]) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* When channels were last read whole, and since when they have their results; without memory that
 * is forgotten. Mostly a channel has the place that it had before. */
static void scheduler_take_known(Scheduler *scheduler, Scheduler *old)
{
    _cleanup_(map_done) Map known = {0};
    const RosterChannel *before = old->backend->config->channels;
    const RosterChannel *now = scheduler->backend->config->channels;
    const ChannelNumbers olds = channel_index_get(&old->backend->channels, old->instance);
    const ChannelNumbers news =
        channel_index_get(&scheduler->backend->channels, scheduler->instance);

    for (size_t i = 0; i < news.count; i++) {
        const RosterChannel *channel = &now[news.items[i]];
        const uint64_t *listed_usec = NULL; /* in the array of the old one */

        if (i < olds.count && scheduler_is_same_channel(channel, &before[olds.items[i]])) {
            listed_usec = &old->listed_usec[i];
        } else {
            size_t size;
            const char *key = scheduler_key(channel, &size);

            if (known.size == 0 && scheduler_collect(old, &known) < 0)
                return;
            listed_usec = map_find(&known, key, size);
        }
        if (listed_usec) {
            scheduler->listed_usec[i] = *listed_usec;
            scheduler->since[i] = old->since[listed_usec - old->listed_usec];
            scheduler->read_usec[i] = old->read_usec[listed_usec - old->listed_usec];
        }
    }
}

void scheduler_take_over(Scheduler *scheduler, Scheduler *old)
{
    assert(old != scheduler && !scheduler->run);
    telling_finish(&old->telling);
    schedule_take_over(scheduler->schedule, old->schedule);
    scheduler->log.outage_since_usec = old->log.outage_since_usec;
    scheduler->pass_usec = old->pass_usec;
    scheduler_take_known(scheduler, old);
    log_once_done(&scheduler->log.log_once);
    scheduler->log.log_once = old->log.log_once;
    old->log.log_once = (LogOnce){0};
}
