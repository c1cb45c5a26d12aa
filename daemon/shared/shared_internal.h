/* SPDX-License-Identifier: MIT */
/* The inside of a Shared. */
#pragma once

#include "daemon/fleet/keys.h"
#include "daemon/shared/shared.h"

/* How long whoever asks waits; of that, for etcd. */
#define SHARED_ASK_USEC (5 * USEC_PER_SEC)
#define SHARED_WRITE_USEC (4 * USEC_PER_SEC)

/* Between tries of what etcd has not got yet. */
#define SHARED_RETRY_USEC (2 * USEC_PER_SEC)

#define KEYS_TAKEN "taken/"
#define KEYS_PAUSED "~paused/"

struct SharedAsking {
    Shared *shared;
    SharedAsking *next;
    SharedOnOutcome callback;
    void *userdata;
    FleetWriting *writing;       /* NULL: it is written, and waits to be taken */
    sd_event_source *timer;      /* the end of its patience */
    uint64_t begun_usec;         /* realtime */
    uint64_t revision;           /* of what it wrote; 0: not yet */
    bool is_pause;               /* else of an approval, or */
    bool is_end;                 /* of the end of a pause */
    char marker[KEYS_NAME_SIZE]; /* is_pause: the key that tells that it was written */
    uint64_t number;             /* of the pause in the state */
    Arena arena;                 /* of the scope */
    StoreScope scope;            /* that it waits for */
};

struct Shared {
    sd_event *event;
    Fleet *fleet;
    const char *host;
    uint64_t lease_usec;
    uint64_t write_usec; /* how long etcd has for what is asked */
    SharedOnPaused on_paused;
    void *userdata;
    Store *store;                             /* NULL: none */
    bool pauses_changed, approvals_changed;   /* since they were kept last */
    bool is_odd;                              /* one of them cannot be read, which was said */
    uint64_t paused_revision, taken_revision; /* what passes go by; what was said of it */
    FleetWriting *taking;                     /* taken/HOST is under way */
    SharedAsking *askings;
    FleetWriting *settling; /* a pause that was local is being written; NULL: none is */
    uint64_t settling_number;
    char settling_marker[KEYS_NAME_SIZE];
    char old_marker[KEYS_NAME_SIZE]; /* nobody needs it any more; "": none */
    uint32_t settling_differs;       /* so often in a row its keys were otherwise */
    bool is_failing;                 /* the state could not be written, which was said */
    sd_event_source *retry;
};

/* ---- shared.c ---- */

/* Adds all pauses that etcd has, each once. 0 or -ENOMEM. One that is odd is left out and told in
 * `err`. */
int shared_read_pauses(const Shared *shared, StorePauses *ret_pauses, Err *err);

/* All that was not done is tried again in a while. */
void shared_retry_later(Shared *shared);

/* ---- shared_pause.c ---- */

/* Names of the keys of a scope. Returns how many, or -ENOMEM. */
#define SHARED_SCOPE_NAMES 2
int shared_name_scope(const StoreScope *scope,
                      char ret_names[static SHARED_SCOPE_NAMES][KEYS_NAME_SIZE]);

/* Writes a pause that etcd has not got yet, one after the other. */
void shared_settle(Shared *shared);

/* ---- shared_ask.c ---- */

/* Whether etcd tells us what changes there: 0, or -EHOSTUNREACH with the remedy. */
int shared_check(const Shared *shared, Err *err);

/* Begins to wait; what is waited for is written next. Errors are told in `err`. */
int shared_ask(Shared *shared, const StoreScope *scope, SharedOnOutcome callback, void *userdata,
               SharedAsking **ret_asking, Err *err);
int shared_ask_write(SharedAsking *asking, const FleetIf *ifs, size_t if_count,
                     const FleetPut *puts, size_t put_count, Err *err);

/* Whether it has what it waits for, or its time is up. May free it. */
void shared_look_at_asking(SharedAsking *asking, bool is_end);
void shared_look_at_askings(Shared *shared);
