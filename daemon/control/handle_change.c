/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_change.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/duration.h"
#include "daemon/base/str.h"
#include "daemon/control/channel_ref.h"
#include "daemon/control/orphan_pauses.h"
#include "daemon/control/pause.h"
#include "daemon/control/reply.h"
#include "daemon/json/json.h"
#include "daemon/log/audit_log.h"

static int handle_find(const Control *control, json_object *root, ChannelRef *ret_found, Err *err)
{
    const char *text;
    int r = json_get_text(root, "channel", true, &text, err);

    return r < 0 ? r : channel_ref_find(control->controller, text, ret_found, err);
}

static void handle_say_pause(ServerCall *call, const ChannelRef *found, const char *reason,
                             uint64_t until_usec)
{
    json_object *root = json_object_new_object();
    const char *name = found->channel->name;
    char until[CLOCK_RFC3339_SIZE] = "";
    Buf buf = {0};

    if (!name && found->report)
        name = found->report->name;
    if (until_usec)
        clock_format_rfc3339(until_usec, until);
    json_put_text(root, "instance", found->instance_name);
    json_put_text(root, "name", name);
    json_put_text(root, "id", found->channel_id);
    json_put_bool(root, "paused", reason != NULL);
    if (reason) {
        json_put_text(root, "reason", reason);
        json_put_text(root, "until", until);
    }
    json_append(root, &buf);
    reply_answer(call, &buf);
}

static void handle_log_pause(const ServerCall *call, const ChannelRef *found, const char *reason,
                             uint64_t until_usec)
{
    char until[CLOCK_RFC3339_SIZE] = "";

    if (until_usec)
        clock_format_rfc3339(until_usec, until);
    audit_log_write(&(AuditEntry){.action = "pause",
                                  .uid = server_call_uid(call),
                                  .instance = found ? found->instance_name : NULL,
                                  .channel = found ? channel_ref_name(found) : NULL,
                                  .reason = reason},
                    "paused%s%s", until_usec ? " until " : ", without end,", until);
}

int handle_pause(Control *control, ServerCall *call, json_object *root, Err *err)
{
    static const char *const keys[] = {"channel", "reason", "for", NULL};
    const char *reason, *span;
    uint64_t span_usec = 0, until_usec = 0;
    ChannelRef found;
    int r = json_check_keys(root, keys, err);

    if (r == 0)
        r = json_get_text(root, "reason", true, &reason, err);
    if (r == 0)
        r = json_get_text(root, "for", false, &span, err);
    if (r == 0)
        r = handle_find(control, root, &found, err);
    if (r == 0 && span && (duration_parse(span, &span_usec) < 0 || span_usec == 0))
        r = err_set(err, -EINVAL,
                    "for: not a duration, should be 30m, 2h or 7d, more than 0 and at most 36500d");
    if (r == 0)
        r = control_writable(control, err);
    if (r < 0)
        return r;
    if (span)
        until_usec = clock_realtime_usec() + span_usec;
    r = pause_begin(control->state->store, &found, reason, until_usec, err);
    if (r == 0 && found.scheduler->run)
        pass_run_pause(found.scheduler->run, found.channel);
    if (r < 0)
        return r;
    handle_log_pause(call, &found, reason, until_usec);
    handle_say_pause(call, &found, reason, until_usec);
    return 0;
}

/* A pause in a roster is ended where people review it, on every host. */
static int handle_roster_pause(const ChannelRef *found, const char *before, Err *err)
{
    return err_set(
        err, -EPERM, "%spaused by the roster, %s:%zu (%s): remove paused: there to resume it",
        before, found->channel->file, found->channel->pause->line, found->channel->pause->reason);
}

int handle_resume(Control *control, ServerCall *call, json_object *root, Err *err)
{
    static const char *const keys[] = {"channel", NULL};
    ChannelRef found;
    int r = json_check_keys(root, keys, err);

    if (r == 0)
        r = handle_find(control, root, &found, err);
    if (r == -ENOENT)
        return orphan_pauses_resume(control, call, root, err);
    if (r == 0)
        r = control_writable(control, err);
    if (r < 0)
        return r;
    r = pause_end(control->state->store, &found, err);
    if (r == 0 && config_pause_holds(found.channel, clock_realtime_usec()))
        return handle_roster_pause(&found, "", err);
    if (r == 0)
        return err_set(err, -EALREADY, "it was not paused");
    if (r < 0)
        return r;
    audit_log_write(&(AuditEntry){.action = "resume",
                                  .uid = server_call_uid(call),
                                  .instance = found.instance_name,
                                  .channel = channel_ref_name(&found)},
                    "resumed");
    if (config_pause_holds(found.channel, clock_realtime_usec()))
        return handle_roster_pause(&found, "its pause by rosterctl has ended, but it is ", err);
    handle_say_pause(call, &found, NULL, 0);
    return 0;
}

/* The channel whose plan of its last pass has this digest, or NULL. */
static const ChannelReport *handle_find_plan(const Controller *controller, const char *digest)
{
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        const Report *last = &controller->schedulers[i].last;

        for (size_t k = 0; k < last->channel_count; k++) {
            if (str_equal(last->channels[k].digest, digest))
                return &last->channels[k];
        }
    }
    return NULL;
}

static void handle_say_approved(const Control *control, ServerCall *call, const char *digest)
{
    const ChannelReport *report = handle_find_plan(control->controller, digest);
    json_object *root = json_new_object();
    Buf buf = {0};

    json_put_text(root, "digest", digest);
    json_put_bool(root, "approved", true);
    json_put_text(root, "instance", report ? report->instance_name : NULL);
    json_put_text(root, "name", report ? report->name : NULL);
    json_put_text(root, "id", report ? report->id : NULL);
    json_put_bool(root, "dry_run", control->dry_run);
    json_append(root, &buf);
    reply_answer(call, &buf);
}

/* Durable when it is answered, but in a dry run, where nothing is. */
int handle_approve(Control *control, ServerCall *call, json_object *root, Err *err)
{
    static const char *const keys[] = {"digest", NULL};
    const char *digest;
    int r = json_check_keys(root, keys, err);

    if (r == 0)
        r = json_get_text(root, "digest", true, &digest, err);
    if (r == 0 && !control->state->store) {
        *err = control->state->err;
        r = -EIO;
    }
    if (r == 0)
        r = store_approve_again(control->state->store, digest, clock_realtime_usec(), err);
    if (r == 0)
        r = store_flush(control->state->store, err);
    if (r < 0)
        return r;
    audit_log_write(
        &(AuditEntry){.action = "approve", .uid = server_call_uid(call), .digest = digest},
        "%s approved", digest);
    handle_say_approved(control, call, digest);
    return 0;
}
