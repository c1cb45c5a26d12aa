/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/apply.h"

#include <assert.h>

#include "reconcile/apply/changes.h"
#include "reconcile/apply/confirm.h"
#include "reconcile/apply/enable.h"
#include "reconcile/apply/enter.h"
#include "reconcile/apply/exchange.h"
#include "reconcile/apply/group_commit.h"
#include "reconcile/apply/held.h"
#include "reconcile/apply/sent.h"
#include "reconcile/apply/undo.h"
#include "reconcile/channel/gate.h"

bool apply_is_left(const ChannelPass *channel, size_t number)
{
    return !channel->sent[number].was_tried && !channel->sent[number].is_decided;
}

bool apply_has_deletion_left(const ChannelPass *channel)
{
    for (size_t i = channel->first_deletion; i < channel->change_count; i++) {
        if (apply_is_left(channel, i))
            return true;
    }
    return false;
}

int apply_skip_rest(ChannelPass *channel, Err *err)
{
    int r = 0;

    for (size_t i = 0; i < channel->change_count; i++) {
        if (!apply_is_left(channel, i))
            continue;
        *sent_outcome(channel, i) = OUTCOME_SKIPPED;
        if (r == 0)
            r = sent_decide(channel, i, OUTCOME_SKIPPED, err);
    }
    channel->next = channel->change_count;
    return r < 0 ? r : exchange_give_up(channel, err);
}

/* Logs changes whose answers left the outcome open: no list will be read to decide them. */
static void apply_tell_uncertain(const ChannelPass *channel)
{
    for (size_t i = 0; i < channel->change_count; i++) {
        if (channel->sent[i].was_uncertain && *sent_outcome(channel, i) == OUTCOME_FAILED)
            sent_tell(channel, i, report_error(channel->report));
    }
}

void apply_cut(ChannelPass *channel, Result result, const Err *err)
{
    Err state_err = {0};

    apply_tell_uncertain(channel);
    if (apply_skip_rest(channel, &state_err) < 0)
        channel_end(channel, RESULT_FAILED, &state_err);
    else
        channel_end(channel, result, err);
}

/* ---- beginning ---- */

void apply_mark(ChannelPass *channel, Outcome outcome)
{
    ChannelReport *report = channel->report;

    for (size_t i = 0; channel->undo && i < channel->change_count; i++)
        *sent_outcome(channel, i) = outcome;
    for (size_t i = 0; i < report->added_count; i++)
        report->added[i].outcome = outcome;
    for (size_t i = 0; i < channel->plan.correct_count && i < report->changed_count; i++)
        report->changed[i].outcome = outcome;
    for (size_t i = 0; i < report->extra_count; i++) {
        if (plan_is_leaving(&channel->plan.extras[i]))
            report->extras[i].outcome = outcome;
    }
    for (size_t i = 0; i < report->enabled_count && (channel->is_enabling || channel->is_withheld);
         i++) {
        if (report->enabled[i].outcome == OUTCOME_PLANNED)
            report->enabled[i].outcome = outcome;
    }
}

void apply_skip(ChannelPass *channel, Result result, const Err *err)
{
    assert(channel->deletions_sent == 0);
    apply_mark(channel, channel->dry_run ? OUTCOME_PLANNED : OUTCOME_SKIPPED);
    channel_end(channel, result, err);
}

/* A list that cannot be read ends the channel: what was not sent is skipped. */
static void apply_on_unread(ChannelPass *channel)
{
    Err err = {0};

    apply_tell_uncertain(channel);
    if (apply_skip_rest(channel, &err) < 0)
        apply_keep_error(channel, &err);
}

/* Whether an earlier pass added or corrected members not long ago: this one's list may be the first
 * that shows them, and deletions begin `settle` after that. */
static bool apply_has_posted(const ChannelPass *channel)
{
    for (size_t i = 0; i < channel->record.change_count; i++) {
        ChangeKind kind = channel->record.changes[i].kind;

        if (kind == CHANGE_ADD || kind == CHANGE_CORRECT)
            return true;
    }
    return false;
}

/* What needs no request enters quarantine with the rest. */
static void apply_begin(ChannelPass *channel)
{
    Err err = {0};

    channel->on_unread = apply_on_unread;
    if (!channel->is_enabling && enter_quarantine(channel, &err) < 0)
        apply_cut(channel, RESULT_FAILED, &err);
    else if (channel->is_made && (channel->undo || apply_has_posted(channel)))
        confirm_after_settling(channel);
    else
        apply_next(channel);
}

/* The plan stands without the approval that it goes by: whatever that let pass holds it. */
static void apply_on_approval_gone(ChannelPass *channel, const Err *err)
{
    channel->has_approval = channel->is_approved = channel->opens_window = false;
    if (guard_count_refusing(channel->guards) > 0)
        held_end(channel, channel->guards);
    else if (gate_shuts(channel))
        apply_skip(channel, RESULT_PAUSED, NULL);
    else
        apply_skip(channel, RESULT_DRIFT, err);
}

static void apply_on_recorded(ChannelPass *channel, const Err *err)
{
    const Dispatch *dispatch = channel->dispatch;

    if (!err) {
        apply_begin(channel);
    } else if (channel->lost_approval) {
        apply_on_approval_gone(channel, err);
    } else if (channel->is_withheld) {
        held_end_by_fleet(channel);
    } else if (channel->is_paused) {
        apply_skip(channel, RESULT_PAUSED, NULL);
    } else if (dispatch->is_stopped && !dispatch->has_failed) {
        apply_skip(channel, RESULT_DRIFT, err);
    } else {
        apply_skip(channel, RESULT_FAILED, err);
    }
}

void apply_record(ChannelPass *channel)
{
    group_commit_add(channel->group_commit, channel, apply_on_recorded);
}

void apply_start(ChannelPass *channel)
{
    Err err = {0};

    assert(!channel->dry_run && !channel->undo);
    assert(channel->plan.delete_count + channel->plan.enter_count == 0 ||
           mode_may(channel->roster->mode, MODE_DELETES));
    assert(channel->plan.add_count + channel->plan.correct_count == 0 ||
           mode_may(channel->roster->mode, MODE_ADDS));
    assert(channel->refusing == 0 || channel->is_approved);
    assert(channel->report->extra_count == channel->plan.extra_count);
    assert(channel->report->added_count == channel->plan.add_count);
    if (changes_make(channel) < 0) {
        err_memory(&err);
        apply_skip(channel, RESULT_FAILED, &err);
    } else if (channel->change_count == 0) {
        enter_end(channel);
    } else {
        apply_record(channel);
    }
}

void apply_enable(ChannelPass *channel, ChannelOnWhole on_enabled)
{
    Err err = {0};

    assert(!channel->dry_run && !channel->undo && channel->roster->mode != MODE_OBSERVE);
    assert(!channel->has_enabled && on_enabled);
    apply_mark(channel, OUTCOME_SKIPPED);
    channel->is_enabling = true;
    channel->on_enabled = on_enabled;
    if (enable_make(channel) == 0) {
        apply_record(channel);
        return;
    }
    err_memory(&err);
    apply_skip(channel, RESULT_FAILED, &err);
}

void apply_pause(ChannelPass *channel)
{
    Err why = {0};

    assert(!channel->is_done);
    channel->is_paused = true;
    channel_explain_pause(channel, &why);
    if (channel->is_settling || (!channel->undo && !channel->call.is_bound &&
                                 request_is_change(channel->call.request.kind)))
        dispatch_withdraw(channel->dispatch, &channel->call, &why);
}
