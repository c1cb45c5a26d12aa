/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_status.h"

#include <errno.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/control/channel_ref.h"
#include "daemon/control/known_plans.h"
#include "daemon/control/notify_state.h"
#include "daemon/control/orphan_pauses.h"
#include "daemon/control/orphan_quarantine.h"
#include "daemon/control/pause.h"
#include "daemon/control/planning.h"
#include "daemon/control/pulls.h"
#include "daemon/control/reply.h"
#include "daemon/report/json.h"
#include "daemon/report/pause.h"
#include "daemon/report/progress_text.h"

/* What approval a plan of this digest has, for the pass that carries it out. */
static Approval handle_status_approval(Store *store, const char *digest, const ChangeGate *gate)
{
    int r = store && digest[0] ? store_is_approved(store, digest, clock_realtime_usec(), gate, NULL)
                               : APPROVAL_NONE;

    return r < 0 ? APPROVAL_NONE : (Approval)r;
}

/* Puts "progress": how far it is, for people; null where there is none. */
static void handle_status_put_progress(JsonWriter *writer, const PassRun *run)
{
    _cleanup_(buf_done) Buf text = {0};

    if (run)
        progress_text_append(run, &text);
    json_put_text(writer, "progress", run ? buf_text(&text) : NULL);
}

static void handle_status_put_instance(JsonWriter *writer, const Scheduler *scheduler)
{
    const Instance *instance = &scheduler->backend->config->instances[scheduler->instance];
    const Report *last = &scheduler->last;
    const InstanceReport *report = last->instance_count > 0 ? last->instances : NULL;

    json_open_object(writer, NULL);
    json_put_text(writer, "name", instance->name);
    json_put_text(writer, "endpoint", instance->endpoint);
    json_put_number(writer, "channels", scheduler->channel_count);
    json_put_text(writer, "last_pass", scheduler->last_pass);
    reply_put_time(writer, "last_pass_ended", scheduler->last_usec);
    json_put_bool(writer, "pass_under_way", scheduler->run != NULL);
    handle_status_put_progress(writer, scheduler->run);
    reply_put_moment(writer, "next_pass", scheduler->schedule->next_usec);
    json_put_number(writer, "failed_passes", scheduler->schedule->failures);
    json_put_text(writer, "digest", report ? report->digest : NULL);
    json_put_bool(writer, "approved",
                  report && handle_status_approval(scheduler->backend->store, report->digest,
                                                   NULL) != APPROVAL_NONE);
    report_json_put_guards(writer, report ? report->guards : NULL,
                           report ? report->guard_count : 0);
    json_close_object(writer);
}

/* The roster's pause where it holds longer than the one of the state (NULL: none); else NULL. */
static const RosterPause *handle_status_roster_pause(const ChannelRef *found,
                                                     const StorePause *pause)
{
    const RosterPause *own = found->channel->pause;

    if (!config_pause_holds(found->channel, clock_realtime_usec()))
        return NULL;
    if (!pause || own->until_usec == 0 ||
        (pause->until_usec != 0 && pause->until_usec < own->until_usec))
        return own;
    return NULL;
}

/* A channel that no pass has looked at yet is shown as the rosters have it. */
static ChannelReport handle_status_report(const ChannelRef *found)
{
    if (found->report)
        return *found->report;
    return (ChannelReport){
        .channel = found->channel,
        .instance_name = found->instance_name,
        .name = found->channel->name,
        .id = found->channel->id,
    };
}

/* The windows and freezes as they are now; that the clocks are apart only the
 * last pass knows. Whether they are what is told, and an approval may open them. */
static bool handle_status_take_window(const ChannelRef *found, ChannelReport *report)
{
    const ChangeGate gate = config_gate(found->scheduler->backend->config, found->channel);
    ChangeGateState state = change_gate_look(&gate, clock_realtime_usec());
    const char *reason = state.reason;

    if (found->report && found->report->pause_reason && change_gate_has_any(&gate) &&
        str_equal(found->report->pause_reason, CHANGE_GATE_CLOCK_REASON)) {
        reason = found->report->pause_reason;
        state.until_usec = 0;
    }
    if (!reason || (report->pause_reason && report->pause_end_usec == 0))
        return false;
    if (report->pause_reason && state.until_usec != 0 && state.until_usec <= report->pause_end_usec)
        return false;
    report->pause_reason = reason;
    report->pause_end_usec = state.until_usec;
    report->pause_scope = PAUSE_SCOPE_WINDOW;
    return reason == state.reason && !state.is_frozen;
}

/* Since when it has its result, and whether that may be longer. */
static void handle_status_put_since(JsonWriter *writer, const SchedulerSince *since)
{
    reply_put_time(writer, "since", since->usec);
    json_put_bool(writer, "since_or_before", since->usec != 0 && since->is_first);
}

/* The pauses are those of now, the rest is the last pass's. */
static void handle_status_put_channel(JsonWriter *writer, const ChannelRef *found,
                                      const StorePauses *pauses)
{
    const StorePause *pause = pause_find(pauses, found);
    const RosterPause *own = handle_status_roster_pause(found, pause);
    const ChangeGate gate = config_gate(found->scheduler->backend->config, found->channel);
    ChannelReport report = handle_status_report(found);
    Approval approval = APPROVAL_NONE;
    bool may_be_opened;

    report.pause_reason = own ? own->reason : pause ? pause->reason : NULL;
    report.pause_end_usec = own ? own->until_usec : pause ? pause->until_usec : 0;
    report.pause_scope = pause && !own ? store_scope_kind(&pause->scope) : PAUSE_SCOPE_ROSTER;
    may_be_opened = handle_status_take_window(found, &report);
    json_open_object(writer, NULL);
    report_json_put_channel(writer, &report,
                            found->report ? report_result_text(report.result) : NULL);
    reply_put_time(writer, "next_opening",
                   change_gate_next_opening_usec(&gate, clock_realtime_usec()));
    reply_put_moment(writer, "listed", found->scheduler->listed_usec[found->number]);
    handle_status_put_since(writer, &found->scheduler->since[found->number]);
    if (report.result != RESULT_CONVERGED)
        approval = handle_status_approval(found->scheduler->backend->store, report.digest, &gate);
    json_put_bool(writer, "approved", approval != APPROVAL_NONE);
    json_put_bool(writer, "opens_window", approval == APPROVAL_NOW && may_be_opened);
    json_close_object(writer);
}

static void handle_status_put_head(JsonWriter *writer, Control *control, const char *pauses_error)
{
    const uint64_t *invalid_usec = control->loader.invalid_usec;
    const Controller *controller = control->controller;
    Err state_err = {0};
    bool is_usable = backend_check_store(&controller->backend, &state_err) == 0;

    json_put_text(writer, "version", ROSTERD_VERSION);
    json_put_number(writer, "pid", (uint64_t)getpid());
    if (!writer->is_compact)
        reply_put_time(writer, "time", clock_realtime_usec());
    json_put_bool(writer, "dry_run", controller->backend.dry_run);
    report_json_put_roster(writer, controller->config->set.digest, controller->config->set.head);
    pulls_put(writer, "git", controller, &control->pulls);
    json_put_number(writer, "log_lines_lost", log_lost_count());
    notify_state_put(writer, "notify", control->notices);
    json_put_text(writer, "invalid", control->invalid);
    reply_put_time(writer, "invalid_since", invalid_usec ? *invalid_usec : 0);
    json_put_text(writer, "state_error", is_usable ? NULL : state_err.text);
    json_put_text(writer, "pauses_error", pauses_error);
}

/* Of one channel of the rosters, or (NULL) of all. */
static void handle_status_append(Control *control, const RosterChannel *only,
                                 const StorePauses *pauses, const char *pauses_error,
                                 JsonWriter *writer)
{
    const Controller *controller = control->controller;

    json_open_object(writer, NULL);
    handle_status_put_head(writer, control, pauses_error);
    json_open_array(writer, "instances");
    for (size_t i = 0; i < controller->scheduler_count; i++)
        handle_status_put_instance(writer, &controller->schedulers[i]);
    json_close_array(writer);
    json_open_array(writer, "channels");
    for (size_t i = 0; i < controller->config->channel_count; i++) {
        ChannelRef found;

        channel_ref_by_index(controller, i, &found);
        if (!only || only == found.channel)
            handle_status_put_channel(writer, &found, pauses);
    }
    json_close_array(writer);
    report_pause_put_all(writer, "pauses", pauses, NULL);
    if (!only) {
        orphan_pauses_put(writer, "other_pauses", controller, pauses);
        orphan_quarantine_put(writer, "other_quarantined", controller);
    }
    json_close_object(writer);
    json_end(writer);
}

/* Which plans begin with a digest: for whoever is about to approve one. */
static void handle_status_plans(const Control *control, ServerRequest *request, const char *digest)
{
    KnownPlan plans[KNOWN_PLANS_MAX];
    size_t count = known_plans_find(control, digest, plans);
    Buf buf = {0};
    JsonWriter writer = {.buf = &buf};

    json_open_object(&writer, NULL);
    json_put_number(&writer, "plans", count);
    known_plans_put(&writer, plans, count);
    json_close_object(&writer);
    json_end(&writer);
    reply_answer(request, &buf);
}

static void handle_status_append_some(Control *control, const RosterChannel *only,
                                      JsonWriter *writer)
{
    _cleanup_(store_pauses_done) StorePauses pauses = {0};
    Err err = {0};
    int r = 0;

    if (control->state->store)
        r = store_pauses(control->state->store, clock_realtime_usec(), &pauses, &err);
    handle_status_append(control, only, &pauses, r < 0 ? err.text : NULL, writer);
}

void handle_status_append_for_page(Control *control, Buf *buf)
{
    handle_status_append_some(control, NULL, &(JsonWriter){.buf = buf, .is_compact = true});
}

void handle_status(Control *control, ServerRequest *request)
{
    const char *channel = server_request_find(request, "channel");
    const char *digest = server_request_find(request, "digest");
    ChannelRef found = {0};
    Buf buf = {0};
    Err err = {0};
    int r = channel ? channel_ref_find(control->controller, channel, &found, &err) : 0;

    if (r < 0) {
        reply_fail(request, r, &err);
        return;
    }
    if (digest) {
        handle_status_plans(control, request, digest);
        return;
    }
    handle_status_append_some(control, found.channel, &(JsonWriter){.buf = &buf});
    reply_answer(request, &buf);
}

void handle_progress(Control *control, ServerRequest *request)
{
    Buf buf = {0};
    JsonWriter writer = {.buf = &buf};

    json_open_object(&writer, NULL);
    json_open_array(&writer, "instances");
    for (size_t i = 0; i < control->controller->scheduler_count; i++) {
        const Scheduler *scheduler = &control->controller->schedulers[i];

        json_open_object(&writer, NULL);
        json_put_text(&writer, "name", scheduler->log.instance_name);
        json_put_bool(&writer, "pass_under_way", scheduler->run != NULL);
        handle_status_put_progress(&writer, scheduler->run);
        json_close_object(&writer);
    }
    json_close_array(&writer);
    json_put_bool(&writer, "plan_under_way", control->planning != NULL);
    handle_status_put_progress(&writer, planning_find_run(control));
    json_close_object(&writer);
    json_end(&writer);
    reply_answer(request, &buf);
}
