/* SPDX-License-Identifier: MIT */
/* The history as JSON. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/report/unknown_channel.h"
#include "daemon/store/store.h"

/* Appends {"actions": [...]}, with a newline at its end; where the channel asked for is in no
 * roster and nowhere in the history (`unknown`, else NULL), "unknown_channel": true as well, and
 * the name that was meant as "near". 0 or -ENOMEM. */
int report_history_append(const StoreActions *actions, const UnknownChannel *unknown, Buf *buf);
