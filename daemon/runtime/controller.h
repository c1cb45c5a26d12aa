/* SPDX-License-Identifier: MIT */
/*
 * DOC: what makes passes in production
 *
 * reconcile/ decides and does nothing; here it meets the world. Backend is what all passes share:
 * the configuration in force, the client of the service (daemon/roma), the state (daemon/store),
 * what throttles each instance. A PassRun is one pass under way: its Ops are the clock, that client
 * and that state; answers reach it through the backend, which knows whose each instance is. A
 * Scheduler begins the passes of one instance when its schedule says so, and tells the log. An undo
 * is a PassRun beside them, over channels taken out of the history.
 *
 * The Controller is one configuration in force with all of these. When what begins, gives way and
 * ends is decided by reconcile/schedule alone (Lifecycle); the functions below hand over to it what
 * happens, and the ScheduleOps in controller.c carry out what it says. Everything comes from the
 * event loop, one thing at a time.
 *
 * A reload makes a second controller from the new files, then has the first one give way:
 * controller_halt(), and controller_step() until it is over. Then controller_begin() takes over
 * from it what is known of the same instances, and the old one is freed. Two are never at work at
 * once, so that nothing is sent by a configuration that a newer one has replaced.
 */
#pragma once

#include "config/config.h"
#include "daemon/runtime/scheduler.h"
#include "reconcile/schedule/lifecycle.h"

typedef struct Controller Controller;

/* Called after each pass and each undo, and when changes are allowed again; once halted, after each
 * answer as well. Not from within a pass; may not free the controller. */
typedef void (*ControllerOnPass)(void *userdata);

/* Whoever has an undo to be run beside the passes. */
typedef struct ControllerUndo {
    bool (*covers)(void *userdata, size_t instance);
    /* No run is under way on these instances. 0, with the run; negative: there will be none, and
     * whoever asked has been told. */
    int (*begin)(void *userdata, PassRun **ret_run);
    void *userdata;
} ControllerUndo;

struct Controller {
    Config *config; /* owned */
    Backend backend;
    uint64_t loaded_usec; /* realtime, when its configuration was */
    Lifecycle lifecycle;
    Scheduler *schedulers;   /* one for each instance */
    size_t scheduler_count;  /* of those that were initialised */
    bool is_read, is_set_up; /* controller_read() in parts: its credentials, the rest */
    size_t freed_count;      /* of those that are gone again: controller_free_part() */
    size_t *numbers;         /* of each channel of the configuration, among its scheduler's */
    ControllerUndo undo;     /* while one is asked for or under way */
    PassRun *undo_run; /* borrowed: it ends by controller_end_undo(); NULL: none is under way */
    ControllerOnPass on_pass;
    void *userdata;
};

/* So many instances are read, or freed, in one turn of the event loop. */
#define CONTROLLER_INSTANCES_AT_ONCE 32U

/*
 * Makes a controller and reads its credentials; nothing is sent before controller_begin(). Takes
 * `config` over, also on failure. Errors as backend_open(); sd-event's.
 */
int controller_new(sd_event *event, Config *config, bool dry_run, Store *store,
                   const Err *store_err, Controller **ret_controller, Err *err);

/*
 * The same in parts, where the event loop goes on meanwhile: controller_make() reads nothing;
 * controller_read() then reads the credentials of so many instances, and once all are read sets up
 * the rest. 1: it is to be called again; 0: that is done, and controller_begin() may follow;
 * negative, once all were looked at: as controller_new(), and controller_free() is to follow.
 */
int controller_make(sd_event *event, Config *config, bool dry_run, Store *store,
                    const Err *store_err, Controller **ret_controller, Err *err);
int controller_read(Controller *controller, size_t at_once, Err *err);

/* After controller_step() has said that it is over, or controller_abandon(); never while an
 * undo's run is under way. NULL is fine. */
void controller_free(Controller *controller);
DEFINE_CLEANUP(Controller, controller_free)

/* Frees a part of it, in the same cases: it can only be freed further then, by this or by
 * controller_free(). True once it is gone. */
bool controller_free_part(Controller *controller);

/* The first passes begin at once. `old` (may be NULL) is the controller before: what is known of
 * the same instances goes on, such as how long they throttle us. Needs no memory: by now there is
 * no way back. */
void controller_begin(Controller *controller, Controller *old, ControllerOnPass on_pass,
                      void *userdata);

/* The state can be used from now on: `store` is borrowed as in controller_new(). Passes under way
 * go on without it. */
void controller_use_store(Controller *controller, Store *store);

/* ---- on a host of a fleet (controller_fleet.c) ---- */

/* Before controller_begin(): goes by a fleet, which is borrowed, and makes passes over those of its
 * instances alone that are this host's. `handover_usec` as in backend_use_fleet(). */
void controller_use_fleet(Controller *controller, Fleet *fleet, uint64_t handover_usec);

/* FleetOps.begin, stop and (`is_lost`) drop: the instance with that key, where it has one, is this
 * host's or is not. An undo under way over it ends as its pass does. */
void controller_take_up(Controller *controller, const char *key);
void controller_stand_by(Controller *controller, const char *key, bool is_lost, const char *why);

/* Whether nothing of it is under way at the service. Where that is only a matter of time, since a
 * change had no answer, *ret_wait_usec is how long, else 0. */
bool controller_is_quiet(const Controller *controller, const char *key, uint64_t *ret_wait_usec);

/* The number of the instance with that key; scheduler_count: its configuration has none. */
size_t controller_find(const Controller *controller, const char *key);

/* Whether an instance is not this host's. */
bool controller_stands_by(const Controller *controller, size_t instance);

/* ---- passes ---- */

/* Asks for a pass of every instance (schedule_ask()). */
void controller_ask(Controller *controller);

/* Who says whether the configuration is still what the files say; asked before changes are recorded
 * (backend.h). Where not, the pass holds its changes until controller_allow_changes(). */
void controller_ask_current(Controller *controller, BackendIsCurrent is_current, void *userdata);

/* Who is told what each pass came to. */
void controller_tell_reports(Controller *controller, BackendOnReport on_report, void *userdata);

/*
 * No pass, of those under way and those that begin later, begins a change or records one; reads go
 * on. Not so an undo that is under way: it adds back what the history says was there, whatever the
 * rosters say; but none begins. `why` as in pass_hold_changes(). Harmless twice, and before
 * controller_begin(). Not to be called from within BackendIsCurrent.
 */
void controller_hold_changes(Controller *controller, const char *why);
void controller_allow_changes(Controller *controller);
bool controller_holds_changes(const Controller *controller);

/* Has an undo run beside the passes, which stand aside on its instances (lifecycle_ask_undo()); one
 * at a time. It may begin, or fail to, before this returns. */
void controller_ask_undo(Controller *controller, const ControllerUndo *undo, bool is_dry);

/* Its run is done, or it shall not begin any more. */
void controller_end_undo(Controller *controller);

/* The event loop has failed, so that nothing goes on: awaits no answer of the undo's run any more,
 * which may be freed then; controller_free() may follow. */
void controller_drop_undo(Controller *controller);

/* Does what may be done by now (lifecycle_step()). True once it is over: nothing is under way any
 * more, after controller_halt() or controller_stop(). */
bool controller_step(Controller *controller);

/* lifecycle_replace(): no further pass begins; passes under way send nothing more. An undo goes on.
 */
void controller_halt(Controller *controller, const char *why);

/* lifecycle_stop(): the same, and an undo sends nothing more either. */
void controller_stop(Controller *controller, const char *why);

/* Does not await what is in flight either. After one of the two. */
void controller_abandon(Controller *controller);

/* Whether a pass is under way on any instance. */
bool controller_is_passing(const Controller *controller);

/* Whether a pass makes no progress, or what should happen is overdue: the watchdog is not fed. */
bool controller_is_stuck(const Controller *controller, uint64_t now_usec);
