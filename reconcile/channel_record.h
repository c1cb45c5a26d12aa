/* SPDX-License-Identifier: MIT */
/* What outlives a run and bears on one channel's plan: sightings, past changes and pauses. Filled
 * by whoever keeps the state, read by the guards. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/arena.h"
#include "reconcile/change.h"

/* How many whole lists in a row, one a pass, showed an extra before this one. */
typedef struct Sighting {
    const char *member_id;
    uint32_t count;
} Sighting;

/* A change that took effect, or may have. */
typedef struct PastChange {
    ChangeKind kind;
    const void *identity;
    size_t identity_size;
    uint64_t realtime_usec;
} PastChange;

/* What a pause is of: the roster's is of one channel. */
typedef enum PauseScope {
    PAUSE_SCOPE_CHANNEL,
    PAUSE_SCOPE_INSTANCE,
    PAUSE_SCOPE_ALL,
    PAUSE_SCOPE_ROSTER,
    PAUSE_SCOPE_WINDOW, /* a closed change window, or a freeze */
} PauseScope;

/* "channel", "instance", "all" or "roster". */
const char *channel_record_scope_text(PauseScope scope);

typedef struct ChannelRecord {
    Arena arena; /* holds all that is pointed to */
    Sighting *sightings;
    size_t sighting_count, sighting_capacity;
    PastChange *changes;
    size_t change_count, change_capacity;
    bool is_paused;
    const char *pause_reason; /* is_paused */
    uint64_t pause_end_usec;  /* realtime; 0: no end */
    PauseScope pause_scope;
} ChannelRecord;

void channel_record_done(ChannelRecord *record);

/* Each copies what it is given. 0 or -ENOMEM. */
int channel_record_add_sighting(ChannelRecord *record, const char *member_id, uint32_t count);
int channel_record_add_change(ChannelRecord *record, ChangeKind kind, const void *identity,
                              size_t identity_size, uint64_t realtime_usec);
int channel_record_set_pause(ChannelRecord *record, const char *reason, uint64_t end_usec,
                             PauseScope scope);
