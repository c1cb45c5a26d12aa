/* SPDX-License-Identifier: MIT */
#include "daemon/cli/once.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/hang.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/base/tty_line.h"
#include "daemon/cli/exit_status.h"
#include "daemon/cli/interrupt.h"
#include "daemon/cli/load.h"
#include "daemon/cli/look.h"
#include "daemon/cli/once_approvals.h"
#include "daemon/cli/once_fleet.h"
#include "daemon/cli/once_plan.h"
#include "daemon/cli/once_progress.h"
#include "daemon/cli/print.h"
#include "daemon/log/event_log.h"
#include "daemon/log/warnings.h"
#include "daemon/report/json.h"
#include "daemon/report/json_source.h"
#include "daemon/report/select.h"
#include "daemon/runtime/pass_run.h"
#include "daemon/store/state.h"

/* How often it begins again because files change while it reads the service. */
#define ONCE_ATTEMPTS_MAX 3

/* A run forgets so much of an old history; what is more is left to the next. */
#define ONCE_PRUNE_STEPS 10

static const char outdated_text[] = "settings or rosters changed";

typedef struct Once {
    const Options *options;
    Config *config;
    Sources sources; /* that `config` was read from */
    PlanFile plan;   /* that the pass is confined to, where one is given */
    sd_event *event;
    sd_event_source *outdated; /* stops the pass, from outside of it */
    State state;
    Backend backend;
    PassRun *run;
    bool is_done; /* that one */
    OnceFleet fleet;
    int attempts;      /* passes that were begun */
    bool may_change;   /* changes of this pass were allowed */
    bool is_told_once; /* what the report tells is not logged before: both are for one reader */
    bool is_outdated;  /* the files differ from what this pass goes by */
    Interrupt interrupt;
} Once;

/* ---- files that change while the service is read ---- */

/* Files that do not answer may be anything. */
static bool once_is_as_read(Once *once)
{
    _cleanup_(sources_done) Sources now = {0};
    _cleanup_(look_leavep) Look *look = NULL;

    return look_begin(&once->sources, &look) == 0 && look_wait(look, ASIDE_WAIT_USEC) &&
           look_end(TAKE_PTR(look), &now) == 0 && sources_equal(&once->sources, &now, NULL);
}

/* Called when the pass is about to begin, and from within it, before it records changes. */
static bool once_is_current(void *userdata)
{
    Once *once = userdata;

    if (once->is_outdated)
        return false;
    if (once_is_as_read(once)) {
        once->may_change = once->run != NULL;
        return true;
    }
    once->is_outdated = true;
    sd_event_source_set_enabled(once->outdated, SD_EVENT_ONESHOT);
    return false;
}

static int once_on_outdated(sd_event_source *source, void *userdata)
{
    Once *once = userdata;

    (void)source;
    pass_run_stop(once->run, outdated_text);
    return 0;
}

/* Nothing was changed yet: what was read of the service can be forgotten. */
static bool once_is_to_begin_again(const Once *once)
{
    return once->is_outdated && !once->may_change && !once->interrupt.why[0] &&
           once->attempts < ONCE_ATTEMPTS_MAX;
}

/* ---- the report ---- */

/* Prints what there is of it; the error stays. */
static int once_flush(void *userdata, Buf *text)
{
    int *error = userdata;

    *error = print_all(STDOUT_FILENO, text->data, text->size);
    buf_reset(text);
    return *error;
}

/* For people it is put into words out of its JSON, as that of a daemon's answer is. */
static int once_append_text(const Report *report, const Options *options, int *error, Buf *text)
{
    const TextOptions text_options = {
        .colour = page_wants_colour(), .verbose = options->verbose, .summary = options->summary};
    JsonSource json;
    ReportSource source;
    FlushedSource flushed = {&source, once_flush, error};
    int r = json_source_init(&json, report, &source);

    if (r == 0) {
        const ReportSource printed = report_source_flushed(&flushed);

        r = report_format_append(&printed, options->format, &text_options, text);
    }
    json_source_done(&json);
    return r;
}

static int once_print(const Report *report, const Options *options)
{
    _cleanup_(buf_done) Buf text = {0};
    int error = 0;
    int r = options->json ? report_json_append(report, once_flush, &error, &text)
                          : once_append_text(report, options, &error, &text);

    if (r < 0 && error == 0) {
        log_event(LOG_LEVEL_ERR, NULL, "the report cannot be made: out of memory");
        return r;
    }
    if (error == 0)
        once_flush(&error, &text);
    if (error < 0)
        log_event(LOG_LEVEL_ERR, NULL, "the report cannot be printed: %s", strerror(-error));
    return error;
}

static void once_on_done(PassRun *run, void *userdata)
{
    Once *once = userdata;

    (void)run;
    once->is_done = true;
}

/* Whether the report says it as well. */
static bool once_report_tells(const Event *event)
{
    return event->kind == EVENT_HELD || event->kind == EVENT_CHANNEL_FAILED ||
           event->kind == EVENT_INSTANCE_FAILED;
}

static void once_on_event(const Event *event, void *userdata)
{
    const Once *once = userdata;

    event_log_write(event, !once->is_told_once || !once_report_tells(event));
}

static int once_open_pass(Once *once, Err *err)
{
    int r = sd_event_new(&once->event);

    if (r >= 0)
        r = sd_event_add_defer(once->event, &once->outdated, once_on_outdated, once);
    if (r >= 0)
        r = sd_event_source_set_enabled(once->outdated, SD_EVENT_OFF);
    if (r < 0)
        return err_system(err, r, "cannot set up the event loop");
    once->interrupt =
        (Interrupt){.event = once->event, .backend = &once->backend, .run = &once->run};
    r = interrupt_catch(&once->interrupt, err);
    if (r < 0)
        return r;
    r = backend_open(&once->backend, once->event, once->config, once->options->dry_run,
                     once->state.store, &once->state.err, err);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "%s", err->text);
        return EXIT_INVALID;
    }
    once->backend.is_current = once_is_current;
    once->backend.current_userdata = once;
    once->backend.chosen = once->options->plan_path ? &once->plan.chosen : NULL;
    return 0;
}

static void once_close_pass(Once *once)
{
    pass_run_free(TAKE_PTR(once->run));
    once_fleet_done(&once->fleet);
    backend_close(&once->backend);
    once->outdated = sd_event_source_disable_unref(once->outdated);
    once->event = sd_event_unref(once->event);
}

/* What is asked for of the report; the exit status. */
static int once_show(const Once *once, const Report *report)
{
    const Options *options = once->options;
    Report shown = {0};
    Err err = {0};
    int status;

    if (report_select(report, options->channels, options->channel_count, &shown, &err) < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "%s", err.text);
        return EXIT_FAILED;
    }
    status = report_exit_status(&shown);
    if (once_print(&shown, options) < 0)
        status = EXIT_FAILED;
    if (options->out_path && once_plan_keep(&shown, options->out_path, &err) < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "%s", err.text);
        status = EXIT_FAILED;
    }
    report_select_done(&shown);
    return status;
}

/* What the pass came to; the exit status. The pass is let go of before its report is printed, which
 * needs memory as well. */
static int once_report(Once *once, Err *err)
{
    char pass_id[STORE_PASS_ID_SIZE];
    Report report;
    int finished, status;

    once_approvals_log_unfit(once->options, pass_run_get_report(once->run));
    once_plan_log_gone(&once->plan, pass_run_get_report(once->run));
    finished = pass_run_finish(once->run, err);
    if (finished < 0)
        log_event(LOG_LEVEL_ERR, NULL, "%s", err->text);
    pass_run_take_report(once->run, &report);
    str_copy(pass_id, sizeof(pass_id), report.pass_id);
    report.pass_id = pass_id;
    pass_run_free(TAKE_PTR(once->run));
    status = once_show(once, &report);
    once_fleet_put_records(&once->fleet, &report);
    report_done(&report);
    return finished < 0 || once_fleet_has_failed(&once->fleet) ? EXIT_FAILED : status;
}

/* Turns the event loop until the pass is over. It goes on after that, where the fleet is told. */
static int once_turn(Once *once, Err *err)
{
    int r = pass_run_begin(&once->backend, PASS_ALL_INSTANCES, false, once_on_done, once_on_event,
                           once, &once->run, err);

    if (r >= 0 && once->interrupt.why[0])
        pass_run_stop(once->run, once->interrupt.why);
    if (r >= 0)
        r = once_progress_begin(once->event, &once->run);
    while (r >= 0 && !once->is_done)
        r = sd_event_run(once->event, UINT64_MAX);
    tty_line_clear();
    return r < 0 && !err_is_set(err) ? err_system(err, r, "the event loop failed") : r;
}

/* The exit status, 0 to go on, or negative. */
static int once_campaign(Once *once, Err *err)
{
    int r = once_fleet_campaign(&once->fleet, &once->backend, &once->run, &once->interrupt, err);

    if (r >= 0 || r == -ENOMEM)
        return r;
    log_event(LOG_LEVEL_ERR, NULL, "%s", err->text);
    return r == -EWOULDBLOCK ? EXIT_LOCKED : EXIT_INVALID;
}

/* The pass itself: the exit status, or -EAGAIN where it is to begin again. */
static int once_pass(Once *once, Err *err)
{
    int r;

    once->attempts++;
    once->is_told_once = once->options->action == ACTION_PLAN ||
                         (!once->options->json && once_progress_is_beside_report());
    once->may_change = once->is_outdated = once->is_done = false;
    r = once_open_pass(once, err);
    if (r != 0)
        return r;
    r = once_campaign(once, err);
    if (r != 0)
        return r;
    r = once_turn(once, err);
    if (r < 0)
        return r;
    if (!once_is_to_begin_again(once))
        return once_report(once, err);
    log_event(LOG_LEVEL_NOTICE, NULL, "%s during the pass: it begins again, nothing was sent",
              outdated_text);
    r = pass_run_finish(once->run, err);
    return r < 0 ? r : -EAGAIN;
}

static int once_load(Once *once)
{
    int status;

    config_free(TAKE_PTR(once->config));
    sources_done(&once->sources);
    status = load_config_when_still(once->options->config_path, &once->sources, &once->config);
    if (status == EXIT_IN_SYNC)
        warnings_log(once->config, NULL);
    return status == EXIT_IN_SYNC && once_plan_check(&once->plan, once->options, once->config) < 0
               ? EXIT_FAILED
               : status;
}

static int once_open_state(Once *once, Err *err)
{
    if (state_open(&once->state, once->config, once->options->dry_run) < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "%s", once->state.err.text);
        return EXIT_LOCKED;
    }
    hang_watch(HANG_WAITS, 0);
    if (!once->options->dry_run)
        state_prune(&once->state, once->config, ONCE_PRUNE_STEPS);
    return once_approvals_give(once->state.store, once->options, &once->plan,
                               once->config->fleet != NULL, err);
}

int once_run(const Options *options)
{
    Once once = {.options = options};
    Err err = {0};
    int status = once_plan_read(options, &once.plan) < 0 ? EXIT_FAILED : once_load(&once);

    if (status == 0)
        status = once_open_state(&once, &err);
    if (status == 0)
        status = once_pass(&once, &err);
    while (status == -EAGAIN) {
        once_close_pass(&once);
        status = once_load(&once);
        if (status == 0)
            status = once_pass(&once, &err);
    }
    if (status < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "%s", err.text);
        status = EXIT_FAILED;
    }
    once_close_pass(&once);
    state_close(&once.state);
    config_free(once.config);
    sources_done(&once.sources);
    plan_file_done(&once.plan);
    return status;
}
