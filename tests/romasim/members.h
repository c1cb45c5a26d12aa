/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* The operations on members (API.md sections 1.1 to 1.6); each answers its request. */
void members_list(Request *r);
void members_add(Request *r);
void members_overwrite(Request *r);
void members_delete(Request *r);
void members_enable(Request *r);
void members_disable(Request *r);
