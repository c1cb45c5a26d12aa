/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/group_commit.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "reconcile/channel/gate.h"

int group_commit_init(GroupCommit *group_commit, const Ops *ops, void *context,
                      size_t channel_capacity)
{
    size_t capacity = channel_capacity ? channel_capacity : 1;

    assert(ops);
    *group_commit = (GroupCommit){
        .ops = ops,
        .context = context,
        .capacity = capacity,
        .channels = calloc(capacity, sizeof(ChannelPass *)),
        .batches = calloc(capacity, sizeof(Batch)),
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

bool group_commit_is_waiting(const GroupCommit *group_commit)
{
    return group_commit->count > 0;
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
        .changes = channel->changes,
        .change_count = channel->change_count,
    };
}

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

void group_commit_call_off(GroupCommit *group_commit)
{
    size_t waiting = group_commit->count;

    group_commit->count = 0;
    for (size_t i = 0; i < waiting; i++) {
        ChannelPass *channel = group_commit->channels[i];
        Err why = {0};

        if (!group_commit_is_called_off(channel, &why)) {
            group_commit->channels[group_commit->count++] = channel;
            continue;
        }
        group_commit_give_slot(channel);
        channel->on_recorded(channel, &why);
    }
}

/* Takes what waits, and may still delete. */
static size_t group_commit_take(GroupCommit *group_commit)
{
    size_t count;

    group_commit_call_off(group_commit);
    count = group_commit->count;
    group_commit->count = 0;
    for (size_t i = 0; i < count; i++) {
        group_commit_give_slot(group_commit->channels[i]);
        group_commit->batches[i] = group_commit_batch(group_commit->channels[i]);
    }
    return count;
}

static void group_commit_commit_one(GroupCommit *group_commit, size_t number)
{
    ChannelPass *channel = group_commit->channels[number];
    Err err = {0};
    int r =
        group_commit->ops->record(group_commit->context, &group_commit->batches[number], 1, &err);

    channel->on_recorded(channel, r < 0 ? &err : NULL);
}

/* No channel is added meanwhile: only answers add channels, and they come later. */
void group_commit_commit(GroupCommit *group_commit)
{
    size_t count;
    bool is_whole;

    assert(!group_commit->is_held);
    count = group_commit_take(group_commit);
    is_whole = count > 1 && group_commit->ops->record(group_commit->context, group_commit->batches,
                                                      count, NULL) >= 0;
    for (size_t i = 0; i < count; i++) {
        if (is_whole)
            group_commit->channels[i]->on_recorded(group_commit->channels[i], NULL);
        else
            group_commit_commit_one(group_commit, i);
    }
    assert(group_commit->count == 0);
}
