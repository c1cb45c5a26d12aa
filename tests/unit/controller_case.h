/* SPDX-License-Identifier: MIT */
/* What tests of passes as the daemon makes them share: a service on loopback with two channels,
 * settings and rosters, a state on the disk, and a controller. */
#pragma once

#include "daemon/runtime/controller.h"
#include "daemon/runtime/undo.h"
#include "daemon/store/store.h"
#include "tests/unit/controller_service.h"

typedef struct ControllerCase {
    ClientCase client_case; /* its service and secrets */
    char settings[SCRATCH_SIZE + 32], state[SCRATCH_SIZE + 32];
    bool has_password;      /* its token is IAM's, which is the service as well */
    bool has_two_instances; /* "prod" and "test", of one service */
    Store *store;
    Controller *controller;
    size_t passes; /* as controller_case_on_pass() was told */
    Undo *undo;
    bool undo_is_done;
    int stderr_fd;
    Err err;
} ControllerCase;

int controller_case_setup(void **state);
int controller_case_teardown(void **state);

void controller_case_write_settings(ControllerCase *controller_case, const char *more);

/* A controller by the settings and rosters as they are; not begun. */
Controller *controller_case_make(ControllerCase *controller_case, bool dry_run);
void controller_case_on_pass(void *userdata);

/* The case's controller, which has begun its first pass. */
Controller *controller_case_start(ControllerCase *controller_case, bool dry_run);

/* Turns the loop until that is so. */
#define CONTROLLER_AWAIT(controller_case, condition)                                               \
    do {                                                                                           \
        uint64_t end_usec_ = clock_monotonic_usec() + 60 * USEC_PER_SEC;                           \
        while (!(condition)) {                                                                     \
            if (clock_monotonic_usec() > end_usec_)                                                \
                fail_msg("still not: %s", #condition);                                             \
            assert_true(sd_event_run((controller_case)->client_case.event, 100 * USEC_PER_MSEC) >= \
                        0);                                                                        \
        }                                                                                          \
    } while (0)

/* The case's controller, after its first pass; its only scheduler. */
Scheduler *controller_case_begin(ControllerCase *controller_case, bool dry_run);
void controller_case_end(ControllerCase *controller_case);

/* The case's controller by the settings and rosters as they are by now, after the one that it
 * takes over from. */
Controller *controller_case_reload(ControllerCase *controller_case);

/* Turns the loop until there were so many passes. */
void controller_case_await_passes(ControllerCase *controller_case, size_t passes);
void controller_case_next_pass(ControllerCase *controller_case);

/* A change of the member 102 of "payments" in the history of an instance, by a pass that ended
 * before it was known what became of it. */
void controller_case_record(ControllerCase *controller_case, const char *instance_key,
                            ChangeKind kind);

/* An undo of the last pass, of which nothing has begun; asks the controller for it; turns the loop
 * until it has ended; forgets it. */
void controller_case_choose_undo(ControllerCase *controller_case);
void controller_case_ask_undo(ControllerCase *controller_case);
void controller_case_await_undo(ControllerCase *controller_case);
void controller_case_end_undo(ControllerCase *controller_case);

/* How many changes of the history came to that, and how often the log says so. */
size_t controller_case_count_history(ControllerCase *controller_case, const char *outcome);
size_t controller_case_count_logged(const ControllerCase *controller_case, const char *text);
