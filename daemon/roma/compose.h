/* SPDX-License-Identifier: MIT */
/* What is sent of a member that is added or corrected (Ops.compose() in reconcile/ops.h, API.md
 * sections 1.4, 1.11): known before it is sent, so that it can be recorded first. */
#pragma once

#include "daemon/base/arena.h"
#include "reconcile/ops.h"

/* As JSON, copied into the arena. NULL: out of memory, or the member that is corrected is no row of
 * the service. */
const char *compose_member(const MemberPost *post, Arena *arena);
