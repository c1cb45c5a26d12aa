/* SPDX-License-Identifier: MIT */
/*
 * DOC: what a running daemon shows
 *
 * This room turns what the daemon knows into what somebody may look at: metrics for Prometheus,
 * health for whoever probes, the page for people. Nothing here changes anything, waits, or asks the
 * service: each renderer reads a WebView and appends its text to a Buf, at once, on the daemon's
 * own loop, so that its cost is bounded by the number of channels.
 *
 * The paths, and who may ask for them, are the table of daemon/control, which stands below this
 * room and hands the view over. Whatever a renderer puts there may be read over the network: no
 * secret, no path of a file that holds one.
 *
 * A renderer returns nothing: memory that ran out shows in its Buf (buf_failed()), and whoever
 * answers looks. What it is given is borrowed for the call.
 */
#pragma once

#include "daemon/runtime/controller.h"
#include "daemon/store/state.h"

/* What there is to show. */
typedef struct WebView {
    const Controller *controller; /* NULL: rosterd is starting */
    const State *state;
    const char *invalid; /* why newer settings are refused; "" while they are not */
    bool dry_run;
} WebView;
