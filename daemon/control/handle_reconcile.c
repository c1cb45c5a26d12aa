/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_reconcile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/control/channel_ref.h"
#include "daemon/control/loading.h"
#include "daemon/control/reply.h"
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

/* Asks the schedulers that the waiter needs for a pass. */
static int handle_reconcile_ask(Control *control, Waiter *waiter, Err *err)
{
    const Controller *controller = control->controller;
    Awaited *wanted =
        calloc(controller->scheduler_count ? controller->scheduler_count : 1, sizeof(*wanted));
    ChannelRef found = {0};
    int r = 0;

    if (!wanted)
        return err_memory(err);
    if (waiter->channel)
        r = channel_ref_find(controller, waiter->channel, &found, err);
    for (size_t i = 0; i < controller->scheduler_count && r == 0; i++) {
        Scheduler *scheduler = &controller->schedulers[i];

        if (scheduler->channel_count > 0 && (!found.scheduler || found.scheduler == scheduler))
            wanted[i] = (Awaited){schedule_ask(scheduler->schedule), scheduler->unbegun_count};
    }
    free(waiter->wanted);
    waiter->wanted = wanted;
    return r;
}

static bool handle_reconcile_is_over(const Controller *controller, const Waiter *waiter)
{
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        if (controller->lifecycle.schedules[i].done_count < waiter->wanted[i].done_count)
            return false;
    }
    return true;
}

/* Why a pass that the waiter awaits could not begin; NULL where none was refused. */
static const char *handle_reconcile_find_refusal(const Controller *controller, const Waiter *waiter)
{
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        const Scheduler *scheduler = &controller->schedulers[i];

        if (waiter->wanted[i].done_count > controller->lifecycle.schedules[i].done_count &&
            scheduler->unbegun_count > waiter->wanted[i].unbegun_count)
            return scheduler->trouble;
    }
    return NULL;
}

/* One report out of those of the instances; what it holds is borrowed from them. */
static int handle_reconcile_merge(const Controller *controller, const Waiter *waiter,
                                  Report *ret_report)
{
    size_t room = controller->config->channel_count;
    ChannelRef found = {0};

    *ret_report = (Report){.dry_run = controller->backend.dry_run,
                           .pass_id = "",
                           .roster_digest = controller->config->set.digest,
                           .roster_head = controller->config->set.head};
    ret_report->channels = calloc(room ? room : 1, sizeof(*ret_report->channels));
    ret_report->instances = calloc(controller->scheduler_count + 1, sizeof(*ret_report->instances));
    if (!ret_report->channels || !ret_report->instances)
        return -ENOMEM;
    if (waiter->channel && channel_ref_find(controller, waiter->channel, &found, NULL) < 0)
        return -ENOENT;
    for (size_t i = 0; i < controller->config->channel_count; i++) {
        ChannelRef other;

        channel_ref_by_index(controller, i, &other);
        if (!other.report || (found.channel && found.channel != other.channel))
            continue;
        ret_report->channels[ret_report->channel_count++] = *other.report;
        /* Of two of one second, "…-10" is the later one, and "…-9" the earlier. */
        if (strverscmp(other.scheduler->last_pass, ret_report->pass_id) > 0)
            ret_report->pass_id = other.scheduler->last_pass;
    }
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        const Scheduler *scheduler = &controller->schedulers[i];

        if (scheduler->last.instance_count > 0 &&
            (!found.scheduler || found.scheduler == scheduler))
            ret_report->instances[ret_report->instance_count++] = scheduler->last.instances[0];
    }
    return 0;
}

static void handle_reconcile_answer(Control *control, const Waiter *waiter)
{
    Report report = {0};
    Buf buf = {0};
    int r = handle_reconcile_merge(control->controller, waiter, &report);

    if (r == 0)
        report_json_append(&report, &buf);
    free(report.channels);
    free(report.instances);
    if (r == -ENOENT)
        reply_refuse(waiter->request, 404, "the channel has left the rosters meanwhile");
    else
        reply_answer(waiter->request, &buf);
}

void handle_reconcile_look(Control *control)
{
    for (size_t i = control->waiter_count; i > 0; i--) {
        const Waiter *waiter = &control->waiters[i - 1];
        const char *refusal = handle_reconcile_find_refusal(control->controller, waiter);

        if (refusal)
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
