/* SPDX-License-Identifier: MIT */
/* GET /livez, /readyz: 200 or 503, with the reasons as text. */
#pragma once

#include "daemon/control/control_internal.h"

void handle_live(Control *control, ServerRequest *request);
void handle_ready(Control *control, ServerRequest *request);
