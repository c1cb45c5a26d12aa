/* SPDX-License-Identifier: MIT */
/* Two sightings of whatever is planned, after an instance was taken over from a host that did not
 * hand it over. */
#include "tests/unit/held_case.h"
#include "tests/unit/sync_case.h"

static void take_over(World *world, uint64_t token)
{
    world->fleet->conditions.needs_sightings = true;
    world->fleet->conditions.token = token;
}

static void test_an_extra_is_seen_twice_after_a_take_over(void **state)
{
    World *world = world_new(1);
    const ChannelReport *report;

    (void)state;
    world_add_usual(world, "a", 6, 2);
    world_join_fleet(world);
    take_over(world, 7);
    world_pass(world);
    expect_held(world, GUARD_CONFIRM_PASSES);
    report = world_report(world, 0);
    assert_int_equal(report->guards[0].planned, 1);
    assert_int_equal(report->guards[0].limit, 2);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    world_free(world);
}

static void test_what_is_missing_and_changed_is_seen_twice(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 0);
    RosterMember *members = world_edit_members(world, &world->rosters[0]);

    (void)state;
    members[0].states = ROSTER_MEMBER_WEIGHT;
    members[0].weight = 7;
    world_join_fleet(world);
    take_over(world, 7);
    world_pass(world);
    expect_held(world, GUARD_CONFIRM_PASSES);
    assert_int_equal(sent(world), 0);
    members = world_edit_members(world, &world->rosters[0]);
    members[1].states = ROSTER_MEMBER_WEIGHT; /* one more that was not seen before */
    members[1].weight = 8;
    world_pass(world);
    expect_held(world, GUARD_CONFIRM_PASSES);
    assert_int_equal(world_report(world, 0)->guards[0].planned, 1);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(sent(world), 3);
    world_free(world);
}

/* In one but the first list, so that nothing of the host before can show for the first time then.
 */
static void test_it_ends_with_a_list_that_shows_nothing_new(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 6, 0);

    (void)state;
    world_join_fleet(world);
    take_over(world, 7);
    world_pass(world);
    world_add_member(channel, "10.9.0.1", 8080);
    world_pass(world);
    expect_held(world, GUARD_CONFIRM_PASSES);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    world_add_member(channel, "10.9.0.2", 8080);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    world_free(world);
}

static void test_two_lists_in_sync_end_it(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 6, 0);

    (void)state;
    world_join_fleet(world);
    take_over(world, 7);
    world_pass(world);
    world_pass(world);
    world_add_member(channel, "10.9.0.1", 8080);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    world_free(world);
}

/* What was seen before it counts no more, nor what another ownership has confirmed. */
static void test_each_take_over_begins_anew(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 6, 1);

    (void)state;
    world->rosters[0].guards.confirm_passes = 2;
    world_join_fleet(world);
    world_pass(world);
    expect_held(world, GUARD_CONFIRM_PASSES);
    take_over(world, 7);
    world->may_undercount = true;
    world_pass(world);
    expect_held(world, GUARD_CONFIRM_PASSES);
    assert_int_equal(world_report(world, 0)->guards[0].planned, 1);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    world->rosters[0].guards.confirm_passes = 1;
    take_over(world, 8);
    world_add_member(channel, "10.9.0.2", 8080);
    world_pass(world);
    expect_held(world, GUARD_CONFIRM_PASSES);
    world_free(world);
}

static void test_an_approval_passes_what_was_seen_once(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 6, 2);
    world_join_fleet(world);
    take_over(world, 7);
    world_pass(world);
    world_approve(world, world_report(world, 0)->digest);
    take_over(world, 8);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    world_free(world);
}

/* By the channel's own pass it is not asked any more then. */
static void test_what_is_confirmed_stays_so(void **state)
{
    const Conditions conditions = {.needs_sightings = true, .token = 7};
    TakeOver known = {0};

    (void)state;
    assert_true(take_over_needs_sightings(&known, &conditions, "c1"));
    take_over_note(&known, 7, "c1", true);
    assert_true(take_over_has_listed(&known, 7, "c1"));
    assert_true(take_over_needs_sightings(&known, &conditions, "c1"));
    take_over_note(&known, 7, "c1", false);
    assert_true(take_over_needs_sightings(&known, &conditions, "c1"));
    take_over_note(&known, 7, "c1", true);
    assert_false(take_over_needs_sightings(&known, &conditions, "c1"));
    take_over_note(&known, 7, "c1", false);
    assert_false(take_over_needs_sightings(&known, &conditions, "c1"));
    assert_true(take_over_needs_sightings(&known, &conditions, "c2"));
    assert_false(take_over_has_listed(&known, 8, "c1"));
    take_over_note(&known, 8, "c2", true);
    assert_false(take_over_has_listed(&known, 7, "c1"));
    assert_false(take_over_has_listed(&known, 8, "c1"));
    assert_true(take_over_has_listed(&known, 8, "c2"));
    take_over_done(&known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_confirmed_stays_so),
        cmocka_unit_test(test_an_extra_is_seen_twice_after_a_take_over),
        cmocka_unit_test(test_what_is_missing_and_changed_is_seen_twice),
        cmocka_unit_test(test_it_ends_with_a_list_that_shows_nothing_new),
        cmocka_unit_test(test_two_lists_in_sync_end_it),
        cmocka_unit_test(test_each_take_over_begins_anew),
        cmocka_unit_test(test_an_approval_passes_what_was_seen_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
