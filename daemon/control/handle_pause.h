/* SPDX-License-Identifier: MIT */
/* POST /v1/pause and /v1/resume: of a channel, an instance, or all. */
#pragma once

#include "daemon/control/control_internal.h"
#include "daemon/json/json_value.h"

/* Each answers once it is durable, or returns what is wrong. The answer tells the scope, and in
 * "holding" the pauses that hold there now. */
int handle_pause(Control *control, ServerRequest *request, const Json *root, Err *err);
int handle_resume(Control *control, ServerRequest *request, const Json *root, Err *err);
