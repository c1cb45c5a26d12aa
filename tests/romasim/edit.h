/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/jsonget.h"

/* What people do in the console: {"channel": name or id, "add": [members], "remove": [hosts,
 * host:port or ids]}. */
void edit_members(JsonError *e, json_object *o);

/* {"add_member": {"channel": C, "member": {...}}, "remove_member": {"channel": C, "member": host or
 * id}}, or lists of them. */
void edit_after(JsonError *e, json_object *o);
