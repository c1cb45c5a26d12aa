/* SPDX-License-Identifier: MIT */
/* What an owner made known before it changed a channel, as another host reads it: the value of
 * ~intents/K/… (daemon/fleet/KEYS.md; daemon/fleet writes it). */
#pragma once

#include "daemon/store/carry.h"
#include "reconcile/change.h"

typedef struct IntentChange {
    ChangeKind kind;
    const char *member_id; /* "" of an addition */
    const void *identity;
    size_t identity_size;
    const char *before, *after; /* JSON; NULL where there is none */
} IntentChange;

typedef struct IntentValue {
    Arena arena; /* holds all that is pointed to */
    const char *host, *pass, *channel_id;
    const char *channel_name; /* "": not known */
    const char *digest;       /* of the plan; "": none */
    bool is_undo;
    IntentChange *changes;
    size_t change_count;
} IntentValue;

/* Reads one. Errors as pause_value_read(). intent_value_done() in every case. */
int intent_value_read(const char *json, size_t size, IntentValue *ret_intent, Err *err);
void intent_value_done(IntentValue *intent);

/*
 * Adds to a carry what an intent of another host tells: its changes, as made at `realtime_usec`,
 * and, where it is newer than the carry itself (`carried_usec`), the members that it disabled to
 * those in quarantine: from now on, and for as long as the roster says. Of an undo nothing. 0 or
 * -ENOMEM.
 */
int intent_value_carry(const IntentValue *intent, uint64_t realtime_usec, uint64_t carried_usec,
                       StoreCarry *carry);
