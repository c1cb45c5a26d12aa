/* A run: see run.h. */
#include "daemon/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/random.h"
#include "daemon/run_state.h"

/* A request's timeout ends it a little late on a busy machine. */
#define STUCK_SLACK_USEC (15 * USEC_PER_SEC)

/* ---- time and chance ---- */

static uint64_t run_now_usec(void *context)
{
    (void)context;
    return clock_monotonic_usec();
}

static uint64_t run_realtime_usec(void *context)
{
    (void)context;
    return clock_realtime_usec();
}

static uint64_t run_random(void *context)
{
    (void)context;
    return random_bits();
}

static void run_wake_at(void *context, uint64_t monotonic_usec)
{
    Run *run = context;

    run->wake_usec = monotonic_usec;
    if (monotonic_usec == USEC_NEVER) {
        sd_event_source_set_enabled(run->wake, SD_EVENT_OFF);
        return;
    }
    sd_event_source_set_time(run->wake, monotonic_usec);
    sd_event_source_set_enabled(run->wake, SD_EVENT_ONESHOT);
}

/* ---- after each step of the pass ---- */

static void run_look(Run *run)
{
    run->progress_usec = clock_monotonic_usec();
    if (pass_is_done(run->pass))
        sd_event_source_set_enabled(run->done, SD_EVENT_ONESHOT);
}

static int run_on_wake(sd_event_source *source, uint64_t usec, void *userdata)
{
    Run *run = userdata;

    (void)source;
    (void)usec;
    pass_on_wake(run->pass);
    run_look(run);
    return 0;
}

static int run_on_pass_done(sd_event_source *source, void *userdata)
{
    Run *run = userdata;

    (void)source;
    run->on_done(run, run->userdata);
    return 0;
}

/* A change's outcome is worth waiting for. */
static bool run_is_change(RequestKind kind)
{
    return kind == REQUEST_DELETE_MEMBER || kind == REQUEST_ADD_MEMBERS;
}

static void run_on_answer(void *userdata, void *tag, const Answer *answer)
{
    Run *run = userdata;
    const Call *call = tag;

    run->in_flight--;
    run->changes_in_flight -= run_is_change(call->request.kind);
    pass_on_answer(run->pass, tag, answer);
    run_look(run);
    if (run->on_answered)
        run->on_answered(run, run->userdata);
}

static void run_on_renewed(void *userdata, size_t instance, Renewal renewal, const Err *err)
{
    Run *run = userdata;

    run->is_renewing = false;
    pass_on_renewed(run->pass, instance, renewal, err);
    run_look(run);
}

static void run_on_wait(void *userdata, size_t instance, uint64_t wait_usec, uint32_t attempts,
                        const Err *err)
{
    const Run *run = userdata;
    Event event = {
        .kind = EVENT_RETRY,
        .pass = run->pass_id,
        .instance_name = run->door->config->instances[instance].name,
        .channel_name = "",
        .channel_id = "",
        .member = "",
        .member_id = "",
        .digest = "",
        .attempt = attempts,
        .wait_usec = wait_usec,
        .err = err,
    };

    run->on_event(&event, run->userdata);
}

/* ---- the service ---- */

static int run_submit(void *context, const Request *request)
{
    Run *run = context;
    int r = roma_client_submit(run->door->client, request);

    if (r == 0) {
        run->in_flight++;
        run->changes_in_flight += run_is_change(request->kind);
    }
    return r;
}

static int run_renew(void *context, size_t instance)
{
    Run *run = context;
    int r = roma_client_renew(run->door->client, instance);

    run->is_renewing = run->is_renewing || r >= 0;
    return r;
}

static void run_tell(void *context, const Event *event)
{
    Run *run = context;

    run->on_event(event, run->userdata);
}

static const Ops run_ops = {
    .now_usec = run_now_usec,
    .realtime_usec = run_realtime_usec,
    .random = run_random,
    .wake_at = run_wake_at,
    .submit = run_submit,
    .renew = run_renew,
    .recall = run_state_recall,
    .remember = run_state_remember,
    .unsettled = run_state_unsettled,
    .settle = run_state_settle,
    .record = run_state_record,
    .decide = run_state_decide,
    .tell = run_tell,
};

/* ---- beginning and ending ---- */

static int run_add_sources(Run *run)
{
    sd_event *event = run->door->event;
    int r = sd_event_add_time(event, &run->wake, CLOCK_MONOTONIC, 0, 1, run_on_wake, run);

    if (r >= 0)
        r = sd_event_source_set_enabled(run->wake, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_defer(event, &run->done, run_on_pass_done, run);
    if (r >= 0)
        r = sd_event_source_set_enabled(run->done, SD_EVENT_OFF);
    return r;
}

static int run_name_pass(Run *run, Err *err)
{
    char now[CLOCK_RFC3339_SIZE];

    if (run->store)
        return store_begin_pass(run->store, clock_realtime_usec(), run->pass_id, err);
    clock_format_rfc3339(clock_realtime_usec(), now);
    snprintf(run->pass_id, sizeof(run->pass_id), "%s-1", now);
    return 0;
}

static bool run_covers(const Run *run, size_t instance)
{
    if (!run->restores)
        return run->instance == PASS_ALL_INSTANCES || run->instance == instance;
    for (size_t i = 0; i < run->config->channel_count; i++) {
        if (run->config->channels[i].instance == instance)
            return true;
    }
    return false;
}

/* From here on its instances' answers go to this run; or, with NULL, to none. */
static void run_claim(Run *run, const DoorUser *user)
{
    for (size_t i = 0; i < run->config->instance_count; i++) {
        if (!run_covers(run, i))
            continue;
        run->door->users[i] = user;
        if (user)
            roma_client_refresh(run->door->client, i);
    }
}

static int run_prepare(Run *run, Err *err)
{
    PassScope scope = {
        .pass_id = run->pass_id,
        .dry_run = run->dry_run,
        .instance = run->instance,
        .is_probe = run->is_probe,
        .gates = run->door->gates,
        .restores = run->restores,
        .firsts = run->restores ? NULL : run->door->firsts,
    };
    int r = run_add_sources(run);

    if (r < 0)
        return err_system(err, r, "cannot set up the event loop");
    r = run_name_pass(run, err);
    if (r < 0)
        return r;
    if (pass_new(run->config, &run_ops, run, &scope, &run->pass) < 0)
        return err_memory(err);
    return 0;
}

/* Without giving its instances up. */
static void run_drop(Run *run)
{
    pass_free(run->pass);
    sd_event_source_disable_unref(run->wake);
    sd_event_source_disable_unref(run->done);
    free(run);
}

static int run_start(const Run *plan, Run **ret_run, Err *err)
{
    Run *run = malloc(sizeof(*run));
    int r;

    if (!run)
        return err_memory(err);
    *run = *plan;
    run->store = run->door->store;
    run->user = (DoorUser){run_on_answer, run_on_renewed, run_on_wait, run};
    run->wake_usec = USEC_NEVER;
    r = run_prepare(run, err);
    if (r < 0) {
        run_drop(run);
        return r;
    }
    run_claim(run, &run->user);
    *ret_run = run;
    pass_start(run->pass);
    run_look(run);
    return 0;
}

int run_begin(Door *door, size_t instance, bool is_probe, RunOnDone on_done, RunOnEvent on_event,
              void *userdata, Run **ret_run, Err *err)
{
    const Run plan = {
        .door = door,
        .config = door->config,
        .dry_run = door->dry_run,
        .instance = instance,
        .is_probe = is_probe,
        .on_done = on_done,
        .on_event = on_event,
        .userdata = userdata,
    };

    return run_start(&plan, ret_run, err);
}

int run_begin_restore(Door *door, const Config *config, Addition *restores, bool dry_run,
                      RunOnDone on_done, RunOnEvent on_event, void *userdata, Run **ret_run,
                      Err *err)
{
    const Run plan = {
        .door = door,
        .config = config,
        .restores = restores,
        .dry_run = dry_run || door->dry_run,
        .instance = PASS_ALL_INSTANCES,
        .on_done = on_done,
        .on_event = on_event,
        .userdata = userdata,
    };

    return run_start(&plan, ret_run, err);
}

void run_free(Run *run)
{
    if (!run)
        return;
    run_claim(run, NULL);
    run_drop(run);
}

void run_stop(Run *run, const char *why)
{
    pass_stop(run->pass, why);
    run_look(run);
}

void run_pause(Run *run, const RosterChannel *channel)
{
    pass_pause(run->pass, channel);
    run_look(run);
}

void run_abandon(Run *run, const char *why)
{
    run->in_flight = run->changes_in_flight = 0;
    run->is_renewing = false;
    pass_abandon(run->pass, why);
    run_look(run);
}

int run_finish(Run *run, Err *err)
{
    const Door *door = run->door;
    const char *result = report_result_text(report_result(run_get_report(run)));

    run_state_show_pauses(run);
    for (size_t i = 0; i < door->config->instance_count; i++) {
        if (door->users[i] == &run->user)
            roma_client_forget_permits(door->client, i);
    }
    if (!run->store)
        return door->dry_run ? 0 : door_without_store(door, err);
    return store_end_pass(run->store, run->pass_id, result, clock_realtime_usec(), err);
}

const Report *run_get_report(const Run *run)
{
    return pass_get_report(run->pass);
}

void run_tell_answers(Run *run, RunOnAnswered on_answered)
{
    run->on_answered = on_answered;
}

bool run_is_changing(const Run *run)
{
    return run->changes_in_flight > 0;
}

void run_take_report(Run *run, Report *ret_report)
{
    pass_take_report(run->pass, ret_report);
}

bool run_is_stuck(const Run *run, uint64_t now_usec)
{
    const Limits *limits = &run->door->config->limits;

    if (run->wake_usec != USEC_NEVER && now_usec > run->wake_usec + STUCK_SLACK_USEC)
        return true;
    if (run->is_renewing &&
        now_usec <= door_renewal_due_usec(run->door, &run->user) + STUCK_SLACK_USEC)
        return false;
    if (run->in_flight > 0 || run->is_renewing)
        return now_usec > run->progress_usec + limits->timeout_usec + STUCK_SLACK_USEC;
    return run->wake_usec == USEC_NEVER && now_usec > run->progress_usec + STUCK_SLACK_USEC;
}
