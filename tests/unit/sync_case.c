/* SPDX-License-Identifier: MIT */
#include "tests/unit/sync_case.h"

#include <stdio.h>

World *sync_case_new(Mode mode, size_t kept, size_t missing, size_t extras)
{
    World *world = world_new(1);

    world_add_usual(world, "a", kept, extras);
    world->rosters[0].mode = mode;
    for (size_t i = 0; i < missing; i++) {
        char host[32];

        snprintf(host, sizeof(host), "10.5.0.%zu", i + 1);
        world_want(world, &world->rosters[0], "", host, 8080);
    }
    return world;
}

void sync_case_expect(const World *world, Result result, uint32_t adds, uint32_t deletes)
{
    assert_string_equal(report_result_text(world_result(world, 0)), report_result_text(result));
    assert_int_equal(world_count_sent(world, REQUEST_ADD_MEMBERS), adds);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), deletes);
}

void sync_case_expect_added(const World *world, size_t number, Outcome outcome, uint32_t attempts)
{
    const ChannelReport *report = world_report(world, 0);

    assert_true(number < report->added_count);
    assert_string_equal(ops_outcome_text(report->added[number].outcome), ops_outcome_text(outcome));
    assert_int_equal(report->added[number].attempts, attempts);
}
