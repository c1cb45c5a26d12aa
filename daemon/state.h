/* The state as a program opens it: for writing, or for reading in a dry run; or not at all, with
 * the reason, in which case nothing is deleted. */
#pragma once

#include "config/config.h"
#include "daemon/store/store.h"

typedef struct State {
    Store *store; /* NULL: it cannot be used */
    Err err;      /* why */
} State;

/* 0, also where the state cannot be used, which is logged; -EWOULDBLOCK when another rosterd holds
 * it, told in state->err. state_close() in every case. */
int state_open(State *state, const Config *config, bool dry_run);
void state_close(State *state);
