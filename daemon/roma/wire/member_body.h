/* SPDX-License-Identifier: MIT */
/* The bodies that add and correct members (API.md sections 1.4, 1.11). */
#pragma once

#include <stdbool.h>

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "reconcile/ops.h"

/*
 * Appends {"members": [MemberInfo]} for a member as the service gave it once: what makes it the
 * member that it was, each field as it stood, and nothing that the service makes by itself. 0;
 * -EINVAL when it is no such row; -ENOMEM.
 */
int member_body_append(const char *member_json, bool is_ecs, Buf *buf);

/* Appends the body of a request: of an addition as above, of a member that is switched
 * {"member_ids": [ID]} (API.md section 1.11); of any other nothing. Likewise. */
int member_body_append_request(const Request *request, Buf *buf);

/*
 * Reads the fields of a row of the service, or of a MemberInfo; of what it does not tell, the
 * default. ROSTER_MEMBER_* bits: those told; -EINVAL for what is neither; -ENOMEM.
 */
int member_body_read_fields(const char *member_json, MemberFields *ret_fields);

/*
 * Writes the MemberInfo of a member that is added or corrected: of one that is added its place, its
 * group and what the roster states; of one that is corrected what it was, with what the roster
 * states in place of that. Copied into the arena. NULL: out of memory, or `before` is no such row.
 */
const char *member_body_compose(const MemberPost *post, Arena *arena);
