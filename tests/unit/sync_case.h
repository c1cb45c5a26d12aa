/* SPDX-License-Identifier: MIT */
/* What tests of additions in whole passes have in common. */
#pragma once

#include "tests/world/world.h"

/* A channel that wants `kept` members and `missing` more, at 10.5.0.1 and up, and has `extras`
 * besides. */
World *sync_case_new(Mode mode, size_t kept, size_t missing, size_t extras);

/* The channel's result, and how many requests of each kind were sent. */
void sync_case_expect(const World *world, Result result, uint32_t adds, uint32_t deletes);

/* What became of one of the additions. */
void sync_case_expect_added(const World *world, size_t number, Outcome outcome, uint32_t attempts);
