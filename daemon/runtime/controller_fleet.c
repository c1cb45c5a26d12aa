/* SPDX-License-Identifier: MIT */
/* A controller on a host of a fleet: which of its instances are this host's, and what is under way
 * on them. Instances are named by their keys, for a reload changes their numbers. */
#include <assert.h>

#include "daemon/base/str.h"
#include "daemon/runtime/controller.h"

size_t controller_find(const Controller *controller, const char *key)
{
    size_t i = 0;

    while (i < controller->scheduler_count && !str_equal(controller->backend.keys[i], key))
        i++;
    return i;
}

/* Whether the undo under way goes over the instance. */
static bool controller_is_undoing(const Controller *controller, size_t instance)
{
    return controller->undo_run && controller->undo.covers(controller->undo.userdata, instance);
}

void controller_use_fleet(Controller *controller, Fleet *fleet, uint64_t handover_usec)
{
    backend_use_fleet(&controller->backend, fleet, handover_usec);
    for (size_t i = 0; i < controller->scheduler_count; i++) {
        if (!fleet_owns(fleet, controller->backend.keys[i]))
            lifecycle_stand_by(&controller->lifecycle, i, false, "the instance is not this host's");
    }
}

void controller_take_up(Controller *controller, const char *key)
{
    size_t instance = controller_find(controller, key);

    if (instance < controller->scheduler_count)
        lifecycle_take_up(&controller->lifecycle, instance);
}

/* An undo is one run over all its instances: it ends for all of them. */
void controller_stand_by(Controller *controller, const char *key, bool is_lost, const char *why)
{
    size_t instance = controller_find(controller, key);

    if (instance == controller->scheduler_count)
        return;
    lifecycle_stand_by(&controller->lifecycle, instance, is_lost, why);
    if (!controller_is_undoing(controller, instance))
        return;
    if (is_lost)
        pass_run_abandon(controller->undo_run, why);
    else
        pass_run_stop(controller->undo_run, why);
}

bool controller_is_quiet(const Controller *controller, const char *key, uint64_t *ret_wait_usec)
{
    size_t instance = controller_find(controller, key);

    *ret_wait_usec = 0;
    if (instance == controller->scheduler_count)
        return true;
    *ret_wait_usec = backend_unsettled_usec(&controller->backend, instance);
    return !controller->schedulers[instance].run && !controller_is_undoing(controller, instance) &&
           *ret_wait_usec == 0;
}

bool controller_stands_by(const Controller *controller, size_t instance)
{
    assert(instance < controller->scheduler_count);
    return controller->lifecycle.schedules[instance].stands_by;
}
