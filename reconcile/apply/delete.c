/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/delete.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "reconcile/apply/confirm.h"
#include "reconcile/apply/deletion.h"
#include "reconcile/apply/group_commit.h"

static void delete_next(ChannelPass *channel);

/* Marks the deletions that were not sent as skipped. 0, or the state's error told in `err`. */
static int delete_skip_rest(ChannelPass *channel, Err *err)
{
    int r = 0;

    for (; channel->next < channel->report->extra_count; channel->next++) {
        channel->report->extras[channel->next].outcome = OUTCOME_SKIPPED;
        if (r == 0)
            r = deletion_decide(channel, channel->next, OUTCOME_SKIPPED, err);
    }
    return r;
}

/* Logs deletions whose answers left the outcome open: no list will be read to decide them. */
static void delete_tell_uncertain(const ChannelPass *channel)
{
    for (size_t i = 0; i < channel->report->extra_count; i++) {
        const ExtraReport *extra = &channel->report->extras[i];

        if (channel->sent[i].was_uncertain && extra->outcome == OUTCOME_FAILED)
            deletion_tell(channel, i, &channel->report->error);
    }
}

/* Ends the channel without confirming: what may have gone stays undecided in the history. */
static void delete_cut(ChannelPass *channel, Result result, const Err *err)
{
    Err state_err = {0};

    delete_tell_uncertain(channel);
    if (delete_skip_rest(channel, &state_err) < 0)
        channel_end(channel, RESULT_FAILED, &state_err);
    else
        channel_end(channel, result, err);
}

/* Whether the channel may have fewer members than the list that the plan was made from. */
static bool delete_may_have_changed(const ChannelPass *channel)
{
    for (size_t i = 0; i < channel->report->extra_count; i++) {
        Outcome outcome = channel->report->extras[i].outcome;

        if (outcome == OUTCOME_DELETED || outcome == OUTCOME_GONE || channel->sent[i].may_have_gone)
            return true;
    }
    return false;
}

/* Deletes nothing more, but reads the list again where a deletion may have had its effect. */
static void delete_give_up(ChannelPass *channel, const Err *why)
{
    Err state_err = {0};

    channel->report->error = *why;
    err_context(&channel->report->error, -EREMOTEIO, "%d deletions failed in a row",
                DELETE_FAILURES_MAX);
    if (delete_skip_rest(channel, &state_err) == 0 && delete_may_have_changed(channel))
        confirm_start(channel);
    else
        channel_end(channel, RESULT_FAILED, NULL);
}

static void delete_keep_error(ChannelPass *channel, const Err *err)
{
    if (!err_is_set(&channel->report->error))
        channel->report->error = *err;
}

/* The result of a channel that sends nothing more. */
static Result delete_end_result(const ChannelPass *channel)
{
    if (err_is_set(&channel->report->error))
        return RESULT_FAILED;
    return channel->is_paused ? RESULT_PAUSED : RESULT_DRIFT;
}

/* Reads the list again where something was deleted before the pause: a paused channel may be
 * read. */
static void delete_end_paused(ChannelPass *channel)
{
    Err state_err = {0};

    if (delete_skip_rest(channel, &state_err) < 0)
        channel_end(channel, RESULT_FAILED, &state_err);
    else if (delete_may_have_changed(channel))
        confirm_start(channel);
    else
        channel_end(channel, delete_end_result(channel), NULL);
}

/* The pass ended, or the channel was paused, while this deletion was under way. Sent before: its
 * outcome is not known, and stays undecided in the history; not sent: it is skipped. */
static void delete_on_stopped(ChannelPass *channel, const Call *call, const Err *err)
{
    ExtraReport *extra = &channel->report->extras[channel->next];
    Result result = delete_end_result(channel);
    Err why = *err;

    if (call->was_ambiguous) {
        extra->outcome = OUTCOME_FAILED;
        err_context(&why, -ECANCELED, "the deletion of %s was sent but its outcome is not known",
                    extra->address);
        deletion_tell(channel, channel->next, &why);
        channel->next++;
    }
    if (!channel->is_paused || channel->dispatch->is_stopped) {
        delete_cut(channel, result, &why);
        return;
    }
    if (call->was_ambiguous)
        delete_keep_error(channel, &why);
    delete_end_paused(channel);
}

/* Whether some send, of this pass or of an earlier one whose end is not known, may have had its
 * effect before the one that found nothing. */
static bool delete_was_ours(const ChannelPass *channel, const Call *call)
{
    const char *id = call->request.member_id;

    return call->was_ambiguous || map_find(&channel->tried, id, strlen(id));
}

static Outcome delete_outcome(const ChannelPass *channel, const Call *call, CallEnd end)
{
    switch (end) {
    case CALL_DONE:
        return OUTCOME_DELETED;
    case CALL_GONE:
        return delete_was_ours(channel, call) ? OUTCOME_DELETED : OUTCOME_GONE;
    case CALL_INSTANCE:
        return call->attempts > 0 ? OUTCOME_FAILED : OUTCOME_SKIPPED;
    case CALL_UNCERTAIN: /* until the confirming list has told */
    case CALL_ODD:
    case CALL_FAILED:
    case CALL_CHANNEL:
    case CALL_STOPPED:
        break;
    }
    return OUTCOME_FAILED;
}

/* Goes on with the next deletion, unless this one's end forbids it. */
static void delete_go_on(ChannelPass *channel, CallEnd end, const Err *err)
{
    Err why = *err;

    channel->next++;
    if (end == CALL_CHANNEL || end == CALL_INSTANCE)
        delete_cut(channel, RESULT_FAILED, &why);
    else if (channel->failures_in_row >= DELETE_FAILURES_MAX)
        delete_give_up(channel, &why);
    else
        delete_next(channel);
}

static void delete_on_end(Call *call, CallEnd end, const Answer *answer, const Err *err)
{
    ChannelPass *channel = call->owner;
    ExtraReport *extra = &channel->report->extras[channel->next];
    Err state_err = {0};
    int r = 0;

    assert(call == &channel->call && channel->next < channel->plan.extra_count);
    (void)answer;
    extra->attempts = call->attempts;
    channel->sent_count += call->attempts > 0;
    deletion_note(&channel->sent[channel->next], call, end);
    if (end == CALL_STOPPED) {
        delete_on_stopped(channel, call, err);
        return;
    }
    extra->outcome = delete_outcome(channel, call, end);
    channel->failures_in_row = extra->outcome == OUTCOME_FAILED && end != CALL_UNCERTAIN
                                   ? channel->failures_in_row + 1
                                   : 0;
    if (extra->outcome == OUTCOME_FAILED)
        delete_keep_error(channel, err);
    if (extra->outcome != OUTCOME_SKIPPED && end != CALL_UNCERTAIN)
        deletion_tell(channel, channel->next, extra->outcome == OUTCOME_FAILED ? err : NULL);
    if (extra->outcome != OUTCOME_FAILED || !call->was_ambiguous)
        r = deletion_decide(channel, channel->next, extra->outcome, &state_err);
    if (r < 0) {
        channel->next++;
        delete_cut(channel, RESULT_FAILED, &state_err);
        return;
    }
    delete_go_on(channel, end, err);
}

/* Whether enough members stay by what the last list shows, or somebody has approved fewer. */
static bool delete_keeps_enough(const ChannelPass *channel)
{
    return channel->is_approved ||
           guard_keeps_enough(&channel->roster->guards, channel->reading->staying_in_service);
}

static void delete_next(ChannelPass *channel)
{
    const Extra *extra;

    assert(channel->next <= channel->plan.extra_count && !channel->call.is_in_flight);
    if (channel->next == channel->plan.extra_count) {
        confirm_start(channel);
        return;
    }
    if (channel->is_paused) {
        delete_end_paused(channel);
        return;
    }
    assert(delete_keeps_enough(channel));
    extra = &channel->plan.extras[channel->next];
    identity_format(extra->group, extra->address, extra->port, channel->member,
                    sizeof(channel->member));
    channel_change(channel,
                   &(Request){.kind = REQUEST_DELETE_MEMBER,
                              .member_id = extra->id,
                              .action = channel->deletions[channel->next].action},
                   "deleting a member", delete_on_end);
}

static int delete_prepare(ChannelPass *channel)
{
    size_t count = channel->plan.extra_count;

    assert(count > 0 && !channel->deletions && !channel->sent);
    channel->deletions = calloc(count, sizeof(*channel->deletions));
    channel->sent = calloc(count, sizeof(*channel->sent));
    if (!channel->deletions || !channel->sent)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const Extra *extra = &channel->plan.extras[i];

        channel->deletions[i] = (Deletion){
            .member_id = extra->id,
            .identity = extra->identity,
            .identity_size = extra->identity_size,
            .member_json = extra->member_json,
        };
    }
    return 0;
}

void delete_skip(ChannelPass *channel, Result result, const Err *err)
{
    assert(channel->sent_count == 0);
    for (size_t i = 0; i < channel->report->extra_count; i++)
        channel->report->extras[i].outcome = channel->dry_run ? OUTCOME_PLANNED : OUTCOME_SKIPPED;
    channel_end(channel, result, err);
}

static void delete_on_recorded(ChannelPass *channel, const Err *err)
{
    const Dispatch *dispatch = channel->dispatch;

    if (!err)
        delete_next(channel);
    else if (channel->is_paused)
        delete_skip(channel, RESULT_PAUSED, NULL);
    else if (dispatch->is_stopped && !dispatch->has_failed)
        delete_skip(channel, RESULT_DRIFT, err);
    else
        delete_skip(channel, RESULT_FAILED, err);
}

void delete_start(ChannelPass *channel)
{
    Err err = {0};

    assert(!channel->dry_run && channel->roster->mode == MODE_PRUNE && !channel->addition);
    assert(channel->refusing == 0 || channel->is_approved);
    assert(channel->report->extra_count == channel->plan.extra_count);
    if (delete_prepare(channel) == 0) {
        group_commit_add(channel->group_commit, channel, delete_on_recorded);
        return;
    }
    err_memory(&err);
    delete_skip(channel, RESULT_FAILED, &err);
}

void delete_pause(ChannelPass *channel)
{
    Err why = {0};

    assert(!channel->is_done);
    channel->is_paused = true;
    channel_explain_pause(channel, &why);
    if (channel->call.request.kind == REQUEST_DELETE_MEMBER)
        dispatch_withdraw(channel->dispatch, &channel->call, &why);
}
