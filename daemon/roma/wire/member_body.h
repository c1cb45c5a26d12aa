/* SPDX-License-Identifier: MIT */
/* The body that adds a member (API.md section 1.4). */
#pragma once

#include <stdbool.h>

#include "daemon/base/buf.h"

/*
 * Appends {"members": [MemberInfo]} for a member as the service gave it once: what makes it the
 * member that it was, each field as it stood, and nothing that the service makes by itself. 0;
 * -EINVAL when it is no such row; -ENOMEM.
 */
int member_body_append(const char *member_json, bool is_ecs, Buf *buf);
