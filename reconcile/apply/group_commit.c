/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/group_commit.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reconcile/apply/held.h"
#include "reconcile/apply/sent.h"
#include "reconcile/channel/gate.h"

int group_commit_init(GroupCommit *group_commit, const Ops *ops, void *context,
                      size_t channel_capacity)
{
    assert(ops && channel_capacity > 0);
    *group_commit = (GroupCommit){
        .ops = ops,
        .context = context,
        .capacity = channel_capacity,
        .channels = calloc(channel_capacity, sizeof(ChannelPass *)),
        .batches = calloc(channel_capacity, sizeof(Batch)),
    };
    return group_commit->channels && group_commit->batches ? 0 : -ENOMEM;
}

void group_commit_done(GroupCommit *group_commit)
{
    free(group_commit->channels);
    free(group_commit->batches);
    *group_commit = (GroupCommit){0};
}

void group_commit_add(GroupCommit *group_commit, ChannelPass *channel,
                      ChannelOnRecorded on_recorded)
{
    assert(on_recorded && !channel->is_done && !channel->dry_run);
    assert(channel->changes && channel->change_count > 0);
    assert(group_commit->count < group_commit->capacity);
    assert(!channel->keeps_slot);
    channel->on_recorded = on_recorded;
    channel->recorded_count = 0;
    group_commit->channels[group_commit->count++] = channel;
    if (group_commit->is_held)
        return;
    channel->keeps_slot = true;
    dispatch_keep_slot(channel->dispatch);
}

static void group_commit_give_slot(ChannelPass *channel)
{
    if (!channel->keeps_slot)
        return;
    channel->keeps_slot = false;
    dispatch_give_slot(channel->dispatch);
}

void group_commit_hold(GroupCommit *group_commit)
{
    group_commit->is_held = true;
    for (size_t i = 0; i < group_commit->count; i++)
        group_commit_give_slot(group_commit->channels[i]);
}

void group_commit_allow(GroupCommit *group_commit)
{
    group_commit->is_held = false;
}

bool group_commit_is_due(const GroupCommit *group_commit)
{
    return group_commit->count > group_commit->intending_count;
}

static size_t group_commit_left(const ChannelPass *channel)
{
    return channel->change_count - channel->recorded_count;
}

/* The channel's next `count` changes. An approval is spent with the first of them. */
static Batch group_commit_batch(const ChannelPass *channel, size_t count)
{
    assert(count > 0 && count <= channel->change_count - channel->recorded_count);
    return (Batch){
        .pass = channel->pass_id,
        .channel = channel->roster,
        .instance_name = channel->report->instance_name,
        .channel_id = channel->row->id,
        .channel_name = channel->row->name,
        .digest = channel->plan.digest,
        .approved = channel->is_approved && channel->recorded_count == 0,
        .changes = channel->changes + channel->recorded_count,
        .change_count = count,
    };
}

/* Ends the waiting of a channel that left the queue; with an error nothing of it is sent. */
static void group_commit_end(ChannelPass *channel, const Err *err)
{
    group_commit_give_slot(channel);
    for (size_t i = 0; err && i < channel->recorded_count; i++)
        sent_decide(channel, i, OUTCOME_SKIPPED, NULL);
    channel->on_recorded(channel, err);
}

/* ---- leaving ---- */

/* Whether the channel may not delete any more, and why. */
static bool group_commit_is_called_off(ChannelPass *channel, Err *why)
{
    const Dispatch *dispatch = channel->dispatch;

    if (channel->is_paused || gate_shuts(channel))
        channel_explain_pause(channel, why);
    else if (dispatch->has_failed || dispatch->is_stopped)
        *why = dispatch->failure;
    return err_is_set(why);
}

/* Takes one of them out of the queue. */
static ChannelPass *group_commit_take(GroupCommit *group_commit, size_t number)
{
    ChannelPass *channel = group_commit->channels[number];

    assert(number < group_commit->count);
    group_commit->known_count -= number < group_commit->known_count;
    group_commit->intending_count -= channel->is_intending;
    channel->is_intending = false;
    group_commit->count--;
    memmove(&group_commit->channels[number], &group_commit->channels[number + 1],
            (group_commit->count - number) * sizeof(*group_commit->channels));
    return channel;
}

void group_commit_call_off(GroupCommit *group_commit)
{
    for (size_t i = 0; i < group_commit->count;) {
        ChannelPass *channel = group_commit->channels[i];
        bool is_intending = channel->is_intending;
        Err why = {0};

        if (!group_commit_is_called_off(channel, &why)) {
            i++;
            continue;
        }
        group_commit_take(group_commit, i);
        if (is_intending)
            group_commit->ops->cancel_intent(group_commit->context, channel);
        group_commit_end(channel, &why);
    }
}

/* ---- making known ---- */

/* Moves a channel to the end of those that are known. */
static void group_commit_note_known(GroupCommit *group_commit, size_t number)
{
    ChannelPass *channel = group_commit->channels[number];
    size_t known = group_commit->known_count++;

    assert(number >= known && !channel->is_intending);
    memmove(&group_commit->channels[known + 1], &group_commit->channels[known],
            (number - known) * sizeof(*group_commit->channels));
    group_commit->channels[known] = channel;
}

/* Asks for what came last. */
static void group_commit_intend(GroupCommit *group_commit)
{
    size_t next = group_commit->known_count + group_commit->intending_count;

    while (next < group_commit->count) {
        ChannelPass *channel = group_commit->channels[next];
        const Batch batch = group_commit_batch(channel, group_commit_left(channel));
        Err err = {0};
        int r = group_commit->ops->intend(group_commit->context, &batch, channel, &err);

        if (r < 0) {
            group_commit_end(group_commit_take(group_commit, next), &err);
            continue;
        }
        if (r == 0) {
            channel->is_intending = true;
            group_commit->intending_count++;
            group_commit_give_slot(channel);
        } else {
            group_commit_note_known(group_commit, next);
        }
        next++;
    }
}

/* Ends the waiting of a channel that may not be changed after all. */
static void group_commit_refuse(ChannelPass *channel, const IntentAnswer *answer)
{
    Err why = {0};

    switch (answer->end) {
    case INTENT_TAKEN:
        assert(false);
        return;
    case INTENT_PAUSED:
        channel->is_paused = true;
        /* Without memory for the reason it is paused all the same. */
        report_set_pause(channel->report, answer->pause_reason, answer->pause_end_usec,
                         answer->pause_scope);
        break;
    case INTENT_APPROVAL_GONE:
        channel->lost_approval = true;
        err_set(&why, -ESTALE, "the approval was spent or taken back on another host");
        break;
    case INTENT_LOST:
        why = *answer->err;
        dispatch_stop(channel->dispatch, why.text);
        break;
    case INTENT_UNANSWERED:
        why = *answer->err;
        held_note_lease(channel, &why);
        break;
    }
    group_commit_end(channel, &why);
}

void group_commit_on_intended(GroupCommit *group_commit, ChannelPass *channel,
                              const IntentAnswer *answer)
{
    size_t number = group_commit->known_count;

    if (!channel->is_intending)
        return;
    while (group_commit->channels[number] != channel)
        number++;
    if (answer->end == INTENT_TAKEN) {
        channel->is_intending = false;
        group_commit->intending_count--;
        group_commit_note_known(group_commit, number);
        return;
    }
    group_commit_refuse(group_commit_take(group_commit, number), answer);
}

/* ---- recording ---- */

/* Puts into batches what one commit takes: of whole channels, or a part of the first. Returns how
 * many. */
static size_t group_commit_fill(GroupCommit *group_commit)
{
    size_t count = 0, changes = 0;

    for (; count < group_commit->known_count; count++) {
        const ChannelPass *channel = group_commit->channels[count];
        size_t left = group_commit_left(channel);

        if (changes > 0 && left > GROUP_COMMIT_CHANGES_MAX - changes)
            break;
        left = left < GROUP_COMMIT_CHANGES_MAX ? left : GROUP_COMMIT_CHANGES_MAX;
        group_commit->batches[count] = group_commit_batch(channel, left);
        changes += left;
    }
    return count;
}

static int group_commit_record(GroupCommit *group_commit, size_t first, size_t count, Err *err)
{
    int r =
        group_commit->ops->record(group_commit->context, &group_commit->batches[first], count, err);

    for (size_t i = first; i < first + count && r >= 0; i++)
        group_commit->channels[i]->recorded_count += group_commit->batches[i].change_count;
    return r;
}

/* No channel is added meanwhile: only answers add channels, and they come later. */
void group_commit_commit(GroupCommit *group_commit)
{
    size_t waiting, count;
    bool is_whole;

    assert(!group_commit->is_held);
    group_commit_call_off(group_commit);
    group_commit_intend(group_commit);
    waiting = group_commit->count;
    count = group_commit_fill(group_commit);
    is_whole = count > 1 && group_commit_record(group_commit, 0, count, NULL) >= 0;
    for (size_t i = 0; i < count; i++) {
        ChannelPass *channel = group_commit->channels[i];
        Err err = {0};
        int r = is_whole ? 0 : group_commit_record(group_commit, i, 1, &err);

        if (r >= 0 && group_commit_left(channel) > 0) {
            assert(count == 1);
            return;
        }
        group_commit_end(channel, r < 0 ? &err : NULL);
    }
    assert(group_commit->count == waiting);
    group_commit->count -= count;
    group_commit->known_count -= count;
    memmove(group_commit->channels, group_commit->channels + count,
            group_commit->count * sizeof(*group_commit->channels));
}
