/* SPDX-License-Identifier: MIT */
/* What tests of quarantine on whole passes have in common. */
#pragma once

#include "tests/world/world.h"

#define SPAN_USEC USEC_PER_HOUR

/* A channel that wants two members and has `extras` besides, for which there is a quarantine. */
World *quarantine_case_new(Mode mode, size_t extras);

/* One of its extras, from 0. */
WorldMember *quarantine_case_extra(const World *world, size_t number);

/* The channel's result, and how many requests of each kind were sent. */
void quarantine_case_expect(const World *world, Result result, uint32_t disables, uint32_t enables,
                            uint32_t deletes);

/* A pass after so much time. */
void quarantine_case_pass_after(World *world, uint64_t usec);

/* The roster wants the member from now on. */
void quarantine_case_want(World *world, const WorldMember *member);

/* The same of so many of its extras, from the first one on. */
void quarantine_case_want_extras(World *world, size_t count);

/* One member is reported to be enabled again, with that outcome. */
void quarantine_case_expect_enabled(const World *world, Outcome outcome);
