/* SPDX-License-Identifier: MIT */
/* The inside of the daemon, for the files of daemon/service. */
#pragma once

#include "daemon/control/control.h"
#include "daemon/notify/notices.h"
#include "daemon/service/metrics_file.h"
#include "daemon/service/reload.h"
#include "daemon/store/state.h"

/* Who waits for what the files say to be in force. */
typedef struct LoadWaiter {
    ControlOnLoaded on_loaded;
    void *waiter;
} LoadWaiter;

/* The part of this host in a fleet. */
typedef struct ServiceFleet {
    Fleet *fleet;   /* as the settings named it at the start; NULL: none, or a dry run */
    Shared *shared; /* with it: pauses and approvals of the fleet */
    uint64_t handover_usec;
    uint64_t settled_usec;  /* boottime: whatever earlier sets left without an answer is over */
    sd_event_source *timer; /* looks whether something can be given away by now */
    bool is_reading;        /* some instance that may be another host's is read: etcd is away */
    bool is_abandoned;      /* at the end: etcd is not waited for */
} ServiceFleet;

typedef struct Service {
    sd_event *event;
    const Options *options;
    State state;
    Controller *controller; /* in force */
    Controller *next;       /* waits for the passes of `controller` to end; NULL: none */
    Controller *retired;    /* was in force before: it is freed in parts; NULL: none is left */
    Reload reload;
    sd_event_source *load_timer; /* looks whether what is being loaded is loaded; NULL: never */
    bool is_reloading;           /* the service manager was told of a reload, and not of its end */
    sd_event_source *idle; /* looks, outside of all callbacks, at what is to follow from them */
    Control *control;      /* NULL: there is no socket */
    ServiceFleet fleet;
    Notices *notices;
    MetricsFile metrics_file;
    LoadWaiter *waiters;
    size_t waiter_count, waiter_capacity;
    char why[64];           /* the signal that ends it; "" */
    uint64_t watchdog_usec; /* how often it is fed; 0: not at all */
    bool is_stuck;          /* the watchdog is not fed */
    bool is_user_said;      /* a signal that means nothing was logged */
} Service;

/* ---- service.c ---- */

void service_show_status(const Service *service);

/* ---- service_change.c: which set is in force, and what changes on disk ---- */

/* `idle` calls this when it is enabled, by service_look_later(). */
int service_on_idle(sd_event_source *source, void *userdata);

/* From within a controller or its passes, which cannot be touched there: the loop does it. */
void service_look_later(Service *service);

void service_begin_controller(Service *service, Controller *controller);

/* Notices go by the controller's settings and the state from now on. */
void service_use_notices(const Service *service);
void service_load_asked(Service *service);

/* For watch_new() and settle_new(). */
void service_on_watch(void *userdata);
void service_on_settled(bool has_changed, void *userdata);
void service_on_busy(void *userdata);

/* Whoever waits is told that the daemon ends. */
void service_end_waiters(Service *service);

/* The functions of control.h's ControlLoader; userdata is the Service. */
int service_load_for(void *userdata, ControlOnLoaded on_loaded, void *waiter);
void service_load_cancel(void *userdata, const void *waiter);

/* ---- service_fleet.c: which instances are this host's ---- */

/* Where the settings name a fleet, for the first configuration. Errors as fleet_new(). */
int service_fleet_open(Service *service, const Config *config, Err *err);

/* The state is another by now, or can be written. */
void service_fleet_use_store(const Service *service);

/* Before a controller begins; and once it is in force, in place of `old` (NULL: none). */
void service_fleet_use(Service *service, Controller *controller);
void service_fleet_tell(Service *service, const Controller *old);

/* Whether notices of an instance are this host's to send: without a fleet, or as its owner. */
bool service_fleet_tells(const Service *service, size_t instance);

/* What a pass came to, for the other hosts. */
void service_fleet_put_record(const Service *service, size_t instance, const Report *report);

/* Gives all away, as soon as nothing is under way. Whether that is over; if not, service_on_idle()
 * is called again soon. */
void service_fleet_end(Service *service, const char *why);
bool service_fleet_is_over(Service *service);
void service_fleet_done(Service *service);

/* ---- service_stop.c: signals, the end, the watchdog ---- */

/* The handlers of all signals, which are blocked. */
int service_catch_signals(Service *service, Err *err);
int service_begin_watchdog(Service *service, Err *err);
