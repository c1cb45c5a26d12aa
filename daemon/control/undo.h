/* POST /v1/undo: an undo beside the passes, which stand aside meanwhile. One at a time. */
#pragma once

#include <json-c/json.h>

#include "daemon/control/inside.h"

/* {"last": true | "pass": ID | "action": N, "dry_run": false}. The channels are paused at once and
 * durably; it answers when the members are back. Returns what is wrong, or 0. */
int undo_request(Control *control, ServerCall *call, json_object *root, Err *err);

/* Begins it once no pass is under way on its instances. */
void undo_look(Control *control);

/* The tenure changed before it began: begins anew with the one in force. */
void undo_ask_again(Control *control);

/* Answers with 503: the daemon ends. */
void undo_end(Control *control);
