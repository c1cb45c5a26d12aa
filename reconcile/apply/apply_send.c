/* SPDX-License-Identifier: MIT */
/* Sending the changes one at a time, and what follows from each answer. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "reconcile/apply/apply.h"
#include "reconcile/apply/confirm.h"
#include "reconcile/apply/exchange.h"
#include "reconcile/apply/fresh.h"
#include "reconcile/apply/held.h"
#include "reconcile/apply/kinds.h"
#include "reconcile/apply/sent.h"
#include "reconcile/apply/undo.h"

/* Whether the channel may have other members than the list that the plan was made from. */
static bool apply_may_have_changed(const ChannelPass *channel)
{
    for (size_t i = 0; i < channel->change_count; i++) {
        Outcome outcome = *sent_outcome(channel, i);

        if (!channel->sent[i].was_tried)
            continue;
        if ((outcome != OUTCOME_FAILED && outcome != OUTCOME_SKIPPED) ||
            channel->sent[i].may_have_worked)
            return true;
    }
    return false;
}

/* Changes nothing more, but reads the list again where a change may have had its effect. */
static void apply_give_up(ChannelPass *channel, const Err *why)
{
    Err state_err = {0}, err = *why;

    err_context(&err, -EREMOTEIO, "%d %s failed in a row", APPLY_FAILURES_MAX,
                channel->first_deletion == 0 && channel->plan.enter_count == 0 ? "deletions"
                                                                               : "changes");
    report_set_error(channel->report, &err);
    if (apply_skip_rest(channel, &state_err) == 0 && apply_may_have_changed(channel))
        confirm_start(channel);
    else
        channel_end(channel, RESULT_FAILED, NULL);
}

void apply_keep_error(ChannelPass *channel, const Err *err)
{
    if (!channel->report->error)
        report_set_error(channel->report, err);
}

/* The result of a channel that sends nothing more. */
static Result apply_end_result(const ChannelPass *channel)
{
    if (channel->report->error)
        return RESULT_FAILED;
    return channel->is_paused ? channel_paused_result(channel) : RESULT_DRIFT;
}

/* Reads the list again where something was changed before the pause: a paused channel may be read.
 */
static void apply_end_paused(ChannelPass *channel)
{
    Err state_err = {0};

    if (apply_skip_rest(channel, &state_err) < 0)
        channel_end(channel, RESULT_FAILED, &state_err);
    else if (apply_may_have_changed(channel))
        confirm_start(channel);
    else
        channel_end(channel, apply_end_result(channel), NULL);
}

/* A change was sent, and the pass ended, or the channel was paused, before it was known what became
 * of it: that stays undecided in the history. */
static void apply_leave_open(ChannelPass *channel, const Err *err, Err *ret_why)
{
    size_t number = channel->under_way;

    *sent_outcome(channel, number) = OUTCOME_FAILED;
    channel->sent[number].was_tried = true;
    *ret_why = *err;
    err_context(ret_why, -ECANCELED, "the %s of %s was sent but its outcome is not known",
                kinds_row(channel->changes[number].kind)->noun, channel->member);
    sent_tell(channel, number, ret_why);
}

/* One that was not sent is skipped. */
static void apply_on_stopped(ChannelPass *channel, const Call *call, const Err *err)
{
    Result result = apply_end_result(channel);
    Err why = *err;

    if (call->was_ambiguous)
        apply_leave_open(channel, err, &why);
    if (call->was_ambiguous && channel->exchange == EXCHANGE_DELETING) {
        apply_keep_error(channel, &why);
        exchange_go_on(channel);
        return;
    }
    channel->exchange = EXCHANGE_NONE;
    if (!channel->is_paused || channel->dispatch->is_stopped) {
        apply_cut(channel, result, &why);
        return;
    }
    if (call->was_ambiguous)
        apply_keep_error(channel, &why);
    apply_end_paused(channel);
}

/* No lease outlives the change: it was not sent, and what is left is skipped. That is told once,
 * though the addition that a deletion made room for is withheld as well. */
static void apply_on_withheld(ChannelPass *channel, const Call *call, const Err *err)
{
    channel->is_paused = true;
    if (!channel->is_withheld) {
        held_note_lease(channel, err);
        held_report_by_fleet(channel);
    }
    apply_on_stopped(channel, call, err);
}

/* Whether some send, of this pass or of an earlier one whose end is not known, may have had its
 * effect before the one that found nothing. */
static bool apply_was_ours(const ChannelPass *channel, const Call *call)
{
    const char *id = call->request.member_id;

    return call->was_ambiguous || map_find(&channel->tried, id, strlen(id));
}

static Outcome apply_outcome(const ChannelPass *channel, const Call *call, CallEnd end)
{
    switch (end) {
    case CALL_DONE:
        return kinds_row(channel->changes[channel->under_way].kind)->success;
    case CALL_GONE:
        return apply_was_ours(channel, call) ? OUTCOME_DELETED : OUTCOME_GONE;
    case CALL_INSTANCE:
        return call->attempts > 0 ? OUTCOME_FAILED : OUTCOME_SKIPPED;
    case CALL_UNCERTAIN: /* until the confirming list has told */
    case CALL_ODD:
    case CALL_FAILED:
    case CALL_CHANNEL:
    case CALL_STOPPED:
    case CALL_WITHHELD:
        break;
    }
    return OUTCOME_FAILED;
}

/* Goes on with the next change, unless this one's end forbids it. */
static void apply_go_on(ChannelPass *channel, CallEnd end, const Err *err)
{
    Err why = *err;

    if (end == CALL_CHANNEL || end == CALL_INSTANCE)
        apply_cut(channel, RESULT_FAILED, &why);
    else if (channel->failures_in_row >= APPLY_FAILURES_MAX)
        apply_give_up(channel, &why);
    else if (channel->exchange != EXCHANGE_NONE)
        exchange_go_on(channel);
    else
        apply_next(channel);
}

/* What was posted is done when a list shows it, whatever the answer says; a deletion is told, and
 * has its outcome, by its answer. */
static int apply_on_outcome(ChannelPass *channel, const Call *call, CallEnd end, const Err *err,
                            Err *ret_err)
{
    size_t number = channel->under_way;
    Outcome outcome = *sent_outcome(channel, number);
    bool has_failed = outcome == OUTCOME_FAILED;
    bool is_open =
        has_failed ? call->was_ambiguous || channel->sent[number].is_refused
                   : channel->changes[number].kind != CHANGE_DELETE && outcome != OUTCOME_SKIPPED;

    if (has_failed)
        apply_keep_error(channel, err);
    if (outcome != OUTCOME_SKIPPED && end != CALL_UNCERTAIN && !channel->sent[number].is_refused &&
        (has_failed || !is_open))
        sent_tell(channel, number, has_failed ? err : NULL);
    return is_open ? 0 : sent_decide(channel, number, outcome, ret_err);
}

/* Whether the guards of a pass count the change. */
static bool apply_counts(const ChannelPass *channel, size_t number)
{
    return !channel->undo && number >= channel->first_deletion &&
           channel->plan.extras[channel->sent[number].row].fate != EXTRA_LEAVES;
}

static void apply_on_end(Call *call, CallEnd end, const Answer *answer, const Err *err)
{
    ChannelPass *channel = call->owner;
    size_t number = channel->under_way;
    Sent *sent = &channel->sent[number];
    Outcome *outcome = sent_outcome(channel, number);
    Err state_err = {0};

    assert(call == &channel->call);
    *sent_attempts(channel, number) += call->attempts;
    channel->deletions_sent += call->attempts > 0 && apply_counts(channel, number);
    sent_note(sent, call, end);
    if (end == CALL_STOPPED) {
        apply_on_stopped(channel, call, err);
        return;
    }
    if (end == CALL_WITHHELD) {
        apply_on_withheld(channel, call, err);
        return;
    }
    sent->is_refused = false;
    if (exchange_is_for(channel, number, end, answer)) {
        sent->is_refused = channel->exchange == EXCHANGE_NONE;
        end = CALL_FAILED;
    }
    sent->was_tried = true;
    *outcome = apply_outcome(channel, call, end);
    if (!sent->is_refused)
        channel->failures_in_row =
            *outcome == OUTCOME_FAILED && end != CALL_UNCERTAIN ? channel->failures_in_row + 1 : 0;
    if (apply_on_outcome(channel, call, end, err, &state_err) < 0)
        apply_cut(channel, RESULT_FAILED, &state_err);
    else
        apply_go_on(channel, end, err);
}

static size_t apply_count_staying(const ChannelPass *channel)
{
    return channel->undo ? undo_count_staying(channel) : channel->reading->staying_in_service;
}

/* Whether enough members stay by what the last list shows, or somebody has approved fewer. */
static bool apply_keeps_enough(const ChannelPass *channel)
{
    return (channel->is_approved && channel->refusing > 0) ||
           guard_keeps_enough(&channel->roster->guards, apply_count_staying(channel));
}

/* A list after additions shows fewer members in service than the one that the plan was made from.
 */
static void apply_hold(ChannelPass *channel)
{
    size_t held = 0, staying = apply_count_staying(channel);
    Err err = {0};

    assert(channel->report->guard_count == 0);
    if (apply_skip_rest(channel, &err) < 0) {
        channel_end(channel, RESULT_FAILED, &err);
        return;
    }
    for (size_t i = channel->first_deletion; i < channel->change_count; i++) {
        if (*sent_outcome(channel, i) != OUTCOME_SKIPPED)
            continue;
        *sent_outcome(channel, i) = OUTCOME_HELD;
        held++;
    }
    held_add(channel, guard_at_least_remaining(&channel->roster->guards, staying));
    err_set(&err, -EPERM,
            "%zu %s are not deleted: after the additions %zu members in service would stay, "
            "min_remaining is %" PRIu32,
            held, channel->undo ? "members" : "extras", staying,
            channel->roster->guards.min_remaining);
    channel_tell(channel, EVENT_HELD, &err);
    channel_end(channel, RESULT_HELD, NULL);
}

void apply_send(ChannelPass *channel, size_t number)
{
    const Change *change = &channel->changes[number];
    const KindRow *kind = kinds_row(change->kind);

    assert(number < channel->change_count);
    channel->under_way = number;
    sent_print_member(channel, number, channel->member, IDENTITY_TEXT_SIZE);
    channel_change(channel,
                   &(Request){.kind = kind->request,
                              .member_id = change->member_id,
                              .action = change->action,
                              .member_json = change->after,
                              .is_ecs = channel->report->is_ecs},
                   kind->doing, apply_on_end);
}

void apply_next(ChannelPass *channel)
{
    while (channel->next < channel->change_count && !apply_is_left(channel, channel->next))
        channel->next++;
    assert(!channel->call.is_in_flight && channel->exchange == EXCHANGE_NONE);
    if (channel->next == channel->change_count ||
        (channel->next >= channel->first_deletion && !channel->is_made))
        confirm_start(channel);
    else if (channel->is_paused)
        apply_end_paused(channel);
    else if (channel->next >= channel->first_deletion && !apply_keeps_enough(channel))
        apply_hold(channel);
    else if (fresh_is_due(channel))
        fresh_read(channel);
    else
        apply_send(channel, channel->next);
}
