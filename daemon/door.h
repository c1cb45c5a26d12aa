/*
 * The production side of reconcile/ops.h: real time and chance, the service through daemon/roma,
 * the state through daemon/store, the log. One door serves one pass after another.
 */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/roma/client.h"
#include "daemon/store/store.h"
#include "reconcile/pass.h"

typedef struct Door Door;

/* Called from the event loop when the pass begun last is done. */
typedef void (*DoorOnDone)(Door *door, void *userdata);

struct Door {
    sd_event *event;
    const Config *config;
    bool dry_run;
    Store *store;  /* NULL: the state cannot be used, and nothing is deleted */
    Err store_err; /* why */
    RomaClient *client;
    Gate *gates; /* one for each instance */
    sd_event_source *wake;
    sd_event_source *done; /* tells that the pass is done, outside all callbacks */
    Pass *pass;            /* the pass under way, or the last one */
    char pass_id[STORE_PASS_ID_SIZE];
    DoorOnDone on_done;
    void *userdata;
};

/*
 * Opens it for a configuration: the credentials are read, no request is sent. `store` is taken over
 * (NULL with a reason in `store_err` where there is none). Errors of credentials as
 * roma_client_new(); -ENOMEM. door_close() in every case. `door` must not move.
 */
int door_open(Door *door, sd_event *event, const Config *config, bool dry_run, Store *store,
              const Err *store_err, Err *err);
void door_close(Door *door);

/* Begins a pass; on_done is called once it is done. Frees the pass before. 0 or negative. */
int door_begin_pass(Door *door, DoorOnDone on_done, void *userdata, Err *err);

/* pass_stop(), and pass_abandon() with the requests in flight dropped. */
void door_stop(Door *door, const char *why);
void door_abandon(Door *door, const char *why);

/* Ends the pass in the state: what is not yet durable becomes so. */
int door_end_pass(Door *door, Err *err);
