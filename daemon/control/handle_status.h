/* SPDX-License-Identifier: MIT */
/* GET /v1/status: instances, and each channel as its last pass found it. */
#pragma once

#include "daemon/control/control_internal.h"

void handle_status(Control *control, ServerCall *call);
