/* SPDX-License-Identifier: MIT */
/* The fleet of an imaginary world, as one of its hosts sees it: whether what it is about to change
 * becomes known. Part of a World; without one it is alone. */
#pragma once

#include "tests/world/judge_fleet.h"
#include "tests/world/world.h"

/* What was to be made known of a channel's changes. */
typedef struct WorldIntent {
    void *tag;
    WorldChannel *channel;
    uint32_t pass;
    bool is_open; /* an answer is awaited */
    bool is_taken;
    bool is_approved;
    size_t change_count, recorded_count;
    IntentEnd end;
    uint64_t latency_usec; /* USEC_NEVER: no answer comes */
} WorldIntent;

#define WORLD_INTENTS_MAX 256

/* What becomes of an intent, and when: WorldIntent.end and latency_usec. */
typedef void (*WorldChooseEnd)(World *world, WorldIntent *intent);

typedef struct WorldFleet {
    IntentEnd end;         /* what becomes of an intent */
    const char *name;      /* of the channel's intents alone, the others are taken; NULL: of any */
    uint64_t latency_usec; /* USEC_NEVER: no answer comes */
    const char *pause_reason;     /* that an intent is told that is paused; NULL: the usual one */
    int error;                    /* intend() fails with it */
    WorldChooseEnd choose;        /* by chance; NULL: as above */
    uint32_t *lost_in;            /* of an instance: the pass whose intent was told so */
    uint32_t *withheld_in;        /* of a channel: the pass that had to leave a change */
    uint64_t handover_until_usec; /* nothing is changed before */
    WorldIntent intents[WORLD_INTENTS_MAX]; /* the newest, by turns */
    size_t intent_count;                    /* ever */
    size_t cancelled_count;
    Conditions conditions;   /* of every instance */
    TakeOver *take_overs;    /* of each instance, as in PassScope, from pass to pass */
    SeenChannel *seen;       /* of each channel */
    uint64_t closes_usec;    /* from then on no change begins; 0: they may */
    uint32_t withheld_count; /* changes that did not */
    bool has_hosts;          /* others, by which pauses end: an undo goes on then */
} WorldFleet;

/* Gives a world a fleet in which every intent is taken, after the time of a request. */
WorldFleet *world_join_fleet(World *world);

void world_leave_fleet(World *world);

/* Whether the rosters are others than the last owner's. */
bool world_has_other_rosters(const World *world);

/* A copy that stays of the name that a sighting is counted under. */
const char *world_keep_sighting(World *world, const char *name);

/* How many intents await their answers. */
size_t world_count_intending(const World *world);

/* Of Ops. */
int world_fleet_submit(void *context, const Request *request); /* world_submit() behind the lease */
void world_get_conditions(void *context, size_t instance, Conditions *ret_conditions);
int world_intend(void *context, const Batch *batch, void *tag, Err *err);
void world_cancel_intent(void *context, void *tag);

/* world_remember(), which a list that counts comes to. */
int world_fleet_remember(void *context, const RosterChannel *roster, const char *channel_id,
                         const Sighting *sightings, size_t count, Err *err);

/* world_record(), of what is known. */
int world_fleet_record(void *context, Batch *batches, size_t count, Err *err);
