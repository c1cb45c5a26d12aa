/* SPDX-License-Identifier: MIT */
/* POST /v1/undo: an undo beside the passes, which stand aside meanwhile. One at a time. */
#pragma once

#include "daemon/control/control_internal.h"
#include "daemon/json/json_value.h"

/* {"last": true | "pass": ID | "action": N, "dry_run": false}. The channels are paused at once and
 * durably; it answers when the members are back. Returns what is wrong, or 0. */
int handle_undo(Control *control, ServerRequest *request, const Json *root, Err *err);

/* Keys of the fleet have changed, or instances of it are this host's by now: what other hosts have
 * handed over is begun, and what came of our own is answered. */
void handle_undo_look(Control *control);

/* The controller changed before it began: begins anew with the one in force. */
void handle_undo_ask_again(Control *control);

/* Answers with 503: the daemon ends. */
void handle_undo_end(Control *control);
