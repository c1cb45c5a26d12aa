/* Recording: see recording.h. */
#include "reconcile/recording.h"

#include <errno.h>
#include <stdlib.h>

int recording_init(Recording *recording, const Ops *ops, void *context, size_t channel_capacity)
{
    size_t capacity = channel_capacity ? channel_capacity : 1;

    *recording = (Recording){
        .ops = ops,
        .context = context,
        .channels = calloc(capacity, sizeof(ChannelPass *)),
        .batches = calloc(capacity, sizeof(Batch)),
    };
    return recording->channels && recording->batches ? 0 : -ENOMEM;
}

void recording_done(Recording *recording)
{
    free(recording->channels);
    free(recording->batches);
    *recording = (Recording){0};
}

void recording_add(Recording *recording, ChannelPass *channel, ChannelOnRecorded on_recorded)
{
    channel->on_recorded = on_recorded;
    dispatch_keep_place(channel->dispatch);
    recording->channels[recording->count++] = channel;
}

bool recording_is_waiting(const Recording *recording)
{
    return recording->count > 0;
}

static Batch recording_batch(const ChannelPass *channel)
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
static bool recording_is_called_off(const ChannelPass *channel, Err *why)
{
    const Dispatch *dispatch = channel->dispatch;

    if (channel->is_paused)
        channel_explain_pause(why);
    else if (dispatch->has_failed || dispatch->is_stopped)
        *why = dispatch->failure;
    return err_is_set(why);
}

/* Takes what waits, without the channels that were stopped, paused or failed meanwhile. */
static size_t recording_take(Recording *recording)
{
    size_t waiting = recording->count, count = 0;

    recording->count = 0;
    for (size_t i = 0; i < waiting; i++) {
        ChannelPass *channel = recording->channels[i];
        Err why = {0};

        dispatch_give_place(channel->dispatch);
        if (recording_is_called_off(channel, &why)) {
            channel->on_recorded(channel, &why);
            continue;
        }
        recording->batches[count] = recording_batch(channel);
        recording->channels[count++] = channel;
    }
    return count;
}

static void recording_commit_one(Recording *recording, size_t number)
{
    ChannelPass *channel = recording->channels[number];
    Err err = {0};
    int r = recording->ops->record(recording->context, &recording->batches[number], 1, &err);

    channel->on_recorded(channel, r < 0 ? &err : NULL);
}

/* Nothing is added meanwhile: channels are added by answers, which come later. */
void recording_commit(Recording *recording)
{
    size_t count = recording_take(recording);
    bool is_whole = count > 1 && recording->ops->record(recording->context, recording->batches,
                                                        count, NULL) >= 0;

    for (size_t i = 0; i < count; i++) {
        if (is_whole)
            recording->channels[i]->on_recorded(recording->channels[i], NULL);
        else
            recording_commit_one(recording, i);
    }
}
