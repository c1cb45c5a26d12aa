/* SPDX-License-Identifier: MIT */
/* GET /metrics (daemon/web/metrics.h). */
#pragma once

#include "daemon/control/control_internal.h"

void handle_metrics(Control *control, ServerRequest *request);
