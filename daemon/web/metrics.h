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

/* Appends them all; once there is a controller. A failure sticks in `buf`. */
void metrics_append(const WebView *view, Buf *buf);
