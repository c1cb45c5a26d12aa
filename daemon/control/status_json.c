/* SPDX-License-Identifier: MIT */
#include "daemon/control/status_json.h"

#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/control/fleet_json.h"
#include "daemon/control/notify_state.h"
#include "daemon/control/pause.h"
#include "daemon/control/pulls.h"
#include "daemon/control/reply.h"
#include "daemon/report/json.h"
#include "daemon/report/pause.h"
#include "daemon/report/progress_text.h"

/* What approval a plan of this digest has, for the pass that carries it out. */
static Approval status_json_approval(Store *store, const char *digest, const ChangeGate *gate)
{
    int r = store && digest[0] ? store_is_approved(store, digest, clock_realtime_usec(), gate, NULL)
                               : APPROVAL_NONE;

    return r < 0 ? APPROVAL_NONE : (Approval)r;
}

void status_json_put_progress(JsonWriter *writer, const PassRun *run)
{
    _cleanup_(buf_done) Buf text = {0};

    if (run)
        progress_text_append(run, &text);
    json_put_text(writer, "progress", run ? buf_text(&text) : NULL);
}

static const FleetViewInstance *status_json_find(const FleetView *view, const Backend *backend,
                                                 size_t instance)
{
    return fleet_json_find(view, backend->keys[instance], instance);
}

/* What the passes of this host over it came to, and when the next one begins. */
static void status_json_put_passes(JsonWriter *writer, const Scheduler *scheduler)
{
    const Report *last = &scheduler->last;
    const InstanceReport *report = last->instance_count > 0 ? last->instances : NULL;

    json_put_text(writer, "last_pass", scheduler->last_pass);
    reply_put_time(writer, "last_pass_ended", scheduler->last_usec);
    json_put_bool(writer, "pass_under_way", scheduler->run != NULL);
    status_json_put_progress(writer, scheduler->run);
    reply_put_moment(writer, "next_pass", scheduler->schedule->next_usec);
    json_put_number(writer, "failed_passes", scheduler->schedule->failures);
    json_put_text(writer, "digest", report ? report->digest : NULL);
    json_put_bool(writer, "approved",
                  report && status_json_approval(scheduler->backend->store, report->digest, NULL) !=
                                APPROVAL_NONE);
    report_json_put_guards(writer, report ? report->guards : NULL,
                           report ? report->guard_count : 0);
}

void status_json_put_instance(JsonWriter *writer, const Controller *controller, size_t number,
                              const FleetView *view)
{
    const Scheduler *scheduler = &controller->schedulers[number];
    const FleetViewInstance *row = status_json_find(view, scheduler->backend, scheduler->instance);
    const Instance *instance = &scheduler->backend->config->instances[scheduler->instance];

    json_open_object(writer, NULL);
    json_put_text(writer, "name", instance->name);
    json_put_text(writer, "endpoint", instance->endpoint);
    json_put_number(writer, "channels", scheduler->channel_count);
    if (!scheduler->schedule->stands_by)
        status_json_put_passes(writer, scheduler);
    if (row) {
        json_put_text(writer, "owner", row->owner);
        json_put_bool(writer, "owned", !scheduler->schedule->stands_by);
        fleet_json_put_instance(writer, "fleet", controller, view, row);
    }
    json_close_object(writer);
}

/* The roster's pause where it holds longer than the one of the state (NULL: none); else NULL. */
static const RosterPause *status_json_roster_pause(const ChannelRef *found, const StorePause *pause)
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
static ChannelReport status_json_report(const ChannelRef *found)
{
    if (found->report && !found->scheduler->schedule->stands_by)
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
static bool status_json_take_window(const ChannelRef *found, ChannelReport *report)
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
static void status_json_put_since(JsonWriter *writer, const SchedulerSince *since)
{
    reply_put_time(writer, "since", since->usec);
    json_put_bool(writer, "since_or_before", since->usec != 0 && since->is_first);
}

/* The pauses are those of now, the rest is the last pass's. */
void status_json_put_channel(JsonWriter *writer, const ChannelRef *found, const StorePauses *pauses,
                             const FleetView *view, ReportRows *rows)
{
    const FleetViewInstance *row =
        status_json_find(view, found->scheduler->backend, found->scheduler->instance);
    const StorePause *pause = pause_find(pauses, found);
    const RosterPause *own = status_json_roster_pause(found, pause);
    const ChangeGate gate = config_gate(found->scheduler->backend->config, found->channel);
    bool stands_by = found->scheduler->schedule->stands_by;
    ChannelReport report = status_json_report(found);
    Approval approval = APPROVAL_NONE;
    bool may_be_opened;

    report.pause_reason = own ? own->reason : pause ? pause->reason : NULL;
    report.pause_end_usec = own ? own->until_usec : pause ? pause->until_usec : 0;
    report.pause_scope = pause && !own ? store_scope_kind(&pause->scope) : PAUSE_SCOPE_ROSTER;
    may_be_opened = status_json_take_window(found, &report);
    json_open_object(writer, NULL);
    report_json_put_channel(writer, &report,
                            found->report && !stands_by ? report_result_text(report.result) : NULL,
                            rows);
    reply_put_time(writer, "next_opening",
                   change_gate_next_opening_usec(&gate, clock_realtime_usec()));
    reply_put_moment(writer, "listed",
                     stands_by ? 0 : found->scheduler->listed_usec[found->number]);
    status_json_put_since(writer, stands_by ? &(SchedulerSince){0}
                                            : &found->scheduler->since[found->number]);
    if (report.result != RESULT_CONVERGED)
        approval = status_json_approval(found->scheduler->backend->store, report.digest, &gate);
    json_put_bool(writer, "approved", approval != APPROVAL_NONE);
    json_put_bool(writer, "opens_window", approval == APPROVAL_NOW && may_be_opened);
    if (stands_by) {
        json_put_bool(writer, "owned", false);
        json_put_text(writer, "owner", row ? row->owner : NULL);
    }
    json_close_object(writer);
}

void status_json_put_head(JsonWriter *writer, Control *control, const char *pauses_error,
                          const FleetView *view)
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
    if (!controller->backend.fleet)
        return;
    json_open_object(writer, "fleet");
    fleet_json_put_head(writer, controller, view);
    json_close_object(writer);
}
