/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/pass_run_ops.h"

#include "daemon/base/clock.h"
#include "daemon/base/random.h"
#include "daemon/runtime/pass_run_fleet.h"
#include "daemon/runtime/pass_run_quarantine.h"
#include "daemon/runtime/pass_run_store.h"
#include "reconcile/request/call.h"

/* ---- time and chance ---- */

static uint64_t pass_run_now_usec(void *context)
{
    (void)context;
    return clock_monotonic_usec();
}

static uint64_t pass_run_realtime_usec(void *context)
{
    (void)context;
    return clock_realtime_usec();
}

static uint64_t pass_run_random(void *context)
{
    (void)context;
    return random_bits();
}

static void pass_run_wake_at(void *context, uint64_t monotonic_usec)
{
    PassRun *run = context;

    run->progress.wake_usec = monotonic_usec;
    wake_at(&run->wake, monotonic_usec);
}

/* ---- the service ---- */

static int pass_run_submit(void *context, const Request *request)
{
    PassRun *run = context;
    const Call *call = request->tag;
    int r;

    if (request_is_change(request->kind) && run->store)
        store_note_sent(run->store, request->action);
    r = roma_client_submit(run->backend->client, request);
    tally_on_submit(run->backend->tally, request, call->attempts > 0, r);
    if (r == 0)
        progress_on_submit(&run->progress, request->kind);
    return r;
}

static int pass_run_renew(void *context, size_t instance)
{
    PassRun *run = context;
    int r = roma_client_renew(run->backend->client, instance);

    run->progress.is_renewing = run->progress.is_renewing || r >= 0;
    return r;
}

/* An undo goes by the history and not by the configuration, so a changed file does not hold it. */
static int pass_run_may_change(void *context)
{
    const PassRun *run = context;

    return run->undos || backend_is_current(run->backend);
}

static void pass_run_tell(void *context, const Event *event)
{
    PassRun *run = context;

    if (event->kind == EVENT_RETRY)
        pass_run_note_wait(run, event);
    tally_on_event(run->backend->tally, event);
    run->on_event(event, run->userdata);
}

const Ops pass_run_ops = {
    .now_usec = pass_run_now_usec,
    .realtime_usec = pass_run_realtime_usec,
    .random = pass_run_random,
    .wake_at = pass_run_wake_at,
    .submit = pass_run_submit,
    .renew = pass_run_renew,
    .recall = pass_run_store_recall,
    .recall_quarantine = pass_run_quarantine_recall,
    .enter_quarantine = pass_run_quarantine_enter,
    .leave_quarantine = pass_run_quarantine_leave,
    .is_approved = pass_run_store_is_approved,
    .share_approval = pass_run_store_share_approval,
    .remember = pass_run_store_remember,
    .unsettled = pass_run_store_unsettled,
    .settle = pass_run_store_settle,
    .watch_added = pass_run_store_watch_added,
    .may_change = pass_run_may_change,
    .compose = pass_run_store_compose,
    .read_fields = pass_run_store_read_fields,
    .get_conditions = pass_run_fleet_get_conditions,
    .intend = pass_run_fleet_intend,
    .cancel_intent = pass_run_fleet_cancel_intent,
    .record = pass_run_store_record,
    .decide = pass_run_store_decide,
    .tell = pass_run_tell,
};
