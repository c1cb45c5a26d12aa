/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/controller.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/str.h"

static int controller_add_beats(Controller *controller)
{
    size_t count = controller->config->instance_count;
    int r = 0;

    controller->schedulers = calloc(count, sizeof(*controller->schedulers));
    if (!controller->schedulers)
        return -ENOMEM;
    while (controller->scheduler_count < count && r >= 0) {
        r = scheduler_init(&controller->schedulers[controller->scheduler_count],
                           &controller->backend, controller->scheduler_count);
        controller->scheduler_count++;
    }
    return r;
}

int controller_new(sd_event *event, Config *config, bool dry_run, Store *store,
                   const Err *store_err, Controller **ret_tenure, Err *err)
{
    _cleanup_(config_freep) Config *owned = config;
    Controller *controller = calloc(1, sizeof(*controller));
    int r;

    if (!controller)
        return err_memory(err);
    controller->config = TAKE_PTR(owned);
    r = backend_open(&controller->backend, event, controller->config, dry_run, store, store_err,
                     err);
    if (r >= 0) {
        r = controller_add_beats(controller);
        if (r < 0)
            err_system(err, r, "cannot set up the passes");
    }
    if (r < 0) {
        controller_free(controller);
        return r;
    }
    *ret_tenure = controller;
    return 0;
}

void controller_free(Controller *controller)
{
    if (!controller)
        return;
    for (size_t i = 0; i < controller->scheduler_count; i++)
        scheduler_done(&controller->schedulers[i]);
    free(controller->schedulers);
    backend_close(&controller->backend);
    config_free(controller->config);
    free(controller);
}

static bool controller_is_same_instance(const Instance *a, const Instance *b)
{
    return str_equal(a->name, b->name) && str_equal(a->endpoint, b->endpoint) &&
           str_equal(a->project_id ? a->project_id : "", b->project_id ? b->project_id : "") &&
           str_equal(a->instance_id, b->instance_id);
}

static void controller_take_over(Controller *controller, size_t number, Controller *old)
{
    const Instance *instance = &controller->config->instances[number];

    for (size_t i = 0; i < old->scheduler_count; i++) {
        if (!controller_is_same_instance(instance, &old->config->instances[i]))
            continue;
        gate_take_over(&controller->backend.gates[number], &old->backend.gates[i]);
        scheduler_take_over(&controller->schedulers[number], &old->schedulers[i]);
        roma_client_take_over(controller->backend.client, number, old->backend.client, i);
    }
}

void controller_begin(Controller *controller, Controller *old, SchedulerOnPass on_pass,
                      void *userdata)
{
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        if (old)
            controller_take_over(controller, i, old);
        scheduler_begin(&controller->schedulers[i], on_pass, userdata);
    }
}

void controller_use_store(Controller *controller, Store *store)
{
    controller->backend.store = store;
}

void controller_ask(Controller *controller)
{
    for (size_t i = 0; i < controller->scheduler_count; i++)
        scheduler_ask(&controller->schedulers[i]);
}

void controller_ask_current(Controller *controller, BackendIsCurrent is_current, void *userdata)
{
    controller->backend.is_current = is_current;
    controller->backend.current_userdata = userdata;
}

void controller_hold_changes(Controller *controller, const char *why)
{
    assert(why[0]);
    str_copy(controller->backend.hold, sizeof(controller->backend.hold), why);
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        if (controller->schedulers[i].run)
            pass_run_hold_changes(controller->schedulers[i].run, why);
    }
}

/* Whoever waits for it, such as an undo that is to begin, looks again as after a pass. */
void controller_allow_changes(Controller *controller)
{
    bool was_held = controller_holds_changes(controller);

    controller->backend.hold[0] = '\0';
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        Scheduler *scheduler = &controller->schedulers[i];

        if (scheduler->run)
            pass_run_allow_changes(scheduler->run);
    }
    if (was_held && controller->scheduler_count > 0 && controller->schedulers[0].on_pass)
        controller->schedulers[0].on_pass(&controller->schedulers[0],
                                          controller->schedulers[0].userdata);
}

bool controller_holds_changes(const Controller *controller)
{
    return controller->backend.hold[0] != '\0';
}

void controller_halt(Controller *controller, const char *why)
{
    controller->is_halted = true;
    for (size_t i = 0; i < controller->scheduler_count; i++)
        scheduler_halt(&controller->schedulers[i], why);
}

void controller_stop(Controller *controller, const char *why)
{
    controller_halt(controller, why);
    if (controller->undo_run)
        pass_run_stop(controller->undo_run, why);
}

void controller_abandon(Controller *controller, const char *why)
{
    roma_client_cancel_all(controller->backend.client);
    for (size_t i = 0; i < controller->scheduler_count; i++)
        scheduler_abandon(&controller->schedulers[i], why);
    if (controller->undo_run)
        pass_run_abandon(controller->undo_run, why);
}

bool controller_is_idle(const Controller *controller)
{
    if (controller->undo_run)
        return false;
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        if (controller->schedulers[i].run)
            return false;
    }
    return true;
}

bool controller_is_changing(const Controller *controller)
{
    if (controller->undo_run && pass_run_is_changing(controller->undo_run))
        return true;
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        if (controller->schedulers[i].run && pass_run_is_changing(controller->schedulers[i].run))
            return true;
    }
    return false;
}

bool controller_is_stuck(const Controller *controller, uint64_t now_usec)
{
    if (controller->undo_run && pass_run_is_stuck(controller->undo_run, now_usec))
        return true;
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        if (scheduler_is_stuck(&controller->schedulers[i], now_usec))
            return true;
    }
    return false;
}
