/* SPDX-License-Identifier: MIT */
/* A controller on a host of a fleet, with a real etcd. Each has an event loop of its own, which the
 * test turns. */
#pragma once

#include "tests/unit/controller_case.h"
#include "tests/unit/host_case.h"

/* Where no test waits for its end. */
#define FLEET_SIDE_HANDOVER USEC_PER_MINUTE

/* A controller and the host that it is on, of the test under way. */
typedef struct FleetSide {
    EtcdCase *etcd_case;
    ControllerCase *controller_case;
    Controller *controller;
    Host host;
    size_t stops;
} FleetSide;

extern FleetSide fleet_side;

/* Before and after each test; the state is the EtcdCase. */
int fleet_side_setup(void **state);
int fleet_side_teardown(void **state);

/* With the settings and rosters as they are; etcd is asked nothing yet. Then with fleet_begin() as
 * well. */
void fleet_side_make(uint64_t handover_usec);
void fleet_side_begin(uint64_t handover_usec);

/* Another host, which owns the first instance of the controller. */
void fleet_side_own_elsewhere(Host *other);

void fleet_side_turn(void);

/* Turns the loops until that is so. */
#define TURN_UNTIL(condition)                                                                      \
    do {                                                                                           \
        uint64_t end_usec_ = clock_monotonic_usec() + 60 * USEC_PER_SEC;                           \
        while (!(condition)) {                                                                     \
            if (clock_monotonic_usec() > end_usec_)                                                \
                fail_msg("still not: %s", #condition);                                             \
            fleet_side_turn();                                                                     \
        }                                                                                          \
    } while (0)

/* The key of an instance; the run under way of the first. */
const char *fleet_side_key(size_t instance);
PassRun *fleet_side_find_run(void);

/* That something may be under way of an instance for so long; `most_usec` 0: that nothing is. */
void fleet_side_assert_wait(const char *key, uint64_t least_usec, uint64_t most_usec);
