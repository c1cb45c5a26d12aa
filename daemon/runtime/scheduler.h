/* SPDX-License-Identifier: MIT */
/*
 * The rhythm of one instance: a pass every interval with jitter; fewer while none of its channels
 * can be read; what the last pass came to.
 */
#pragma once

#include "daemon/log/pass_log.h"
#include "daemon/runtime/pass_run.h"

typedef struct Scheduler Scheduler;

/* Called after each of its passes, from the event loop; once halted, after each answer as well. */
typedef void (*SchedulerOnPass)(Scheduler *scheduler, void *userdata);

/* The longest time between passes of an instance that cannot be read. */
#define SCHEDULER_BACKOFF_MAX_USEC (15 * USEC_PER_MINUTE)

struct Scheduler {
    Backend *backend;
    size_t instance;
    SchedulerOnPass on_pass;
    void *userdata;
    PassRun *run; /* NULL between passes */
    sd_event_source *timer;
    uint64_t next_usec;   /* monotonic: when the next pass begins; USEC_NEVER: none will */
    uint32_t failures;    /* passes in a row in which no channel could be read */
    bool is_halted;       /* begins no further pass */
    bool is_held;         /* begins no pass for now */
    bool is_asked;        /* another pass is to follow the one under way at once */
    bool is_cut;          /* the pass under way was stopped for another's sake: it says nothing */
    uint64_t begun_count; /* passes so far */
    uint64_t done_count;  /* the number of the last that ended by itself */
    Report last; /* of the newest pass that ended by itself; without channels before the first */
    char last_pass[STORE_PASS_ID_SIZE];
    uint64_t last_usec; /* realtime of its end */
    PassLog log;
    size_t channel_count;
    size_t results[RESULT_FAILED + 1]; /* channels by the result of the last pass */
    uint64_t *listed_usec;             /* monotonic, of each channel's last whole list; 0: none */
    char trouble[384];                 /* the first channel that wants a person, "" without one */
};

/* Has all that it needs, and does nothing yet. 0; -ENOMEM; sd-event's. scheduler_done() in every
 * case.
 */
int scheduler_init(Scheduler *scheduler, Backend *backend, size_t instance);

/* The first pass begins at once, where there is any work. */
void scheduler_begin(Scheduler *scheduler, SchedulerOnPass on_pass, void *userdata);
void scheduler_done(Scheduler *scheduler);

/* Asks for a pass that begins from now on, as soon as may be. Returns the number that done_count
 * has reached when it is over. */
uint64_t scheduler_ask(Scheduler *scheduler);

/* Begins no pass until it is released; stops the one under way, where `why` tells a reason. */
void scheduler_hold(Scheduler *scheduler, const char *why);
void scheduler_release(Scheduler *scheduler);

/* Begins no further pass; stops the one under way, where `why` tells a reason. */
void scheduler_halt(Scheduler *scheduler, const char *why);

/* After scheduler_halt(): does not await the requests in flight, which the caller cancels. */
void scheduler_abandon(Scheduler *scheduler, const char *why);

/* Whether its pass makes no progress, or its next one is overdue. */
bool scheduler_is_stuck(const Scheduler *scheduler, uint64_t now_usec);

/* Carries an outage and what was said over from the scheduler of the same instance before a reload.
 */
void scheduler_take_over(Scheduler *scheduler, Scheduler *old);

/* For scheduler_hold.c: whether there is anything to make passes for: channels, or what earlier
 * ones left undecided (recovery.h); and when the next pass begins, unless it is held. */
bool scheduler_has_work(const Scheduler *scheduler);
void scheduler_schedule(Scheduler *scheduler, uint64_t delay_usec);
