/* SPDX-License-Identifier: MIT */
#include "reconcile/channel_record.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/mem.h"

void channel_record_done(ChannelRecord *memory)
{
    free(memory->sightings);
    free(memory->deletions);
    arena_done(&memory->arena);
    *memory = (ChannelRecord){0};
}

int channel_record_add_sighting(ChannelRecord *memory, const char *member_id, uint32_t count)
{
    const char *copy = arena_string(&memory->arena, member_id);

    if (!copy || mem_grow(&memory->sightings, &memory->sighting_capacity,
                          memory->sighting_count + 1, sizeof(*memory->sightings)) < 0)
        return -ENOMEM;
    memory->sightings[memory->sighting_count++] = (Sighting){copy, count};
    return 0;
}

int channel_record_add_deletion(ChannelRecord *memory, const void *identity, size_t identity_size,
                                uint64_t realtime_usec)
{
    const void *copy = arena_copy(&memory->arena, identity, identity_size);

    if (!copy || mem_grow(&memory->deletions, &memory->deletion_capacity,
                          memory->deletion_count + 1, sizeof(*memory->deletions)) < 0)
        return -ENOMEM;
    memory->deletions[memory->deletion_count++] =
        (PastDeletion){copy, identity_size, realtime_usec};
    return 0;
}

int channel_record_set_pause(ChannelRecord *memory, const char *reason, uint64_t end_usec)
{
    memory->pause_reason = arena_string(&memory->arena, reason);
    if (!memory->pause_reason)
        return -ENOMEM;
    memory->is_paused = true;
    memory->pause_end_usec = end_usec;
    return 0;
}
