/* SPDX-License-Identifier: MIT */
/*
 * The passes of one instance: begun when its schedule says (reconcile/schedule), by sd-event's
 * clock; what is said of them in the log, and what the last one came to.
 */
#pragma once

#include "daemon/log/pass_log.h"
#include "daemon/runtime/pass_run.h"
#include "daemon/runtime/sampling.h"
#include "daemon/runtime/telling.h"
#include "reconcile/schedule/schedule.h"

typedef struct Scheduler Scheduler;

/* Called after each of its passes, from the event loop; once it ends, after each answer as well. */
typedef void (*SchedulerOnPass)(Scheduler *scheduler, void *userdata);

/* Since when a channel has its result. */
typedef struct SchedulerSince {
    uint64_t usec; /* realtime; 0: it has none yet */
    Result result; /* RESULT_IN_SYNC for RESULT_CONVERGED as well */
    bool is_first; /* of this process: the one before may have found the same */
} SchedulerSince;

struct Scheduler {
    Backend *backend;
    Schedule *schedule; /* of the controller's lifecycle */
    size_t instance;
    SchedulerOnPass on_pass;
    void *userdata;
    PassRun *run; /* NULL between passes */
    sd_event_source *timer;
    Report last; /* of the newest pass that ended by itself; without channels before the first */
    char last_pass[STORE_PASS_ID_SIZE];
    uint64_t last_usec;  /* realtime of its end */
    uint64_t begun_usec; /* monotonic, of `run` */
    PassLog log;
    Telling telling; /* of `last`, or of `run`, which is done */
    Sampling sampling;
    size_t channel_count;
    size_t results[RESULT_FAILED + 1]; /* channels by the result of the last pass */
    uint64_t *listed_usec;             /* monotonic, of each channel's last whole list; 0: none */
    SchedulerSince *since;             /* of each channel */
    uint64_t *read_usec;               /* the same, and of each that need not be listed: it is
                                        * unmanageable, or refused for good */
    uint64_t pass_usec;                /* how long the last one took that read all channels */
    uint64_t unbegun_count;            /* passes that could not begin; `trouble` has why */
    char trouble[384];                 /* the first channel that wants a person, "" without one */
};

/* Has all that it needs, and does nothing yet. 0; -ENOMEM; sd-event's. scheduler_done() in every
 * case. */
int scheduler_init(Scheduler *scheduler, Backend *backend, Schedule *schedule,
                   SchedulerOnPass on_pass, void *userdata);
void scheduler_done(Scheduler *scheduler);

/* As in ScheduleOps. */
void scheduler_wake_at(Scheduler *scheduler, uint64_t monotonic_usec);
bool scheduler_has_work(const Scheduler *scheduler);

/* How long until the next opening of a change window of any of its channels, or until a member has
 * been in quarantine for its time; USEC_NEVER: neither. */
uint64_t scheduler_due_in_usec(const Scheduler *scheduler);
int scheduler_begin_pass(Scheduler *scheduler, bool is_probe);

/* Carries an outage and what was said over from the scheduler of the same instance before a reload.
 */
void scheduler_take_over(Scheduler *scheduler, Scheduler *old);
