/*
 * One pass under way in production: its Ops are real time and chance, the service through
 * daemon/roma, the state through daemon/store, the log.
 */
#pragma once

#include "daemon/door.h"
#include "reconcile/pass/pass.h"

typedef struct Run Run;

/* How long requests in flight are awaited after a signal (PRODUCT.md section 7). */
#define RUN_GRACE_USEC (4 * USEC_PER_SEC)

/* Called from the event loop, once, when the pass is done; may free the run. */
typedef void (*RunOnDone)(Run *run, void *userdata);

/* Called from the event loop after each answer that a pass was given; may not free the run. */
typedef void (*RunOnAnswered)(Run *run, void *userdata);

/* What a pass tells; `userdata` is the run's. */
typedef void (*RunOnEvent)(const Event *event, void *userdata);

/*
 * Begins a pass over one instance, or all (PASS_ALL_INSTANCES); `is_probe` as in PassScope. No
 * other run covers it. 0; -ENOMEM; the store's errors in naming the pass; sd-event's.
 */
int run_begin(Door *door, size_t instance, bool is_probe, RunOnDone on_done, RunOnEvent on_event,
              void *userdata, Run **ret_run, Err *err);

/*
 * The same for an undo: over the channels of `config`, which are those to put members back in, and
 * stands beside the door's own with the same instances; `restores` has one for each (restore.h). No
 * other run covers their instances.
 */
int run_begin_restore(Door *door, const Config *config, Addition *restores, bool dry_run,
                      RunOnDone on_done, RunOnEvent on_event, void *userdata, Run **ret_run,
                      Err *err);

/* Ends it, done or not; what is in flight must be cancelled before. NULL is fine. */
void run_free(Run *run);
DEFINE_CLEANUP(Run, run_free)

/* pass_pause(). */
void run_pause(Run *run, const RosterChannel *channel);

/* pass_stop() and pass_abandon(); on_done follows. For run_abandon() the caller cancels the
 * requests in flight, of all runs. */
void run_stop(Run *run, const char *why);
void run_abandon(Run *run, const char *why);

/* Once it is done: makes durable what is not yet. 0, or the store's errors. */
int run_finish(Run *run, Err *err);

const Report *run_get_report(const Run *run);

/* pass_take_report(). */
void run_take_report(Run *run, Report *ret_report);

/* From here on, on_answered is called. */
void run_tell_answers(Run *run, RunOnAnswered on_answered);

/* Whether a deletion or an addition is in flight, whose outcome is worth waiting for. */
bool run_is_changing(const Run *run);

/* Whether it is stuck: no request is in flight for longer than its timeout and some slack allow,
 * and no wait is overdue. */
bool run_is_stuck(const Run *run, uint64_t now_usec);
