/* Opening the state: see state.h. */
#include "daemon/state.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/log.h"
#include "daemon/message_ids.h"
#include "daemon/state_dir.h"

int state_open(State *state, const Config *config, bool dry_run)
{
    const LogFields fields = {.message_id = MESSAGE_STATE};
    _cleanup_free_ char *directory = NULL;
    int r = state_dir_find(config, &directory, &state->err);

    if (r >= 0)
        r = dry_run ? store_open_read_only(directory, &state->store, &state->err)
                    : store_open(directory, &state->store, &state->err);
    if (r == -EWOULDBLOCK)
        return r;
    if (r < 0)
        log_event(LOG_LEVEL_ERR, &fields, "%s", state->err.text);
    return 0;
}

void state_close(State *state)
{
    store_free(state->store);
    *state = (State){0};
}
