/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* Member groups (API.md section 1.9); each answers its request. */
void groups_list(Request *r);
void groups_show(Request *r);
void groups_create(Request *r);
void groups_update(Request *r);
void groups_delete(Request *r);
