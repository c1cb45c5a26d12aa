/* SPDX-License-Identifier: MIT */
/* Members in quarantine, as the state has them. */
#pragma once

#include "daemon/store/store.h"

/* Adds who is in quarantine in a channel (ops.h, recall_quarantine()): whom store_record() took in
 * and store_decide() has not let out. Of one whose disabling is not decided the whole time is left.
 */
int store_quarantine_recall(Store *store, const char *instance_key, const char *channel_id,
                            uint64_t quarantine_usec, uint64_t realtime_usec,
                            Quarantine *quarantine, Err *err);

/* Members that are disabled already enter; buffered. */
int store_quarantine_enter(Store *store, const StoreScope *channel, uint64_t quarantine_usec,
                           const char *const *member_ids, size_t count, uint64_t realtime_usec,
                           Err *err);

/* Members leave that somebody else had disabled; buffered. */
int store_quarantine_leave(Store *store, const char *instance_key, const char *channel_id,
                           const char *const *member_ids, size_t count, Err *err);

/* From now, until the next of an instance's members has been in quarantine for its time;
 * USEC_NEVER: none is waiting, or it cannot be told. */
uint64_t store_quarantine_due_usec(Store *store, const char *instance_key);

/* A member that rosterd disabled, or may have. */
typedef struct StoreQuarantined {
    const char *instance_key;
    const char *instance_name;
    const char *channel_id;
    const char *channel_name;
    const char *member_id;
    const void *identity;
    size_t identity_size;
    bool is_told; /* store_quarantine_tell() */
} StoreQuarantined;

typedef struct StoreQuarantine {
    Arena arena; /* holds all that is pointed to */
    StoreQuarantined *items;
    size_t count, capacity;
} StoreQuarantine;

void store_quarantine_done(StoreQuarantine *quarantine);

/* All of them, by channel. `ret_quarantine` is done by the caller. Costs nothing where there is
 * none. */
int store_quarantine(Store *store, StoreQuarantine *ret_quarantine, Err *err);

/* Notes of a channel's members whether it was told that no roster names the channel; buffered. */
int store_quarantine_tell(Store *store, const char *instance_key, const char *channel_id,
                          bool is_told, Err *err);
