/* SPDX-License-Identifier: MIT */
/* Listing what the service has, for somebody who comes aboard. */
#pragma once

#include "daemon/control/control_internal.h"

/*
 * GET /v1/channels: what the service has (planning.h), as daemon/report/survey.h puts it. Of the
 * query: `instance`, its name, none: all; `members=true` reads those of each channel as well;
 * `channel`, a name, an id or instance/name in each line, none: all; `device` and `inode` of the
 * settings file that the daemon must have been started with, else it answers 421. What changed on
 * disk is loaded first.
 */
void handle_channels(Control *control, ServerRequest *request);
