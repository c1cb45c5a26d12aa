/* SPDX-License-Identifier: MIT */
#include "reconcile/channel_record.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/mem.h"

void channel_record_done(ChannelRecord *record)
{
    free(record->sightings);
    free(record->changes);
    arena_done(&record->arena);
    *record = (ChannelRecord){0};
}

int channel_record_add_sighting(ChannelRecord *record, const char *member_id, uint32_t count)
{
    const char *copy;

    assert(member_id);
    copy = arena_string(&record->arena, member_id);
    if (!copy || mem_grow(&record->sightings, &record->sighting_capacity,
                          record->sighting_count + 1, sizeof(*record->sightings)) < 0)
        return -ENOMEM;
    record->sightings[record->sighting_count++] = (Sighting){copy, count};
    return 0;
}

int channel_record_add_change(ChannelRecord *record, ChangeKind kind, const void *identity,
                              size_t identity_size, uint64_t realtime_usec)
{
    const void *copy;

    assert(identity && kind < CHANGE_KIND_COUNT);
    copy = arena_copy(&record->arena, identity, identity_size);
    if (!copy || mem_grow(&record->changes, &record->change_capacity, record->change_count + 1,
                          sizeof(*record->changes)) < 0)
        return -ENOMEM;
    record->changes[record->change_count++] =
        (PastChange){kind, copy, identity_size, realtime_usec};
    return 0;
}

const char *channel_record_scope_text(PauseScope scope)
{
    static const char *const texts[] = {
        [PAUSE_SCOPE_CHANNEL] = "channel", [PAUSE_SCOPE_INSTANCE] = "instance",
        [PAUSE_SCOPE_ALL] = "all",         [PAUSE_SCOPE_ROSTER] = "roster",
        [PAUSE_SCOPE_WINDOW] = "window",
    };

    assert(scope < ELEMENTS(texts));
    return texts[scope];
}

int channel_record_set_pause(ChannelRecord *record, const char *reason, uint64_t end_usec,
                             PauseScope scope)
{
    assert(reason);
    record->pause_reason = arena_string(&record->arena, reason);
    if (!record->pause_reason)
        return -ENOMEM;
    record->is_paused = true;
    record->pause_end_usec = end_usec;
    record->pause_scope = scope;
    return 0;
}
