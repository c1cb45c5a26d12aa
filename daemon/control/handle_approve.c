/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_approve.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/control/known_plans.h"
#include "daemon/control/reply.h"
#include "daemon/json/json_writer.h"
#include "daemon/log/audit_log.h"
#include "daemon/log/pass_log.h"

/* Whose pass carries a plan out. */
static const Scheduler *handle_find_scheduler(const Controller *controller, const char *instance)
{
    const Scheduler *found = NULL;

    for (size_t i = 0; i < controller->scheduler_count && !found; i++) {
        if (str_equal(controller->schedulers[i].log.instance_name, instance))
            found = &controller->schedulers[i];
    }
    return found;
}

static void handle_answer_approved(const Control *control, ServerRequest *request,
                                   const KnownPlan *plan, bool opens_window)
{
    const ChannelReport *channel = plan->channel;
    const char *instance = channel ? channel->instance_name : plan->instance->name;
    const Scheduler *scheduler = handle_find_scheduler(control->controller, instance);
    Buf buf = {0};
    JsonWriter writer = {.buf = &buf};

    json_open_object(&writer, NULL);
    json_put_text(&writer, "digest", plan->digest);
    json_put_bool(&writer, "approved", true);
    json_put_bool(&writer, "now", opens_window);
    json_put_text(&writer, "instance", instance);
    json_put_text(&writer, "name", channel ? channel->name : NULL);
    json_put_text(&writer, "id", channel ? channel->id : NULL);
    json_put_bool(&writer, "pass_under_way", scheduler && scheduler->run);
    reply_put_moment(&writer, "next_pass", scheduler ? scheduler->schedule->next_usec : 0);
    json_put_bool(&writer, "dry_run", control->dry_run);
    json_close_object(&writer);
    json_end(&writer);
    reply_answer(request, &buf);
}

static void handle_log_approved(const ServerRequest *request, const KnownPlan *plan,
                                bool opens_window)
{
    const ChannelReport *channel = plan->channel;

    audit_log_write(
        &(AuditEntry){
            .action = "approve",
            .uid = server_request_uid(request),
            .digest = plan->digest,
            .instance = channel ? channel->instance_name : plan->instance->name,
            .channel = channel ? pass_log_channel_name(channel) : NULL,
        },
        "the plan %s approved%s", plan->digest,
        opens_window ? ", also where its change window is closed" : "");
}

/* The approval is durable before the answer is sent, except in a dry run, which keeps nothing. */
int handle_approve(Control *control, ServerRequest *request, const Json *root, Err *err)
{
    static const char *const keys[] = {"digest", "now", NULL};
    KnownPlan plan = {0};
    bool opens_window = false;
    const char *digest;
    int r = json_check_keys(root, keys, err);

    if (r == 0)
        r = json_take_text(root, "digest", true, &digest, err);
    if (r == 0)
        r = json_take_bool(root, "now", &opens_window, err);
    if (r == 0 && !control->state->store) {
        *err = control->state->err;
        r = -EIO;
    }
    if (r == 0)
        r = known_plans_get(control, digest, &plan, err);
    if (r == 0)
        r = store_approve_again(control->state->store, plan.digest, clock_realtime_usec(), err);
    if (r == 0 && opens_window)
        r = store_approve_now(control->state->store, plan.digest, err);
    if (r == 0)
        r = store_flush(control->state->store, err);
    if (r < 0)
        return r;
    handle_log_approved(request, &plan, opens_window);
    handle_answer_approved(control, request, &plan, opens_window);
    return 0;
}
