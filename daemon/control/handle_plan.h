/* SPDX-License-Identifier: MIT */
/* POST /v1/plan: a dry run over the rosters in force (planning.h). */
#pragma once

#include "daemon/control/control_internal.h"
#include "daemon/json/json_value.h"

/* {"settings": {"device", "inode"}}: where it is given, the settings file that the daemon must have
 * been started with, else it answers 421. "channels": those that the report is to be of, though all
 * are read, for guards of a pass look at all; none: all. What changed on disk is loaded first.
 * Answers with the report. Returns what is wrong, or 0. */
int handle_plan(Control *control, ServerRequest *request, const Json *root, Err *err);
