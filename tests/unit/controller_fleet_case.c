/* SPDX-License-Identifier: MIT */
#include "tests/unit/controller_fleet_case.h"

FleetSide fleet_side;

/* ---- as the daemon does it ---- */

static void on_begin(void *userdata, const char *key, const FleetCarry *carry)
{
    (void)userdata;
    (void)carry;
    controller_take_up(fleet_side.controller, key);
}

static void on_stop(void *userdata, const char *key, const char *why)
{
    (void)userdata;
    fleet_side.stops++;
    controller_stand_by(fleet_side.controller, key, false, why);
}

static void on_drop(void *userdata, const char *key, const char *why)
{
    (void)userdata;
    controller_stand_by(fleet_side.controller, key, true, why);
}

static bool is_quiet(void *userdata, const char *key)
{
    uint64_t wait_usec;

    (void)userdata;
    return controller_is_quiet(fleet_side.controller, key, &wait_usec);
}

static void on_key(void *userdata, const char *name, const EtcdKey *key)
{
    (void)userdata;
    (void)name;
    (void)key;
}

static void on_change(void *userdata)
{
    (void)userdata;
}

static const FleetOps ops = {.begin = on_begin,
                             .stop = on_stop,
                             .drop = on_drop,
                             .is_quiet = is_quiet,
                             .on_key = on_key,
                             .on_change = on_change};

/* ---- its life ---- */

void fleet_side_turn(void)
{
    assert_true(sd_event_run(fleet_side.etcd_case->event, USEC_PER_MSEC) >= 0);
    assert_true(sd_event_run(fleet_side.controller_case->client_case.event, USEC_PER_MSEC) >= 0);
}

const char *fleet_side_key(size_t instance)
{
    return fleet_side.controller->backend.keys[instance];
}

static void set_instances(void)
{
    const char *keys[2], *names[2];
    const Config *config = fleet_side.controller->config;

    assert_true(config->instance_count <= ELEMENTS(keys));
    for (size_t i = 0; i < config->instance_count; i++) {
        keys[i] = fleet_side_key(i);
        names[i] = config->instances[i].name;
    }
    assert_int_equal(fleet_set_instances(fleet_side.host.fleet, keys, names, config->instance_count,
                                         &config->set),
                     0);
}

/* With the settings and rosters as they are; asks etcd nothing yet. */
void fleet_side_make(uint64_t handover_usec)
{
    fleet_side.controller = controller_case_make(fleet_side.controller_case, false);
    fleet_side.controller_case->controller = fleet_side.controller;
    host_prepare(&fleet_side.host, fleet_side.etcd_case, "one", HOST_LEASE, handover_usec);
    host_open(&fleet_side.host);
    fleet_set_user(fleet_side.host.fleet, &ops, NULL);
    set_instances();
    controller_use_fleet(fleet_side.controller, fleet_side.host.fleet, handover_usec);
    controller_begin(fleet_side.controller, NULL, controller_case_on_pass,
                     fleet_side.controller_case);
}

void fleet_side_begin(uint64_t handover_usec)
{
    fleet_side_make(handover_usec);
    fleet_begin(fleet_side.host.fleet);
}

PassRun *fleet_side_find_run(void)
{
    return fleet_side.controller->schedulers[0].run;
}

void fleet_side_assert_wait(const char *key, uint64_t least_usec, uint64_t most_usec)
{
    uint64_t wait_usec = 1;

    assert_int_equal(controller_is_quiet(fleet_side.controller, key, &wait_usec), most_usec == 0);
    assert_in_range(wait_usec, least_usec, most_usec);
}

int fleet_side_setup(void **state)
{
    fleet_side = (FleetSide){.etcd_case = *state};
    etcd_case_begin(state);
    return fleet_side.etcd_case->etcd ? controller_case_setup((void **)&fleet_side.controller_case)
                                      : 0;
}

int fleet_side_teardown(void **state)
{
    (void)state;
    if (!fleet_side.controller_case)
        return 0;
    if (fleet_side.controller_case->controller)
        backend_use_fleet(&fleet_side.controller->backend, NULL, 0);
    controller_case_teardown((void **)&fleet_side.controller_case);
    if (fleet_side.host.fleet)
        host_die(&fleet_side.host);
    return 0;
}

void fleet_side_own_elsewhere(Host *other)
{
    const char *const keys[] = {fleet_side_key(0)}, *const names[] = {"prod"};

    host_make(other, fleet_side.etcd_case, "other", HOST_LEASE, FLEET_SIDE_HANDOVER);
    assert_int_equal(
        fleet_set_instances(other->fleet, keys, names, 1, &fleet_side.controller->config->set), 0);
    fleet_begin(other->fleet);
    AWAIT(fleet_side.etcd_case, other->begun == 1);
}
