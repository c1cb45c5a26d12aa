/* SPDX-License-Identifier: MIT */
/*
 * Pauses of channels that are in no roster, as far as the last passes know: a channel that left
 * them after an undo, or one that has another id by now. They hold as soon as the channel is back,
 * so they can be seen and ended too.
 */
#pragma once

#include "daemon/json/json_writer.h"
#include "daemon/runtime/controller.h"
#include "daemon/store/store.h"

/* Puts under `key` an array with {"instance", "name", "id", "pause"} for each; what is not known is
 * null. */
void orphan_pauses_put(JsonWriter *writer, const char *key, const Controller *controller,
                       const StorePauses *pauses);

/* The one that people mean by CHANNEL: a name, an id, or instance/name. 0; -ENOENT; -ENOTUNIQ
 * where it fits channels of several instances, told in `err`. Borrowed from `pauses`. */
int orphan_pauses_find(const Controller *controller, const StorePauses *pauses, const char *text,
                       const StorePause **ret_pause, Err *err);
