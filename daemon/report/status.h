/* The daemon's state as JSON: instances, and each channel as its last pass found it. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/runtime/controller.h"
#include "daemon/store/store.h"

/* Appends it. `pauses` are those in force; `pauses_error` (may be NULL) says why they are not
 * known; `invalid` (may be "") says why newer settings or rosters are refused. 0 or -ENOMEM. */
int report_status_append(const Controller *controller, const StorePauses *pauses,
                         const char *pauses_error, const char *invalid, Buf *buf);
