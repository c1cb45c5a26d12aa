/* Opening the state: see state.h. */
#include "daemon/state.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/message_ids.h"
#include "daemon/state_dir.h"
#include "daemon/store/lock.h"

static int state_try(State *state, const Config *config, bool dry_run)
{
    _cleanup_free_ char *directory = NULL;
    int r = state_dir_find(config, &directory, &state->err);

    if (r < 0)
        return r;
    return dry_run ? store_open_read_only(directory, &state->store, &state->err)
                   : store_open(directory, &state->store, &state->err);
}

int state_open(State *state, const Config *config, bool dry_run)
{
    const LogFields fields = {.message_id = MESSAGE_STATE};
    int r = state_try(state, config, dry_run);

    if (r == -EWOULDBLOCK)
        return r;
    if (r < 0)
        log_event(LOG_LEVEL_ERR, &fields, "%s", state->err.text);
    return 0;
}

int state_lock(State *state, const Config *config)
{
    const LogFields fields = {.message_id = MESSAGE_STATE};
    _cleanup_free_ char *directory = NULL;
    int r = state_dir_find(config, &directory, &state->err);

    if (r >= 0)
        r = lock_take(directory, &state->err);
    if (r == -EWOULDBLOCK)
        return r;
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, &fields, "%s", state->err.text);
    state->is_locked = r >= 0;
    state->lock = r;
    return 0;
}

bool state_retry(State *state, const Config *config, bool dry_run)
{
    return state->store || state_try(state, config, dry_run) >= 0;
}

void state_prune(const State *state, const Config *config)
{
    const LogFields fields = {.message_id = MESSAGE_STATE};
    uint64_t now_usec = clock_realtime_usec();
    Err err = {0};

    if (!state->store || now_usec < config->history_keep_usec)
        return;
    if (store_prune(state->store, now_usec - config->history_keep_usec, now_usec, &err) < 0)
        log_event(LOG_LEVEL_ERR, &fields, "old history stays: %s", err.text);
}

void state_close(State *state)
{
    if (state->is_locked)
        close(state->lock);
    store_free(state->store);
    *state = (State){0};
}
