/* SPDX-License-Identifier: MIT */
/* The inside of a PassRun, for its own files. */
#pragma once

#include "daemon/runtime/pass_run.h"
#include "daemon/runtime/wake.h"
#include "reconcile/schedule/progress.h"

typedef struct PassRunIntent PassRunIntent;

struct PassRun {
    Backend *backend;
    Store *store; /* the backend's when it began: one that came since does not know this pass */
    BackendUser user;
    const Config *config; /* the backend's, or an undo's */
    ChannelUndo *undos;   /* of an undo; NULL: none */
    const char *undo_of;  /* the pass that an undo undoes; NULL: none */
    bool dry_run;         /* the backend's, or an undo's own */
    size_t instance;      /* or PASS_ALL_INSTANCES */
    bool is_probe;
    const SurveyScope *surveyed; /* of a survey, until it is made; NULL: none */
    Pass *pass;                  /* NULL where it is a survey */
    Survey *survey;              /* NULL where it is a pass */
    Wake wake;
    sd_event_source *done; /* tells that the pass is done, outside all callbacks */
    Progress progress;
    PassRunIntent *intents; /* what is being made known to the fleet */
    char wait_text[320];    /* what is sent again at `wait_usec`, and why */
    uint64_t wait_usec;     /* monotonic; 0: nothing is */
    char pass_id[STORE_PASS_ID_SIZE];
    PassRunOnDone on_done;
    PassRunOnEvent on_event;
    PassRunOnAnswered on_answered; /* NULL: not wanted */
    void *userdata;
};

/* After each step of the pass. */
void pass_run_look(PassRun *run);

/* Keeps what an EVENT_RETRY says, for who waits. */
void pass_run_note_wait(PassRun *run, const Event *event);
