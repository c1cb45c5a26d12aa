/* SPDX-License-Identifier: MIT */
/*
 * What goes along when an instance changes hands in a fleet: what its next owner has to know and
 * its own state cannot tell. The owner takes it out of its state after each pass, the next one puts
 * it into its own before its first. The history does not go along.
 */
#pragma once

#include "daemon/store/store.h"

typedef struct CarrySighting {
    const char *channel_id;
    const char *member_id;
    uint32_t count;
} CarrySighting;

/* A member in quarantine. */
typedef struct CarryQuarantined {
    const char *channel_id;
    const char *channel_name;
    const char *member_id;
    const void *identity;
    size_t identity_size;
    const char *original; /* the member as it was before it was disabled; NULL: not known */
    bool is_ours;         /* rosterd disabled it */
    uint64_t span_usec;   /* how long it is to stay, and how much of that has passed */
    uint64_t passed_usec;
} CarryQuarantined;

/* An open condition, or one that is about to be (outbox.h). */
typedef struct CarryCondition {
    const char *notifier;
    const char *kind;
    const char *channel; /* "": of the instance */
    const char *channel_name;
    uint64_t since_usec; /* realtime */
    bool is_open;
    uint32_t passes;
    uint64_t told_ago_usec;
} CarryCondition;

/* A change that another owner made, or may have. */
typedef struct CarryChange {
    const char *channel_id;
    const char *kind; /* a word of change.h */
    const void *identity;
    size_t identity_size;
    uint64_t realtime_usec; /* when it was made known */
} CarryChange;

typedef struct StoreCarry {
    Arena arena; /* holds all that is pointed to */
    CarrySighting *sightings;
    size_t sighting_count, sighting_capacity;
    CarryQuarantined *quarantine;
    size_t quarantine_count, quarantine_capacity;
    CarryCondition *conditions;
    size_t condition_count, condition_capacity;
    CarryChange *changes; /* only put, never taken: they stand in the intents */
    size_t change_count, change_capacity;
    bool knows_conditions; /* else those that stand here stay */
} StoreCarry;

void store_carry_done(StoreCarry *carry);

/* All of an instance but `changes`. `ret_carry` is done by the caller, after a failure as well. */
int store_carry_take(Store *store, const char *instance_key, StoreCarry *ret_carry, Err *err);

/*
 * Puts what the owner before left into the state, in one commit, or nothing. Sightings that stand
 * here are of an earlier time and go in any case; those of the carry are taken only where the one
 * before handed the instance over (`with_sightings`). Whoever is in quarantine here or there stays,
 * and never for less than either says. Conditions are replaced where they are known. Changes count
 * with those of the history here for an hour.
 */
int store_carry_put(Store *store, const char *instance_key, const char *instance_name,
                    const StoreCarry *carry, bool with_sightings, uint64_t realtime_usec, Err *err);
