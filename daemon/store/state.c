/* SPDX-License-Identifier: MIT */
#include "daemon/store/state.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/hang.h"
#include "daemon/base/log.h"
#include "daemon/log/message_ids.h"
#include "daemon/store/inspect.h"
#include "daemon/store/lock.h"
#include "daemon/store/state_dir.h"

/* Between steps of a few milliseconds each. */
#define PRUNE_STEP_USEC (100 * USEC_PER_MSEC)
#define INSPECT_STEP_USEC USEC_PER_SEC

/* The directory stays the same until a restart, whatever the settings say meanwhile. */
static int state_find_directory(State *state, const Config *config)
{
    return state->directory ? 0 : state_dir_find(config, &state->directory, &state->err);
}

/* Adds what to do about a directory that rosterd may not enter; returns the error. */
static int state_advise(State *state, int error, bool dry_run)
{
    const Err why = state->err;

    switch (error) {
    case -EACCES:
    case -EPERM:
    case -EROFS:
    case -ENOENT:
    case -ENOTDIR:
        break;
    default:
        return error;
    }
    if (dry_run)
        return err_set(
            &state->err, error,
            "%s; run rosterd as the owner of the state, or set state_dir in the settings "
            "to where it is",
            why.text);
    return err_set(&state->err, error,
                   "%s; it should be a directory that uid %u can write: run rosterd as its owner, "
                   "or name another (state_dir in the settings; in a unit, StateDirectory=)",
                   why.text, (unsigned)geteuid());
}

static int state_try(State *state, const Config *config, bool dry_run)
{
    int r = state_find_directory(state, config);
    _cleanup_hang_ Hang hang = hang_enter(state->directory);

    if (r < 0)
        return r;
    r = dry_run ? store_open_read_only(state->directory, &state->store, &state->err)
                : store_open(state->directory, &state->store, &state->err);
    return state_advise(state, r, dry_run);
}

int state_open(State *state, const Config *config, bool dry_run)
{
    const LogFields fields = {.message_id = MESSAGE_STATE};
    int r;

    assert(!state->store);
    r = state_try(state, config, dry_run);
    if (r == -EWOULDBLOCK)
        return r;
    if (r < 0)
        log_event(LOG_LEVEL_ERR, &fields, "%s", state->err.text);
    return 0;
}

int state_lock(State *state, const Config *config)
{
    const LogFields fields = {.message_id = MESSAGE_STATE};
    int r;

    assert(!state->is_locked && !state->store);
    r = state_find_directory(state, config);
    if (r >= 0) {
        _cleanup_hang_ Hang hang = hang_enter(state->directory);

        r = lock_take(state->directory, &state->lock, &state->err);
    }
    if (r == -EWOULDBLOCK)
        return r;
    if (r < 0) {
        state_advise(state, r, false);
        log_event(LOG_LEVEL_WARNING, &fields, "%s", state->err.text);
    }
    state->is_locked = r >= 0;
    return 0;
}

bool state_retry(State *state, const Config *config, bool dry_run)
{
    return state->store || state_try(state, config, dry_run) >= 0;
}

static void state_tell_pruned(State *state)
{
    const StorePruned pruned = state->pruned;
    char newest[CLOCK_RFC3339_SIZE];

    state->pruned = (StorePruned){0};
    if (pruned.actions == 0)
        return;
    clock_format_rfc3339(pruned.newest_usec, newest);
    log_event(LOG_LEVEL_NOTICE, &(LogFields){.message_id = MESSAGE_FORGOTTEN},
              "history: %" PRIu64 " action%s of %" PRIu64
              " pass%s, up to %s, forgotten: older than history_keep",
              pruned.actions, pruned.actions == 1 ? "" : "s", pruned.passes,
              pruned.passes == 1 ? "" : "es", newest);
}

bool state_prune(State *state, const Config *config, unsigned int steps_max)
{
    const LogFields fields = {.message_id = MESSAGE_STATE};
    Err err = {0};
    int r = state->store ? 1 : 0;

    for (unsigned int i = 0; i < steps_max && r > 0; i++)
        r = store_prune(state->store, config->history_keep_usec, &state->pruned, &err);
    if (r < 0)
        log_event(LOG_LEVEL_ERR, &fields, "old history stays: %s", err.text);
    if (r <= 0)
        state_tell_pruned(state);
    return r > 0;
}

uint64_t state_keep_up(State *state, const Config *config)
{
    const LogFields fields = {.message_id = MESSAGE_STATE};
    Err err = {0};
    int r = 0;

    if (!state->has_pruned && state_prune(state, config, 1))
        return PRUNE_STEP_USEC;
    state->has_pruned = true;
    if (state->store)
        r = store_inspect(state->store, &err);
    if (r > 0)
        return INSPECT_STEP_USEC;
    state->has_pruned = false;
    if (r < 0)
        log_event(LOG_LEVEL_ERR, &fields, "%s", err.text);
    return USEC_PER_DAY;
}

void state_close(State *state)
{
    if (state->is_locked)
        lock_release(&state->lock);
    state_tell_pruned(state);
    store_free(state->store);
    free(state->directory);
    *state = (State){0};
}
