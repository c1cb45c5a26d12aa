/* SPDX-License-Identifier: MIT */
/* Members that rosterd disabled in channels that are in no roster, as far as the last passes know:
 * nothing will be done to them until the channel is back. */
#pragma once

#include "daemon/json/json_writer.h"
#include "daemon/runtime/controller.h"

/* Puts under `key` an array with {"instance", "name", "id", "members"} for each channel; what is
 * not known is null. Empty where the state cannot be read. */
void orphan_quarantine_put(JsonWriter *writer, const char *key, const Controller *controller);
