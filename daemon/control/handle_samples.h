/* SPDX-License-Identifier: MIT */
/* The samples of channels (daemon/store/samples.h), for whoever draws them. */
#pragma once

#include "daemon/control/control_internal.h"

/* GET /v1/samples; `channel` and `since` as in the history. */
void handle_samples(Control *control, ServerRequest *request);
