/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/jsonget.h"
#include "tests/romasim/model.h"

/* Adds channels in bulk: "channels" of them called by "name" (one %d), each with "members"
 * hosts 10.A.B.C and "extras" hosts 10.250.B.C, ids following from the numbers alone, so that two
 * runs agree. Optional: "port", "group". */
void generate_channels(JsonError *e, Instance *i, json_object *spec);
