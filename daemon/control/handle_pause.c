/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_pause.h"

#include <errno.h>
#include <stdio.h>

#include "daemon/base/clock.h"
#include "daemon/base/duration.h"
#include "daemon/base/str.h"
#include "daemon/control/fleet_request.h"
#include "daemon/control/orphan_pauses.h"
#include "daemon/control/pause.h"
#include "daemon/control/reply.h"
#include "daemon/json/json_writer.h"
#include "daemon/log/audit_log.h"
#include "daemon/report/pause.h"

/* ---- of what ---- */

static int handle_pause_fail_instance(const Config *config, const char *name, Err *err)
{
    _cleanup_(buf_done) Buf names = {0};

    for (size_t i = 0; i < config->instance_count; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", config->instances[i].name);
    if (buf_failed(&names) < 0)
        return err_memory(err);
    return err_set(err, -ENOENT,
                   "%.200s: no instance of the settings has this name, which have %.300s", name,
                   buf_text(&names));
}

static int handle_pause_find_instance(const Controller *controller, const char *name,
                                      StoreScope *ret_scope, Err *err)
{
    for (size_t i = 0; i < controller->config->instance_count; i++) {
        if (!str_equal(controller->config->instances[i].name, name))
            continue;
        *ret_scope = (StoreScope){
            .instance_key = controller->backend.keys[i],
            .instance_name = controller->config->instances[i].name,
        };
        return 0;
    }
    return handle_pause_fail_instance(controller->config, name, err);
}

/* A channel of the rosters, else one that only a pause knows (where `pauses` are given). */
static int handle_pause_find_channel(const Controller *controller, const char *text,
                                     const StorePauses *pauses, StoreScope *ret_scope, Err *err)
{
    const StorePause *pause = NULL;
    ChannelRef found;
    int r = channel_ref_find(controller, text, &found, err);

    if (r == 0)
        *ret_scope = pause_scope(&found);
    if (r != -ENOENT || !pauses)
        return r;
    r = orphan_pauses_find(controller, pauses, text, &pause, err);
    if (r == 0)
        *ret_scope = pause->scope;
    return r;
}

/* Exactly one of {"channel": CHANNEL}, {"instance": NAME} and {"all": true}. */
static int handle_pause_read_scope(const Controller *controller, const Json *root,
                                   const StorePauses *pauses, StoreScope *ret_scope, Err *err)
{
    const char *channel = NULL, *instance = NULL;
    bool is_all = false;
    int r = json_take_text(root, "channel", false, &channel, err);

    if (r == 0)
        r = json_take_text(root, "instance", false, &instance, err);
    if (r == 0)
        r = json_take_bool(root, "all", &is_all, err);
    if (r < 0)
        return r;
    if (!channel && !instance && !is_all)
        return err_set(err, -EINVAL, "channel: missing (or say instance, or all)");
    if ((channel != NULL) + (instance != NULL) + is_all != 1)
        return err_set(err, -EINVAL, "say one of channel, instance and all");
    if (is_all) {
        *ret_scope = (StoreScope){0};
        return 0;
    }
    return instance ? handle_pause_find_instance(controller, instance, ret_scope, err)
                    : handle_pause_find_channel(controller, channel, pauses, ret_scope, err);
}

/* ---- saying it ---- */

/* Where a pause holds, in a fleet: `outcome` is NULL without one. */
static void handle_pause_put_fleet(JsonWriter *writer, const SharedOutcome *outcome)
{
    if (!outcome)
        return;
    json_open_object(writer, "fleet");
    json_put_bool(writer, "everywhere", outcome->end != SHARED_HERE);
    json_put_text(writer, "error", outcome->end == SHARED_HERE ? outcome->message : NULL);
    json_put_text(writer, "untaken_by", outcome->end == SHARED_LATE ? outcome->owner : NULL);
    reply_put_time(writer, "changes_until", outcome->until_usec);
    json_close_object(writer);
}

/* `pause` has no reason where it was ended; `replaced` is what it took the place of. */
static void handle_pause_answer(const Control *control, ServerRequest *request,
                                const StorePause *pause, const StorePauses *replaced,
                                const SharedOutcome *outcome)
{
    _cleanup_(store_pauses_done) StorePauses pauses = {0};
    Buf buf = {0};
    JsonWriter writer = {.buf = &buf};
    Err err = {0};

    json_open_object(&writer, NULL);
    if (pause->reason)
        report_pause_put(&writer, pause);
    else
        report_pause_put_scope(&writer, &pause->scope);
    json_put_bool(&writer, "paused", pause->reason != NULL);
    if (replaced)
        report_pause_put_all(&writer, "replaced", replaced, NULL);
    if (store_pauses(control->state->store, clock_realtime_usec(), &pauses, &err) == 0)
        report_pause_put_all(&writer, "holding", &pauses, &pause->scope);
    handle_pause_put_fleet(&writer, outcome);
    json_close_object(&writer);
    json_end(&writer);
    reply_answer(request, &buf);
}

/* For the log: which channel, or the instance with all that it has. */
static void handle_pause_log(const ServerRequest *request, const char *action,
                             const StoreScope *scope, const char *reason, const char *text)
{
    const char *channel = scope->channel_name ? scope->channel_name : scope->channel_id;

    audit_log_write(&(AuditEntry){.action = action,
                                  .uid = server_request_uid(request),
                                  .instance = scope->instance_name,
                                  .channel = channel,
                                  .reason = reason},
                    "%s%s", store_scope_kind(scope) == PAUSE_SCOPE_ALL ? "all instances: " : "",
                    text);
}

static void handle_pause_log_begun(const ServerRequest *request, const StorePause *pause,
                                   const StorePauses *replaced)
{
    char text[512], before[384], until[CLOCK_RFC3339_SIZE] = "";

    if (pause->until_usec)
        clock_format_rfc3339(pause->until_usec, until);
    snprintf(text, sizeof(text), "paused%s%s%s", until[0] ? " until " : ", without end,", until,
             pause_format_replaced(replaced, before, sizeof(before)));
    handle_pause_log(request, "pause", &pause->scope, pause->reason, text);
}

/* ---- the two requests ---- */

/* "for" of the request; 0: no end. */
static int handle_pause_read_duration(const Json *root, uint64_t *ret_duration_usec, Err *err)
{
    const char *duration = NULL;
    int r = json_take_text(root, "for", false, &duration, err);

    if (r == 0 && duration &&
        (duration_parse(duration, ret_duration_usec) < 0 || *ret_duration_usec == 0))
        r = err_set(err, -EINVAL,
                    "for: not a duration, should be 30m, 2h or 7d, more than 0 and at most 36500d");
    return r;
}

static void handle_pause_on_outcome(const FleetRequest *waiting, const SharedOutcome *outcome)
{
    if (outcome->end == SHARED_HERE)
        handle_pause_log(waiting->request, "pause", &waiting->pause.scope, waiting->pause.reason,
                         "the pause holds on this host alone: etcd has not got it");
    handle_pause_answer(waiting->control, waiting->request, &waiting->pause, &waiting->replaced,
                        outcome->end == SHARED_REFUSED ? NULL : outcome);
}

#define HANDLE_PAUSE_AT_END                                                                        \
    "the pause is kept on this host, and goes to etcd when rosterd runs here again, unless it is " \
    "there already, which is not known: other hosts may go on with changes; rosterctl status on "  \
    "another host shows whether it holds there"

#define HANDLE_RESUME_AT_END                                                                       \
    "whether etcd has ended the pause is not known: rosterctl status on another host, or here "    \
    "once rosterd runs again, shows whether it holds still"

/* It holds here at once, and is answered when the fleet has taken it. */
static int handle_pause_ask(Control *control, ServerRequest *request, const StorePause *pause,
                            uint64_t now_usec, Err *err)
{
    FleetRequest *waiting = NULL;
    int r = fleet_request_new(control, request, handle_pause_on_outcome, HANDLE_PAUSE_AT_END, pause,
                              &waiting, err);

    if (r < 0)
        return r;
    r = shared_pause(control->shared, pause, now_usec, &waiting->replaced, fleet_request_on_outcome,
                     waiting, &waiting->asking, err);
    if (r < 0)
        fleet_request_drop(waiting);
    else
        handle_pause_log_begun(request, pause, &waiting->replaced);
    return r;
}

int handle_pause(Control *control, ServerRequest *request, const Json *root, Err *err)
{
    static const char *const keys[] = {"channel", "instance", "all", "reason", "for", NULL};
    _cleanup_(store_pauses_done) StorePauses replaced = {0};
    uint64_t duration_usec = 0, now_usec = clock_realtime_usec();
    StorePause pause = {.uid = server_request_uid(request)};
    int r = json_check_keys(root, keys, err);

    if (r == 0)
        r = json_take_text(root, "reason", true, &pause.reason, err);
    if (r == 0)
        r = handle_pause_read_scope(control->controller, root, NULL, &pause.scope, err);
    if (r == 0)
        r = handle_pause_read_duration(root, &duration_usec, err);
    if (r == 0)
        r = control_writable(control, err);
    if (r < 0)
        return r;
    if (duration_usec)
        pause.until_usec = now_usec + duration_usec;
    if (control->shared)
        return handle_pause_ask(control, request, &pause, now_usec, err);
    r = store_pause(control->state->store, &pause, now_usec, &replaced, err);
    if (r < 0)
        return r;
    pause_stop_passes(control->controller, &pause.scope);
    handle_pause_log_begun(request, &pause, &replaced);
    handle_pause_answer(control, request, &pause, &replaced, NULL);
    return 0;
}

/* What was asked to resume is not paused itself: by which pauses it is held still. */
static int handle_pause_say_none(const StorePauses *pauses, const StoreScope *scope, Err *err)
{
    for (size_t i = 0; i < pauses->count; i++) {
        const StoreScope *other = &pauses->items[i].scope;

        if (!store_scope_covers(other, scope))
            continue;
        return err_set(err, -EALREADY,
                       "it is not paused by itself: the pause of %s%s%s holds it (%.200s)",
                       store_scope_kind(other) == PAUSE_SCOPE_ALL ? "all" : "instance ",
                       other->instance_name ? other->instance_name : "",
                       store_scope_kind(other) == PAUSE_SCOPE_ALL ? " instances" : "",
                       pauses->items[i].reason);
    }
    return err_set(err, -EALREADY, "it is not paused: rosterctl status shows what is");
}

/* A pause in a roster is ended where people review it, on every host. 0 where there is none. */
static int handle_pause_check_roster(const Controller *controller, const StoreScope *scope,
                                     const char *before, Err *err)
{
    const Config *config = controller->config;

    for (size_t i = 0; i < config->channel_count; i++) {
        const RosterChannel *channel = &config->channels[i];
        ChannelRef found;
        StoreScope own;

        channel_ref_by_index(controller, i, &found);
        own = pause_scope(&found);
        if (store_scope_kind(scope) == PAUSE_SCOPE_CHANNEL && store_scope_covers(scope, &own) &&
            config_pause_holds(channel, clock_realtime_usec()))
            return err_set(err, -EPERM,
                           "%spaused by the roster, %s:%zu (%s): remove paused: there to resume it",
                           before, channel->file, channel->pause->line, channel->pause->reason);
    }
    return 0;
}

/* Whether a pause is of that very scope. */
static bool handle_pause_has_own(const StorePauses *pauses, const StoreScope *scope)
{
    for (size_t i = 0; i < pauses->count; i++) {
        if (store_scope_kind(&pauses->items[i].scope) == store_scope_kind(scope) &&
            store_scope_covers(&pauses->items[i].scope, scope))
            return true;
    }
    return false;
}

/* The pause has ended: answers, or says which one of a roster holds still. */
static int handle_resume_answer(const Control *control, ServerRequest *request,
                                const StorePause *ended, Err *err)
{
    int r;

    handle_pause_log(request, "resume", &ended->scope, NULL, "resumed");
    r = handle_pause_check_roster(control->controller, &ended->scope,
                                  "its pause by rosterctl has ended, but it is ", err);
    if (r == 0)
        handle_pause_answer(control, request, ended, NULL, NULL);
    return r;
}

static void handle_resume_on_outcome(const FleetRequest *waiting, const SharedOutcome *outcome)
{
    Err err = {0};
    int r;

    if (outcome->end == SHARED_DONE)
        r = handle_resume_answer(waiting->control, waiting->request, &waiting->pause, &err);
    else
        r = err_set(&err, -EHOSTUNREACH,
                    "etcd has not said that the pause has ended (%s), and it holds on here; "
                    "rosterctl status shows whether it holds still",
                    outcome->message);
    if (r < 0)
        reply_fail(waiting->request, r, &err);
}

/* In a fleet a pause ends in etcd, or not at all. */
static int handle_resume_ask(Control *control, ServerRequest *request, const StorePause *ended,
                             Err *err)
{
    FleetRequest *waiting = NULL;
    int r = fleet_request_new(control, request, handle_resume_on_outcome, HANDLE_RESUME_AT_END,
                              ended, &waiting, err);

    if (r < 0)
        return r;
    r = shared_resume(control->shared, &ended->scope, fleet_request_on_outcome, waiting,
                      &waiting->asking, err);
    if (r < 0)
        fleet_request_drop(waiting);
    return r;
}

int handle_resume(Control *control, ServerRequest *request, const Json *root, Err *err)
{
    static const char *const keys[] = {"channel", "instance", "all", NULL};
    _cleanup_(store_pauses_done) StorePauses pauses = {0};
    StorePause ended = {0};
    const StoreScope *scope = &ended.scope;
    int r = json_check_keys(root, keys, err);

    if (r == 0 && control->state->store)
        r = store_pauses(control->state->store, clock_realtime_usec(), &pauses, err);
    if (r == 0)
        r = handle_pause_read_scope(control->controller, root, &pauses, &ended.scope, err);
    if (r == 0)
        r = control_writable(control, err);
    if (r == 0 && control->shared && handle_pause_has_own(&pauses, scope))
        return handle_resume_ask(control, request, &ended, err);
    if (r == 0 && !control->shared)
        r = store_resume(control->state->store, scope, err);
    if (r == 0)
        r = handle_pause_check_roster(control->controller, scope, "", err);
    if (r == 0)
        return handle_pause_say_none(&pauses, scope, err);
    return r < 0 ? r : handle_resume_answer(control, request, &ended, err);
}
