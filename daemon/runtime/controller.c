/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/controller_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/random.h"
#include "daemon/base/str.h"
#include "daemon/runtime/quarantine_left.h"

/* ---- what reconcile/schedule has done ---- */

static uint64_t controller_now_usec(void *context)
{
    (void)context;
    return clock_monotonic_usec();
}

static uint64_t controller_random(void *context)
{
    (void)context;
    return random_bits();
}

static Scheduler *controller_scheduler(void *context, size_t instance)
{
    const Controller *controller = context;

    assert(instance < controller->scheduler_count);
    return &controller->schedulers[instance];
}

static PassRun *controller_run(void *context, size_t instance)
{
    PassRun *run = controller_scheduler(context, instance)->run;

    assert(run);
    return run;
}

static void controller_wake_at(void *context, size_t instance, uint64_t monotonic_usec)
{
    scheduler_wake_at(controller_scheduler(context, instance), monotonic_usec);
}

static bool controller_has_work(void *context, size_t instance)
{
    return scheduler_has_work(controller_scheduler(context, instance));
}

static uint64_t controller_due_in_usec(void *context, size_t instance)
{
    return scheduler_due_in_usec(controller_scheduler(context, instance));
}

/* A pass sends no change before it has had an answer: holding it once it has begun is soon enough.
 */
static int controller_begin_pass(void *context, size_t instance, bool is_probe)
{
    const Controller *controller = context;
    const char *hold = lifecycle_get_hold(&controller->lifecycle);
    int r = scheduler_begin_pass(controller_scheduler(context, instance), is_probe);

    if (r >= 0 && hold[0])
        pass_run_hold_changes(controller_run(context, instance), hold);
    return r < 0 ? r : 0;
}

static void controller_stop_pass(void *context, size_t instance, const char *why)
{
    pass_run_stop(controller_run(context, instance), why);
}

static void controller_abandon_pass(void *context, size_t instance, const char *why)
{
    pass_run_abandon(controller_run(context, instance), why);
}

static void controller_hold_pass(void *context, size_t instance, const char *why)
{
    pass_run_hold_changes(controller_run(context, instance), why);
}

static void controller_allow_pass(void *context, size_t instance)
{
    pass_run_allow_changes(controller_run(context, instance));
}

static bool controller_is_changing(void *context, size_t instance)
{
    return pass_run_is_changing(controller_run(context, instance));
}

static bool controller_undo_covers(void *context, size_t instance)
{
    const Controller *controller = context;

    return controller->undo.covers(controller->undo.userdata, instance);
}

static int controller_begin_undo(void *context)
{
    Controller *controller = context;
    int r;

    assert(!controller->undo_run && controller->undo.begin);
    r = controller->undo.begin(controller->undo.userdata, &controller->undo_run);
    assert(r < 0 || controller->undo_run);
    return r < 0 ? r : 0;
}

static void controller_stop_undo(void *context, const char *why)
{
    const Controller *controller = context;

    assert(controller->undo_run);
    pass_run_stop(controller->undo_run, why);
}

static void controller_abandon_undo(void *context, const char *why)
{
    const Controller *controller = context;

    assert(controller->undo_run);
    pass_run_abandon(controller->undo_run, why);
}

const ScheduleOps controller_ops = {
    .now_usec = controller_now_usec,
    .random = controller_random,
    .wake_at = controller_wake_at,
    .has_work = controller_has_work,
    .due_in_usec = controller_due_in_usec,
    .begin_pass = controller_begin_pass,
    .stop_pass = controller_stop_pass,
    .abandon_pass = controller_abandon_pass,
    .hold_pass = controller_hold_pass,
    .allow_pass = controller_allow_pass,
    .is_changing = controller_is_changing,
    .undo_covers = controller_undo_covers,
    .begin_undo = controller_begin_undo,
    .stop_undo = controller_stop_undo,
    .abandon_undo = controller_abandon_undo,
};

/* ---- what is told ---- */

/* A lifecycle that is ending is stepped by controller_step() alone, outside of its passes. */
void controller_tell(Controller *controller)
{
    if (controller->lifecycle.state == LIFECYCLE_RUNNING)
        lifecycle_step(&controller->lifecycle);
    if (controller->on_pass)
        controller->on_pass(controller->userdata);
}

void controller_on_pass(Scheduler *scheduler, void *userdata)
{
    Controller *controller = userdata;
    const Backend *backend = &controller->backend;

    if (backend->fleet)
        fleet_step(backend->fleet, backend->keys[scheduler->instance]);
    controller_tell(controller);
}

void controller_use_store(Controller *controller, Store *store)
{
    assert(store && !controller->backend.store);
    controller->backend.store = store;
}

void controller_ask(Controller *controller)
{
    lifecycle_ask(&controller->lifecycle);
}

void controller_ask_current(Controller *controller, BackendIsCurrent is_current, void *userdata)
{
    assert(is_current);
    controller->backend.is_current = is_current;
    controller->backend.current_userdata = userdata;
}

void controller_tell_reports(Controller *controller, BackendOnReport on_report, void *userdata)
{
    controller->backend.on_report = on_report;
    controller->backend.report_userdata = userdata;
}

void controller_hold_changes(Controller *controller, const char *why)
{
    lifecycle_hold(&controller->lifecycle, why);
}

/* An undo may wait for changes to be allowed: it looks again, as after a pass. */
void controller_allow_changes(Controller *controller)
{
    bool was_held = controller_holds_changes(controller);

    lifecycle_allow(&controller->lifecycle);
    if (was_held)
        controller_tell(controller);
}

bool controller_holds_changes(const Controller *controller)
{
    return lifecycle_get_hold(&controller->lifecycle)[0] != '\0';
}

void controller_ask_undo(Controller *controller, const ControllerUndo *undo, bool is_dry)
{
    assert(undo->covers && undo->begin && !controller->undo_run);
    controller->undo = *undo;
    lifecycle_ask_undo(&controller->lifecycle, is_dry);
    lifecycle_step(&controller->lifecycle);
}

void controller_end_undo(Controller *controller)
{
    controller->undo_run = NULL;
    lifecycle_on_undone(&controller->lifecycle);
    if (controller->backend.fleet)
        fleet_step(controller->backend.fleet, NULL);
    controller_tell(controller);
}

void controller_drop_undo(Controller *controller)
{
    roma_client_cancel_all(controller->backend.client);
    controller->undo_run = NULL;
}

bool controller_step(Controller *controller)
{
    lifecycle_step(&controller->lifecycle);
    return lifecycle_is_over(&controller->lifecycle);
}

void controller_halt(Controller *controller, const char *why)
{
    lifecycle_replace(&controller->lifecycle, why);
}

void controller_stop(Controller *controller, const char *why)
{
    lifecycle_stop(&controller->lifecycle, why);
}

void controller_abandon(Controller *controller)
{
    lifecycle_abandon(&controller->lifecycle);
}

bool controller_is_passing(const Controller *controller)
{
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        if (controller->schedulers[i].run)
            return true;
    }
    return false;
}

bool controller_is_stuck(const Controller *controller, uint64_t now_usec)
{
    if (controller->undo_run && pass_run_is_stuck(controller->undo_run, now_usec))
        return true;
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        const PassRun *run = controller->schedulers[i].run;

        if (run && pass_run_is_stuck(run, now_usec))
            return true;
    }
    return lifecycle_is_stuck(&controller->lifecycle, now_usec);
}
