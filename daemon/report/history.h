/* SPDX-License-Identifier: MIT */
/* The history as JSON. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/store/store.h"

/* Appends {"actions": [...]}, and "unknown_channel": true where the channel asked for is in no
 * roster and nowhere in the history, with a newline at its end. 0 or -ENOMEM. */
int report_history_append(const StoreActions *actions, bool is_unknown, Buf *buf);
