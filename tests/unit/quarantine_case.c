/* SPDX-License-Identifier: MIT */
#include "tests/unit/quarantine_case.h"

World *quarantine_case_new(Mode mode, size_t extras)
{
    World *world = world_new(1);

    world_add_usual(world, "a", 2, extras);
    world->rosters[0].mode = mode;
    world->rosters[0].quarantine_usec = SPAN_USEC;
    return world;
}

WorldMember *quarantine_case_extra(const World *world, size_t number)
{
    return world->channels[0].members[2 + number];
}

void quarantine_case_expect(const World *world, Result result, uint32_t disables, uint32_t enables,
                            uint32_t deletes)
{
    assert_string_equal(report_result_text(world_result(world, 0)), report_result_text(result));
    assert_int_equal(world_count_sent(world, REQUEST_DISABLE_MEMBER), disables);
    assert_int_equal(world_count_sent(world, REQUEST_ENABLE_MEMBER), enables);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), deletes);
}

void quarantine_case_pass_after(World *world, uint64_t usec)
{
    world->gap_usec = usec;
    world_pass(world);
}

void quarantine_case_want(World *world, const WorldMember *member)
{
    world_want(world, &world->rosters[0], member->group, member->host, member->port);
}

void quarantine_case_want_extras(World *world, size_t count)
{
    for (size_t i = 0; i < count; i++)
        quarantine_case_want(world, quarantine_case_extra(world, i));
}

void quarantine_case_expect_enabled(const World *world, Outcome outcome)
{
    const ChannelReport *report = world_report(world, 0);

    assert_int_equal(report->enabled_count, 1);
    assert_string_equal(ops_outcome_text(report->enabled[0].outcome), ops_outcome_text(outcome));
    assert_int_equal(report->enabled[0].states, ROSTER_MEMBER_ENABLED);
    assert_true(report->enabled[0].member->enabled);
}
