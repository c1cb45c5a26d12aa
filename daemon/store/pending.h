/* SPDX-License-Identifier: MIT */
/*
 * What was written into the open transaction and is not committed yet, kept in memory as well: when
 * a commit fails (a full disk), the transaction is gone, and the outcomes of deletions that the
 * service already carried out must go with the next one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/arena.h"
#include "reconcile/channel_record.h"
#include "reconcile/ops.h"

typedef struct PendingOutcome {
    uint64_t action;
    uint64_t decided_usec;
    Outcome outcome;
    uint32_t attempts;
    int http;                            /* 0: none */
    char code[32];                       /* "": none */
    char request_id[72];                 /* "": none */
    char member_id[OPS_ID_SIZE_MAX + 1]; /* of one that was added; "": as it was recorded */
    int32_t weight;                      /* likewise; OPS_WEIGHT_NONE: not known */
} PendingOutcome;

typedef struct PendingSightings {
    Arena arena; /* holds all that is pointed to */
    const char *instance_key;
    const char *channel_id;
    Sighting *sightings;
    size_t count;
} PendingSightings;

typedef struct Pending {
    PendingOutcome *outcomes;
    size_t outcome_count, outcome_capacity;
    PendingSightings *sightings; /* one for each channel */
    size_t sightings_count, sightings_capacity;
} Pending;

void pending_done(Pending *pending);

/* Forgets all, keeps the memory. */
void pending_clear(Pending *pending);

/* Adds an outcome. 0 or -ENOMEM. */
int pending_add_outcome(Pending *pending, const PendingOutcome *outcome);

/* Removes the outcome added last. */
void pending_drop_outcome(Pending *pending);

/* The newest outcome of an action, or NULL. Borrowed until the next change. */
const PendingOutcome *pending_find_outcome(const Pending *pending, uint64_t action);

/* Keeps a copy of a channel's sightings in place of earlier ones. 0 or -ENOMEM. */
int pending_set_sightings(Pending *pending, const char *instance_key, const char *channel_id,
                          const Sighting *sightings, size_t count);

/* A channel's sightings, or NULL. Borrowed until the next change. */
const PendingSightings *pending_find_sightings(const Pending *pending, const char *instance_key,
                                               const char *channel_id);
