/* SPDX-License-Identifier: MIT */
/* Whoever waits for a pass at a terminal sees how far it is. */
#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "daemon/runtime/pass_run.h"

/* Shows how far *run is, once a second while the loop runs; nothing where standard error is no
 * terminal. `run` is borrowed and outlives the loop. 0, or sd-event's error. tty_line_clear() takes
 * the line back. */
int once_progress_begin(sd_event *event, PassRun **run);

/* Whether a report on standard output goes to the terminal that the log goes to. */
bool once_progress_is_beside_report(void);
