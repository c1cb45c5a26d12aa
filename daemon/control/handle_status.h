/* SPDX-License-Identifier: MIT */
/* GET /v1/status: instances, and each channel as its last pass found it. */
#pragma once

#include "daemon/control/control_internal.h"

/* Of each list of a channel, on the status page. */
#define HANDLE_STATUS_ROWS_OF_PAGE 100U

/* GET /v1/progress: which passes are under way; cheap enough to be asked every second. */
void handle_progress(Control *control, ServerRequest *request);

void handle_status(Control *control, ServerRequest *request);

/* The same of all channels for the status page: without the time, in as few bytes as may be, and
 * part by part. NULL without memory. */
typedef struct StatusParts StatusParts;
StatusParts *handle_status_begin_for_page(Control *control);

/* As ServerParts: appends the next part; -ESTALE where the controller is another one by now. */
int handle_status_next(void *parts, Buf *part);
void handle_status_done(void *parts);
