/* SPDX-License-Identifier: MIT */
/* The daemon as a host of its fleet: its passes begin over what it owns, and end over what it is to
 * give away, by whichever controller is in force. */
#include <errno.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/control/pause.h"
#include "daemon/fleet/fleet_view.h"
#include "daemon/report/fleet_record.h"
#include "daemon/service/service_internal.h"
#include "daemon/shared/hand_over.h"
#include "daemon/shared/shared.h"

/* How often it is looked, at the end, whether etcd has been told. */
#define FLEET_LOOK_USEC (20 * USEC_PER_MSEC)

/* And while there is no etcd to say who owns what. */
#define FLEET_READING_LOOK_USEC (2 * USEC_PER_SEC)

/* At that time, or sooner. */
static void service_fleet_step_in(Service *service, uint64_t wait_usec)
{
    uint64_t now_usec = clock_boottime_usec(), next_usec = 0;
    int is_on = SD_EVENT_OFF;

    sd_event_source_get_enabled(service->fleet.timer, &is_on);
    sd_event_source_get_time(service->fleet.timer, &next_usec);
    if (is_on != SD_EVENT_OFF && next_usec <= now_usec + wait_usec)
        return;
    sd_event_source_set_time(service->fleet.timer, now_usec + wait_usec);
    sd_event_source_set_enabled(service->fleet.timer, SD_EVENT_ONESHOT);
}

/* ---- what the fleet says ---- */

static void service_take_carry(const Service *service, const char *key, const FleetCarry *carry)
{
    const Config *config = service->controller->config;
    size_t instance = controller_find(service->controller, key);

    if (instance < config->instance_count && service->state.store)
        hand_over_take(service->state.store, key, config->instances[instance].name,
                       fleet_get_host(service->fleet.fleet), carry);
}

static void service_on_own(void *userdata, const char *key, const FleetCarry *carry)
{
    Service *service = userdata;

    /* A pass that only read may know less than the owner of meanwhile did. */
    controller_stand_by(service->controller, key, true, "the instance is this host's again");
    service_take_carry(service, key, carry);
    controller_take_up(service->controller, key);
    service_show_status(service);
}

static void service_on_give(void *userdata, const char *key, const char *why)
{
    Service *service = userdata;

    controller_stand_by(service->controller, key, false, why);
    service_look_later(service);
}

static void service_on_lose(void *userdata, const char *key, const char *why)
{
    Service *service = userdata;

    controller_stand_by(service->controller, key, true, why);
    service_fleet_step_in(service, FLEET_LOOK_USEC);
    service_look_later(service);
}

/* Without etcd nobody knows of another owner: the last one goes on reading, so that drift is seen,
 * and changes nothing for want of a lease. */
static bool service_fleet_reads(const FleetView *view, const FleetViewInstance *instance)
{
    bool is_known = view->has_lease && view->is_current;

    return !is_known && str_equal(instance->last, view->host) &&
           (!instance->owner[0] || str_equal(instance->owner, view->host));
}

/* Whether etcd says who owns what, and every instance that is not this host's stands by. */
static bool service_fleet_is_sure(const Service *service)
{
    const Fleet *fleet = service->fleet.fleet;

    return !service->fleet.is_reading && fleet_get_trouble(fleet)[0] == '\0' &&
           mirror_is_current(fleet_mirror(fleet));
}

static void service_fleet_look(Service *service)
{
    const Fleet *fleet = service->fleet.fleet;
    FleetView view = {0};
    int r;

    if (service_fleet_is_sure(service))
        return;
    service->fleet.is_reading = false;
    r = fleet_view_fill(fleet, &view);

    for (size_t i = 0; i < view.instance_count && r == 0; i++) {
        const FleetViewInstance *instance = &view.instances[i];
        size_t number = controller_find(service->controller, instance->key);
        bool reads = service_fleet_reads(&view, instance) && !fleet_is_drained(fleet);

        if (number == service->controller->scheduler_count || fleet_owns(fleet, instance->key))
            continue;
        service->fleet.is_reading = service->fleet.is_reading || reads;
        if (reads && controller_stands_by(service->controller, number))
            controller_take_up(service->controller, instance->key);
        else if (!reads && !controller_stands_by(service->controller, number))
            controller_stand_by(service->controller, instance->key, true,
                                "the instance is not this host's");
    }
    if (!service_fleet_is_sure(service))
        service_fleet_step_in(service, FLEET_READING_LOOK_USEC);
    fleet_view_done(&view);
}

static int service_on_quiet_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    Service *service = userdata;

    (void)source;
    (void)usec;
    fleet_step(service->fleet.fleet, NULL);
    if (!service->why[0]) {
        service_fleet_look(service);
        service_show_status(service);
    }
    service_look_later(service);
    return 0;
}

/* An instance that the set in force has no more may have left a change without an answer. */
static bool service_is_quiet(void *userdata, const char *key)
{
    Service *service = userdata;
    ServiceFleet *fleet = &service->fleet;
    uint64_t now_usec = clock_boottime_usec(), wait_usec;
    bool is_quiet = controller_is_quiet(service->controller, key, &wait_usec);

    if (is_quiet && fleet->settled_usec > now_usec &&
        controller_find(service->controller, key) == service->controller->scheduler_count) {
        wait_usec = fleet->settled_usec - now_usec;
        is_quiet = false;
    }
    if (wait_usec > 0)
        service_fleet_step_in(service, wait_usec);
    return is_quiet;
}

static void service_on_key(void *userdata, const char *name, const EtcdKey *key)
{
    const Service *service = userdata;

    shared_on_key(service->fleet.shared, name, key);
}

static void service_on_change_of_keys(void *userdata)
{
    Service *service = userdata;

    shared_on_change(service->fleet.shared);
    control_on_fleet(service->control);
    service_look_later(service);
    if (service->why[0] || !service_fleet_is_sure(service))
        service_fleet_step_in(service, 0);
}

/* Somebody has paused it, on whichever host. */
static void service_on_paused(void *userdata, const StoreScope *scope)
{
    const Service *service = userdata;

    if (service->controller)
        pause_stop_passes(service->controller, scope);
}

static const FleetOps service_fleet_ops = {
    .begin = service_on_own,
    .stop = service_on_give,
    .drop = service_on_lose,
    .is_quiet = service_is_quiet,
    .on_key = service_on_key,
    .on_change = service_on_change_of_keys,
};

/* ---- beginning, and other settings ---- */

int service_fleet_open(Service *service, const Config *config, Err *err)
{
    ServiceFleet *fleet = &service->fleet;
    int r;

    if (!config->fleet || service->options->dry_run)
        return 0;
    r = fleet_new(service->event, config, &fleet->fleet, err);
    if (r < 0)
        return r;
    r = shared_new(service->event, fleet->fleet, fleet_get_host(fleet->fleet),
                   config->fleet->lease_usec, service_on_paused, service, &fleet->shared);
    if (r < 0)
        return err_system(err, r, "cannot set up the event loop");
    service_fleet_use_store(service);
    fleet->handover_usec = config->fleet->handover_usec;
    fleet_set_user(fleet->fleet, &service_fleet_ops, service);
    r = sd_event_add_time(service->event, &fleet->timer, CLOCK_BOOTTIME, 0, USEC_PER_MSEC,
                          service_on_quiet_time, service);
    if (r >= 0)
        r = sd_event_source_set_enabled(fleet->timer, SD_EVENT_OFF);
    return r < 0 ? err_system(err, r, "cannot set up the event loop") : 0;
}

void service_fleet_use_store(const Service *service)
{
    if (service->fleet.shared)
        shared_use_store(service->fleet.shared, service->state.store);
}

/* Without memory the fleet goes by the instances of before: new ones are nobody's. */
static void service_fleet_tell_instances(Service *service, const Controller *controller)
{
    const Config *config = controller->config;
    size_t count = config->instance_count;
    _cleanup_free_ const char **keys = calloc(count, sizeof(*keys));
    _cleanup_free_ const char **names = calloc(count, sizeof(*names));
    int r = keys && names ? 0 : -ENOMEM;

    for (size_t i = 0; i < count && r == 0; i++) {
        keys[i] = controller->backend.keys[i];
        names[i] = config->instances[i].name;
    }
    if (r == 0)
        r = fleet_set_instances(service->fleet.fleet, keys, names, count, &config->set);
    if (r < 0)
        log_event(
            LOG_LEVEL_ERR, NULL,
            "out of memory: the fleet is not told of the instances that settings have by now");
}

void service_fleet_use(Service *service, Controller *controller)
{
    ServiceFleet *fleet = &service->fleet;

    if (fleet->fleet)
        controller_use_fleet(controller, fleet->fleet, fleet->handover_usec);
}

void service_fleet_tell(Service *service, const Controller *old)
{
    ServiceFleet *fleet = &service->fleet;
    bool is_first = !old;

    if (!fleet->fleet)
        return;
    for (size_t i = 0; old && i < old->config->instance_count; i++) {
        uint64_t over_usec = clock_boottime_usec() + backend_unsettled_usec(&old->backend, i);

        if (over_usec > fleet->settled_usec)
            fleet->settled_usec = over_usec;
    }
    service_fleet_tell_instances(service, service->controller);
    if (is_first)
        fleet_begin(fleet->fleet);
    else
        fleet_step(fleet->fleet, NULL);
}

/* ---- what others are told ---- */

bool service_fleet_tells(const Service *service, size_t instance)
{
    const Fleet *fleet = service->fleet.fleet;

    return !fleet || fleet_owns(fleet, service->controller->backend.keys[instance]);
}

void service_fleet_put_record(const Service *service, size_t instance, const Report *report)
{
    const char *key = service->controller->backend.keys[instance];
    const char *name = service->controller->config->instances[instance].name;
    _cleanup_(buf_done) Buf record = {0}, carry = {0};

    if (!service->fleet.fleet || !service->state.store || report->instance_count == 0)
        return;
    if (hand_over_append(service->state.store, key, name, &carry) >= 0 &&
        fleet_record_append(report, 0, clock_realtime_usec(), &record) >= 0)
        fleet_put_record(service->fleet.fleet, key, &record, &carry);
}

/* ---- the end ---- */

void service_fleet_end(Service *service, const char *why)
{
    if (service->fleet.fleet)
        fleet_end(service->fleet.fleet, why);
}

bool service_fleet_is_over(Service *service)
{
    const ServiceFleet *fleet = &service->fleet;

    if (!fleet->fleet || fleet->is_abandoned || fleet_is_over(fleet->fleet))
        return true;
    service_fleet_step_in(service, FLEET_LOOK_USEC);
    return false;
}

void service_fleet_done(Service *service)
{
    sd_event_source_disable_unref(service->fleet.timer);
    shared_free(service->fleet.shared);
    fleet_free(service->fleet.fleet);
    service->fleet = (ServiceFleet){0};
}
