/* SPDX-License-Identifier: MIT */
/* POST /v1/approve: one plan is to pass its guards, once. */
#pragma once

#include "daemon/control/control_internal.h"
#include "daemon/json/json_value.h"

/* Answers once it is durable, or returns what is wrong. */
int handle_approve(Control *control, ServerRequest *request, const Json *root, Err *err);
