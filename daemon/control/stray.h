/*
 * Pauses of what no channel of the rosters is, as far as the last passes know: a channel that left
 * them after an undo, or one that has another id by now. They hold as soon as the channel is back,
 * so they can be seen and ended too.
 */
#pragma once

#include <json-c/json.h>

#include "daemon/control/inside.h"

/* [{"instance", "name", "id", "pause"}], a row for each; what is not known is null. As
 * json_new_array() (json.h) when out of memory. */
json_object *stray_json(const Tenure *tenure, const StorePauses *pauses);

/* Answers a request to resume that names no channel of the rosters (find_channel() said so in
 * `err`). 0; -ENOENT, `err` as it was; -ENOTUNIQ; as control_writable(); the store's errors. */
int stray_resume(Control *control, ServerCall *call, json_object *root, Err *err);
