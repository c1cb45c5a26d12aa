/* SPDX-License-Identifier: MIT */
/* Whether the daemon lives, and whether what it knows of the service is fresh: for whoever probes
 * it. Both are a line for each reason, "ok" where there is none. */
#pragma once

#include "daemon/web/web.h"

/* Whether the loop runs and passes make progress, by what the watchdog goes by. */
bool health_append_live(const WebView *view, Buf *buf);

/* Whether each channel of each instance that this host owns was read within three of the instance's
 * intervals: listed whole, or found to need no list, being unmanageable or refused for good. An
 * interval is the time between passes, and the last pass that read all itself, which takes long
 * where there are many channels. A host of a fleet also holds its lease: what it does not own it
 * could take over. */
bool health_append_ready(const WebView *view, Buf *buf);
