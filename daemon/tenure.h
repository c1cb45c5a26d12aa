/*
 * A configuration in force: its door and the beats of its instances. A reload ends one tenure and
 * begins the next; two are never at work at once.
 */
#pragma once

#include "config/config.h"
#include "daemon/beat.h"

typedef struct Tenure {
    Config *config; /* owned */
    Door door;
    Beat *beats;       /* one for each instance */
    size_t beat_count; /* of those that were initialised */
    Run *guest;        /* a run beside the beats, whose owner looks after it; NULL: none */
    bool is_halted;
} Tenure;

/*
 * Makes a tenure and reads its credentials; nothing is sent before tenure_begin(). Takes `config`
 * over, also on failure. Errors as door_open(); sd-event's.
 */
int tenure_new(sd_event *event, Config *config, bool dry_run, Store *store, const Err *store_err,
               Tenure **ret_tenure, Err *err);

/* After tenure_is_idle(), or tenure_abandon(). NULL is fine. */
void tenure_free(Tenure *tenure);
DEFINE_CLEANUP(Tenure, tenure_free)

/* The first passes begin at once. `old` (may be NULL) is the tenure before: what is known of the
 * same instances goes on, such as how long they throttle us. Needs no memory: by now there is no
 * way back. */
void tenure_begin(Tenure *tenure, Tenure *old, BeatOnPass on_pass, void *userdata);

/* The state can be used from now on: `store` is borrowed as in tenure_new(). Passes under way go on
 * without it. */
void tenure_use_store(Tenure *tenure, Store *store);

/* Asks every beat for a pass (beat_ask()). */
void tenure_ask(Tenure *tenure);

/* No further pass begins; passes under way send nothing more. The guest goes on. */
void tenure_halt(Tenure *tenure, const char *why);

/* The same, and the guest sends nothing more either. */
void tenure_stop(Tenure *tenure, const char *why);

/* Does not await what is in flight either. */
void tenure_abandon(Tenure *tenure, const char *why);

/* Whether no pass is under way. */
bool tenure_is_idle(const Tenure *tenure);

/* Whether a deletion or an addition is in flight. */
bool tenure_is_changing(const Tenure *tenure);

bool tenure_is_stuck(const Tenure *tenure, uint64_t now_usec);
