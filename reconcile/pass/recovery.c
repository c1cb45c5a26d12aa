/* SPDX-License-Identifier: MIT */
#include "reconcile/pass/recovery.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/mem.h"
#include "reconcile/pass/settling.h"

void recovery_done(Recoveries *recoveries)
{
    for (size_t i = 0; recoveries->channels && i < recoveries->count; i++) {
        channel_done(&recoveries->channels[i]);
        report_channel_done(&recoveries->reports[i]);
    }
    free(recoveries->channels);
    free(recoveries->reports);
    free(recoveries->rosters);
    arena_done(&recoveries->arena);
    *recoveries = (Recoveries){0};
}

typedef struct Collecting {
    Recoveries *recoveries;
    size_t instance;
} Collecting;

/* Adds the channel as a roster would have it that wants no members and may delete none. */
static int recovery_add(void *userdata, const char *channel_id)
{
    Collecting *collecting = userdata;
    Recoveries *recoveries = collecting->recoveries;
    char *id;

    assert(channel_id);
    id = arena_string(&recoveries->arena, channel_id);
    if (!id || mem_grow(&recoveries->rosters, &recoveries->capacity, recoveries->count + 1,
                        sizeof(*recoveries->rosters)) < 0)
        return -ENOMEM;
    recoveries->rosters[recoveries->count++] = (RosterChannel){
        .instance = collecting->instance,
        .id = id,
        .mode = MODE_OBSERVE,
    };
    return 0;
}

int recovery_collect(Recoveries *recoveries, const Ops *ops, void *context, size_t instance)
{
    Collecting collecting = {recoveries, instance};

    return ops->unsettled(context, instance, recovery_add, &collecting) == -ENOMEM ? -ENOMEM : 0;
}

int recovery_allocate(Recoveries *recoveries)
{
    size_t count = recoveries->count;

    assert(!recoveries->reports && !recoveries->channels);
    if (count == 0)
        return 0;
    recoveries->reports = calloc(count, sizeof(*recoveries->reports));
    recoveries->channels = calloc(count, sizeof(*recoveries->channels));
    return recoveries->reports && recoveries->channels ? 0 : -ENOMEM;
}

/* No report shows what it came to. */
static void recovery_close(ChannelPass *channel)
{
    channel_close(channel, RESULT_IN_SYNC, NULL);
}

static void recovery_settle(ChannelPass *channel, const char *channel_id, bool is_final)
{
    Err err = {0};

    if (settling_on_list(channel, channel_id, is_final, &err) < 0)
        channel_end(channel, RESULT_FAILED, &err);
    else if (channel->in_doubt_count == 0)
        recovery_close(channel);
    else if (!channel_look_again(channel, &channel->diff, &channel->settle_looks, recovery_on_list))
        recovery_settle(channel, channel_id, true);
}

static void recovery_on_absent(ChannelPass *channel)
{
    Err err = {0};

    if (settling_on_absent(channel, channel->roster->id, &err) < 0)
        channel_end(channel, RESULT_FAILED, &err);
    else
        recovery_close(channel);
}

void recovery_on_list(ChannelPass *channel)
{
    assert(channel->is_recovery && channel->row);
    recovery_settle(channel, channel->row->id, false);
}

/* A channel that one list does not have is not taken to be no more: the state decides when it is
 * absent for long. One that one entry of the rosters means is settled by the list of that entry. */
void recovery_look(ChannelPass *channel, const CatalogRow *row, bool has_unread)
{
    assert(channel->is_recovery && !channel->is_done);
    if ((!row && has_unread) || (row && row->channel.odd))
        recovery_close(channel);
    else if (!row)
        recovery_on_absent(channel);
    else if (row->claims == 1)
        recovery_close(channel);
}
