/* SPDX-License-Identifier: MIT */
/* Whole passes over members that are live otherwise than their roster states. */
#include "tests/unit/world_case.h"

static void test_changed_members_are_drift_and_are_named(void **state)
{
    World *world = *state;
    WorldChannel *channel = world_add_usual(world, "a", 3, 1);
    RosterMember *members = world_edit_members(world, &world->rosters[0]);
    const ChannelReport *report;

    members[1].states = ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_ENABLED;
    members[1].weight = 5;
    members[1].enabled = true;
    channel->members[1]->status = 2;
    channel->members[2]->status = 2;
    world_pass(world);
    report = world_report(world, 0);
    assert_int_equal(world_result(world, 0), RESULT_DRIFT);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 1);
    assert_int_equal(report->changed_count, 1);
    assert_string_equal(report->changed[0].id, channel->members[1]->id);
    assert_int_equal(report->changed[0].outcome, OUTCOME_SKIPPED);
    assert_int_equal(report->disabled_count, 1);
    world->rosters[0].mode = MODE_OBSERVE;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_DRIFT);
    assert_int_equal(world_report(world, 0)->changed[0].outcome, OUTCOME_PLANNED);
    channel->members[1]->status = 1;
    channel->members[1]->weight = 5;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_IN_SYNC);
    assert_int_equal(world_report(world, 0)->changed_count, 0);
}

static void test_a_paused_channel_with_changed_members_is_paused(void **state)
{
    World *world = *state;
    WorldChannel *channel = world_add_usual(world, "a", 2, 0);

    world_edit_members(world, &world->rosters[0])[0].states = ROSTER_MEMBER_BACKUP;
    channel->members[0]->is_backup = true;
    channel->is_paused = true;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_PAUSED);
    assert_int_equal(world_report(world, 0)->changed_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_CASE(test_changed_members_are_drift_and_are_named),
        WORLD_CASE(test_a_paused_channel_with_changed_members_is_paused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
