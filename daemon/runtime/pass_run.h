/* SPDX-License-Identifier: MIT */
/*
 * One pass under way in production: its Ops are real time and chance, the service through
 * daemon/roma, the state through daemon/store, the log.
 */
#pragma once

#include "daemon/runtime/backend.h"
#include "reconcile/pass/pass.h"
#include "reconcile/schedule/lifecycle.h"
#include "reconcile/survey/survey.h"

typedef struct PassRun PassRun;

/* How long requests in flight are awaited after a signal. */
#define PASS_RUN_GRACE_USEC LIFECYCLE_GRACE_USEC

/* Called from the event loop, once, when the pass is done; may free the run. */
typedef void (*PassRunOnDone)(PassRun *run, void *userdata);

/* Called from the event loop after each answer that a pass was given; may not free the run. */
typedef void (*PassRunOnAnswered)(PassRun *run, void *userdata);

/* What a pass tells; `userdata` is the run's. */
typedef void (*PassRunOnEvent)(const Event *event, void *userdata);

/*
 * Begins a pass over one instance, or all (PASS_ALL_INSTANCES); `is_probe` as in PassScope. No
 * other run covers it. 0; -ENOMEM; the store's errors in naming the pass; sd-event's.
 */
int pass_run_begin(Backend *backend, size_t instance, bool is_probe, PassRunOnDone on_done,
                   PassRunOnEvent on_event, void *userdata, PassRun **ret_run, Err *err);

/*
 * The same for an undo: over the channels of `config`, which are those that are turned back,
 * and stands beside the backend's own with the same instances; `undos` has one for each (undo.h);
 * `undo_of` is the pass that is undone, and is borrowed. No other run covers their instances.
 */
int pass_run_begin_undo(Backend *backend, const Config *config, const char *undo_of,
                        ChannelUndo *undos, bool dry_run, PassRunOnDone on_done,
                        PassRunOnEvent on_event, void *userdata, PassRun **ret_run, Err *err);

/*
 * The same for a survey (survey.h), through a backend that only reads: `pass_id` and `throttles` of
 * the scope are filled in; its names are borrowed and outlive the run. The result is
 * pass_run_get_survey(), not a report.
 */
int pass_run_begin_survey(Backend *backend, const SurveyScope *scope, PassRunOnDone on_done,
                          PassRunOnEvent on_event, void *userdata, PassRun **ret_run, Err *err);

/* Ends it, done or not; what is in flight must be cancelled before. NULL is fine. */
void pass_run_free(PassRun *run);
DEFINE_CLEANUP(PassRun, pass_run_free)

/* pass_pause(). */
void pass_run_pause(PassRun *run, const RosterChannel *channel);

/* pass_hold_changes() and pass_allow_changes(). */
void pass_run_hold_changes(PassRun *run, const char *why);
void pass_run_allow_changes(PassRun *run);

/* pass_stop() and pass_abandon(); on_done follows. pass_run_abandon() ends the requests in flight
 * of its instances. */
void pass_run_stop(PassRun *run, const char *why);
void pass_run_abandon(PassRun *run, const char *why);

/* Once it is done: makes durable what is not yet. 0, or the store's errors. */
int pass_run_finish(PassRun *run, Err *err);

const Report *pass_run_get_report(const PassRun *run);

/* Of a run that is a survey; owned by it. */
const Survey *pass_run_get_survey(const PassRun *run);

/* What was found, apart from the run, once it is done: survey_leave(). The caller frees it, and
 * calls nothing more of the run but pass_run_free(). */
Survey *pass_run_take_survey(PassRun *run);

/* pass_take_report(). */
void pass_run_take_report(PassRun *run, Report *ret_report);

/* From here on, on_answered is called. */
void pass_run_tell_answers(PassRun *run, PassRunOnAnswered on_answered);

/* Whether a change is in flight, whose outcome is worth waiting for. */
bool pass_run_is_changing(const PassRun *run);

/* How far a pass is, for people who wait for it. */
typedef struct PassRunState {
    size_t channel_count, read_count; /* read, or given up */
    size_t changed_count;             /* members */
    const char *instance_name;        /* that something is awaited of; NULL: of none */
    const char *wait_text;            /* what is sent again in wait_usec, and why; NULL: nothing */
    uint64_t wait_usec;
    uint64_t silent_usec; /* since something happened last */
} PassRunState;

void pass_run_get_state(const PassRun *run, uint64_t now_usec, PassRunState *ret_state);

/* progress_is_stuck(). */
bool pass_run_is_stuck(const PassRun *run, uint64_t now_usec);
