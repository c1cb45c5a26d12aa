/* SPDX-License-Identifier: MIT */
/* GET /v1/history: what was changed, as the state has it. */
#pragma once

#include "daemon/control/control_internal.h"

void handle_history(Control *control, ServerRequest *request);
