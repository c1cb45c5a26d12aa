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

struct Control {
    sd_event *event;
    char *path;
    const State *state;
    bool dry_run;
    const char *invalid;
    Controller *controller;
    Server *server;
    struct Undoing *undoing; /* the undo under way (undo.c); NULL: none */
    Waiter *waiters;
    size_t waiter_count, waiter_capacity;
};

/* Answers with {"error": TEXT}, out of memory as well. */
void control_refuse(ServerCall *call, int status, const char *text);

/* Answers with what was made of `buf`, 500 where memory ran out. Takes it over. */
void control_answer(ServerCall *call, Buf *buf);

/* Whether the state can be written; else why not, in `err`. */
int control_writable(const Control *control, Err *err);

/* The status that suits an error: 400, 404, 409, 500, 503. */
int control_status(int error);
