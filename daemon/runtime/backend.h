/* SPDX-License-Identifier: MIT */
/*
 * What all passes share of the world: the configuration in force, the client of the service, the
 * state, each instance's throttle. pass_run.h takes passes through it.
 */
#pragma once

#include <systemd/sd-event.h>

#include "config/channel_index.h"
#include "config/instance_index.h"
#include "config/instance_key.h"
#include "daemon/fleet/fleet.h"
#include "daemon/roma/client.h"
#include "daemon/runtime/tally.h"
#include "daemon/store/store.h"
#include "reconcile/pass/lookup.h"
#include "reconcile/pass/pass_guards.h"
#include "reconcile/pass/take_over.h"
#include "reconcile/report/report.h"
#include "reconcile/request/throttle.h"

/* Whoever takes an instance's answers. */
typedef struct BackendUser {
    RomaOnAnswer on_answer;
    RomaOnRenewed on_renewed;
    RomaOnWait on_wait;
    void *userdata;
} BackendUser;

/* Whether the files still say what the configuration in force says, as far as can be seen. Called
 * before each pass, and from within it, which it may not touch: whoever finds a difference takes it
 * up later, from the event loop. */
typedef bool (*BackendIsCurrent)(void *userdata);

/* Called after each pass over an instance, with what it came to. */
typedef void (*BackendOnReport)(void *userdata, size_t instance, const Report *report);

typedef struct Backend {
    sd_event *event;
    const Config *config;
    ChannelIndex channels;   /* of it */
    InstanceIndex instances; /* likewise */
    bool dry_run;
    Store *store;  /* borrowed; NULL: the state cannot be used, and nothing is deleted */
    Err store_err; /* why */
    RomaClient *client;
    Fleet *fleet; /* borrowed; NULL: this host shares its instances with none, or only reads */
    uint64_t handover_usec;    /* with `fleet` */
    Limiter limiter;           /* of all instances */
    Throttle *throttles;       /* one for each instance */
    const BackendUser **users; /* likewise; NULL: no run uses it */
    size_t *firsts;            /* likewise: the channel that its next pass begins with (pass.h) */
    LookupMemory *lookups;     /* likewise: what passes know of its list of channels (pass.h) */
    const ChosenPlans *chosen; /* what passes are confined to (pass.h); NULL: nothing */
    PassSpent *spent;          /* likewise: what a pass sent that was stopped (pass.h) */
    TakeOver *take_overs;      /* likewise: what passes learn since it was taken over (pass.h) */
    char (*keys)[INSTANCE_KEY_SIZE]; /* likewise: what the state goes by */
    uint64_t *unheard_usec;          /* likewise: boottime, when a change had no answer; 0: none */
    Tally *tally;                    /* borrowed; NULL: nothing is counted */
    BackendIsCurrent is_current;     /* NULL: it always is */
    void *current_userdata;
    BackendOnReport on_report; /* NULL: nobody asks */
    void *report_userdata;
} Backend;

/*
 * Opens it for a configuration: the credentials are read, no request is sent. Everything is
 * borrowed; `store_err` tells why `store` is NULL. Errors of credentials as roma_client_new();
 * -ENOMEM. backend_close() in every case. `backend` must not move.
 */
int backend_open(Backend *backend, sd_event *event, const Config *config, bool dry_run,
                 Store *store, const Err *store_err, Err *err);

/* The same in parts, as roma_client_make() and roma_client_read(). */
int backend_make(Backend *backend, sd_event *event, const Config *config, bool dry_run,
                 Store *store, const Err *store_err, Err *err);
int backend_read(Backend *backend, size_t at_once, Err *err);

/* After all its users. */
void backend_close(Backend *backend);

/* Changes begin from now on while the fleet lets them (fleet_allows_usec()). `fleet` is borrowed;
 * `handover_usec` is that of its settings. */
void backend_use_fleet(Backend *backend, Fleet *fleet, uint64_t handover_usec);

/* Ends what is under way for a user. `is_changing`: changes may be, whose answers are not heard. */
void backend_cancel(const Backend *backend, const BackendUser *user, bool is_changing);

/* How long until whatever change of an instance had no answer is over at the service, by the
 * `handover` of the fleet; 0: all were answered, or there is no fleet. */
uint64_t backend_unsettled_usec(const Backend *backend, size_t instance);

/* Until when (monotonic) the steps under way to get the credentials of a user's instances may take:
 * there may be several attempts, with waits that IAM asks for. 0: none is under way. */
uint64_t backend_renewal_due_usec(const Backend *backend, const BackendUser *user);

/* Asks is_current, where there is one. */
bool backend_is_current(const Backend *backend);

/* The error of a state that cannot be used. */
int backend_without_store(const Backend *backend, Err *err);

/* Whether the state can be used, as store_check(); else why not, in `err`. */
int backend_check_store(const Backend *backend, Err *err);
