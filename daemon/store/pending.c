/* SPDX-License-Identifier: MIT */
#include "daemon/store/pending.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"

void pending_clear(Pending *pending)
{
    for (size_t i = 0; i < pending->sightings_count; i++)
        arena_done(&pending->sightings[i].arena);
    pending->sightings_count = 0;
    pending->outcome_count = 0;
}

void pending_done(Pending *pending)
{
    pending_clear(pending);
    free(pending->outcomes);
    free(pending->sightings);
    *pending = (Pending){0};
}

int pending_add_outcome(Pending *pending, const PendingOutcome *outcome)
{
    assert(outcome->outcome != OUTCOME_PLANNED && outcome->outcome != OUTCOME_HELD);
    if (mem_grow(&pending->outcomes, &pending->outcome_capacity, pending->outcome_count + 1,
                 sizeof(*pending->outcomes)) < 0)
        return -ENOMEM;
    pending->outcomes[pending->outcome_count++] = *outcome;
    return 0;
}

void pending_drop_outcome(Pending *pending)
{
    assert(pending->outcome_count > 0);
    pending->outcome_count--;
}

const PendingOutcome *pending_find_outcome(const Pending *pending, uint64_t action)
{
    for (size_t i = pending->outcome_count; i > 0; i--) {
        if (pending->outcomes[i - 1].action == action)
            return &pending->outcomes[i - 1];
    }
    return NULL;
}

static PendingSightings *pending_find_channel(const Pending *pending, const char *instance_key,
                                              const char *channel_id)
{
    for (size_t i = 0; i < pending->sightings_count; i++) {
        PendingSightings *entry = &pending->sightings[i];

        if (str_equal(entry->channel_id, channel_id) &&
            str_equal(entry->instance_key, instance_key))
            return entry;
    }
    return NULL;
}

static int pending_copy(PendingSightings *copy, const char *instance_key, const char *channel_id,
                        const Sighting *sightings, size_t count)
{
    copy->instance_key = arena_string(&copy->arena, instance_key);
    copy->channel_id = arena_string(&copy->arena, channel_id);
    copy->sightings = arena_alloc(&copy->arena, (count + 1) * sizeof(*copy->sightings));
    if (!copy->instance_key || !copy->channel_id || !copy->sightings)
        return -ENOMEM;
    for (copy->count = 0; copy->count < count; copy->count++) {
        const char *member_id = arena_string(&copy->arena, sightings[copy->count].member_id);

        if (!member_id)
            return -ENOMEM;
        copy->sightings[copy->count] = (Sighting){member_id, sightings[copy->count].count};
    }
    return 0;
}

int pending_set_sightings(Pending *pending, const char *instance_key, const char *channel_id,
                          const Sighting *sightings, size_t count)
{
    PendingSightings copy = {0};
    PendingSightings *entry;

    assert(instance_key && channel_id && (sightings || count == 0));
    entry = pending_find_channel(pending, instance_key, channel_id);
    if (pending_copy(&copy, instance_key, channel_id, sightings, count) < 0 ||
        (!entry && mem_grow(&pending->sightings, &pending->sightings_capacity,
                            pending->sightings_count + 1, sizeof(*pending->sightings)) < 0)) {
        arena_done(&copy.arena);
        return -ENOMEM;
    }
    if (entry)
        arena_done(&entry->arena);
    else
        entry = &pending->sightings[pending->sightings_count++];
    *entry = copy;
    return 0;
}

const PendingSightings *pending_find_sightings(const Pending *pending, const char *instance_key,
                                               const char *channel_id)
{
    return pending_find_channel(pending, instance_key, channel_id);
}
