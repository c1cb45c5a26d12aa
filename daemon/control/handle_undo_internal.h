/* SPDX-License-Identifier: MIT */
/* The undo under way, for the files about it. */
#pragma once

#include "daemon/control/control_internal.h"
#include "daemon/fleet/keys.h"
#include "daemon/runtime/undo_making.h"

typedef struct Undoing Undoing;

struct Undoing {
    Control *control;
    ServerRequest *request; /* NULL: another host asks, by `key` */
    UndoChoice choice;      /* its texts are `pass` and `channel` */
    char pass[STORE_PASS_ID_SIZE];
    char *channel; /* as asked for, cut at the '/' behind the instance; NULL: none */
    bool dry_run;
    bool is_asked;        /* it was made once, and is logged */
    bool has_paused;      /* its channels */
    StorePauses replaced; /* pauses of its channels that its own took the place of */
    Undo *undo;

    /* While it is made out of the history (handle_undo_making.c). */
    UndoMaking *making;
    sd_event_source *turn;    /* makes the next step */
    bool is_paused_meanwhile; /* in a fleet, and goes on once it is made */

    /* In a fleet (handle_undo_fleet.c). */
    SharedAsking **pauses; /* of its channels; NULL in it: that one is over */
    size_t pause_count;
    size_t pausing_count;                 /* are under way */
    char unpaused[256];                   /* why etcd has not got one; "": it has all */
    char key[KEYS_NAME_SIZE];             /* under which it was handed over; "": it was not */
    char instance_key[INSTANCE_KEY_SIZE]; /* with it */
    FleetWriting *writing;                /* of it; NULL: none is under way */
    sd_event_source *timer;               /* the owner is not waited for any longer */

    /* Of a pass that is not in the history here (handle_undo_past.c). */
    StoreActions past;     /* what was read of it */
    size_t past_instance;  /* where it is looked for */
    size_t past_count;     /* instances that were */
    FleetReading *reading; /* under way; NULL: none */
};

/* ---- handle_undo.c ---- */

/* Answers, and ends it. */
void handle_undo_answer(Undoing *undoing, Buf *answer);
void handle_undo_refuse(Undoing *undoing, int status, const char *text);

/* It is made, or cannot be: `result`. Begins it, or goes on with it after the controller changed.
 * 0, or what is wrong, told in `err`. */
int handle_undo_on_made(Undoing *undoing, int result, Err *err);

/* Begins it where it is to be carried out. Errors are told in `err`. */
int handle_undo_start(Undoing *undoing, Err *err);

/* Begins it here, as soon as the passes stand aside. */
void handle_undo_ask(Undoing *undoing);

/* ---- handle_undo_making.c ---- */

/* Makes it out of the history: a first step at once, those that follow each in a turn of its own.
 * Then it pauses its channels, but in a fleet, and calls handle_undo_on_made(). 0, or what is
 * wrong already, told in `err`. */
int handle_undo_make(Undoing *undoing, Err *err);
void handle_undo_making_done(Undoing *undoing);

/* ---- handle_undo_fleet.c ---- */

/* Has its channels paused on all hosts; then it is begun here, or handed to the owner. */
int handle_undo_fleet_begin(Undoing *undoing, Err *err);

/* Its channels are paused, or could not be: begins it here, or hands it over; refuses it where that
 * fails. */
void handle_undo_fleet_go_on(Undoing *undoing);

/* What came of an undo that another host asked for: `answer`, or why nothing was done. */
void handle_undo_fleet_answer(const Undoing *undoing, const Buf *answer, const char *error);

void handle_undo_fleet_done(Undoing *undoing);

/* ---- handle_undo_past.c ---- */

/* Looks for the pass among what owners made known; then it is begun. -ENOENT: it is of no pass. */
int handle_undo_past_begin(Undoing *undoing, Err *err);
void handle_undo_past_done(Undoing *undoing);
