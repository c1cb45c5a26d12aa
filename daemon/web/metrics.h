/* SPDX-License-Identifier: MIT */
/*
 * The metrics of the daemon, for Prometheus. rosterd(8) has each of them. What counts is in
 * daemon/runtime/tally.h; pauses, credentials, the state and the process are looked at when it is
 * asked.
 */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/web/web.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* All metrics, once there is a controller, which is borrowed as the view is. NULL without memory.
 */
typedef struct Metrics Metrics;
Metrics *metrics_new(const WebView *view);

/* Appends what follows, until `buf` has so many bytes: that of the next instances or channels.
 * Whether that was the end. A failure sticks in `buf`. */
bool metrics_append_part(Metrics *metrics, size_t size_max, Buf *buf);

/* Also after the controller is gone. NULL is fine. */
void metrics_free(Metrics *metrics);
