/* SPDX-License-Identifier: MIT */
/*
 * A configuration in force: its backend and the schedulers of its instances. A reload ends one
 * controller and begins the next; two are never at work at once.
 */
#pragma once

#include "config/config.h"
#include "daemon/runtime/scheduler.h"

typedef struct Controller {
    Config *config; /* owned */
    Backend backend;
    Scheduler *schedulers;  /* one for each instance */
    size_t scheduler_count; /* of those that were initialised */
    PassRun *undo_run; /* a run beside the schedulers, whose owner looks after it; NULL: none */
    bool is_halted;
} Controller;

/*
 * Makes a controller and reads its credentials; nothing is sent before controller_begin(). Takes
 * `config` over, also on failure. Errors as backend_open(); sd-event's.
 */
int controller_new(sd_event *event, Config *config, bool dry_run, Store *store,
                   const Err *store_err, Controller **ret_tenure, Err *err);

/* After controller_is_idle(), or controller_abandon(). NULL is fine. */
void controller_free(Controller *controller);
DEFINE_CLEANUP(Controller, controller_free)

/* The first passes begin at once. `old` (may be NULL) is the controller before: what is known of
 * the same instances goes on, such as how long they throttle us. Needs no memory: by now there is
 * no way back. */
void controller_begin(Controller *controller, Controller *old, SchedulerOnPass on_pass,
                      void *userdata);

/* The state can be used from now on: `store` is borrowed as in controller_new(). Passes under way
 * go on without it. */
void controller_use_store(Controller *controller, Store *store);

/* Asks every scheduler for a pass (scheduler_ask()). */
void controller_ask(Controller *controller);

/* Who says whether the configuration is still what the files say; asked before changes are recorded
 * (backend.h). Where not, the pass holds its changes until controller_allow_changes(). */
void controller_ask_current(Controller *controller, BackendIsCurrent is_current, void *userdata);

/*
 * No pass, of those under way and those that begin later, begins a change or records one; reads go
 * on. Not so an undo that is under way: it adds back what the history says was there, whatever the
 * rosters say; but none begins. `why` as in pass_hold_changes(). Harmless twice, and before
 * controller_begin(). Not to be called from within BackendIsCurrent.
 */
void controller_hold_changes(Controller *controller, const char *why);
void controller_allow_changes(Controller *controller);
bool controller_holds_changes(const Controller *controller);

/* No further pass begins; passes under way send nothing more. The undo_run goes on. */
void controller_halt(Controller *controller, const char *why);

/* The same, and the undo_run sends nothing more either. */
void controller_stop(Controller *controller, const char *why);

/* Does not await what is in flight either. */
void controller_abandon(Controller *controller, const char *why);

/* Whether no pass is under way. */
bool controller_is_idle(const Controller *controller);

/* Whether a deletion or an addition is in flight. */
bool controller_is_changing(const Controller *controller);

bool controller_is_stuck(const Controller *controller, uint64_t now_usec);
