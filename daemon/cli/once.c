/* SPDX-License-Identifier: MIT */
#include "daemon/cli/once.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/cli/exit_status.h"
#include "daemon/cli/load.h"
#include "daemon/json/json.h"
#include "daemon/log/event_log.h"
#include "daemon/log/warnings.h"
#include "daemon/report/json.h"
#include "daemon/report/text.h"
#include "daemon/runtime/pass_run.h"
#include "daemon/store/state.h"

typedef struct Once {
    sd_event *event;
    State state;
    Backend backend;
    PassRun *run;
    char why[64]; /* the signal that stops it, "" before one */
} Once;

/* ---- signals ---- */

static void once_abandon(Once *once)
{
    roma_client_cancel_all(once->backend.client);
    pass_run_abandon(once->run, once->why);
}

static int once_on_grace(sd_event_source *source, uint64_t usec, void *userdata)
{
    Once *once = userdata;

    (void)source;
    (void)usec;
    once_abandon(once);
    return 0;
}

static int once_on_signal(sd_event_source *source, const struct signalfd_siginfo *info,
                          void *userdata)
{
    Once *once = userdata;

    (void)source;
    if (once->why[0]) {
        once_abandon(once);
        return 0;
    }
    snprintf(once->why, sizeof(once->why), "stopped by SIG%s", sigabbrev_np((int)info->ssi_signo));
    log_event(LOG_LEVEL_NOTICE, NULL, "%s: nothing more is sent", once->why);
    pass_run_stop(once->run, once->why);
    if (sd_event_add_time_relative(once->event, NULL, CLOCK_MONOTONIC, PASS_RUN_GRACE_USEC,
                                   USEC_PER_MSEC, once_on_grace, once) < 0)
        once_abandon(once);
    return 0;
}

static int once_catch_signals(Once *once, Err *err)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    sigset_t set;
    int r = 0;

    sigemptyset(&set);
    for (size_t i = 0; i < ELEMENTS(signals); i++)
        sigaddset(&set, signals[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return err_system(err, -errno, "cannot set up signals");
    for (size_t i = 0; i < ELEMENTS(signals) && r >= 0; i++)
        r = sd_event_add_signal(once->event, NULL, signals[i], once_on_signal, once);
    return r < 0 ? err_system(err, r, "cannot set up signals") : 0;
}

static int once_give_approvals(Store *store, const Options *options, Err *err)
{
    for (size_t i = 0; store && i < options->approval_count; i++) {
        int r = store_approve(store, options->approvals[i], clock_realtime_usec(), err);

        if (r < 0)
            return r;
        if (r > 0)
            log_event(LOG_LEVEL_WARNING, NULL,
                      "the approval %s was used already: it lets its plan pass once",
                      options->approvals[i]);
    }
    return 0;
}

/* ---- the report ---- */

static int once_print(const Report *report, const Options *options)
{
    const TextOptions text_options = {
        .colour = page_wants_colour(), .verbose = options->verbose, .summary = options->summary};
    _cleanup_(buf_done) Buf text = {0};
    json_object *root = report_json(report);
    int r = options->json ? json_append(json_object_get(root), &text)
                          : report_text_append(root, &text_options, &text);

    json_object_put(root);
    if (r < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "the report cannot be made: out of memory");
        return r;
    }
    if (fwrite(text.data, 1, text.size, stdout) != text.size || fflush(stdout) == EOF) {
        log_event(LOG_LEVEL_ERR, NULL, "the report cannot be printed: %s", strerror(errno));
        return -EIO;
    }
    return 0;
}

static void once_on_done(PassRun *run, void *userdata)
{
    Once *once = userdata;

    (void)run;
    sd_event_exit(once->event, 0);
}

static void once_on_event(const Event *event, void *userdata)
{
    (void)userdata;
    event_log_write(event, true);
}

/* An approval that fits nothing is no error, but whoever gave it should know. */
static void once_say_unfit(const Options *options, const Report *report)
{
    for (size_t i = 0; i < options->approval_count; i++) {
        bool fits = false;

        for (size_t k = 0; k < report->channel_count && !fits; k++)
            fits = str_equal(options->approvals[i], report->channels[k].digest);
        if (!fits)
            log_event(LOG_LEVEL_WARNING, NULL,
                      "the approval %s fits no plan of this pass: it is of another plan, or "
                      "something changed meanwhile",
                      options->approvals[i]);
    }
}

/* The pass itself; the exit status. */
static int once_pass(Once *once, const Options *options, Err *err)
{
    const Report *report;
    int status, r = pass_run_begin(&once->backend, PASS_ALL_INSTANCES, false, once_on_done,
                                   once_on_event, once, &once->run, err);

    if (r >= 0)
        r = sd_event_loop(once->event);
    if (r < 0)
        return err_is_set(err) ? r : err_system(err, r, "the event loop failed");
    report = pass_run_get_report(once->run);
    status = report_exit_status(report);
    once_say_unfit(options, report);
    if (pass_run_finish(once->run, err) < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "%s", err->text);
        status = EXIT_FAILED;
    }
    return once_print(report, options) < 0 ? EXIT_FAILED : status;
}

static int once_prepare(Once *once, const Config *config, const Options *options, Err *err)
{
    int r = sd_event_new(&once->event);

    if (r < 0)
        return err_system(err, r, "cannot set up the event loop");
    r = once_catch_signals(once, err);
    if (r < 0)
        return r;
    r = state_open(&once->state, config, options->dry_run);
    if (r < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "%s", once->state.err.text);
        return EXIT_LOCKED;
    }
    if (!options->dry_run)
        state_prune(&once->state, config);
    r = once_give_approvals(once->state.store, options, err);
    if (r < 0)
        return r;
    r = backend_open(&once->backend, once->event, config, options->dry_run, once->state.store,
                     &once->state.err, err);
    if (r == -ENOMEM || r >= 0)
        return r < 0 ? r : 0;
    log_event(LOG_LEVEL_ERR, NULL, "%s", err->text);
    return EXIT_INVALID;
}

int once_run(const Options *options)
{
    _cleanup_(config_freep) Config *config = NULL;
    Once once = {0};
    Err err = {0};
    int status = load_config(options->config_path, &config);

    if (status != EXIT_IN_SYNC)
        return status;
    warnings_log(config, NULL);
    status = once_prepare(&once, config, options, &err);
    if (status == 0)
        status = once_pass(&once, options, &err);
    if (status < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "%s", err.text);
        status = EXIT_FAILED;
    }
    pass_run_free(once.run);
    backend_close(&once.backend);
    state_close(&once.state);
    sd_event_unref(once.event);
    return status;
}
