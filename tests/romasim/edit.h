/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/jsonget.h"

/* What people do in the console: {"channel": name or id, "remove": [names], "groups":
 * [{"member_group_name", "member_group_weight"}], "add": [members], "edit": [{"member": name,
 * fields}], "enable": [names], "disable": [names]}, in this order. A name is a host, host:port,
 * ecs_id or id. */
void edit_members(JsonError *e, json_object *o);

/* {"add_member": {"channel": C, "member": {...}}, "remove_member": {"channel": C, "member": name}},
 * and so on for edit_member, enable_member, disable_member, and set_group with a "group"; or lists
 * of them. */
void edit_after(JsonError *e, json_object *o);
