/* Leftovers: see leftover.h. */
#include "reconcile/leftover.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/mem.h"
#include "reconcile/decision.h"

void leftovers_done(Leftovers *leftovers)
{
    for (size_t i = 0; leftovers->channels && i < leftovers->count; i++) {
        channel_done(&leftovers->channels[i]);
        report_channel_done(&leftovers->reports[i]);
    }
    free(leftovers->channels);
    free(leftovers->reports);
    free(leftovers->rosters);
    arena_done(&leftovers->arena);
    *leftovers = (Leftovers){0};
}

typedef struct Collecting {
    Leftovers *leftovers;
    size_t instance;
} Collecting;

/* As a roster would name it that wants nothing and may delete nothing. */
static int leftovers_add(void *userdata, const char *channel_id)
{
    Collecting *collecting = userdata;
    Leftovers *leftovers = collecting->leftovers;
    char *id = arena_string(&leftovers->arena, channel_id);

    if (!id || mem_grow(&leftovers->rosters, &leftovers->capacity, leftovers->count + 1,
                        sizeof(*leftovers->rosters)) < 0)
        return -ENOMEM;
    leftovers->rosters[leftovers->count++] = (RosterChannel){
        .instance = collecting->instance,
        .id = id,
        .mode = MODE_OBSERVE,
    };
    return 0;
}

int leftovers_collect(Leftovers *leftovers, const Ops *ops, void *context, size_t instance)
{
    Collecting collecting = {leftovers, instance};

    return ops->unsettled(context, instance, leftovers_add, &collecting) == -ENOMEM ? -ENOMEM : 0;
}

int leftovers_allocate(Leftovers *leftovers)
{
    size_t count = leftovers->count ? leftovers->count : 1;

    leftovers->reports = calloc(count, sizeof(*leftovers->reports));
    leftovers->channels = calloc(count, sizeof(*leftovers->channels));
    return leftovers->reports && leftovers->channels ? 0 : -ENOMEM;
}

static void leftover_settle(ChannelPass *channel, const char *channel_id, bool is_final)
{
    Err err = {0};

    if (decision_settle(channel, channel_id, is_final, &err) < 0)
        channel_end(channel, RESULT_FAILED, &err);
    else if (channel->doubts == 0)
        channel_close(channel, RESULT_IN_SYNC, NULL);
    else if (!channel_look_again(channel, &channel->diff, &channel->settle_looks, leftover_on_list))
        leftover_settle(channel, channel_id, true);
}

void leftover_on_list(ChannelPass *channel)
{
    leftover_settle(channel, channel->row->id, false);
}

/* With a channel that is no more, its members are gone. One that one entry of the rosters means is
 * settled by the list of that entry. */
void leftover_look(ChannelPass *channel, const CatalogRow *row)
{
    if (!row)
        leftover_settle(channel, channel->roster->id, true);
    else if (row->claims == 1)
        channel_close(channel, RESULT_IN_SYNC, NULL);
}
