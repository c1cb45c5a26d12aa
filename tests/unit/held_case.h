/* SPDX-License-Identifier: MIT */
/* What tests of a host in a fleet see: whether a plan is held and by what, and what was sent. */
#pragma once

#include "tests/world/fleet.h"

static inline void expect_held(World *world, GuardName name)
{
    const ChannelReport *report = world_report(world, 0);

    assert_string_equal(report_result_text(report->result), "held");
    assert_int_equal(report->guard_count, 1);
    assert_string_equal(guard_name_text(report->guards[0].name), guard_name_text(name));
}

static inline uint32_t sent(const World *world)
{
    uint32_t count = 0;

    for (RequestKind kind = 0; kind <= REQUEST_ENABLE_MEMBER; kind++)
        count += request_is_change(kind) ? world_count_sent(world, kind) : 0;
    return count;
}
