/* SPDX-License-Identifier: MIT */
#include "daemon/cli/survey_local.h"

#include <errno.h>

#include "daemon/base/hang.h"
#include "daemon/base/log.h"
#include "daemon/base/tty_line.h"
#include "daemon/cli/exit_status.h"
#include "daemon/cli/interrupt.h"
#include "daemon/cli/load.h"
#include "daemon/cli/once_progress.h"
#include "daemon/log/event_log.h"
#include "daemon/report/survey.h"
#include "daemon/store/state.h"

#define PART_SIZE (64U * 1024U)

typedef struct SurveyLocal {
    Config *config;
    sd_event *event;
    State state; /* which is read alone: it knows of passwords that IAM has locked */
    Backend backend;
    PassRun *run;
    Interrupt interrupt;
} SurveyLocal;

static void survey_local_done(SurveyLocal *local)
{
    pass_run_free(local->run);
    backend_close(&local->backend);
    sd_event_unref(local->event);
    state_close(&local->state);
    config_free(local->config);
}

static void survey_local_on_done(PassRun *run, void *userdata)
{
    SurveyLocal *local = userdata;

    (void)run;
    sd_event_exit(local->event, 0);
}

/* What fails for good stands in the answer. */
static void survey_local_on_event(const Event *event, void *userdata)
{
    (void)userdata;
    if (event->kind != EVENT_INSTANCE_FAILED)
        event_log_write(event, true);
}

/* 0, or the exit status, or a negative errno told in `err`. */
static int survey_local_open(SurveyLocal *local, const Options *options, Err *err)
{
    int r = load_config_if_any(options->config_path, &local->config);

    if (r != EXIT_IN_SYNC)
        return r;
    r = state_open(&local->state, local->config, true);
    if (r < 0) {
        *err = local->state.err;
        return r;
    }
    hang_watch(HANG_WAITS, 0);
    r = sd_event_new(&local->event);
    if (r < 0)
        return err_system(err, r, "cannot set up the event loop");
    local->interrupt =
        (Interrupt){.event = local->event, .backend = &local->backend, .run = &local->run};
    r = interrupt_catch(&local->interrupt, err);
    if (r < 0)
        return r;
    r = backend_open(&local->backend, local->event, local->config, true, local->state.store,
                     &local->state.err, err);
    if (r < 0 && r != -ENOMEM) {
        log_event(LOG_LEVEL_ERR, NULL, "%s", err->text);
        return EXIT_INVALID;
    }
    return r;
}

static int survey_local_run(SurveyLocal *local, const SurveyScope *scope, Err *err)
{
    int r = pass_run_begin_survey(&local->backend, scope, survey_local_on_done,
                                  survey_local_on_event, local, &local->run, err);

    if (r >= 0)
        r = once_progress_begin(local->event, &local->run);
    if (r >= 0)
        r = sd_event_loop(local->event);
    tty_line_clear();
    if (r < 0)
        return err_is_set(err) ? r : err_system(err, r, "the event loop failed");
    return local->interrupt.why[0] ? err_set(err, -EINTR, "%s", local->interrupt.why) : 0;
}

/* Part by part, as a daemon answers. */
typedef struct SurveyLocalParts {
    SurveyPart part;
    JsonWriter writer;
} SurveyLocalParts;

static int survey_local_next(void *userdata, Buf *part)
{
    SurveyLocalParts *parts = userdata;

    parts->writer.buf = part;
    return report_survey_put(&parts->part, &parts->writer, PART_SIZE);
}

static int survey_local_keep(const SurveyLocal *local, Kept *kept, Err *err)
{
    SurveyLocalParts parts = {.part.survey = pass_run_get_survey(local->run)};

    return kept_take_parts(kept, survey_local_next, &parts, err);
}

static int survey_local_make(SurveyLocal *local, const Options *options, bool reads_members,
                             Kept *kept, Err *err)
{
    SurveyScope scope = {
        .reads_members = reads_members,
        .names = options->channels,
        .name_count = options->channel_count,
    };
    int r = survey_local_open(local, options, err);

    if (r != 0)
        return r;
    r = report_survey_find_instance(local->config, options->instance, &scope.instance, err);
    if (r == 0)
        r = survey_local_run(local, &scope, err);
    if (r == 0)
        r = report_survey_check(pass_run_get_survey(local->run), err);
    return r < 0 ? r : survey_local_keep(local, kept, err);
}

int survey_local(const Options *options, bool reads_members, Kept *kept)
{
    _cleanup_(survey_local_done) SurveyLocal local = {0};
    Err err = {0};
    int r = survey_local_make(&local, options, reads_members, kept, &err);

    if (r >= 0)
        return r;
    log_event(LOG_LEVEL_ERR, NULL, "%s", err.text);
    return r == -EWOULDBLOCK ? EXIT_LOCKED : EXIT_FAILED;
}
