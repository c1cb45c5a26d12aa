/* SPDX-License-Identifier: MIT */
/* What is sent of a member that is added or corrected (Ops.compose() in reconcile/ops.h, API.md
 * sections 1.4, 1.11): known before it is sent, so that it can be recorded first. */
#pragma once

#include "daemon/base/arena.h"
#include "reconcile/ops.h"

/* As JSON, copied into the arena. NULL: out of memory, or the member that is corrected is no row of
 * the service. */
const char *compose_member(const MemberPost *post, Arena *arena);

/* The fields of such a member, or of a row of the service (Ops.read_fields()). ROSTER_MEMBER_*
 * bits: those that it tells; -EINVAL for what is no member, -ENOMEM. */
int compose_read_fields(const char *member_json, MemberFields *ret_fields);
