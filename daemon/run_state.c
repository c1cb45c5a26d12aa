/* A run and the state: see run_state.h. */
#include "daemon/run_state.h"

#include <errno.h>

#include "daemon/base/clock.h"

static const char *run_state_instance_name(const Run *run, const RosterChannel *channel)
{
    return run->config->instances[channel->instance].name;
}

int run_state_recall(void *context, const RosterChannel *channel, const char *channel_id,
                     const char *digest, Memory *memory, Err *err)
{
    Run *run = context;
    int r;

    if (!run->door->store)
        return door_without_store(run->door, err);
    r = store_recall(run->door->store, run_state_instance_name(run, channel), channel_id, digest,
                     clock_realtime_usec(), memory, err);
    if (r < 0 || memory->is_paused)
        return r;
    return store_recall_pause(run->door->store, run_state_instance_name(run, channel), channel_id,
                              channel->name, clock_realtime_usec(), memory, err);
}

int run_state_remember(void *context, const RosterChannel *channel, const char *channel_id,
                       const Sighting *sightings, size_t count, Err *err)
{
    Run *run = context;

    if (!run->door->store)
        return door_without_store(run->door, err);
    return store_remember(run->door->store, run_state_instance_name(run, channel), channel_id,
                          sightings, count, err);
}

int run_state_unsettled(void *context, size_t instance, UnsettledAdd add, void *userdata)
{
    Run *run = context;

    if (!run->door->store)
        return 0;
    return store_unsettled(run->door->store, run->config->instances[instance].name, add, userdata,
                           NULL);
}

/* Without a state nothing is known of earlier deletions, and nothing will be deleted either. */
int run_state_settle(void *context, const RosterChannel *channel, const char *channel_id,
                     SettleIsListed is_listed, void *list, Err *err)
{
    Run *run = context;

    if (!run->door->store)
        return 0;
    return store_settle(run->door->store, run_state_instance_name(run, channel), channel_id,
                        is_listed, list, clock_realtime_usec(), err);
}

static int run_state_permit(const Run *run, const Batch *batch, Err *err)
{
    for (size_t i = 0; i < batch->deletion_count; i++) {
        if (roma_client_permit(run->door->client, batch->channel->instance, batch->channel_id,
                               batch->deletions[i].member_id) < 0)
            return err_memory(err);
    }
    return 0;
}

/* Recorded first, permitted then: the client sends no other deletion. */
int run_state_record(void *context, Batch *batches, size_t count, Err *err)
{
    Run *run = context;
    int r;

    if (run->door->dry_run)
        return err_set(err, -EPERM, "nothing is deleted in a dry run");
    if (!run->door->store)
        return door_without_store(run->door, err);
    r = store_record(run->door->store, batches, count, clock_realtime_usec(), err);
    for (size_t i = 0; i < count && r == 0; i++)
        r = run_state_permit(run, &batches[i], err);
    return r;
}

int run_state_decide(void *context, uint64_t action, Outcome outcome, uint32_t attempts,
                     const Answer *answer, Err *err)
{
    Run *run = context;

    if (!run->door->store)
        return door_without_store(run->door, err);
    return store_decide(run->door->store, action, outcome, attempts, answer, clock_realtime_usec(),
                        err);
}

/* A pause is shown wherever the channel is, in sync as well, where no plan asked for it. */
void run_state_show_pauses(Run *run)
{
    _cleanup_(store_pauses_done) StorePauses pauses = {0};
    uint64_t now_usec = clock_realtime_usec();
    Report report;

    if (!run->door->store || store_pauses(run->door->store, now_usec, &pauses, NULL) < 0)
        return;
    report = *run_get_report(run);
    for (size_t i = 0; pauses.count > 0 && i < report.channel_count; i++) {
        ChannelReport *channel = &report.channels[i];
        Memory memory = {0};

        if (!channel->pause_reason && channel->id &&
            store_recall_pause(run->door->store, channel->instance_name, channel->id,
                               channel->channel->name, now_usec, &memory, NULL) == 0 &&
            memory.is_paused)
            report_set_pause(channel, memory.pause_reason, memory.pause_end_usec);
        memory_done(&memory);
    }
}
