/* SPDX-License-Identifier: MIT */
/* GET /v1/fleet: the fleet as this host knows it. POST /v1/drain, /v1/undrain: whether this host
 * owns instances. */
#pragma once

#include "daemon/control/control_internal.h"
#include "daemon/json/json_value.h"

void handle_fleet(Control *control, ServerRequest *request);
int handle_drain(Control *control, ServerRequest *request, const Json *root, Err *err);
int handle_undrain(Control *control, ServerRequest *request, const Json *root, Err *err);
