/*
 * What all passes share of the world: the configuration in force, the client of the service, the
 * state, each instance's gate. run.h takes passes through it.
 */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/roma/client.h"
#include "daemon/store/store.h"
#include "reconcile/request/gate.h"

/* Whoever takes an instance's answers. */
typedef struct DoorUser {
    RomaOnAnswer on_answer;
    RomaOnRenewed on_renewed;
    RomaOnWait on_wait;
    void *userdata;
} DoorUser;

typedef struct Door {
    sd_event *event;
    const Config *config;
    bool dry_run;
    Store *store;  /* borrowed; NULL: the state cannot be used, and nothing is deleted */
    Err store_err; /* why */
    RomaClient *client;
    Gate *gates;            /* one for each instance */
    const DoorUser **users; /* likewise; NULL: nobody uses it */
    size_t *firsts;         /* likewise: the channel that its next pass begins with (pass.h) */
} Door;

/*
 * Opens it for a configuration: the credentials are read, no request is sent. Everything is
 * borrowed; `store_err` tells why `store` is NULL. Errors of credentials as roma_client_new();
 * -ENOMEM. door_close() in every case. `door` must not move.
 */
int door_open(Door *door, sd_event *event, const Config *config, bool dry_run, Store *store,
              const Err *store_err, Err *err);

/* After all its users. */
void door_close(Door *door);

/* Until when (monotonic) the steps under way to get the credentials of a user's instances may take:
 * there may be several attempts, with waits that IAM asks for. 0: none is under way. */
uint64_t door_renewal_due_usec(const Door *door, const DoorUser *user);

/* The error of a state that cannot be used. */
int door_without_store(const Door *door, Err *err);
