/* SPDX-License-Identifier: MIT */
/* The state as a program opens it: for writing, or for reading in a dry run; or not at all, with
 * the reason, in which case nothing is deleted. */
#pragma once

#include "config/config.h"
#include "daemon/store/lock.h"
#include "daemon/store/store.h"

typedef struct State {
    char *directory; /* where it is; NULL: no place is known */
    Store *store;    /* NULL: it cannot be used */
    Err err;         /* why, and what would help */
    bool is_locked;
    Lock lock;          /* is_locked; a Store that can write has a lock of its own */
    StorePruned pruned; /* forgotten, and not told yet */
    bool has_pruned;    /* in this round of state_keep_up() */
} State;

/* 0, also where the state cannot be used, which is logged; -EWOULDBLOCK when another rosterd holds
 * it, told in state->err. state_close() in every case. */
int state_open(State *state, const Config *config, bool dry_run);

/* Before state_open(), for a daemon in dry run: keeps every other rosterd from the directory. 0,
 * also where it cannot be had, which is logged; -EWOULDBLOCK as state_open(). */
int state_lock(State *state, const Config *config);

/* Tries again where it cannot be used, without a word, and in the same directory, whatever `config`
 * says by now. Whether it can be used. */
bool state_retry(State *state, const Config *config, bool dry_run);

void state_close(State *state);

/* Forgets what is older than history_keep of the settings, in so many bounded steps at most.
 * Whether there is more. At the end, and by state_close(), it is logged what was forgotten; a
 * failure is logged, and ends it. Not in a dry run. */
bool state_prune(State *state, const Config *config, unsigned int steps_max);

/* What a daemon does for the state while it runs, a bounded step at a time: forgets what is old,
 * then looks at what is kept (inspect.h); damage is logged. Returns when the next step is due, from
 * now: a day after the last of a round. Not in a dry run. */
uint64_t state_keep_up(State *state, const Config *config);
