/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_approve.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/control/fleet_request.h"
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

/* What is approved: `plan` is NULL where only the digest is known, since another host plans it. */
typedef struct Approved {
    const char *digest;
    const KnownPlan *plan;
    bool opens_window;
} Approved;

static const char *handle_approved_instance(const Approved *approved)
{
    const KnownPlan *plan = approved->plan;

    if (!plan)
        return NULL;
    return plan->channel ? plan->channel->instance_name : plan->instance->name;
}

static void handle_answer_approved(const Control *control, ServerRequest *request,
                                   const Approved *approved)
{
    const ChannelReport *channel = approved->plan ? approved->plan->channel : NULL;
    const char *instance = handle_approved_instance(approved);
    const Scheduler *scheduler =
        instance ? handle_find_scheduler(control->controller, instance) : NULL;
    Buf buf = {0};
    JsonWriter writer = {.buf = &buf};

    json_open_object(&writer, NULL);
    json_put_text(&writer, "digest", approved->digest);
    json_put_bool(&writer, "approved", true);
    json_put_bool(&writer, "now", approved->opens_window);
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

static void handle_log_approved(const ServerRequest *request, const Approved *approved)
{
    const ChannelReport *channel = approved->plan ? approved->plan->channel : NULL;

    audit_log_write(
        &(AuditEntry){
            .action = "approve",
            .uid = server_request_uid(request),
            .digest = approved->digest,
            .instance = handle_approved_instance(approved),
            .channel = channel ? pass_log_channel_name(channel) : NULL,
        },
        "the plan %s approved%s", approved->digest,
        approved->opens_window ? ", also where its change window is closed" : "");
}

/* ---- in a fleet ---- */

/* By then another pass may have made another plan of it here. */
static void handle_approve_on_outcome(const FleetRequest *waiting, const SharedOutcome *outcome)
{
    KnownPlan plan = {0};
    Approved approved = {.digest = waiting->digest, .opens_window = waiting->opens_window};

    if (outcome->end != SHARED_DONE) {
        Err err = {0};

        err_set(&err, -EHOSTUNREACH,
                "etcd has not said that it has the approval (%s), so that it counts as not given",
                outcome->message);
        reply_fail(waiting->request, -EHOSTUNREACH, &err);
        return;
    }
    if (known_plans_get(waiting->control, waiting->digest, &plan, NULL) == 0)
        approved.plan = &plan;
    handle_log_approved(waiting->request, &approved);
    handle_answer_approved(waiting->control, waiting->request, &approved);
}

#define HANDLE_APPROVE_AT_END                                                                      \
    "whether etcd has the approval is not known: rosterctl status, on any host that runs, shows "  \
    "whether the plan is approved; approving it once more does no harm"

/* The plan may be known to its owner alone: then the whole digest says which. */
static int handle_approve_ask(Control *control, ServerRequest *request, const char *digest,
                              bool opens_window, Err *err)
{
    KnownPlan plan = {0};
    FleetRequest *waiting = NULL;
    int r = known_plans_get(control, digest, &plan, err);

    if (r == -ENOENT && digest_is_hex(digest, DIGEST_WHOLE))
        plan.digest = digest;
    else if (r == -ENOENT)
        return err_set(err, r,
                       "%s: no plan of this host has this digest, and of another host's plan all "
                       "64 digits are needed: rosterctl status shows them on the host that owns "
                       "the instance",
                       digest);
    else if (r < 0)
        return r;
    r = fleet_request_new(control, request, handle_approve_on_outcome, HANDLE_APPROVE_AT_END, NULL,
                          &waiting, err);
    if (r < 0)
        return r;
    str_copy(waiting->digest, sizeof(waiting->digest), plan.digest);
    waiting->opens_window = opens_window;
    r = shared_approve(control->shared, waiting->digest, opens_window, server_request_uid(request),
                       clock_realtime_usec(), fleet_request_on_outcome, waiting, &waiting->asking,
                       err);
    if (r < 0)
        fleet_request_drop(waiting);
    return r;
}

/* ---- without one ---- */

/* The approval is durable before the answer is sent, except in a dry run, which keeps nothing. */
static int handle_approve_here(Control *control, const char *digest, bool opens_window,
                               KnownPlan *plan, Err *err)
{
    int r = known_plans_get(control, digest, plan, err);

    if (r == 0)
        r = store_approve_again(control->state->store, plan->digest, clock_realtime_usec(), err);
    if (r == 0 && opens_window)
        r = store_approve_now(control->state->store, plan->digest, err);
    return r == 0 ? store_flush(control->state->store, err) : r;
}

int handle_approve(Control *control, ServerRequest *request, const Json *root, Err *err)
{
    static const char *const keys[] = {"digest", "now", NULL};
    KnownPlan plan = {0};
    Approved approved = {.plan = &plan};
    const char *digest;
    int r = json_check_keys(root, keys, err);

    if (r == 0)
        r = json_take_text(root, "digest", true, &digest, err);
    if (r == 0)
        r = json_take_bool(root, "now", &approved.opens_window, err);
    if (r == 0 && !control->state->store) {
        *err = control->state->err;
        r = -EIO;
    }
    if (r == 0 && control->shared)
        return handle_approve_ask(control, request, digest, approved.opens_window, err);
    if (r == 0)
        r = handle_approve_here(control, digest, approved.opens_window, &plan, err);
    if (r < 0)
        return r;
    approved.digest = plan.digest;
    handle_log_approved(request, &approved);
    handle_answer_approved(control, request, &approved);
    return 0;
}
