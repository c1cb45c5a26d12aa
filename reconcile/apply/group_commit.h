/* SPDX-License-Identifier: MIT */
/*
 * The step between a plan and its first deletion: channels whose deletions are to become durable.
 * Those that are decided while the same turn's answers are read share one commit, which is what a
 * pass over many channels waits for most.
 */
#pragma once

#include "reconcile/channel/channel.h"

struct GroupCommit {
    const Ops *ops;
    void *context; /* of ops */
    ChannelPass **channels;
    Batch *batches;
    size_t count, capacity;
    bool is_held; /* nothing is recorded for now */
};

/* Room for so many channels. 0 or -ENOMEM; group_commit_done() in both cases. */
int group_commit_init(GroupCommit *group_commit, const Ops *ops, void *context,
                      size_t channel_capacity);
void group_commit_done(GroupCommit *group_commit);

/* A channel whose channel->changes are to be recorded; unless commits are held, it keeps its slot
 * among the instance's requests. on_recorded follows, at the next commit. */
void group_commit_add(GroupCommit *group_commit, ChannelPass *channel,
                      ChannelOnRecorded on_recorded);

bool group_commit_is_waiting(const GroupCommit *group_commit);

/* Records nothing until it is allowed again; what waits gives its slots to others. */
void group_commit_hold(GroupCommit *group_commit);
void group_commit_allow(GroupCommit *group_commit);

/* Ends the waiting of channels that were stopped, paused or failed meanwhile. */
void group_commit_call_off(GroupCommit *group_commit);

/* While it is not held, records what waits: of channels that may still delete, in one commit. Where
 * that fails, each by itself, so that one channel's failure is not another's. Not to be called from
 * within the pass's own callbacks. */
void group_commit_commit(GroupCommit *group_commit);
