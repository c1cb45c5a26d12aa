/* SPDX-License-Identifier: MIT */
/*
 * What a host knows of an instance that it took over from one that did not hand it over: whatever
 * is to be changed in a channel must have been seen twice, for the first list may show what that
 * one was about to change, or to put back. That ends for a channel with a later whole list in which
 * everything planned was seen twice, or nothing is planned. It is of one ownership: with another
 * token it begins anew.
 */
#pragma once

#include "daemon/base/arena.h"
#include "daemon/base/map.h"
#include "reconcile/plan/guard.h"

/* Of one instance, from one pass to the next. Starts as {0}. */
typedef struct TakeOver {
    uint64_t token; /* what it is of */
    Map channels;   /* those that were listed since, by their ids */
    Arena arena;    /* holds them */
} TakeOver;

void take_over_done(TakeOver *take_over);

/* Takes over what another one knows, which is empty then. */
void take_over_take(TakeOver *take_over, TakeOver *other);

/* Whether the channel was listed since. `take_over` may be NULL: nothing is known. */
bool take_over_has_listed(const TakeOver *take_over, uint64_t token, const char *channel_id);

/* Whether everything that is planned in the channel must have been seen twice. */
bool take_over_needs_sightings(const TakeOver *take_over, const Conditions *conditions,
                               const char *channel_id);

/* A whole list of the channel counts. What there is no memory for is seen once more. */
void take_over_note(TakeOver *take_over, uint64_t token, const char *channel_id,
                    bool was_seen_twice);
