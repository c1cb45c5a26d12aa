/* SPDX-License-Identifier: MIT */
/* What tests of the control socket share: a daemon's controller behind one, asked from within the
 * loop that answers. */
#pragma once

#include "tests/unit/controller_case.h"

#include <errno.h>
#include <stdio.h>

#include "daemon/base/buf.h"
#include "daemon/cli/control_path.h"
#include "daemon/control/control.h"
#include "daemon/store/state.h"

typedef struct ControlCase {
    ControllerCase *controller_case;
    State state;
    Control *control;
    char path[SCRATCH_SIZE + 32];
    Buf answer; /* the last, whole */
    int status;
} ControlCase;

int control_case_setup(void **state);
int control_case_teardown(void **state);
sd_event *control_case_loop(const ControlCase *control_case);

/* A controller by other settings and (NULL: the same) another roster, before the first pass. */
void control_case_use(ControlCase *control_case, const char *settings, const char *roster);

/* Begins the passes, and waits for the first. */
void control_case_begin(ControlCase *control_case);

/* So many more changes in the history, of the pass and the channel of the last. */
void control_case_add_history(ControlCase *control_case, unsigned int count);

/* One request, on a connection of its own. */
int control_case_send_request(const ControlCase *control_case, const char *method, const char *path,
                              const char *body);

/* Turns the loop until the whole answer is there. */
void control_case_await_answer(ControlCase *control_case, int fd);

/* The answer has this status and says so. */
void control_case_assert_answered(const ControlCase *control_case, int status, const char *part);
void control_case_assert_get(ControlCase *control_case, const char *path, int status,
                             const char *part);
void control_case_assert_post(ControlCase *control_case, const char *path, const char *body,
                              int status, const char *part);
void control_case_assert_has(const ControlCase *control_case, const char *part);
void control_case_assert_has_not(const ControlCase *control_case, const char *part);
