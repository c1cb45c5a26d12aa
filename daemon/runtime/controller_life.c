/* SPDX-License-Identifier: MIT */
/* A controller from the configuration that it is made for to the one that comes after it: in parts,
 * for there may be a thousand instances, each with files and secrets of its own. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/runtime/controller_internal.h"
#include "daemon/runtime/quarantine_left.h"

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

int controller_make(sd_event *event, Config *config, bool dry_run, Store *store,
                    const Err *store_err, Controller **ret_controller, Err *err)
{
    _cleanup_(config_freep) Config *owned = config;
    _cleanup_(controller_freep) Controller *controller = calloc(1, sizeof(*controller));
    int r;

    assert(event && config && store_err);
    if (!controller)
        return err_memory(err);
    controller->config = TAKE_PTR(owned);
    controller->loaded_usec = clock_realtime_usec();
    r = backend_make(&controller->backend, event, controller->config, dry_run, store, store_err,
                     err);
    if (r < 0)
        return r;
    *ret_controller = TAKE_PTR(controller);
    return 0;
}

/* What is there of its instances and channels beside what the backend has. */
static int controller_set_up(Controller *controller, Err *err)
{
    int r = tally_new(controller->config, &controller->backend.tally);

    if (r >= 0)
        r = controller_number_channels(controller);
    if (r >= 0)
        r = controller_add_schedulers(controller);
    return r < 0 ? err_system(err, r, "cannot set up the passes") : 0;
}

/* In parts, setting up the rest has a turn of its own, and so has whatever follows it. */
int controller_read(Controller *controller, size_t at_once, Err *err)
{
    bool is_in_parts = at_once < controller->config->instance_count;
    int r;

    if (!controller->is_read) {
        r = backend_read(&controller->backend, at_once, err);
        if (r != 0)
            return r;
        controller->is_read = true;
        if (is_in_parts)
            return 1;
    }
    if (!controller->is_set_up) {
        r = controller_set_up(controller, err);
        if (r < 0)
            return r;
        controller->is_set_up = true;
        if (is_in_parts)
            return 1;
    }
    return 0;
}

int controller_new(sd_event *event, Config *config, bool dry_run, Store *store,
                   const Err *store_err, Controller **ret_controller, Err *err)
{
    _cleanup_(controller_freep) Controller *controller = NULL;
    int r = controller_make(event, config, dry_run, store, store_err, &controller, err);

    if (r >= 0)
        r = controller_read(controller, SIZE_MAX, err);
    if (r < 0)
        return r;
    *ret_controller = TAKE_PTR(controller);
    return 0;
}

/* ---- its end ---- */

/* What belongs to so many further instances. Whether that is all of them. */
static bool controller_free_instances(Controller *controller, size_t at_once)
{
    while (controller->freed_count < controller->scheduler_count && at_once-- > 0) {
        size_t i = controller->freed_count++;

        scheduler_done(&controller->schedulers[i]);
        roma_client_drop(controller->backend.client, i);
    }
    return controller->freed_count == controller->scheduler_count;
}

bool controller_free_part(Controller *controller)
{
    if (!controller)
        return true;
    assert(!controller->undo_run);
    if (!controller_free_instances(controller, CONTROLLER_INSTANCES_AT_ONCE))
        return false;
    if (controller->backend.tally) {
        tally_free(TAKE_PTR(controller->backend.tally));
        return false;
    }
    if (controller->backend.client) {
        backend_close(&controller->backend);
        return false;
    }
    controller_free(controller);
    return true;
}

void controller_free(Controller *controller)
{
    if (!controller)
        return;
    assert(!controller->undo_run);
    controller_free_instances(controller, SIZE_MAX);
    free(controller->schedulers);
    free(controller->numbers);
    lifecycle_done(&controller->lifecycle);
    tally_free(controller->backend.tally);
    backend_close(&controller->backend);
    config_free(controller->config);
    free(controller);
}

/* ---- one after the other ---- */

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
