/* SPDX-License-Identifier: MIT */
#include "reconcile/pass/decision.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "reconcile/apply/apply.h"
#include "reconcile/apply/held.h"
#include "reconcile/channel/gate.h"
#include "reconcile/pass/choice.h"
#include "reconcile/pass/pass_guards.h"
#include "reconcile/pass/settling.h"
#include "reconcile/pass/sightings.h"
#include "reconcile/pass/take_over.h"
#include "reconcile/plan/plan_digest.h"

/* Whether there is anything to recall the channel's record for. */
static bool decision_differs(const ChannelPass *channel)
{
    return channel->plan.extra_count > 0 || channel->plan.missing_count > 0 ||
           channel->plan.changed_count > 0 || channel->plan.enable_count > 0;
}

/* A group that the channel lacks, in a mode that adds: then nothing is changed there. */
static const char *decision_find_absent_group(const ChannelPass *channel)
{
    return mode_may(channel->roster->mode, MODE_ADDS) ? desired_find_absent_group(&channel->desired)
                                                      : NULL;
}

/* Whether anything is planned that the mode lets be done. */
static bool decision_may_change(const ChannelPass *channel)
{
    return plan_change_count(&channel->plan) > 0 && channel->roster->mode != MODE_OBSERVE;
}

/* Whether the extras are about to be deleted, as decision_make() will find, in a pass that is no
 * dry run: in these nothing is in doubt. */
static bool decision_will_delete(const ChannelPass *channel)
{
    if (channel->record.is_paused || channel->is_withheld || channel->plan.delete_count == 0 ||
        channel->plan.enter_count > 0 || !decision_may_change(channel) ||
        decision_find_absent_group(channel) || choice_check(channel, NULL) < 0)
        return false;
    return channel->has_approval || channel->refusing == 0;
}

/* Evaluates the guards, which the plan's digest covers, and looks for an approval of that. */
static int decision_judge(ChannelPass *channel, const Conditions *conditions, Err *err)
{
    const Instance *instance = &channel->config->instances[channel->roster->instance];
    const ChangeGate gate = config_gate(channel->config, channel->roster);
    Plan *plan = &channel->plan;
    int r;

    channel->refusing =
        guard_evaluate(&channel->roster->guards, plan, &channel->record, conditions,
                       channel->ops->realtime_usec(channel->context), channel->guards);
    if (plan_digest_make(plan, &channel->diff, instance, channel->guards, plan->digest) < 0)
        return err_memory(err);
    str_copy(channel->report->digest, sizeof(channel->report->digest), plan->digest);
    r = channel->ops->is_approved(channel->context, plan->digest, &gate, err);
    channel->has_approval = r > APPROVAL_NONE;
    channel->opens_window = r == APPROVAL_NOW;
    return r < 0 ? r : 0;
}

/* ---- other hosts ---- */

static void decision_ask_fleet(ChannelPass *channel, Conditions *ret_conditions)
{
    channel->ops->get_conditions(channel->context, channel->roster->instance, ret_conditions);
    channel->token = ret_conditions->token;
    channel->needs_sightings =
        take_over_needs_sightings(channel->take_over, ret_conditions, channel->row->id);
    ret_conditions->needs_sightings = channel->needs_sightings;
}

/* What was seen before a take-over was seen by a host that may have been wrong by then. */
static void decision_forget_sightings(ChannelPass *channel)
{
    if (channel->needs_sightings &&
        !take_over_has_listed(channel->take_over, channel->token, channel->row->id))
        channel->record.sighting_count = 0;
}

/* ---- what is remembered ---- */

/* Takes the roster's pause beside those of the state; told is the one that holds longest. */
static int decision_recall_pause(ChannelPass *channel, Err *err)
{
    const RosterPause *pause = channel->roster->pause;
    ChannelRecord *record = &channel->record;
    bool holds = config_pause_holds(channel->roster, channel->ops->realtime_usec(channel->context));
    bool is_longer =
        !record->is_paused || (holds && pause->until_usec == 0) ||
        (holds && record->pause_end_usec != 0 && record->pause_end_usec < pause->until_usec);

    if (holds && is_longer &&
        channel_record_set_pause(record, pause->reason, pause->until_usec, PAUSE_SCOPE_ROSTER) < 0)
        return err_memory(err);
    if (!record->is_paused)
        report_clear_pause(channel->report);
    else if (report_set_pause(channel->report, record->pause_reason, record->pause_end_usec,
                              record->pause_scope) < 0)
        return err_memory(err);
    return 0;
}

/* Takes the windows beside the pauses, as one that holds until they open; told is the one that
 * holds longest. */
static int decision_recall_window(ChannelPass *channel, Err *err)
{
    GateLook look = gate_look(channel);
    ChannelRecord *record = &channel->record;
    bool is_longer =
        !record->is_paused || (record->pause_end_usec != 0 &&
                               (look.until_usec == 0 || look.until_usec > record->pause_end_usec));

    channel->is_shut = look.is_closed && !(channel->opens_window && look.may_be_opened);
    if (!channel->is_shut || !is_longer)
        return 0;
    if (channel_record_set_pause(record, look.reason, look.until_usec, PAUSE_SCOPE_WINDOW) < 0 ||
        report_set_pause(channel->report, record->pause_reason, record->pause_end_usec,
                         PAUSE_SCOPE_WINDOW) < 0)
        return err_memory(err);
    return 0;
}

/* A deletion in doubt counts as deleted for the fight guard. */
static int decision_recall_pauses(ChannelPass *channel, Err *err)
{
    int r = 0;

    channel_record_done(&channel->record);
    if (decision_differs(channel))
        r = channel->ops->recall(channel->context, channel->roster, channel->row, &channel->record,
                                 err);
    decision_forget_sightings(channel);
    if (r == 0)
        r = sightings_forget_returned(channel, err);
    return r == 0 ? decision_recall_pause(channel, err) : r;
}

/* A channel in sync needs to know of other hosts only while lists are counted. */
static int decision_recall(ChannelPass *channel, Err *err)
{
    Conditions conditions = {0};
    int r;

    if (decision_differs(channel) || channel->take_over)
        decision_ask_fleet(channel, &conditions);
    r = decision_recall_pauses(channel, err);
    channel->has_approval = channel->opens_window = false;
    memset(channel->guards, 0, GUARD_COUNT * sizeof(*channel->guards));
    if (r == 0 && plan_change_count(&channel->plan) > 0)
        r = decision_judge(channel, &conditions, err);
    if (r == 0 && held_look_at_fleet(channel, &conditions) < 0)
        r = err_memory(err);
    return r == 0 ? decision_recall_window(channel, err) : r;
}

/* Members whose deletion is in doubt and that are listed still: where they are not deleted again,
 * the list is given the time that it may lag. 1 when it is read again, 0 when all is settled, or
 * the state's error. */
static int decision_settle_in_doubt(ChannelPass *channel, Err *err)
{
    int r;

    if (channel->in_doubt_count == 0)
        return 0;
    if (!decision_will_delete(channel) &&
        channel_look_again(channel, &channel->diff, &channel->settle_looks, decision_on_list))
        return 1;
    r = settling_on_list(channel, channel->row->id, true, err);
    return r < 0 ? r : decision_recall(channel, err);
}

/* Whether anything is to be changed, be it that members are enabled again. */
static bool decision_has_any(const ChannelPass *channel)
{
    return channel->roster->mode != MODE_OBSERVE &&
           plan_change_count(&channel->plan) + channel->plan.enable_count > 0;
}

/* Ends a channel in which nothing is to be changed, whatever guards say. */
static bool decision_ends(ChannelPass *channel)
{
    bool is_observed = channel->roster->mode == MODE_OBSERVE;
    bool is_planned = plan_change_count(&channel->plan) > 0;
    Err err = {0};
    bool is_chosen = choice_check(channel, &err) == 0;

    /* What would hold it is told beforehand as well. */
    if (is_planned && !channel->has_approval &&
        (channel->record.is_paused || is_observed || !is_chosen))
        held_report(channel, channel->guards);
    if (channel->record.is_paused)
        channel_end(channel, RESULT_PAUSED, NULL);
    else if (!is_chosen && decision_has_any(channel))
        choice_end(channel, &err);
    else if (channel->is_withheld && decision_has_any(channel))
        held_end_by_fleet(channel);
    else if (!decision_may_change(channel))
        channel_end(channel, plan_only_waits(&channel->plan) ? RESULT_QUARANTINED : RESULT_DRIFT,
                    NULL);
    return channel->is_done;
}

static void decision_make(ChannelPass *channel)
{
    assert(channel->refusing <= GUARD_COUNT);
    if (decision_ends(channel))
        return;
    if (channel->refusing > 0 && !channel->has_approval) {
        held_end(channel, channel->guards);
        return;
    }
    channel->is_approved = channel->refusing > 0 || channel->opens_window;
    if (plan_leave_count(&channel->plan) > 0)
        pass_guards_add(channel->pass_guards, channel);
    else if (channel->dry_run)
        channel_end(channel, RESULT_DRIFT, NULL);
    else
        apply_start(channel);
}

static bool decision_is_listed(const void *list, const char *member_id)
{
    const ChannelPass *channel = list;

    return diff_has_id(&channel->diff, member_id);
}

/* Where the mode adds, a group that the channel does not have fails it: none is created. */
static int decision_check_groups(const ChannelPass *channel, Err *err)
{
    _cleanup_(buf_done) Buf groups = {0};
    const char *absent = decision_find_absent_group(channel);

    if (!absent)
        return 0;
    desired_print_groups(&channel->desired, &groups);
    return err_set(err, -EINVAL,
                   "the channel has no group %s, and rosterd creates none: create it, or name one "
                   "of those that it has: %s",
                   absent, buf_failed(&groups) < 0 ? "?" : buf_text(&groups));
}

/* Of a list that there is no memory to report, the report tells nothing. */
static int decision_report_plan(ChannelPass *channel)
{
    ChannelReport *report = channel->report;
    const Plan *plan = &channel->plan;

    if (report_set_extras(report, plan->extras, plan->extra_count) < 0 ||
        report_set_changed(report, &channel->desired, plan->changed, plan->changed_count) < 0 ||
        report_set_added(report, &channel->diff, plan->add_count) < 0 ||
        report_add_enabled(report, channel->fates.enabled, channel->fates.enabled_count) < 0 ||
        report_set_missing(report, &channel->diff) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < report->extra_count; i++) {
        if (plan->extras[i].fate == EXTRA_STAYS)
            report->extras[i].outcome = OUTCOME_SKIPPED;
    }
    report->has_list = true;
    report->live_count = plan->live_count;
    report->ignored_count = plan->ignored_count;
    report->disabled_count = plan->disabled_count;
    return 0;
}

/* ---- quarantine ---- */

/* Out of the state as it is now that earlier passes' changes are settled: what becomes of extras,
 * and who is to be enabled again. */
static int decision_judge_quarantine(ChannelPass *channel, Err *err)
{
    const RosterChannel *roster = channel->roster;
    Fates *fates = &channel->fates;
    int r = channel_recall_quarantine(channel, err);

    fate_done(fates);
    if (r < 0)
        return r;
    if (fate_judge(&channel->diff, &channel->quarantine, roster->mode, roster->quarantine_usec,
                   fates) < 0)
        return err_memory(err);
    if (fates->freed_count == 0 || channel->dry_run)
        return 0;
    return channel->ops->leave_quarantine(channel->context, roster, channel->row->id, fates->freed,
                                          fates->freed_count, err);
}

/* Neither guard nor window holds them, but a pause, a freeze, `observe`, a dry run and other hosts
 * do. Negative with the state's error. */
static int decision_may_enable(ChannelPass *channel, Err *err)
{
    Guard guards[GUARD_COUNT] = {0};
    Conditions conditions;
    GateLook look;
    int r;

    if (channel->fates.enabled_count == 0 || channel->has_enabled || channel->dry_run ||
        channel->roster->mode == MODE_OBSERVE)
        return 0;
    decision_ask_fleet(channel, &conditions);
    r = decision_recall_pauses(channel, err);
    if (r < 0 || channel->record.is_paused || !choice_lets_enable(channel) ||
        guard_evaluate_fleet(&conditions, guards) > 0)
        return r < 0 ? r : 0;
    channel->is_enabling = true;
    look = gate_look(channel);
    channel->is_enabling = false;
    return !look.is_closed;
}

/* Settles what is in doubt and makes the plan. */
static int decision_prepare(ChannelPass *channel, Err *err)
{
    int r = settling_on_list(channel, channel->row->id, false, err);

    if (r == 0)
        r = decision_judge_quarantine(channel, err);
    plan_make(&channel->diff, channel->roster->mode, &channel->plan);
    channel->plan.enable_count = channel->fates.enabled_count;
    if (decision_report_plan(channel) < 0)
        return err_memory(err);
    return r;
}

static void decision_go_on(ChannelPass *channel)
{
    Err err = {0};
    int r = decision_recall(channel, &err);

    if (r == 0)
        r = decision_settle_in_doubt(channel, &err);
    if (r > 0)
        return;
    if (r == 0)
        r = sightings_remember(channel, decision_differs(channel), &err);
    if (r == 0)
        r = decision_check_groups(channel, &err);
    if (r < 0) {
        apply_mark(channel, OUTCOME_SKIPPED);
        channel_end(channel, RESULT_FAILED, &err);
    } else if (!decision_differs(channel)) {
        channel_end(channel, channel->has_enabled ? RESULT_CONVERGED : RESULT_IN_SYNC, NULL);
    } else {
        decision_make(channel);
    }
}

void decision_on_list(ChannelPass *channel)
{
    Err err = {0};
    int r;

    assert(!channel->is_done && !channel->undo && !channel->is_recovery);
    r = decision_prepare(channel, &err);
    if (!channel->dry_run && !channel->has_enabled)
        channel->ops->watch_added(channel->context, channel->roster, channel->row,
                                  decision_is_listed, channel);
    if (r == 0)
        r = decision_may_enable(channel, &err);
    if (r > 0) {
        apply_enable(channel, decision_on_list);
    } else if (r == 0) {
        decision_go_on(channel);
    } else {
        apply_mark(channel, OUTCOME_SKIPPED);
        channel_end(channel, RESULT_FAILED, &err);
    }
}
