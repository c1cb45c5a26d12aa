/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/pass_run.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/runtime/pass_run_fleet.h"
#include "daemon/runtime/pass_run_ops.h"
#include "daemon/runtime/pass_run_quarantine.h"
#include "daemon/runtime/pass_run_store.h"

/* ---- after each step of the pass ---- */

static bool pass_run_is_done(const PassRun *run)
{
    return run->survey ? survey_is_done(run->survey) : pass_is_done(run->pass);
}

void pass_run_look(PassRun *run)
{
    progress_note(&run->progress, clock_monotonic_usec());
    if (pass_run_is_done(run))
        sd_event_source_set_enabled(run->done, SD_EVENT_ONESHOT);
}

static void pass_run_on_wake(void *userdata)
{
    PassRun *run = userdata;

    if (run->survey)
        survey_on_wake(run->survey);
    else
        pass_on_wake(run->pass);
    pass_run_look(run);
}

static int pass_run_on_pass_done(sd_event_source *source, void *userdata)
{
    PassRun *run = userdata;

    assert(pass_run_is_done(run));
    (void)source;
    run->on_done(run, run->userdata);
    return 0;
}

static void pass_run_on_answer(void *userdata, void *tag, const Answer *answer)
{
    PassRun *run = userdata;
    const Call *call = tag;

    progress_on_answer(&run->progress, call->request.kind);
    if (run->survey)
        survey_on_answer(run->survey, tag, answer);
    else
        pass_on_answer(run->pass, tag, answer);
    pass_run_look(run);
    if (run->on_answered)
        run->on_answered(run, run->userdata);
}

static void pass_run_on_renewed(void *userdata, size_t instance, Renewal renewal, const Err *err)
{
    PassRun *run = userdata;

    run->progress.is_renewing = false;
    if (run->survey)
        survey_on_renewed(run->survey, instance, renewal, err);
    else
        pass_on_renewed(run->pass, instance, renewal, err);
    pass_run_look(run);
}

static void pass_run_on_wait(void *userdata, size_t instance, uint64_t wait_usec, uint32_t attempts,
                             const Err *err)
{
    PassRun *run = userdata;
    Event event = {
        .kind = EVENT_RETRY,
        .pass = run->pass_id,
        .instance_name = run->backend->config->instances[instance].name,
        .channel_name = "",
        .channel_id = "",
        .member = "",
        .member_id = "",
        .digest = "",
        .attempt = attempts,
        .wait_usec = wait_usec,
        .err = err,
    };

    assert(instance < run->backend->config->instance_count);
    pass_run_note_wait(run, &event);
    run->on_event(&event, run->userdata);
}

/* ---- beginning and ending ---- */

static int pass_run_add_sources(PassRun *run)
{
    sd_event *event = run->backend->event;
    int r = wake_init(&run->wake, event, pass_run_on_wake, run);

    if (r >= 0)
        r = sd_event_add_defer(event, &run->done, pass_run_on_pass_done, run);
    if (r >= 0)
        r = sd_event_source_set_enabled(run->done, SD_EVENT_OFF);
    return r;
}

static int pass_run_name_pass(PassRun *run, Err *err)
{
    const StoreOrigin origin = {
        .roster_digest = run->config->set.digest,
        .roster_head = run->config->set.head,
        .undo_of = run->undo_of,
    };
    char now[CLOCK_RFC3339_SIZE];
    int r;

    if (run->store && !run->dry_run) {
        pass_run_store_name_instances(run);
        r = store_begin_pass(run->store, clock_realtime_usec(), run->pass_id, err);
        if (r == 0)
            store_set_origin(run->store, run->pass_id, &origin);
        return r;
    }
    clock_format_rfc3339(clock_realtime_usec(), now);
    snprintf(run->pass_id, sizeof(run->pass_id), "%s-1", now);
    return 0;
}

static bool pass_run_covers(const PassRun *run, size_t instance)
{
    if (!run->undos)
        return run->instance == PASS_ALL_INSTANCES || run->instance == instance;
    for (size_t i = 0; i < run->config->channel_count; i++) {
        if (run->config->channels[i].instance == instance)
            return true;
    }
    return false;
}

/* From here on its instances' answers go to this run; or, with NULL, to none. */
static void pass_run_claim(PassRun *run, const BackendUser *user)
{
    for (size_t i = 0; i < run->config->instance_count; i++) {
        if (!pass_run_covers(run, i))
            continue;
        /* One run at a time uses an instance, and gives up its own alone. */
        assert(user ? !run->backend->users[i] : run->backend->users[i] == &run->user);
        run->backend->users[i] = user;
        if (user)
            roma_client_refresh(run->backend->client, i);
    }
}

static int pass_run_make_survey(PassRun *run)
{
    SurveyScope scope = *run->surveyed;

    scope.pass_id = run->pass_id;
    scope.throttles = run->backend->throttles;
    run->surveyed = NULL;
    return survey_new(run->config, &pass_run_ops, run, &scope, &run->survey);
}

static int pass_run_prepare(PassRun *run, Err *err)
{
    PassScope scope = {
        .pass_id = run->pass_id,
        .dry_run = run->dry_run,
        .instance = run->instance,
        .is_probe = run->is_probe,
        .throttles = run->backend->throttles,
        .undos = run->undos,
        .chosen = run->undos ? NULL : run->backend->chosen,
        .firsts = run->undos ? NULL : run->backend->firsts,
        .spent = run->undos ? NULL : run->backend->spent,
        .lookups = run->backend->lookups,
        .take_overs = run->backend->fleet ? run->backend->take_overs : NULL,
    };
    int r = pass_run_add_sources(run);

    if (!run->undos && run->instance != PASS_ALL_INSTANCES) {
        const ChannelNumbers own = channel_index_get(&run->backend->channels, run->instance);

        scope.channels = own.items;
        scope.channel_count = own.count;
    }
    if (r < 0)
        return err_system(err, r, "cannot set up the event loop");
    r = pass_run_name_pass(run, err);
    if (r < 0)
        return r;
    if (run->surveyed)
        r = pass_run_make_survey(run);
    else
        r = pass_new(run->config, &pass_run_ops, run, &scope, &run->pass);
    return r < 0 ? err_memory(err) : 0;
}

/* Without giving its instances up. */
static void pass_run_drop(PassRun *run)
{
    pass_run_fleet_done(run);
    pass_free(run->pass);
    survey_free(run->survey);
    wake_done(&run->wake);
    sd_event_source_disable_unref(run->done);
    free(run);
}

static int pass_run_start(const PassRun *plan, PassRun **ret_run, Err *err)
{
    PassRun *run = malloc(sizeof(*run));
    int r;

    assert(plan->on_done && plan->on_event);
    if (!run)
        return err_memory(err);
    *run = *plan;
    /* A difference is taken up from the event loop; until then the pass may read. */
    if (!run->undos)
        backend_is_current(run->backend);
    run->store = run->backend->store;
    run->user = (BackendUser){pass_run_on_answer, pass_run_on_renewed, pass_run_on_wait, run};
    progress_init(&run->progress, clock_monotonic_usec());
    r = pass_run_prepare(run, err);
    if (r < 0) {
        pass_run_drop(run);
        return r;
    }
    pass_run_claim(run, &run->user);
    *ret_run = run;
    if (run->survey)
        survey_start(run->survey);
    else
        pass_start(run->pass);
    pass_run_look(run);
    return 0;
}

int pass_run_begin(Backend *backend, size_t instance, bool is_probe, PassRunOnDone on_done,
                   PassRunOnEvent on_event, void *userdata, PassRun **ret_run, Err *err)
{
    const PassRun plan = {
        .backend = backend,
        .config = backend->config,
        .dry_run = backend->dry_run,
        .instance = instance,
        .is_probe = is_probe,
        .on_done = on_done,
        .on_event = on_event,
        .userdata = userdata,
    };

    assert(instance == PASS_ALL_INSTANCES || instance < backend->config->instance_count);
    return pass_run_start(&plan, ret_run, err);
}

int pass_run_begin_undo(Backend *backend, const Config *config, const char *undo_of,
                        ChannelUndo *undos, bool dry_run, PassRunOnDone on_done,
                        PassRunOnEvent on_event, void *userdata, PassRun **ret_run, Err *err)
{
    const PassRun plan = {
        .backend = backend,
        .config = config,
        .undos = undos,
        .undo_of = undo_of,
        .dry_run = dry_run || backend->dry_run,
        .instance = PASS_ALL_INSTANCES,
        .on_done = on_done,
        .on_event = on_event,
        .userdata = userdata,
    };

    assert(undos && config->instance_count == backend->config->instance_count);
    return pass_run_start(&plan, ret_run, err);
}

int pass_run_begin_survey(Backend *backend, const SurveyScope *scope, PassRunOnDone on_done,
                          PassRunOnEvent on_event, void *userdata, PassRun **ret_run, Err *err)
{
    const PassRun plan = {
        .backend = backend,
        .config = backend->config,
        .surveyed = scope,
        .dry_run = true,
        .instance = scope->instance,
        .on_done = on_done,
        .on_event = on_event,
        .userdata = userdata,
    };

    assert(backend->dry_run);
    return pass_run_start(&plan, ret_run, err);
}

void pass_run_free(PassRun *run)
{
    if (!run)
        return;
    pass_run_claim(run, NULL);
    pass_run_drop(run);
}

void pass_run_stop(PassRun *run, const char *why)
{
    if (run->survey)
        survey_stop(run->survey, why);
    else
        pass_stop(run->pass, why);
    pass_run_look(run);
}

void pass_run_pause(PassRun *run, const RosterChannel *channel)
{
    pass_pause(run->pass, channel);
    pass_run_look(run);
}

void pass_run_hold_changes(PassRun *run, const char *why)
{
    pass_hold_changes(run->pass, why);
    pass_run_look(run);
}

void pass_run_allow_changes(PassRun *run)
{
    pass_allow_changes(run->pass);
    pass_run_look(run);
}

void pass_run_abandon(PassRun *run, const char *why)
{
    backend_cancel(run->backend, &run->user, pass_run_is_changing(run));
    progress_on_abandon(&run->progress);
    if (run->survey)
        survey_abandon(run->survey, why);
    else
        pass_abandon(run->pass, why);
    pass_run_look(run);
}

int pass_run_finish(PassRun *run, Err *err)
{
    const Backend *backend = run->backend;
    const char *result = report_result_text(report_result(pass_run_get_report(run)));

    assert(pass_is_done(run->pass));
    pass_run_store_show_pauses(run, pass_get_report(run->pass));
    for (size_t i = 0; i < backend->config->instance_count; i++) {
        if (backend->users[i] == &run->user)
            roma_client_forget_permits(backend->client, i);
    }
    if (run->dry_run)
        return 0;
    if (!run->store)
        return backend_without_store(backend, err);
    if (!run->undos)
        pass_run_quarantine_tell_left(run);
    return store_end_pass(run->store, run->pass_id, result, clock_realtime_usec(), err);
}

const Report *pass_run_get_report(const PassRun *run)
{
    assert(run->pass);
    return pass_get_report(run->pass);
}

const Survey *pass_run_get_survey(const PassRun *run)
{
    assert(run->survey);
    return run->survey;
}

Survey *pass_run_take_survey(PassRun *run)
{
    assert(run->survey);
    survey_leave(run->survey);
    return TAKE_PTR(run->survey);
}

void pass_run_tell_answers(PassRun *run, PassRunOnAnswered on_answered)
{
    assert(on_answered);
    run->on_answered = on_answered;
}

void pass_run_take_report(PassRun *run, Report *ret_report)
{
    pass_take_report(run->pass, ret_report);
}
