/* SPDX-License-Identifier: MIT */
#include "reconcile/pass/take_over.h"

#include <assert.h>
#include <string.h>

typedef struct TakenChannel {
    bool is_confirmed;
} TakenChannel;

void take_over_done(TakeOver *take_over)
{
    map_done(&take_over->channels);
    arena_done(&take_over->arena);
    *take_over = (TakeOver){0};
}

void take_over_take(TakeOver *take_over, TakeOver *other)
{
    assert(take_over != other);
    take_over_done(take_over);
    *take_over = *other;
    *other = (TakeOver){0};
}

static TakenChannel *take_over_find(const TakeOver *take_over, uint64_t token,
                                    const char *channel_id)
{
    if (!take_over || take_over->token != token)
        return NULL;
    return map_find(&take_over->channels, channel_id, strlen(channel_id));
}

bool take_over_has_listed(const TakeOver *take_over, uint64_t token, const char *channel_id)
{
    return take_over_find(take_over, token, channel_id) != NULL;
}

bool take_over_needs_sightings(const TakeOver *take_over, const Conditions *conditions,
                               const char *channel_id)
{
    const TakenChannel *channel = take_over_find(take_over, conditions->token, channel_id);

    return conditions->needs_sightings && !(channel && channel->is_confirmed);
}

static void take_over_add(TakeOver *take_over, const char *channel_id)
{
    const char *id = arena_string(&take_over->arena, channel_id);
    TakenChannel *channel = arena_alloc(&take_over->arena, sizeof(*channel));

    if (!id || !channel)
        return;
    *channel = (TakenChannel){0};
    map_put(&take_over->channels, id, strlen(id), channel);
}

void take_over_note(TakeOver *take_over, uint64_t token, const char *channel_id,
                    bool was_seen_twice)
{
    TakenChannel *channel = take_over_find(take_over, token, channel_id);

    assert(take_over);
    if (take_over->token != token) {
        take_over_done(take_over);
        take_over->token = token;
    }
    if (channel)
        channel->is_confirmed = channel->is_confirmed || was_seen_twice;
    else
        take_over_add(take_over, channel_id);
}
