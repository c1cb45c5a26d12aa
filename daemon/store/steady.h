/* SPDX-License-Identifier: MIT */
/*
 * The steady clock: how much time has really passed, as far as the state has seen it. It goes by
 * CLOCK_BOOTTIME, is kept in the database from one run to the next, and stands still while the
 * machine is off. Nobody can set it, so that one look at a wrong wall clock decides nothing: what
 * is forgotten, when a pause or an approval ends, which deletions are of the last hour. The wall
 * clock decides only between boots, and is what people read.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

typedef struct Store Store;

#define STEADY_BOOT_SIZE 40

typedef struct SteadyClock {
    char boot[STEADY_BOOT_SIZE]; /* this boot's id */
    uint64_t boottime_usec;      /* of this boot, and */
    uint64_t steady_usec;        /* at the same moment */
    uint64_t began_usec; /* when this boot was seen first: what is older is of an earlier one */
    int64_t offset_usec; /* of the wall clock against CLOCK_BOOTTIME, that the pauses go by */
} SteadyClock;

/* Where the time comes from; a test puts its own in the place. */
typedef struct SteadySource {
    uint64_t (*boottime_usec)(void);
    uint64_t (*realtime_usec)(void);
    const char *boot_id_path;
} SteadySource;

extern const SteadySource *steady_source;

/* Takes the clock up where the database left it, and with it what a new boot ends by the wall
 * clock. A state that cannot be written now is no error. 0, or as in store.h. */
int steady_load(Store *store, Err *err);

/* Keeps the clock with what is about to be committed. */
int steady_save(Store *store, Err *err);

/* Whether the one that is kept is an hour behind: what has passed since is lost with the boot. */
bool steady_is_stale(const Store *store);

/* Where the wall clock was set: puts the ends of pauses, as people read them and as the next boot
 * takes them, where they really are. Commits only then; a failure is left to the next call. */
void steady_follow(Store *store, uint64_t realtime_usec);

uint64_t steady_now_usec(const Store *store);

/* Whether what happened then, by both clocks, is less than `duration_usec` ago. By the wall clock
 * only where it was in an earlier boot; then what lies ahead of it, but not by that much, is
 * recent. */
bool steady_is_recent(const Store *store, uint64_t steady_usec, uint64_t wall_usec,
                      uint64_t realtime_usec, uint64_t duration_usec);

/* An end, by both clocks; `set_usec` is when it was set, by the steady clock. */
typedef struct SteadyEnd {
    uint64_t set_usec;
    uint64_t steady_usec;
    uint64_t wall_usec; /* 0: no end */
} SteadyEnd;

SteadyEnd steady_end(const Store *store, uint64_t wall_usec, uint64_t realtime_usec);

bool steady_has_ended(const Store *store, const SteadyEnd *end, uint64_t realtime_usec);

/* The end by the wall clock as it goes now; 0: none. */
uint64_t steady_end_wall_usec(const Store *store, const SteadyEnd *end, uint64_t realtime_usec);
