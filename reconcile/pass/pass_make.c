/* SPDX-License-Identifier: MIT */
/* Making a pass: room for the instances and channels of its scope. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "reconcile/channel/gate.h"
#include "reconcile/pass/pass_internal.h"

static void pass_begin_report(const Pass *pass, ChannelReport *report, const RosterChannel *roster)
{
    *report = (ChannelReport){
        .channel = roster,
        .instance_name = pass->config->instances[roster->instance].name,
        .name = roster->name,
        .id = roster->id,
    };
}

static void pass_add_channel(Pass *pass, const RosterChannel *roster, ChannelUndo *undo)
{
    ChannelReport *report = &pass->report.channels[pass->report.channel_count++];

    pass_begin_report(pass, report, roster);
    instance_add(pass_instance(pass, roster->instance),
                 &(InstanceChannel){.roster = roster, .report = report, .undo = undo});
    if (!undo)
        gate_show(report, pass->config, pass->ops->realtime_usec(pass->context));
}

static void pass_add_recoveries(Pass *pass)
{
    Recoveries *recoveries = &pass->recoveries;

    for (size_t i = 0; i < recoveries->count; i++) {
        const RosterChannel *roster = &recoveries->rosters[i];

        pass_begin_report(pass, &recoveries->reports[i], roster);
        instance_add_recovery(pass_instance(pass, roster->instance), roster,
                              &recoveries->reports[i], &recoveries->channels[i]);
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
    instance->chosen = pass->chosen;
    instance->group_commit = &pass->group_commit;
    instance->open_count = &pass->open_count;
    instance->take_over = pass->take_overs ? &pass->take_overs[number] : NULL;
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

/* Of those among which the channels of the scope are. */
static size_t pass_count_numbers(const Pass *pass, const PassScope *scope)
{
    return scope->channels ? scope->channel_count : pass->config->channel_count;
}

/* NULL: it is of an instance beyond the scope. */
static const RosterChannel *pass_get_roster(const Pass *pass, const PassScope *scope, size_t turn)
{
    size_t number = scope->channels ? scope->channels[turn] : turn;
    const RosterChannel *roster;

    assert(number < pass->config->channel_count);
    roster = &pass->config->channels[number];
    assert(!scope->channels || pass_covers(pass, roster->instance));
    return pass_covers(pass, roster->instance) ? roster : NULL;
}

/* Room for the scope alone: a daemon has a pass for each of its instances. */
static int pass_allocate(Pass *pass, const PassScope *scope)
{
    size_t count = 0, numbers = pass_count_numbers(pass, scope);

    pass->instances = calloc(pass->instance_count, sizeof(*pass->instances));
    if (!pass->instances)
        return -ENOMEM;
    for (size_t i = 0; i < numbers; i++) {
        const RosterChannel *roster = pass_get_roster(pass, scope, i);

        if (!roster)
            continue;
        pass_instance(pass, roster->instance)->capacity++;
        count++;
    }
    count = count ? count : 1;
    pass->report.channels = calloc(count, sizeof(*pass->report.channels));
    pass->report.instances = calloc(pass->instance_count, sizeof(*pass->report.instances));
    if (!pass->report.channels || !pass->report.instances)
        return -ENOMEM;
    return group_commit_init(&pass->group_commit, pass->ops, pass->context, count);
}

static void pass_add_channels(Pass *pass, const PassScope *scope)
{
    size_t numbers = pass_count_numbers(pass, scope);

    for (size_t i = 0; i < numbers; i++) {
        const RosterChannel *roster = pass_get_roster(pass, scope, i);

        if (roster)
            pass_add_channel(pass, roster, scope->undos ? &scope->undos[i] : NULL);
    }
}

int pass_new(const Config *config, const Ops *ops, void *context, const PassScope *scope,
             Pass **ret_pass)
{
    _cleanup_(pass_freep) Pass *pass = calloc(1, sizeof(*pass));

    assert(config && ops && scope->pass_id && scope->throttles);
    assert(scope->instance == PASS_ALL_INSTANCES || scope->instance < config->instance_count);
    assert(!scope->channels || (scope->instance != PASS_ALL_INSTANCES && !scope->undos));
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
    pass->take_overs = scope->take_overs;
    pass->report = (Report){.pass_id = scope->pass_id,
                            .dry_run = scope->dry_run,
                            .roster_digest = config->set.digest,
                            .roster_head = config->set.head};
    if (pass_allocate(pass, scope) < 0 || pass_collect_recoveries(pass, scope) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < pass->instance_count; i++) {
        size_t number = pass->first_instance + i;

        if (pass_add_instance(pass, number, &scope->throttles[number]) < 0)
            return -ENOMEM;
        pass->report.instances[pass->report.instance_count++] = (InstanceReport){
            .name = config->instances[number].name, .instance = &config->instances[number]};
    }
    pass_add_channels(pass, scope);
    pass_add_recoveries(pass);
    *ret_pass = TAKE_PTR(pass);
    return 0;
}

void pass_free(Pass *pass)
{
    if (!pass)
        return;
    for (size_t i = 0; pass->instances && i < pass->instance_count; i++)
        instance_done(&pass->instances[i]);
    recovery_done(&pass->recoveries);
    group_commit_done(&pass->group_commit);
    report_done(&pass->report);
    free(pass->instances);
    free(pass);
}
