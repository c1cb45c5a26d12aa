/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_reconcile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/control/channel_ref.h"
#include "daemon/control/loading.h"
#include "daemon/control/reply.h"
#include "daemon/fleet/fleet_view.h"
#include "daemon/json/json_value.h"
#include "daemon/log/audit_log.h"
#include "daemon/report/json.h"

static void handle_reconcile_drop(Control *control, size_t number)
{
    Waiter *waiter = &control->waiters[number];

    free(waiter->channel);
    free(waiter->wanted);
    *waiter = control->waiters[--control->waiter_count];
}

static void handle_reconcile_log(const Control *control, const Waiter *waiter)
{
    ChannelRef found;
    bool is_one = waiter->channel &&
                  channel_ref_find(control->controller, waiter->channel, &found, NULL) == 0;

    audit_log_write(&(AuditEntry){.action = "reconcile",
                                  .uid = server_request_uid(waiter->request),
                                  .instance = is_one ? found.instance_name : NULL,
                                  .channel = is_one ? channel_ref_name(&found) : NULL},
                    "a pass asked for");
}

/* An instance that is not this host's, told with its owner; -EWOULDBLOCK. */
static int handle_reconcile_stands_by(const Controller *controller, size_t instance, Err *err)
{
    const char *name = controller->config->instances[instance].name;
    FleetView view = {0};
    int r = fleet_view_fill(controller->backend.fleet, &view);

    if (r == 0)
        r = err_set(err, -EWOULDBLOCK, "instance %s has no owner at this moment: ask again", name);
    for (size_t i = 0; r == -EWOULDBLOCK && i < view.instance_count; i++) {
        const FleetViewInstance *found = &view.instances[i];

        if (str_equal(found->key, controller->backend.keys[instance]) && found->owner[0])
            err_set(err, r, "instance %s is %s's, which makes its passes: ask there", name,
                    found->owner);
    }
    fleet_view_done(&view);
    return r == -ENOMEM ? err_memory(err) : r;
}

/* Asks the schedulers that the waiter needs for a pass: those of this host. */
static int handle_reconcile_ask(Control *control, Waiter *waiter, Err *err)
{
    const Controller *controller = control->controller;
    Awaited *wanted =
        calloc(controller->scheduler_count ? controller->scheduler_count : 1, sizeof(*wanted));
    size_t count = controller->scheduler_count, asked_count = 0, other = count;
    ChannelRef found = {0};
    int r = 0;

    if (!wanted)
        return err_memory(err);
    if (waiter->channel)
        r = channel_ref_find(controller, waiter->channel, &found, err);
    for (size_t i = 0; i < count && r == 0; i++) {
        Scheduler *scheduler = &controller->schedulers[i];

        if (scheduler->channel_count == 0 || (found.scheduler && found.scheduler != scheduler))
            continue;
        if (controller_stands_by(controller, i)) {
            other = i;
            continue;
        }
        wanted[i] = (Awaited){schedule_ask(scheduler->schedule), scheduler->unbegun_count};
        asked_count++;
    }
    free(waiter->wanted);
    waiter->wanted = wanted;
    return r == 0 && asked_count == 0 && other < count
               ? handle_reconcile_stands_by(controller, other, err)
               : r;
}

static bool handle_reconcile_awaits(const Controller *controller, const Waiter *waiter,
                                    size_t instance)
{
    return controller->lifecycle.schedules[instance].done_count <
           waiter->wanted[instance].done_count;
}

static bool handle_reconcile_is_over(const Controller *controller, const Waiter *waiter)
{
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        if (handle_reconcile_awaits(controller, waiter, i))
            return false;
    }
    return true;
}

/* Why a pass that the waiter awaits could not begin; NULL where none was refused. */
static const char *handle_reconcile_find_refusal(const Controller *controller, const Waiter *waiter)
{
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        const Scheduler *scheduler = &controller->schedulers[i];

        if (handle_reconcile_awaits(controller, waiter, i) &&
            scheduler->unbegun_count > waiter->wanted[i].unbegun_count)
            return scheduler->trouble;
    }
    return NULL;
}

/* An instance that the waiter awaits a pass of, and that is not this host's any more. */
static size_t handle_reconcile_find_lost(const Controller *controller, const Waiter *waiter)
{
    size_t i = 0;

    while (i < controller->scheduler_count &&
           !(handle_reconcile_awaits(controller, waiter, i) && controller_stands_by(controller, i)))
        i++;
    return i;
}

/* ---- answering ---- */

/* An answer that goes out part by part: one report out of those of the instances, which are looked
 * up anew for each part. */
typedef struct ReconcileParts {
    const Control *control;
    uint64_t controller_number, pass_count; /* as the control had them at the beginning */
    const RosterChannel *only;              /* NULL: all */
    JsonWriter writer;
    ReportRows rows;
    size_t number; /* of the next channel */
    bool is_begun;
    Err err;
} ReconcileParts;

/* Whether a channel is asked for, and a pass has looked at it. */
static bool handle_reconcile_find(const ReconcileParts *parts, size_t number, ChannelRef *ret_found)
{
    channel_ref_by_index(parts->control->controller, number, ret_found);
    return ret_found->report && (!parts->only || parts->only == ret_found->channel);
}

static void handle_reconcile_put_begin(ReconcileParts *parts)
{
    const Controller *controller = parts->control->controller;
    Report report = {.dry_run = controller->backend.dry_run,
                     .pass_id = "",
                     .roster_digest = controller->config->set.digest,
                     .roster_head = controller->config->set.head};
    Result worst = RESULT_IN_SYNC;

    for (size_t i = 0; i < controller->config->channel_count; i++) {
        ChannelRef found;

        if (!handle_reconcile_find(parts, i, &found))
            continue;
        worst = report_worse(worst, found.report->result);
        /* Of two of one second, "…-10" is the later one, and "…-9" the earlier. */
        if (strverscmp(found.scheduler->last_pass, report.pass_id) > 0)
            report.pass_id = found.scheduler->last_pass;
    }
    report_json_begin(&parts->writer, &report, worst);
    parts->is_begun = true;
}

/* Of an instance whose one channel is asked for, the result is that channel's. */
static void handle_reconcile_put_instance(ReconcileParts *parts, const Scheduler *scheduler)
{
    Report report = scheduler->last;

    report.dry_run = parts->control->controller->backend.dry_run;
    for (size_t i = 0; parts->only && i < scheduler->last.channel_count; i++) {
        if (scheduler->last.channels[i].channel == parts->only) {
            report.channels = &scheduler->last.channels[i];
            report.channel_count = 1;
        }
    }
    report_json_put_instance(&parts->writer, &report, &report.instances[0]);
}

static int handle_reconcile_put_end(ReconcileParts *parts)
{
    const Controller *controller = parts->control->controller;

    json_close_array(&parts->writer);
    json_open_array(&parts->writer, "instances");
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        const Scheduler *scheduler = &controller->schedulers[i];

        if (scheduler->last.instance_count > 0 && (!parts->only || parts->only->instance == i))
            handle_reconcile_put_instance(parts, scheduler);
    }
    json_close_array(&parts->writer);
    if (parts->pass_count != parts->control->pass_count)
        json_put_bool(&parts->writer, "changed_meanwhile", true);
    json_close_object(&parts->writer);
    return json_end(&parts->writer);
}

static int handle_reconcile_next(void *userdata, Buf *part)
{
    ReconcileParts *parts = userdata;
    const Controller *controller = parts->control->controller;
    size_t end = controller->config->channel_count;
    ChannelRef found;

    if (parts->controller_number != parts->control->controller_number)
        return -ESTALE;
    parts->writer.buf = part;
    if (!parts->is_begun)
        handle_reconcile_put_begin(parts);
    for (; parts->number < end && part->size < SERVER_PART_SIZE; parts->number++) {
        if (!handle_reconcile_find(parts, parts->number, &found))
            continue;
        json_open_object(&parts->writer, NULL);
        report_json_put_channel(&parts->writer, found.report,
                                report_result_text(found.report->result), &parts->rows);
        json_close_object(&parts->writer);
    }
    return parts->number < end ? 1 : handle_reconcile_put_end(parts);
}

static void handle_reconcile_answer(Control *control, const Waiter *waiter)
{
    ReconcileParts *parts = calloc(1, sizeof(*parts));
    ChannelRef found = {0};

    if (!parts) {
        reply_refuse(waiter->request, 500, "out of memory");
        return;
    }
    *parts = (ReconcileParts){
        .control = control,
        .controller_number = control->controller_number,
        .pass_count = control->pass_count,
        .rows = {.each_max = REPORT_ROWS_OF_LIST, .left = REPORT_ROWS_OF_ALL},
    };
    if (waiter->channel &&
        channel_ref_find(control->controller, waiter->channel, &found, NULL) < 0) {
        free(parts);
        reply_refuse(waiter->request, 404, "the channel has left the rosters meanwhile");
        return;
    }
    parts->only = found.channel;
    reply_parts(waiter->request, SERVER_JSON, &(ServerParts){handle_reconcile_next, free, parts}, 0,
                &parts->err);
}

void handle_reconcile_look(Control *control)
{
    for (size_t i = control->waiter_count; i > 0; i--) {
        const Waiter *waiter = &control->waiters[i - 1];
        const char *refusal = handle_reconcile_find_refusal(control->controller, waiter);
        size_t lost = handle_reconcile_find_lost(control->controller, waiter);
        Err err = {0};

        if (lost < control->controller->scheduler_count)
            reply_fail(waiter->request, handle_reconcile_stands_by(control->controller, lost, &err),
                       &err);
        else if (refusal)
            reply_refuse(waiter->request, 500, refusal);
        else if (handle_reconcile_is_over(control->controller, waiter))
            handle_reconcile_answer(control, waiter);
        else
            continue;
        handle_reconcile_drop(control, i - 1);
    }
}

/* Waits for passes of what is in force by now. 0, or what is wrong. */
static int handle_reconcile_wait(Control *control, ServerRequest *request, const char *channel,
                                 Err *err)
{
    Waiter waiter = {.request = request};
    int r;

    if (mem_grow(&control->waiters, &control->waiter_capacity, control->waiter_count + 1,
                 sizeof(*control->waiters)) < 0)
        return err_memory(err);
    waiter.channel = channel ? strdup(channel) : NULL;
    if (channel && !waiter.channel)
        return err_memory(err);
    r = handle_reconcile_ask(control, &waiter, err);
    if (r < 0) {
        free(waiter.channel);
        free(waiter.wanted);
        return r;
    }
    control->waiters[control->waiter_count++] = waiter;
    handle_reconcile_log(control, &waiter);
    handle_reconcile_look(control);
    return 0;
}

static void handle_reconcile_on_loaded(Control *control, ServerRequest *request,
                                       const char *channel)
{
    Err err = {0};
    int r = handle_reconcile_wait(control, request, channel, &err);

    if (r < 0)
        reply_fail(request, r, &err);
}

int handle_reconcile_begin(Control *control, ServerRequest *request, const Json *root, Err *err)
{
    static const char *const keys[] = {"channel", NULL};
    const char *channel;
    int r = json_check_keys(root, keys, err);

    if (r == 0)
        r = json_take_text(root, "channel", false, &channel, err);
    return r < 0 ? r : loading_begin(control, request, channel, handle_reconcile_on_loaded, err);
}

void handle_reconcile_ask_again(Control *control)
{
    for (size_t i = control->waiter_count; i > 0; i--) {
        Waiter *waiter = &control->waiters[i - 1];
        Err err = {0};
        int r = handle_reconcile_ask(control, waiter, &err);

        if (r == 0)
            continue;
        reply_refuse(waiter->request, reply_status(r), err.text);
        handle_reconcile_drop(control, i - 1);
    }
}

void handle_reconcile_end_all(Control *control)
{
    while (control->waiter_count > 0) {
        reply_refuse(control->waiters[control->waiter_count - 1].request, 503, "rosterd is ending");
        handle_reconcile_drop(control, control->waiter_count - 1);
    }
}
