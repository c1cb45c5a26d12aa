/* SPDX-License-Identifier: MIT */
#include "reconcile/pass/pass.h"

#include <assert.h>
#include <stdio.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "reconcile/pass/pass_internal.h"

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

    if (pass->group_commit.is_held || pass->group_commit.intending_count > 0)
        group_commit_call_off(&pass->group_commit);
    for (size_t i = 0; i < pass->instance_count; i++)
        instance_pump(&pass->instances[i]);
    /* What one gave up may be kept for another by now. */
    for (size_t i = 0; i < pass->instance_count; i++) {
        uint64_t instance_usec = instance_next_usec(&pass->instances[i]);

        next_usec = instance_usec < next_usec ? instance_usec : next_usec;
    }
    if (group_commit_is_due(&pass->group_commit) && !pass->group_commit.is_held)
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

        if (instance->channel_count == 0)
            continue;
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

void pass_on_intended(Pass *pass, void *tag, const IntentAnswer *answer)
{
    assert(tag && answer);
    group_commit_on_intended(&pass->group_commit, tag, answer);
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
    if (str_equal(pass->hold, why))
        return;
    pass_hold(pass, why);
    pass_pump(pass);
}

void pass_allow_changes(Pass *pass)
{
    if (!pass->hold[0])
        return;
    pass->hold[0] = '\0';
    group_commit_allow(&pass->group_commit);
    for (size_t i = 0; i < pass->instance_count; i++)
        dispatch_allow_changes(&pass->instances[i].dispatch);
    pass_pump(pass);
}

/* Makes known and records what waits, where the configuration is still the one to change by. */
static void pass_commit(Pass *pass)
{
    if (pass->group_commit.is_held || !group_commit_is_due(&pass->group_commit))
        return;
    if (pass->ops->may_change(pass->context))
        group_commit_commit(&pass->group_commit);
    else
        pass_hold(pass, "the files of this configuration may have changed");
}

static void pass_stop_sending(Pass *pass, const char *why)
{
    pass->deadline_usec = USEC_NEVER;
    for (size_t i = 0; i < pass->instance_count; i++) {
        if (pass->firsts && !pass->instances[i].dispatch.is_stopped)
            instance_leave_first(&pass->instances[i], &pass->firsts[pass->first_instance + i]);
        dispatch_stop(&pass->instances[i].dispatch, why);
    }
    group_commit_call_off(&pass->group_commit);
}

static void pass_end(Pass *pass, const char *why)
{
    pass_stop_sending(pass, why);
    pass_pump(pass);
}

void pass_stop(Pass *pass, const char *why)
{
    pass->was_stopped = true;
    pass_end(pass, why);
}

void pass_pause(Pass *pass, const RosterChannel *roster)
{
    if (pass_covers(pass, roster->instance))
        instance_pause(pass_instance(pass, roster->instance), roster);
    pass_pump(pass);
}

/* What a stopped pass would complete is not begun either. */
void pass_abandon(Pass *pass, const char *why)
{
    pass->was_stopped = true;
    pass_stop_sending(pass, why);
    for (size_t i = 0; i < pass->instance_count; i++)
        instance_abandon(&pass->instances[i]);
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
