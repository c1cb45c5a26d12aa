/* SPDX-License-Identifier: MIT */
/* The fleet of an imaginary world, as one of its hosts sees it: whether what it is about to change
 * becomes known. Part of a World; without one it is alone. */
#pragma once

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
} WorldIntent;

#define WORLD_INTENTS_MAX 256

typedef struct WorldFleet {
    IntentEnd end;         /* what becomes of an intent */
    const char *name;      /* of the channel's intents alone, the others are taken; NULL: of any */
    uint64_t latency_usec; /* USEC_NEVER: no answer comes */
    int error;             /* intend() fails with it */
    WorldIntent intents[WORLD_INTENTS_MAX]; /* the newest, by turns */
    size_t intent_count;                    /* ever */
    size_t cancelled_count;
} WorldFleet;

/* Gives a world a fleet in which every intent is taken, after the time of a request. */
WorldFleet *world_join_fleet(World *world);

/* Of Ops. */
int world_intend(void *context, const Batch *batch, void *tag, Err *err);
void world_cancel_intent(void *context, void *tag);

/* Likewise: world_record(), of what is known. */
int world_fleet_record(void *context, Batch *batches, size_t count, Err *err);
