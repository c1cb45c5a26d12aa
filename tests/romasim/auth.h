/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* How long a key or a user stays locked (API.md sections 4.1 and 5). */
typedef struct AuthLocks {
    int key_seconds;
    int user_seconds;
} AuthLocks;

extern AuthLocks auth_locks;

/* Decides whether the credentials of a member API request are good for it. False: it is answered.
 */
bool auth_check(Request *r);
