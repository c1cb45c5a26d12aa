/* SPDX-License-Identifier: MIT */
/* A correction sends the whole member: by a list that is not old, and only while the member is as
 * it was when that was planned. */
#include "tests/unit/sync_case.h"

static void make_backup(World *world, void *argument)
{
    WorldMember *member = argument;

    (void)world;
    member->is_backup = true;
}

/* One member to be added, which takes long, and one to be corrected. */
static World *world_new_slow(void)
{
    World *world = sync_case_new(MODE_SYNC, 3, 1, 0);
    RosterMember *member = world_edit_members(world, &world->rosters[0]);

    member->states = ROSTER_MEMBER_WEIGHT;
    member->weight = 77;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 3, 429, "APIG.0308");
    return world;
}

static void test_an_old_list_is_read_anew(void **state)
{
    World *world = world_new_slow();

    (void)state;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(world->channels[0].members[0]->weight, 77);
    assert_int_equal(world_report(world, 0)->changed[0].outcome, OUTCOME_CORRECTED);
    world_free(world);
}

static void test_what_somebody_changed_meanwhile_is_left_to_the_next_pass(void **state)
{
    World *world = world_new_slow();

    (void)state;
    world_begin(world, false);
    world_at(world, 3 * USEC_PER_SEC, make_backup, world->channels[0].members[0]);
    world_finish(world);
    assert_int_equal(world_report(world, 0)->changed_count, 1);
    assert_int_equal(world_report(world, 0)->changed[0].outcome, OUTCOME_SKIPPED);
    assert_int_equal(world_report(world, 0)->added[0].outcome, OUTCOME_ADDED);
    assert_int_not_equal(world->channels[0].members[0]->weight, 77);
    world->fault_count = 0;
    world_pass(world);
    assert_int_equal(world_report(world, 0)->changed[0].outcome, OUTCOME_CORRECTED);
    assert_int_equal(world->channels[0].members[0]->weight, 77);
    assert_true(world->channels[0].members[0]->is_backup);
    world_free(world);
}

/* Each correction of a plan that a guard holds is shown as held, the first like the others. */
static void test_corrections_that_are_held_are_shown_so(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 3, 0, 0);
    RosterMember *members = world_edit_members(world, &world->rosters[0]);

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        members[i].states = ROSTER_MEMBER_WEIGHT;
        members[i].weight = 77;
    }
    world->rosters[0].guards.max_adds = 1;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_HELD);
    assert_int_equal(world_report(world, 0)->changed_count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(world_report(world, 0)->changed[i].outcome, OUTCOME_HELD);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corrections_that_are_held_are_shown_so),
        cmocka_unit_test(test_an_old_list_is_read_anew),
        cmocka_unit_test(test_what_somebody_changed_meanwhile_is_left_to_the_next_pass),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
