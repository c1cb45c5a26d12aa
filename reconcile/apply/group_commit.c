/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/group_commit.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int group_commit_init(GroupCommit *recording, const Ops *ops, void *context,
                      size_t channel_capacity)
{
    size_t capacity = channel_capacity ? channel_capacity : 1;

    *recording = (GroupCommit){
        .ops = ops,
        .context = context,
        .capacity = capacity,
        .channels = calloc(capacity, sizeof(ChannelPass *)),
        .batches = calloc(capacity, sizeof(Batch)),
    };
    return recording->channels && recording->batches ? 0 : -ENOMEM;
}

void group_commit_done(GroupCommit *recording)
{
    free(recording->channels);
    free(recording->batches);
    *recording = (GroupCommit){0};
}

void group_commit_add(GroupCommit *recording, ChannelPass *channel, ChannelOnRecorded on_recorded)
{
    assert(recording->count < recording->capacity);
    assert(!channel->keeps_place);
    channel->on_recorded = on_recorded;
    recording->channels[recording->count++] = channel;
    if (recording->is_held)
        return;
    channel->keeps_place = true;
    dispatch_keep_place(channel->dispatch);
}

static void group_commit_give_place(ChannelPass *channel)
{
    if (!channel->keeps_place)
        return;
    channel->keeps_place = false;
    dispatch_give_place(channel->dispatch);
}

void group_commit_hold(GroupCommit *recording)
{
    recording->is_held = true;
    for (size_t i = 0; i < recording->count; i++)
        group_commit_give_place(recording->channels[i]);
}

void group_commit_allow(GroupCommit *recording)
{
    recording->is_held = false;
}

bool group_commit_is_waiting(const GroupCommit *recording)
{
    return recording->count > 0;
}

static Batch group_commit_batch(const ChannelPass *channel)
{
    return (Batch){
        .pass = channel->pass_id,
        .channel = channel->roster,
        .instance_name = channel->report->instance_name,
        .channel_id = channel->row->id,
        .channel_name = channel->row->name,
        .digest = channel->plan.digest,
        .approved = channel->is_approved,
        .deletions = channel->deletions,
        .deletion_count = channel->plan.extra_count,
    };
}

/* Whether the channel may not delete any more, and why. */
static bool group_commit_is_called_off(const ChannelPass *channel, Err *why)
{
    const Dispatch *dispatch = channel->dispatch;

    if (channel->is_paused)
        channel_explain_pause(why);
    else if (dispatch->has_failed || dispatch->is_stopped)
        *why = dispatch->failure;
    return err_is_set(why);
}

void group_commit_call_off(GroupCommit *recording)
{
    size_t waiting = recording->count;

    recording->count = 0;
    for (size_t i = 0; i < waiting; i++) {
        ChannelPass *channel = recording->channels[i];
        Err why = {0};

        if (!group_commit_is_called_off(channel, &why)) {
            recording->channels[recording->count++] = channel;
            continue;
        }
        group_commit_give_place(channel);
        channel->on_recorded(channel, &why);
    }
}

/* Takes what waits, and may still delete. */
static size_t group_commit_take(GroupCommit *recording)
{
    size_t count;

    group_commit_call_off(recording);
    count = recording->count;
    recording->count = 0;
    for (size_t i = 0; i < count; i++) {
        group_commit_give_place(recording->channels[i]);
        recording->batches[i] = group_commit_batch(recording->channels[i]);
    }
    return count;
}

static void group_commit_commit_one(GroupCommit *recording, size_t number)
{
    ChannelPass *channel = recording->channels[number];
    Err err = {0};
    int r = recording->ops->record(recording->context, &recording->batches[number], 1, &err);

    channel->on_recorded(channel, r < 0 ? &err : NULL);
}

/* Nothing is added meanwhile: channels are added by answers, which come later. */
void group_commit_commit(GroupCommit *recording)
{
    size_t count;
    bool is_whole;

    assert(!recording->is_held);
    count = group_commit_take(recording);
    is_whole = count > 1 &&
               recording->ops->record(recording->context, recording->batches, count, NULL) >= 0;
    for (size_t i = 0; i < count; i++) {
        if (is_whole)
            recording->channels[i]->on_recorded(recording->channels[i], NULL);
        else
            group_commit_commit_one(recording, i);
    }
}
