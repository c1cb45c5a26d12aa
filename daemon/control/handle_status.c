/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_status.h"

#include <errno.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/control/channel_ref.h"
#include "daemon/control/known_plans.h"
#include "daemon/control/orphan_pauses.h"
#include "daemon/control/pause.h"
#include "daemon/control/pulls.h"
#include "daemon/control/reply.h"
#include "daemon/json/json.h"
#include "daemon/report/json.h"

static void handle_status_put_time(json_object *object, const char *key, uint64_t realtime_usec)
{
    char text[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339(realtime_usec, text);
    json_put_text(object, key, realtime_usec ? text : NULL);
}

/* A moment of the monotonic clock as people read it; 0 and USEC_NEVER stand for none. */
static uint64_t handle_status_realtime(uint64_t monotonic_usec)
{
    uint64_t now_usec = clock_monotonic_usec(), realtime_usec = clock_realtime_usec();

    if (monotonic_usec == 0 || monotonic_usec == USEC_NEVER)
        return 0;
    return monotonic_usec > now_usec ? realtime_usec + (monotonic_usec - now_usec)
                                     : realtime_usec - (now_usec - monotonic_usec);
}

static json_object *handle_status_instance(const Scheduler *scheduler)
{
    const Instance *instance = &scheduler->backend->config->instances[scheduler->instance];
    const Report *last = &scheduler->last;
    const InstanceReport *report = last->instance_count > 0 ? last->instances : NULL;
    json_object *object = json_new_object();

    json_put_text(object, "name", instance->name);
    json_put_text(object, "endpoint", instance->endpoint);
    json_put_number(object, "channels", scheduler->channel_count);
    json_put_text(object, "last_pass", scheduler->last_pass);
    handle_status_put_time(object, "last_pass_ended", scheduler->last_usec);
    json_put_bool(object, "pass_under_way", scheduler->run != NULL);
    handle_status_put_time(object, "next_pass",
                           handle_status_realtime(scheduler->schedule->next_usec));
    json_put_number(object, "failed_passes", scheduler->schedule->failures);
    json_put_text(object, "digest", report ? report->digest : NULL);
    json_put(object, "guards",
             report_json_guards(report ? report->guards : NULL, report ? report->guard_count : 0));
    return object;
}

/* A channel that no pass has looked at yet is shown as the rosters have it. */
static json_object *handle_status_report(const ChannelRef *found)
{
    ChannelReport none = {
        .channel = found->channel,
        .instance_name = found->instance_name,
        .name = found->channel->name,
        .id = found->channel->id,
    };
    json_object *object = report_json_channel(found->report ? found->report : &none);

    if (!found->report)
        json_put(object, "result", NULL);
    return object;
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

static json_object *handle_status_channel(const ChannelRef *found, const StorePauses *pauses)
{
    const StorePause *pause = pause_find(pauses, found);
    const RosterPause *own = handle_status_roster_pause(found, pause);
    json_object *object = handle_status_report(found);

    if (own)
        json_put(object, "pause", report_json_pause(own->reason, own->until_usec));
    else
        json_put(object, "pause",
                 pause ? report_json_pause(pause->reason, pause->until_usec) : NULL);
    handle_status_put_time(object, "listed",
                           handle_status_realtime(found->scheduler->listed_usec[found->number]));
    return object;
}

/* Of one channel of the rosters, or (NULL) of all. */
static int handle_status_append(const Controller *controller, const RosterChannel *only,
                                const StorePauses *pauses, const char *pauses_error,
                                const char *invalid, Buf *buf)
{
    json_object *root = json_new_object();
    json_object *instances = json_new_array();
    json_object *channels = json_new_array();
    Err state_err = {0};
    bool is_usable = backend_check_store(&controller->backend, &state_err) == 0;

    json_put_text(root, "version", ROSTERD_VERSION);
    json_put_number(root, "pid", (uint64_t)getpid());
    handle_status_put_time(root, "time", clock_realtime_usec());
    json_put_bool(root, "dry_run", controller->backend.dry_run);
    json_put(root, "roster",
             report_json_roster(controller->config->set.digest, controller->config->set.head));
    json_put(root, "git", pulls_json(controller));
    json_put_number(root, "log_lines_lost", log_lost_count());
    json_put_text(root, "invalid", invalid);
    json_put_text(root, "state_error", is_usable ? NULL : state_err.text);
    json_put_text(root, "pauses_error", pauses_error);
    for (size_t i = 0; i < controller->scheduler_count; i++)
        json_add(instances, handle_status_instance(&controller->schedulers[i]));
    for (size_t i = 0; i < controller->config->channel_count; i++) {
        ChannelRef found;

        channel_ref_by_index(controller, i, &found);
        if (!only || only == found.channel)
            json_add(channels, handle_status_channel(&found, pauses));
    }
    json_put(root, "instances", instances);
    json_put(root, "channels", channels);
    json_put(root, "pauses", pause_rows(pauses));
    if (!only)
        json_put(root, "other_pauses", orphan_pauses_json(controller, pauses));
    return json_append(root, buf);
}

/* Which plans begin with a digest: for whoever is about to approve one. */
static void handle_status_plans(const Control *control, ServerRequest *request, const char *digest)
{
    json_object *root = json_new_object(), *channels = json_new_array();
    json_object *instances = json_new_array();
    KnownPlan plans[KNOWN_PLANS_MAX];
    size_t count = known_plans_find(control, digest, plans);
    Buf buf = {0};

    for (size_t i = 0; i < count; i++)
        known_plans_show(&plans[i], channels, instances);
    json_put_number(root, "plans", count);
    json_put(root, "channels", channels);
    json_put(root, "instances", instances);
    json_append(root, &buf);
    reply_answer(request, &buf);
}

void handle_status(Control *control, ServerRequest *request)
{
    _cleanup_(store_pauses_done) StorePauses pauses = {0};
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
    if (control->state->store)
        r = store_pauses(control->state->store, clock_realtime_usec(), &pauses, &err);
    handle_status_append(control->controller, found.channel, &pauses, r < 0 ? err.text : NULL,
                         control->invalid, &buf);
    reply_answer(request, &buf);
}

void handle_progress(Control *control, ServerRequest *request)
{
    json_object *root = json_new_object(), *instances = json_new_array();
    Buf buf = {0};

    for (size_t i = 0; i < control->controller->scheduler_count; i++) {
        const Scheduler *scheduler = &control->controller->schedulers[i];
        json_object *object = json_new_object();

        json_put_text(object, "name", scheduler->log.instance_name);
        json_put_bool(object, "pass_under_way", scheduler->run != NULL);
        json_add(instances, object);
    }
    json_put(root, "instances", instances);
    json_put_bool(root, "plan_under_way", control->planning != NULL);
    json_append(root, &buf);
    reply_answer(request, &buf);
}
