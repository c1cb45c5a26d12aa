/* SPDX-License-Identifier: MIT */
/* POST /v1/pause and /v1/resume: of a channel, an instance, or all. */
#pragma once

#include <json-c/json.h>

#include "daemon/control/control_internal.h"

/* Each answers once it is durable, or returns what is wrong. The answer tells the scope, and in
 * "holding" the pauses that hold there now. */
int handle_pause(Control *control, ServerRequest *request, json_object *root, Err *err);
int handle_resume(Control *control, ServerRequest *request, json_object *root, Err *err);
