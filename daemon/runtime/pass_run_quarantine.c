/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/pass_run_quarantine.h"

#include "daemon/base/clock.h"
#include "daemon/runtime/quarantine_left.h"
#include "daemon/store/quarantine.h"

int pass_run_quarantine_recall(void *context, const RosterChannel *channel, const char *channel_id,
                               Quarantine *quarantine, Err *err)
{
    PassRun *run = context;

    if (!run->store)
        return 0;
    return store_quarantine_recall(run->store, run->backend->keys[channel->instance], channel_id,
                                   channel->quarantine_usec, clock_realtime_usec(), quarantine,
                                   err);
}

int pass_run_quarantine_enter(void *context, const RosterChannel *channel, const ChannelRow *row,
                              const char *const *member_ids, size_t count, Err *err)
{
    PassRun *run = context;
    const StoreScope scope = {
        .instance_key = run->backend->keys[channel->instance],
        .channel_id = row->id,
        .channel_name = row->name,
    };

    if (!run->store)
        return backend_without_store(run->backend, err);
    return store_quarantine_enter(run->store, &scope, channel->quarantine_usec, member_ids, count,
                                  clock_realtime_usec(), err);
}

int pass_run_quarantine_leave(void *context, const RosterChannel *channel, const char *channel_id,
                              const char *const *member_ids, size_t count, Err *err)
{
    PassRun *run = context;

    if (!run->store)
        return backend_without_store(run->backend, err);
    return store_quarantine_leave(run->store, run->backend->keys[channel->instance], channel_id,
                                  member_ids, count, err);
}

void pass_run_quarantine_tell_left(const PassRun *run)
{
    for (size_t i = 0; i < run->config->instance_count; i++) {
        if (run->instance == PASS_ALL_INSTANCES || run->instance == i)
            quarantine_left_tell(run->backend, i, pass_run_get_report(run));
    }
}
