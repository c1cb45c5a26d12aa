/* SPDX-License-Identifier: MIT */
/* The inside of a Control, for the files of daemon/control. */
#pragma once

#include "daemon/control/control.h"
#include "daemon/http/server.h"

/* A request that waits for passes that begin after it. */
typedef struct Waiter {
    ServerCall *call;
    char *channel;    /* as asked for; NULL: all */
    uint64_t *wanted; /* for each scheduler, the done_count that it waits for; 0: it does not */
} Waiter;

typedef struct Loading Loading;

struct Control {
    sd_event *event;
    char *path;
    const State *state;
    bool dry_run;
    const char *invalid;
    ControlLoader loader; /* without functions: there is none */
    Controller *controller;
    Server *server;
    struct Undoing *undoing;   /* the undo under way (handle_undo.c); NULL: none */
    struct Planning *planning; /* the dry run under way (handle_plan.c); NULL: none */
    Loading *loadings;         /* requests that wait until all is loaded (loading.c) */
    Waiter *waiters;
    size_t waiter_count, waiter_capacity;
};

/* Whether the state can be written; else why not, in `err`. */
int control_writable(const Control *control, Err *err);
