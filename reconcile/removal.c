/* Removal: see removal.h. */
#include "reconcile/removal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "reconcile/confirm.h"
#include "reconcile/identity.h"

static void removal_next(ChannelPass *channel);

static void removal_tell(const ChannelPass *channel, const ExtraReport *extra, const Err *err)
{
    const ChannelReport *report = channel->report;
    char member[IDENTITY_SIZE_MAX + 16];
    Event event = {
        .kind = extra->outcome == OUTCOME_FAILED ? EVENT_DELETE_FAILED : EVENT_DELETED,
        .pass = channel->pass_id,
        .instance_name = report->instance_name,
        .channel_name = report->name,
        .channel_id = report->id,
        .member = member,
        .member_id = extra->id,
        .digest = report->digest,
        .outcome = extra->outcome,
        .attempt = extra->attempts,
        .err = err,
    };

    identity_format(extra->group, extra->address, extra->port, member, sizeof(member));
    channel->ops->tell(channel->context, &event);
}

/* What was not sent is skipped; the channel's worst so far decides its result. */
static void removal_cut(ChannelPass *channel, Result result, const Err *err)
{
    ChannelReport *report = channel->report;

    for (size_t i = channel->next; i < report->extra_count; i++) {
        if (report->extras[i].outcome == OUTCOME_FAILED)
            continue;
        report->extras[i].outcome = OUTCOME_SKIPPED;
        channel->ops->decide(channel->context, channel->deletions[i].action, OUTCOME_SKIPPED,
                             report->extras[i].attempts, NULL, NULL);
    }
    channel_end(channel, result, err);
}

static void removal_keep_error(ChannelPass *channel, const Err *err)
{
    if (!err_is_set(&channel->report->error))
        channel->report->error = *err;
}

/* The pass ended while this deletion was under way. Sent before: its outcome is not known, and
 * stays undecided in the history; not sent: it is skipped. */
static void removal_on_stopped(ChannelPass *channel, const Call *call, const Err *err)
{
    ExtraReport *extra = &channel->report->extras[channel->next];
    bool has_failed = err_is_set(&channel->report->error);
    Err why = *err;

    if (call->was_ambiguous) {
        extra->outcome = OUTCOME_FAILED;
        err_context(&why, -ECANCELED, "the deletion of %s was sent but its outcome is not known",
                    extra->address);
        why.http = 0;
    }
    removal_cut(channel, has_failed ? RESULT_FAILED : RESULT_DRIFT, &why);
}

static Outcome removal_outcome(const Call *call, CallEnd end)
{
    switch (end) {
    case CALL_DONE:
        return OUTCOME_DELETED;
    case CALL_GONE:
        return call->was_ambiguous ? OUTCOME_DELETED : OUTCOME_GONE;
    case CALL_INSTANCE:
        return call->attempts > 0 ? OUTCOME_FAILED : OUTCOME_SKIPPED;
    case CALL_ODD:
    case CALL_FAILED:
    case CALL_CHANNEL:
    case CALL_STOPPED:
        break;
    }
    return OUTCOME_FAILED;
}

/* Goes on with the next deletion, unless this one's end forbids it. */
static void removal_go_on(ChannelPass *channel, CallEnd end, const Err *err)
{
    Err why = *err;

    channel->next++;
    if (end == CALL_CHANNEL || end == CALL_INSTANCE) {
        removal_cut(channel, RESULT_FAILED, &why);
    } else if (channel->failures_in_row >= REMOVAL_FAILURES_MAX) {
        err_context(&why, -EREMOTEIO, "%d deletions failed in a row", REMOVAL_FAILURES_MAX);
        channel->report->error = why;
        removal_cut(channel, RESULT_FAILED, &why);
    } else {
        removal_next(channel);
    }
}

static void removal_on_end(Call *call, CallEnd end, const Answer *answer, const Err *err)
{
    ChannelPass *channel = call->owner;
    ExtraReport *extra = &channel->report->extras[channel->next];
    Err state_err = {0};
    int r;

    extra->attempts = call->attempts;
    channel->may_have_gone[channel->next] = call->was_ambiguous;
    if (end == CALL_STOPPED) {
        removal_on_stopped(channel, call, err);
        return;
    }
    extra->outcome = removal_outcome(call, end);
    channel->failures_in_row = extra->outcome == OUTCOME_FAILED ? channel->failures_in_row + 1 : 0;
    if (extra->outcome == OUTCOME_FAILED)
        removal_keep_error(channel, err);
    if (extra->outcome != OUTCOME_SKIPPED)
        removal_tell(channel, extra, extra->outcome == OUTCOME_FAILED ? err : NULL);
    r = channel->ops->decide(channel->context, channel->deletions[channel->next].action,
                             extra->outcome, extra->attempts, answer, &state_err);
    if (r < 0) {
        channel->next++;
        removal_cut(channel, RESULT_FAILED, &state_err);
        return;
    }
    removal_go_on(channel, end, err);
}

static void removal_next(ChannelPass *channel)
{
    if (channel->next == channel->plan.extra_count) {
        confirm_start(channel);
        return;
    }
    channel->call = (Call){
        .request =
            {
                .kind = REQUEST_DELETE_MEMBER,
                .instance = channel->roster->instance,
                .channel = channel->roster,
                .channel_id = channel->row->id,
                .member_id = channel->plan.extras[channel->next].id,
                .tag = &channel->call,
            },
        .doing = "deleting a member",
        .on_end = removal_on_end,
        .owner = channel,
    };
    dispatch_begin(channel->dispatch, &channel->call, 0);
}

static int removal_prepare(ChannelPass *channel)
{
    size_t count = channel->plan.extra_count;

    channel->deletions = calloc(count, sizeof(*channel->deletions));
    channel->may_have_gone = calloc(count, sizeof(*channel->may_have_gone));
    if (!channel->deletions || !channel->may_have_gone)
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

void removal_start(ChannelPass *channel)
{
    Batch batch = {
        .pass = channel->pass_id,
        .channel = channel->roster,
        .instance_name = channel->report->instance_name,
        .channel_id = channel->row->id,
        .channel_name = channel->row->name,
        .digest = channel->plan.digest,
        .approved = channel->is_approved,
    };
    Err err = {0};
    int r = removal_prepare(channel);

    if (r < 0) {
        err_memory(&err);
    } else {
        batch.deletions = channel->deletions;
        batch.deletion_count = channel->plan.extra_count;
        r = channel->ops->record(channel->context, &batch, &err);
    }
    if (r < 0) {
        for (size_t i = 0; i < channel->report->extra_count; i++)
            channel->report->extras[i].outcome = OUTCOME_SKIPPED;
        channel_end(channel, RESULT_FAILED, &err);
        return;
    }
    removal_next(channel);
}
