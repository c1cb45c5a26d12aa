/* SPDX-License-Identifier: MIT */
#include "reconcile/pass/pass.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "reconcile/apply/apply.h"
#include "reconcile/apply/group_commit.h"
#include "reconcile/channel/gate.h"
#include "reconcile/pass/instance.h"
#include "reconcile/pass/recovery.h"

struct Pass {
    const Config *config;
    const Ops *ops;
    void *context;
    uint64_t deadline_usec;
    InstancePass *instances; /* those in the scope */
    size_t first_instance;   /* the number of the first of them in the configuration */
    size_t instance_count;
    ChannelPass *channels; /* those in the scope, in the order of the configuration */
    Recoveries recoveries;
    bool is_probe;
    const ChosenPlans *chosen; /* as in PassScope */
    size_t *firsts;            /* as in PassScope */
    PassSpent *spent;          /* likewise */
    LookupMemory *lookups;     /* likewise */
    bool was_stopped;          /* from outside: another pass goes on where this one ended */
    bool is_reported;
    size_t open_count; /* channels that are not done */
    GroupCommit group_commit;
    char hold[96]; /* why changes are held; "" while they are allowed */
    Report report;
};

/* ---- making ---- */

/* Whether the instance with that number in the configuration is in the scope. */
static bool pass_covers(const Pass *pass, size_t number)
{
    return number - pass->first_instance < pass->instance_count;
}

static InstancePass *pass_instance(const Pass *pass, size_t number)
{
    assert(pass_covers(pass, number));
    return &pass->instances[number - pass->first_instance];
}

static void pass_add(Pass *pass, ChannelPass *channel, ChannelReport *report,
                     const RosterChannel *roster)
{
    InstancePass *instance = pass_instance(pass, roster->instance);

    *report = (ChannelReport){
        .channel = roster,
        .instance_name = pass->config->instances[roster->instance].name,
        .name = roster->name,
        .id = roster->id,
    };
    *channel = (ChannelPass){
        .config = pass->config,
        .ops = pass->ops,
        .context = pass->context,
        .pass_id = pass->report.pass_id,
        .dry_run = pass->report.dry_run,
        .chosen = pass->chosen,
        .dispatch = &instance->dispatch,
        .report = report,
        .roster = roster,
        .group_commit = &pass->group_commit,
        .pass_guards = &instance->guards,
        .open_count = &pass->open_count,
    };
    instance_add(instance, channel);
    pass->open_count++;
}

static void pass_add_channel(Pass *pass, const RosterChannel *roster, ChannelUndo *undo)
{
    size_t number = pass->report.channel_count++;
    ChannelReport *report = &pass->report.channels[number];

    pass_add(pass, &pass->channels[number], report, roster);
    pass->channels[number].undo = undo;
    if (!undo)
        gate_show(report, pass->config, pass->ops->realtime_usec(pass->context));
}

static void pass_add_recoveries(Pass *pass)
{
    Recoveries *recoveries = &pass->recoveries;

    for (size_t i = 0; i < recoveries->count; i++) {
        pass_add(pass, &recoveries->channels[i], &recoveries->reports[i], &recoveries->rosters[i]);
        recoveries->channels[i].is_recovery = true;
    }
}

static int pass_add_instance(Pass *pass, size_t number, Throttle *throttle)
{
    InstancePass *instance = pass_instance(pass, number);
    size_t count = instance->capacity;

    for (size_t i = 0; i < pass->recoveries.count; i++)
        count += pass->recoveries.rosters[i].instance == number;
    if (instance_init(instance, count) < 0)
        return -ENOMEM;
    dispatch_init(&instance->dispatch, pass->config, pass->ops, pass->context, number,
                  pass->report.pass_id, throttle);
    return pass_guards_init(&instance->guards, &instance->dispatch, count, pass->report.dry_run);
}

/* An undo and a dry run settle nothing. */
static int pass_collect_recoveries(Pass *pass, const PassScope *scope)
{
    for (size_t i = 0; i < pass->instance_count && !scope->undos && !scope->dry_run; i++) {
        if (recovery_collect(&pass->recoveries, pass->ops, pass->context,
                             pass->first_instance + i) < 0)
            return -ENOMEM;
    }
    return recovery_allocate(&pass->recoveries);
}

/* Room for the scope alone: a daemon has a pass for each of its instances. */
static int pass_allocate(Pass *pass)
{
    const Config *config = pass->config;
    size_t count = 0;

    pass->instances = calloc(pass->instance_count, sizeof(*pass->instances));
    if (!pass->instances)
        return -ENOMEM;
    for (size_t i = 0; i < config->channel_count; i++) {
        if (!pass_covers(pass, config->channels[i].instance))
            continue;
        pass_instance(pass, config->channels[i].instance)->capacity++;
        count++;
    }
    count = count ? count : 1;
    pass->channels = calloc(count, sizeof(*pass->channels));
    pass->report.channels = calloc(count, sizeof(*pass->report.channels));
    pass->report.instances = calloc(pass->instance_count, sizeof(*pass->report.instances));
    if (!pass->channels || !pass->report.channels || !pass->report.instances)
        return -ENOMEM;
    return group_commit_init(&pass->group_commit, pass->ops, pass->context, count);
}

int pass_new(const Config *config, const Ops *ops, void *context, const PassScope *scope,
             Pass **ret_pass)
{
    _cleanup_(pass_freep) Pass *pass = calloc(1, sizeof(*pass));

    assert(config && ops && scope->pass_id && scope->throttles);
    assert(scope->instance == PASS_ALL_INSTANCES || scope->instance < config->instance_count);
    if (!pass)
        return -ENOMEM;
    pass->config = config;
    pass->ops = ops;
    pass->context = context;
    pass->is_probe = scope->is_probe;
    pass->first_instance = scope->instance == PASS_ALL_INSTANCES ? 0 : scope->instance;
    pass->instance_count = scope->instance == PASS_ALL_INSTANCES ? config->instance_count : 1;
    pass->chosen = scope->chosen;
    pass->firsts = scope->firsts;
    pass->spent = scope->spent;
    pass->lookups = scope->lookups;
    pass->report = (Report){.pass_id = scope->pass_id,
                            .dry_run = scope->dry_run,
                            .roster_digest = config->set.digest,
                            .roster_head = config->set.head};
    if (pass_allocate(pass) < 0 || pass_collect_recoveries(pass, scope) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < pass->instance_count; i++) {
        size_t number = pass->first_instance + i;

        if (pass_add_instance(pass, number, &scope->throttles[number]) < 0)
            return -ENOMEM;
        pass->report.instances[pass->report.instance_count++] = (InstanceReport){
            .name = config->instances[number].name, .instance = &config->instances[number]};
    }
    for (size_t i = 0; i < config->channel_count; i++) {
        if (pass_covers(pass, config->channels[i].instance))
            pass_add_channel(pass, &config->channels[i], scope->undos ? &scope->undos[i] : NULL);
    }
    pass_add_recoveries(pass);
    *ret_pass = TAKE_PTR(pass);
    return 0;
}

void pass_free(Pass *pass)
{
    if (!pass)
        return;
    for (size_t i = 0; i < pass->report.channel_count; i++)
        channel_done(&pass->channels[i]);
    for (size_t i = 0; pass->instances && i < pass->instance_count; i++)
        instance_done(&pass->instances[i]);
    recovery_done(&pass->recoveries);
    group_commit_done(&pass->group_commit);
    free(pass->channels);
    report_done(&pass->report);
    free(pass->instances);
    free(pass);
}

/* ---- driving ---- */

/* All channels are done: completes the reports of the instances. */
static void pass_conclude(Pass *pass)
{
    if (pass->is_reported)
        return;
    pass->is_reported = true;
    for (size_t i = 0; i < pass->instance_count; i++)
        instance_conclude(&pass->instances[i], &pass->report, &pass->report.instances[i],
                          pass->was_stopped && pass->spent ? &pass->spent[pass->first_instance + i]
                                                           : NULL);
}

static void pass_pump(Pass *pass)
{
    uint64_t next_usec = pass->deadline_usec;

    if (pass->group_commit.is_held)
        group_commit_call_off(&pass->group_commit);
    for (size_t i = 0; i < pass->instance_count; i++)
        instance_pump(&pass->instances[i]);
    /* What one gave up may be kept for another by now. */
    for (size_t i = 0; i < pass->instance_count; i++) {
        uint64_t instance_usec = instance_next_usec(&pass->instances[i]);

        next_usec = instance_usec < next_usec ? instance_usec : next_usec;
    }
    if (group_commit_is_waiting(&pass->group_commit) && !pass->group_commit.is_held)
        next_usec = pass->ops->now_usec(pass->context);
    if (pass_is_done(pass))
        pass_conclude(pass);
    pass->ops->wake_at(pass->context, pass_is_done(pass) ? USEC_NEVER : next_usec);
}

void pass_start(Pass *pass)
{
    assert(pass->deadline_usec == 0);
    pass->deadline_usec =
        pass->ops->now_usec(pass->context) + pass->config->limits.pass_deadline_usec;
    for (size_t i = 0; i < pass->instance_count; i++) {
        InstancePass *instance = &pass->instances[i];
        size_t number = pass->first_instance + i;

        if (instance->channel_count > 0)
            pass_guards_begin(&instance->guards, pass->spent ? &pass->spent[number] : NULL);
        instance_start(instance, pass->is_probe,
                       pass->firsts ? instance_take_first(instance, &pass->firsts[number]) : 0,
                       pass->lookups ? &pass->lookups[number] : NULL);
    }
    pass_pump(pass);
}

void pass_on_answer(Pass *pass, void *tag, const Answer *answer)
{
    Call *call = tag;

    assert(call && answer);
    dispatch_on_answer(&pass_instance(pass, call->request.instance)->dispatch, call, answer);
    pass_pump(pass);
}

void pass_on_renewed(Pass *pass, size_t instance, Renewal renewal, const Err *err)
{
    dispatch_on_renewed(&pass_instance(pass, instance)->dispatch, renewal, err);
    pass_pump(pass);
}

/* Holds changes without going on. */
static void pass_hold(Pass *pass, const char *why)
{
    str_copy(pass->hold, sizeof(pass->hold), why);
    group_commit_hold(&pass->group_commit);
    for (size_t i = 0; i < pass->instance_count; i++)
        dispatch_hold_changes(&pass->instances[i].dispatch);
}

void pass_hold_changes(Pass *pass, const char *why)
{
    assert(why[0]);
    pass_hold(pass, why);
    pass_pump(pass);
}

void pass_allow_changes(Pass *pass)
{
    pass->hold[0] = '\0';
    group_commit_allow(&pass->group_commit);
    for (size_t i = 0; i < pass->instance_count; i++)
        dispatch_allow_changes(&pass->instances[i].dispatch);
    pass_pump(pass);
}

/* Records what waits, where the configuration is still the one to change by. */
static void pass_commit(Pass *pass)
{
    if (pass->group_commit.is_held)
        return;
    group_commit_call_off(&pass->group_commit);
    if (!group_commit_is_waiting(&pass->group_commit))
        return;
    if (pass->ops->may_change(pass->context))
        group_commit_commit(&pass->group_commit);
    else
        pass_hold(pass, "the files of this configuration may have changed");
}

static void pass_end(Pass *pass, const char *why)
{
    pass->deadline_usec = USEC_NEVER;
    for (size_t i = 0; i < pass->instance_count; i++) {
        if (pass->firsts && !pass->instances[i].dispatch.is_stopped)
            instance_leave_first(&pass->instances[i], &pass->firsts[pass->first_instance + i]);
        dispatch_stop(&pass->instances[i].dispatch, why);
    }
    group_commit_call_off(&pass->group_commit);
    pass_pump(pass);
}

void pass_stop(Pass *pass, const char *why)
{
    pass->was_stopped = true;
    pass_end(pass, why);
}

void pass_pause(Pass *pass, const RosterChannel *roster)
{
    for (size_t i = 0; i < pass->report.channel_count; i++) {
        if (pass->channels[i].roster == roster && !pass->channels[i].is_done)
            apply_pause(&pass->channels[i]);
    }
    pass_pump(pass);
}

static void pass_abandon_channel(ChannelPass *channel)
{
    if (!channel->is_done && channel->call.is_in_flight)
        dispatch_abandon(channel->dispatch, &channel->call);
}

void pass_abandon(Pass *pass, const char *why)
{
    pass_stop(pass, why);
    for (size_t i = 0; i < pass->instance_count; i++) {
        dispatch_stop_bound(&pass->instances[i].dispatch);
        if (pass->instances[i].lookup.call.is_in_flight)
            dispatch_abandon(&pass->instances[i].dispatch, &pass->instances[i].lookup.call);
    }
    for (size_t i = 0; i < pass->report.channel_count; i++)
        pass_abandon_channel(&pass->channels[i]);
    for (size_t i = 0; i < pass->recoveries.count; i++)
        pass_abandon_channel(&pass->recoveries.channels[i]);
    pass_pump(pass);
}

void pass_on_wake(Pass *pass)
{
    char duration[32], why[192];

    if (pass->ops->now_usec(pass->context) < pass->deadline_usec) {
        pass_commit(pass);
        pass_pump(pass);
        return;
    }
    clock_format_duration(pass->config->limits.pass_deadline_usec, duration, sizeof(duration));
    snprintf(why, sizeof(why), "the pass's deadline of %s came first%s%s", duration,
             pass->hold[0] ? ", while changes were held: " : "", pass->hold);
    pass_end(pass, why);
}

bool pass_is_done(const Pass *pass)
{
    return pass->open_count == 0;
}

const Report *pass_get_report(const Pass *pass)
{
    return &pass->report;
}

void pass_take_report(Pass *pass, Report *ret_report)
{
    assert(pass_is_done(pass) && pass->is_reported);
    *ret_report = pass->report;
    pass->report.channels = NULL;
    pass->report.channel_count = 0;
    pass->report.instances = NULL;
    pass->report.instance_count = 0;
}
