/* SPDX-License-Identifier: MIT */
/* How the pulls of roster repositories go (rosterd-git): what rosterd knows of them is the file
 * that the pull of a clone DIRECTORY/NAME leaves in DIRECTORY/.state/NAME/status. */
#pragma once

#include "daemon/base/aside.h"
#include "daemon/json/json_writer.h"
#include "daemon/runtime/controller.h"

/* Puts under `key` an array with one object for each clone that rosters in force stand in: "clone",
 * "commit", "success", "failure" (times), "message" (of the last failure) and "is_failing"; what is
 * not known is null. Looked for aside: where files do not answer, nothing is known of any clone,
 * and `late` (NULL at first) keeps what waits for them; the caller gives it back with
 * aside_leave(). */
void pulls_put(JsonWriter *writer, const char *key, const Controller *controller, Aside **late);
