/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_change.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/control/reply.h"
#include "daemon/json/json.h"
#include "daemon/log/audit_log.h"

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

static void handle_say_approved(const Control *control, ServerRequest *request, const char *digest)
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
    reply_answer(request, &buf);
}

/* Durable when it is answered, but in a dry run, where nothing is. */
int handle_approve(Control *control, ServerRequest *request, json_object *root, Err *err)
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
        &(AuditEntry){.action = "approve", .uid = server_request_uid(request), .digest = digest},
        "%s approved", digest);
    handle_say_approved(control, request, digest);
    return 0;
}
