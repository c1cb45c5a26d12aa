/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* Finds the operation and the parts of the path that exist (op, instance, channel, ids). Answers
 * nothing. */
void route_find(Request *r);

/* Answers every reason why a member API request fails before its operation begins: malformed ids,
 * wrong prefix, unknown project, instance or channel, query parameters, content type, a body where
 * none belongs. False: it is answered. */
bool route_check(Request *r);

/* Whether the service knows the path with this method at all; else front gateway 0101 has been
 * answered. */
bool route_exists(Request *r);
