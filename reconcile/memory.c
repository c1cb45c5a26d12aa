/* Memory: see memory.h. */
#include "reconcile/memory.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/mem.h"

void memory_done(Memory *memory)
{
    free(memory->sightings);
    free(memory->deletions);
    arena_done(&memory->arena);
    *memory = (Memory){0};
}

int memory_add_sighting(Memory *memory, const char *member_id, uint32_t count)
{
    const char *copy = arena_string(&memory->arena, member_id);

    if (!copy || mem_grow(&memory->sightings, &memory->sighting_capacity,
                          memory->sighting_count + 1, sizeof(*memory->sightings)) < 0)
        return -ENOMEM;
    memory->sightings[memory->sighting_count++] = (Sighting){copy, count};
    return 0;
}

int memory_add_deletion(Memory *memory, const void *identity, size_t identity_size,
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

int memory_set_pause(Memory *memory, const char *reason, uint64_t end_usec)
{
    memory->pause_reason = arena_string(&memory->arena, reason);
    if (!memory->pause_reason)
        return -ENOMEM;
    memory->is_paused = true;
    memory->pause_end_usec = end_usec;
    return 0;
}
