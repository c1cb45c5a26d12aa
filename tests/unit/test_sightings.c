/* SPDX-License-Identifier: MIT */
/* confirm_passes from pass to pass: lists in a row, and what is forgotten meanwhile. */
#include "tests/world/world.h"

static World *world_confirming(uint32_t confirm_passes)
{
    World *world = world_new(1);

    world_add_usual(world, "a", 3, 1);
    world->rosters[0].guards.confirm_passes = confirm_passes;
    return world;
}

static void expect(World *world, Result result)
{
    world_pass(world);
    assert_string_equal(report_result_text(world_result(world, 0)), report_result_text(result));
}

static void test_an_extra_is_deleted_at_its_last_sighting(void **state)
{
    World *world = world_confirming(3);

    (void)state;
    expect(world, RESULT_HELD);
    expect(world, RESULT_HELD);
    expect(world, RESULT_CONVERGED);
    world_free(world);
}

static void test_a_dry_run_is_no_sighting(void **state)
{
    World *world = world_confirming(2);

    (void)state;
    world_dry_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_HELD);
    expect(world, RESULT_HELD);
    world_dry_pass(world);
    expect(world, RESULT_CONVERGED);
    world_free(world);
}

/* It was wanted for a while, whether or not anybody asked for sightings then and whether or not the
 * channel was in sync; and then is extra again. */
static void test_sightings_from_before_it_was_wanted_do_not_count(void **state)
{
    for (uint32_t i = 0; i < 4; i++) {
        World *world = world_confirming(2);
        RosterChannel *roster = &world->rosters[0];
        const RosterChannel before = *roster;

        (void)state;
        expect(world, RESULT_HELD);
        world_want(world, roster, "", "10.9.0.2", 8080);
        if (i & 1)
            world_want(world, roster, "", "10.0.0.99", 8080);
        roster->guards.confirm_passes = i & 2 ? 1 : 2;
        expect(world, i & 1 ? RESULT_DRIFT : RESULT_IN_SYNC);
        *roster = before;
        expect(world, RESULT_HELD);
        expect(world, RESULT_CONVERGED);
        world_free(world);
    }
}

static void test_a_state_that_cannot_be_read_or_written_leaves_extras_unsent(void **state)
{
    World *world = world_confirming(2);

    (void)state;
    world->recall_error = -5;
    expect(world, RESULT_FAILED);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 1);
    world->recall_error = 0;
    world->remember_error = -28;
    expect(world, RESULT_FAILED);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 1);
    world_free(world);
}

/* Where sightings count, or counted, an old one that stays might let something be deleted too
 * early. */
static void test_a_state_that_cannot_be_written_fails_where_sightings_matter(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 0);
    world->rosters[0].guards.confirm_passes = 2;
    world->remember_error = -28;
    expect(world, RESULT_FAILED);
    world->remember_error = 0;
    world_add_member(&world->channels[0], "10.9.0.1", 8080);
    expect(world, RESULT_HELD);
    world->rosters[0].guards.confirm_passes = 1;
    world->remember_error = -28;
    expect(world, RESULT_FAILED);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    world_free(world);
}

static void test_a_state_that_cannot_forget_does_not_fail_what_is_in_sync(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 0);
    world->remember_error = -28;
    expect(world, RESULT_IN_SYNC);
    world_free(world);
}

/* The list shows it, whatever else fails. */
static void test_who_was_wanted_while_the_channel_failed_is_seen_anew(void **state)
{
    World *world = world_confirming(2);
    RosterChannel *roster = &world->rosters[0];

    (void)state;
    roster->mode = MODE_SYNC;
    expect(world, RESULT_HELD);
    world_want(world, roster, "", world->channels[0].members[3]->host, 8080);
    world_want(world, roster, "absent", "10.7.0.1", 8080);
    expect(world, RESULT_FAILED);
    roster->member_count = 3;
    expect(world, RESULT_HELD);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    expect(world, RESULT_CONVERGED);
    world_free(world);
}

static void test_who_was_wanted_while_another_was_not_enabled_is_seen_anew(void **state)
{
    World *world = world_confirming(2);
    RosterChannel *roster = &world->rosters[0];
    WorldChannel *channel = &world->channels[0];

    (void)state;
    roster->quarantine_usec = 30 * USEC_PER_DAY;
    expect(world, RESULT_HELD);
    expect(world, RESULT_QUARANTINED);
    world_add_member(channel, "10.9.7.1", 8080);
    expect(world, RESULT_HELD);
    world_want(world, roster, "", channel->members[3]->host, 8080);
    world_want(world, roster, "", channel->members[4]->host, 8080);
    world_fault(world, REQUEST_ENABLE_MEMBER, 1, 1, 400, "APIG.2012");
    expect(world, RESULT_FAILED);
    world->fault_count = 0;
    roster->member_count = 4;
    expect(world, RESULT_HELD);
    assert_int_equal(world_count_sent(world, REQUEST_DISABLE_MEMBER), 0);
    world_free(world);
}

static void test_a_dry_run_forgets_nothing(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 2);

    (void)state;
    world->rosters[0].guards.confirm_passes = 3;
    world_pass(world);
    assert_int_equal(channel->sighting_count, 2);
    world_remove_member(channel->members[4], channel);
    world_dry_pass(world);
    assert_int_equal(channel->sighting_count, 2);
    world_pass(world);
    assert_int_equal(channel->sighting_count, 1);
    assert_int_equal(channel->sightings[0].count, 2);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_dry_run_forgets_nothing),
        cmocka_unit_test(test_an_extra_is_deleted_at_its_last_sighting),
        cmocka_unit_test(test_a_dry_run_is_no_sighting),
        cmocka_unit_test(test_sightings_from_before_it_was_wanted_do_not_count),
        cmocka_unit_test(test_a_state_that_cannot_be_read_or_written_leaves_extras_unsent),
        cmocka_unit_test(test_a_state_that_cannot_be_written_fails_where_sightings_matter),
        cmocka_unit_test(test_a_state_that_cannot_forget_does_not_fail_what_is_in_sync),
        cmocka_unit_test(test_who_was_wanted_while_the_channel_failed_is_seen_anew),
        cmocka_unit_test(test_who_was_wanted_while_another_was_not_enabled_is_seen_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
