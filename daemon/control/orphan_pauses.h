/* SPDX-License-Identifier: MIT */
/*
 * Pauses of what no channel of the rosters is, as far as the last passes know: a channel that left
 * them after an undo, or one that has another id by now. They hold as soon as the channel is back,
 * so they can be seen and ended too.
 */
#pragma once

#include <json-c/json.h>

#include "daemon/control/control_internal.h"

/* [{"instance", "name", "id", "pause"}], a row for each; what is not known is null. As
 * json_new_array() (json.h) when out of memory. */
json_object *orphan_pauses_json(const Controller *controller, const StorePauses *pauses);

/* Answers a request to resume that names no channel of the rosters (channel_ref_find() said so in
 * `err`). 0; -ENOENT, `err` as it was; -ENOTUNIQ; as control_writable(); the store's errors. */
int orphan_pauses_resume(Control *control, ServerCall *call, json_object *root, Err *err);
