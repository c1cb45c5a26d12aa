/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* Which form IAM's errors have: error_code/error_msg, else Keystone's {"error":{...}} (API.md
 * section 4.1). */
extern bool iam_keystone_errors;

/* POST /v3/auth/tokens with the password method; answers. */
void iam_create_token(Request *r);
