/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/controller.h"

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

static const ScheduleOps controller_ops = {
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

/* ---- beginning and ending ---- */

/* A lifecycle that is ending is stepped by controller_step() alone, outside of its passes. */
static void controller_tell(Controller *controller)
{
    if (controller->lifecycle.state == LIFECYCLE_RUNNING)
        lifecycle_step(&controller->lifecycle);
    if (controller->on_pass)
        controller->on_pass(controller->userdata);
}

static void controller_on_pass(Scheduler *scheduler, void *userdata)
{
    Controller *controller = userdata;
    const Backend *backend = &controller->backend;

    if (backend->fleet)
        fleet_step(backend->fleet, backend->keys[scheduler->instance]);
    controller_tell(controller);
}

/* Each channel's place among those of its instance. */
static int controller_number_channels(Controller *controller)
{
    const Config *config = controller->config;
    _cleanup_free_ size_t *counts = calloc(config->instance_count + 1, sizeof(*counts));

    controller->numbers = calloc(config->channel_count + 1, sizeof(*controller->numbers));
    if (!counts || !controller->numbers)
        return -ENOMEM;
    for (size_t i = 0; i < config->channel_count; i++)
        controller->numbers[i] = counts[config->channels[i].instance]++;
    return 0;
}

static int controller_add_schedulers(Controller *controller)
{
    size_t count = controller->config->instance_count;
    int r = lifecycle_init(&controller->lifecycle, &controller_ops, controller, count,
                           controller->config->interval_usec);

    if (r < 0)
        return r;
    controller->schedulers = calloc(count, sizeof(*controller->schedulers));
    if (!controller->schedulers)
        return -ENOMEM;
    while (controller->scheduler_count < count && r >= 0) {
        size_t i = controller->scheduler_count++;

        r = scheduler_init(&controller->schedulers[i], &controller->backend,
                           &controller->lifecycle.schedules[i], controller_on_pass, controller);
    }
    return r;
}

int controller_new(sd_event *event, Config *config, bool dry_run, Store *store,
                   const Err *store_err, Controller **ret_controller, Err *err)
{
    _cleanup_(config_freep) Config *owned = config;
    Controller *controller = calloc(1, sizeof(*controller));
    int r;

    assert(event && config && store_err);
    if (!controller)
        return err_memory(err);
    controller->config = TAKE_PTR(owned);
    controller->loaded_usec = clock_realtime_usec();
    r = backend_open(&controller->backend, event, controller->config, dry_run, store, store_err,
                     err);
    if (r >= 0) {
        r = tally_new(controller->config, &controller->backend.tally);
        if (r >= 0)
            r = controller_number_channels(controller);
        if (r >= 0)
            r = controller_add_schedulers(controller);
        if (r < 0)
            err_system(err, r, "cannot set up the passes");
    }
    if (r < 0) {
        controller_free(controller);
        return r;
    }
    *ret_controller = controller;
    return 0;
}

void controller_free(Controller *controller)
{
    if (!controller)
        return;
    assert(!controller->undo_run);
    for (size_t i = 0; i < controller->scheduler_count; i++)
        scheduler_done(&controller->schedulers[i]);
    free(controller->schedulers);
    free(controller->numbers);
    lifecycle_done(&controller->lifecycle);
    tally_free(controller->backend.tally);
    backend_close(&controller->backend);
    config_free(controller->config);
    free(controller);
}

static void controller_take_over(Controller *controller, size_t number, Controller *old)
{
    const Instance *instance = &controller->config->instances[number];
    size_t i = instance_index_find(&old->backend.instances, instance);

    if (i == old->config->instance_count ||
        !str_equal(instance->name, old->config->instances[i].name))
        return;
    throttle_take_over(&controller->backend.throttles[number], &old->backend.throttles[i]);
    pass_spent_take(&controller->backend.spent[number], &old->backend.spent[i]);
    take_over_take(&controller->backend.take_overs[number], &old->backend.take_overs[i]);
    controller->backend.unheard_usec[number] = old->backend.unheard_usec[i];
    scheduler_take_over(&controller->schedulers[number], &old->schedulers[i]);
    roma_client_take_over(controller->backend.client, number, old->backend.client, i);
}

void controller_begin(Controller *controller, Controller *old, ControllerOnPass on_pass,
                      void *userdata)
{
    assert(on_pass && !controller->on_pass && old != controller);
    assert(!old || lifecycle_is_over(&old->lifecycle));
    controller->on_pass = on_pass;
    controller->userdata = userdata;
    for (size_t i = 0; i < controller->scheduler_count && old; i++)
        controller_take_over(controller, i, old);
    if (old)
        tally_take_over(controller->backend.tally, old->backend.tally);
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        if (controller->schedulers[i].channel_count == 0)
            quarantine_left_tell(&controller->backend, i, NULL);
    }
    lifecycle_begin(&controller->lifecycle);
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
