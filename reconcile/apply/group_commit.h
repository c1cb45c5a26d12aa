/* SPDX-License-Identifier: MIT */
/*
 * The step between a plan and its first change: channels whose changes are to be made known to a
 * fleet, each by itself, and then to become durable. What waits to be known has no slot among the
 * requests, and holds nobody up. Without a fleet nothing waits.
 *
 * Those that are decided while the same turn's answers are read share one commit, which is what a
 * pass over many channels waits for most. A commit is bounded, so that the event loop is not held
 * up by many of them: what is above the bound waits for the next, and a channel that has more
 * changes than that is recorded in parts, and sends nothing before the last of them.
 */
#pragma once

#include "reconcile/channel/channel.h"

/* So many changes are recorded at once. */
#define GROUP_COMMIT_CHANGES_MAX 1000

struct GroupCommit {
    const Ops *ops;
    void *context;          /* of ops */
    ChannelPass **channels; /* first those that are known, then those of which that is asked, then
                               those that came last; each in the order in which they came so far */
    Batch *batches;
    size_t count, capacity;
    size_t known_count, intending_count;
    bool is_held; /* nothing is recorded for now */
};

/* Room for so many channels, one at least. 0 or -ENOMEM; group_commit_done() in both cases. */
int group_commit_init(GroupCommit *group_commit, const Ops *ops, void *context,
                      size_t channel_capacity);
void group_commit_done(GroupCommit *group_commit);

/* A channel whose channel->changes are to be recorded; unless commits are held, it keeps its slot
 * among the instance's requests. on_recorded follows, at the next commit. */
void group_commit_add(GroupCommit *group_commit, ChannelPass *channel,
                      ChannelOnRecorded on_recorded);

/* What became of making a channel's changes known. Nothing where that is not awaited any more. */
void group_commit_on_intended(GroupCommit *group_commit, ChannelPass *channel,
                              const IntentAnswer *answer);

/* Whether group_commit_commit() has anything to do. */
bool group_commit_is_due(const GroupCommit *group_commit);

/* Records nothing until it is allowed again; what waits gives its slots to others. */
void group_commit_hold(GroupCommit *group_commit);
void group_commit_allow(GroupCommit *group_commit);

/* Ends the waiting of channels that were stopped, paused or failed meanwhile. */
void group_commit_call_off(GroupCommit *group_commit);

/* While it is not held, makes known and records what waits: of channels that may still delete, in
 * one commit, as much as goes into one; then others may still be waiting. Where that fails, each by
 * itself, so that one channel's failure is not another's: of one that was recorded in part, that
 * part is skipped. Not to be called from within the pass's own callbacks. */
void group_commit_commit(GroupCommit *group_commit);
