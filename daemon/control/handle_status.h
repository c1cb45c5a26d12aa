/* SPDX-License-Identifier: MIT */
/* GET /v1/status: instances, and each channel as its last pass found it. */
#pragma once

#include "daemon/control/control_internal.h"

/* Of each list of a channel, on the status page. */
#define HANDLE_STATUS_ROWS_OF_PAGE 100U

/* GET /v1/progress: which passes are under way; cheap enough to be asked every second. */
void handle_progress(Control *control, ServerRequest *request);

void handle_status(Control *control, ServerRequest *request);

/* Appends the same of all channels for the status page: without the time, in as few bytes as may
 * be. A failure sticks in `buf`. */
void handle_status_append_for_page(Control *control, Buf *buf);
