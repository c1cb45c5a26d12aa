/*
 * The step between a plan and its first deletion: channels whose deletions are to become durable.
 * Those that are decided while the same turn's answers are read share one commit, which is what a
 * pass over many channels waits for most.
 */
#pragma once

#include "reconcile/channel.h"

struct Recording {
    const Ops *ops;
    void *context; /* of ops */
    ChannelPass **channels;
    Batch *batches;
    size_t count;
};

/* Room for so many channels. 0 or -ENOMEM; recording_done() in both cases. */
int recording_init(Recording *recording, const Ops *ops, void *context, size_t channel_capacity);
void recording_done(Recording *recording);

/* A channel whose channel->deletions are to be recorded; it keeps its place among the instance's
 * requests. on_recorded follows, at the next commit. */
void recording_add(Recording *recording, ChannelPass *channel, ChannelOnRecorded on_recorded);

bool recording_is_waiting(const Recording *recording);

/* Records what waits: of channels that may still delete, in one commit. Where that fails, each by
 * itself, so that one channel's failure is not another's. Not to be called from within the pass's
 * own callbacks. */
void recording_commit(Recording *recording);
