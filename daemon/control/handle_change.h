/* SPDX-License-Identifier: MIT */
/* POST /v1/approve: what takes effect at once. */
#pragma once

#include <json-c/json.h>

#include "daemon/control/control_internal.h"

/* Answers once it is durable, or returns what is wrong. */
int handle_approve(Control *control, ServerRequest *request, json_object *root, Err *err);
