/* SPDX-License-Identifier: MIT */
#include "reconcile/pass/pass_guards.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "reconcile/apply/apply.h"
#include "reconcile/apply/held.h"
#include "reconcile/plan/plan_digest.h"

/* The part of the deadline for which plans wait for channels that say nothing. */
#define WAIT_PART 4

/* ---- what was sent ---- */

void pass_spent_done(PassSpent *spent)
{
    free(spent->channel_ids);
    arena_done(&spent->arena);
    *spent = (PassSpent){0};
}

void pass_spent_take(PassSpent *spent, PassSpent *other)
{
    assert(spent != other);
    pass_spent_done(spent);
    *spent = *other;
    *other = (PassSpent){0};
}

static bool pass_spent_has(const PassSpent *spent, const char *channel_id)
{
    for (size_t i = 0; i < spent->channel_count; i++) {
        if (str_equal(spent->channel_ids[i], channel_id))
            return true;
    }
    return false;
}

void pass_spent_add(PassSpent *spent, const char *channel_id, uint64_t deletes)
{
    const char *copy;

    assert(channel_id && deletes > 0);
    spent->deletes += deletes;
    if (pass_spent_has(spent, channel_id))
        return;
    copy = arena_string(&spent->arena, channel_id);
    if (copy && mem_grow(&spent->channel_ids, &spent->channel_capacity, spent->channel_count + 1,
                         sizeof(*spent->channel_ids)) == 0)
        spent->channel_ids[spent->channel_count++] = copy;
}

/* ---- beginning and ending ---- */

int pass_guards_init(PassGuards *guards, const Dispatch *dispatch, size_t channel_capacity,
                     bool dry_run)
{
    size_t capacity = channel_capacity ? channel_capacity : 1;

    assert(dispatch);
    *guards = (PassGuards){
        .config = dispatch->config,
        .ops = dispatch->ops,
        .context = dispatch->context,
        .dispatch = dispatch,
        .dry_run = dry_run,
        .open_usec = USEC_NEVER,
        .capacity = capacity,
        .waiting = calloc(capacity, sizeof(ChannelPass *)),
        .digests = calloc(capacity, sizeof(char *)),
    };
    return guards->waiting && guards->digests ? 0 : -ENOMEM;
}

void pass_guards_done(PassGuards *guards)
{
    pass_spent_done(&guards->before);
    free(guards->waiting);
    free(guards->digests);
}

void pass_guards_begin(PassGuards *guards, PassSpent *spent)
{
    assert(guards->open_usec == USEC_NEVER && guards->waiting_count == 0 && !guards->is_open);
    guards->open_usec = guards->ops->now_usec(guards->context) +
                        guards->config->limits.pass_deadline_usec / WAIT_PART;
    if (!spent)
        return;
    pass_spent_take(&guards->before, spent);
    guards->totals = (GuardTotals){guards->before.deletes, guards->before.channel_count};
}

static bool pass_guards_are_off(const PassGuards *guards)
{
    for (GuardName name = 0; name < GUARD_COUNT; name++) {
        if (guards_row(name)->scope == GUARD_OF_PASS &&
            guards_limit(&guards->config->guards, name) != GUARD_OFF)
            return false;
    }
    return true;
}

/* ---- one plan ---- */

static void pass_guards_count(const PassGuards *guards, const ChannelPass *channel,
                              GuardTotals *totals)
{
    totals->deletes += plan_leave_count(&channel->plan);
    totals->channels += !pass_spent_has(&guards->before, channel->row->id);
}

static void pass_guards_carry_out(ChannelPass *channel)
{
    if (channel->dry_run)
        channel_end(channel, RESULT_DRIFT, NULL);
    else
        apply_start(channel);
}

/* A plan that the guards refuse passes by its approval alone; they hold it where that is gone in
 * the end. */
static void pass_guards_refuse(PassGuards *guards, ChannelPass *channel, const Guard *refusals)
{
    if (!channel->has_approval) {
        memcpy(guards->guards, refusals, sizeof(guards->guards));
        held_end(channel, refusals);
        return;
    }
    channel->is_approved = true;
    for (GuardName name = 0; name < GUARD_COUNT; name++) {
        if (refusals[name].refuses)
            channel->guards[name] = refusals[name];
    }
    pass_guards_carry_out(channel);
}

/* After the plans that waited together: each by itself. */
static void pass_guards_judge_later(PassGuards *guards, ChannelPass *channel)
{
    GuardTotals totals = guards->totals;
    Guard refusals[GUARD_COUNT];
    size_t refusing;

    pass_guards_count(guards, channel, &totals);
    refusing = guard_evaluate_pass(&guards->config->guards, &totals, refusals);
    assert(!guards->refuses || refusing > 0);
    if (guards->refuses || refusing == 0 || channel->has_approval)
        guards->totals = totals;
    if (refusing == 0) {
        pass_guards_carry_out(channel);
        return;
    }
    pass_guards_refuse(guards, channel, refusals);
}

/* ---- the plans that wait ---- */

/* The digests of those that only these guards hold. */
static size_t pass_guards_collect(PassGuards *guards)
{
    size_t count = 0;

    for (size_t i = 0; i < guards->waiting_count; i++) {
        if (!guards->waiting[i]->has_approval)
            guards->digests[count++] = guards->waiting[i]->plan.digest;
    }
    return count;
}

/* An approval of the instance's digest is one of each of the plans, if they are exactly these. 0,
 * or the state's errors. */
static int pass_guards_use_approval(PassGuards *guards, Err *err)
{
    const Instance *instance = &guards->config->instances[guards->dispatch->instance];
    size_t count = pass_guards_collect(guards);
    char digest[DIGEST_HEX_SIZE];
    ChangeGate gate;
    int r;

    if (count == 0)
        return 0;
    if (plan_digest_combine(instance, guards->digests, count, digest) < 0)
        return err_memory(err);
    gate = config_gate(guards->config, guards->waiting[0]->roster);
    r = guards->ops->is_approved(guards->context, digest, &gate, err);
    if (r > 0 && !guards->dry_run)
        r = guards->ops->share_approval(guards->context, digest, guards->digests, count, err);
    else if (r == 0)
        return 0;
    for (size_t i = 0; i < guards->waiting_count && r >= 0; i++)
        guards->waiting[i]->has_approval = true;
    str_copy(guards->approved, sizeof(guards->approved), r < 0 ? "" : digest);
    return r < 0 ? r : 0;
}

static void pass_guards_end_waiting(PassGuards *guards, Result result, const Err *err)
{
    size_t count = guards->waiting_count;

    guards->waiting_count = 0;
    for (size_t i = 0; i < count; i++)
        apply_skip(guards->waiting[i], result, err);
}

/* Judges what waits together: either all of it passes, or what is approved alone. */
static void pass_guards_open(PassGuards *guards)
{
    size_t count = guards->waiting_count;
    Guard refusals[GUARD_COUNT];
    Err err = {0};

    assert(!guards->is_open);
    guards->is_open = true;
    for (size_t i = 0; i < count; i++)
        pass_guards_count(guards, guards->waiting[i], &guards->totals);
    guards->refuses = guard_evaluate_pass(&guards->config->guards, &guards->totals, refusals) > 0;
    if (guards->refuses && pass_guards_use_approval(guards, &err) < 0) {
        pass_guards_end_waiting(guards, RESULT_FAILED, &err);
        return;
    }
    guards->waiting_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (guards->refuses)
            pass_guards_refuse(guards, guards->waiting[i], refusals);
        else
            pass_guards_carry_out(guards->waiting[i]);
    }
}

/* Paused ones wait for nothing and do not count. */
static void pass_guards_drop_paused(PassGuards *guards)
{
    size_t count = guards->waiting_count;

    guards->waiting_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (guards->waiting[i]->is_paused)
            apply_skip(guards->waiting[i], RESULT_PAUSED, NULL);
        else
            guards->waiting[guards->waiting_count++] = guards->waiting[i];
    }
}

void pass_guards_add(PassGuards *guards, ChannelPass *channel)
{
    assert(channel->plan.enter_count + channel->plan.delete_count > channel->plan.due_count);
    assert(channel->refusing == 0 || channel->has_approval);
    assert(!channel->is_done);
    if (pass_guards_are_off(guards)) {
        pass_guards_carry_out(channel);
        return;
    }
    assert(guards->waiting_count < guards->capacity);
    guards->waiting[guards->waiting_count++] = channel;
}

void pass_guards_pump(PassGuards *guards, bool is_heard)
{
    const Dispatch *dispatch = guards->dispatch;
    bool is_due =
        guards->is_open || is_heard || guards->ops->now_usec(guards->context) >= guards->open_usec;
    size_t count;

    if (guards->waiting_count == 0) {
        guards->is_open = guards->is_open || is_due;
        return;
    }
    if (dispatch->has_failed || dispatch->is_stopped) {
        pass_guards_end_waiting(guards, dispatch->has_failed ? RESULT_FAILED : RESULT_DRIFT,
                                &dispatch->failure);
        return;
    }
    pass_guards_drop_paused(guards);
    if (!is_due)
        return;
    if (!guards->is_open) {
        pass_guards_open(guards);
        return;
    }
    count = guards->waiting_count;
    guards->waiting_count = 0;
    for (size_t i = 0; i < count; i++)
        pass_guards_judge_later(guards, guards->waiting[i]);
}

uint64_t pass_guards_next_usec(const PassGuards *guards)
{
    return guards->waiting_count > 0 ? guards->open_usec : USEC_NEVER;
}

/* ---- telling ---- */

static void pass_guards_put(const Guard *guards, size_t count, InstanceReport *instance_report)
{
    for (size_t i = 0; i < count; i++) {
        if (guards[i].refuses)
            instance_report->guards[instance_report->guard_count++] = guards[i];
    }
}

void pass_guards_report(const PassGuards *guards, const Report *report,
                        InstanceReport *instance_report)
{
    const Instance *instance = &guards->config->instances[guards->dispatch->instance];
    const ChannelReport *held = NULL;
    size_t count = 0;

    str_copy(instance_report->approved, sizeof(instance_report->approved), guards->approved);
    for (size_t i = 0; i < report->channel_count; i++) {
        const ChannelReport *channel = &report->channels[i];

        if (!report_is_held_by_pass(channel, instance_report))
            continue;
        assert(count < guards->capacity);
        guards->digests[count++] = channel->digest;
        held = channel;
    }
    if (count == 0)
        return;
    pass_guards_put(guards->guards, GUARD_COUNT, instance_report);
    if (instance_report->guard_count == 0) /* its approval was gone in the end */
        pass_guards_put(held->guards, held->guard_count, instance_report);
    /* Without memory for the digest it is told all the same that they are held. */
    if (plan_digest_combine(instance, guards->digests, count, instance_report->digest) < 0)
        instance_report->digest[0] = '\0';
    held_tell_instance(guards->ops, guards->context, report, instance_report);
}
