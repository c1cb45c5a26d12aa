/* SPDX-License-Identifier: MIT */
/* Deletions left undecided in channels that have left the rosters: settled by one reading more. */
#include "tests/world/world.h"

static void as_it_is(WorldEvent *event)
{
    (void)event;
}

/* A deletion that was under way when its pass was abandoned, in a channel that then leaves the
 * rosters. */
static World *left(bool has_effect)
{
    World *world = world_new(1);
    WorldFault *fault = world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 504, "");

    world_add_usual(world, "stays", 3, 0);
    world_add_usual(world, "left", 3, 1);
    fault->has_effect = has_effect;
    fault->latency_usec = 100;
    world_twist(world, REQUEST_LIST_CHANNELS, 1, 1, as_it_is)->latency_usec = 100;
    world_twist(world, REQUEST_LIST_MEMBERS, 1, 2, as_it_is)->latency_usec = 100;
    world->abandon_after_usec = 275;
    world_pass(world);
    assert_int_equal(world->action_count, 1);
    assert_false(world->actions[0].is_decided);
    world->config.channel_count = 1;
    return world;
}

static void expect(const World *world, Outcome outcome, uint32_t lists)
{
    assert_true(world->actions[0].is_decided);
    assert_string_equal(ops_outcome_text(world->actions[0].outcome), ops_outcome_text(outcome));
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), lists);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    assert_int_equal(pass_get_report(world->pass)->channel_count, world->config.channel_count);
    assert_int_equal(report_exit_status(pass_get_report(world->pass)), 0);
}

static void test_gone_members_were_deleted(void **state)
{
    World *world = left(true);

    (void)state;
    world_pass(world);
    expect(world, OUTCOME_DELETED, 2);
    world_pass(world);
    expect(world, OUTCOME_DELETED, 1);
    world_free(world);
}

static void test_listed_members_were_not(void **state)
{
    World *world = left(false);

    (void)state;
    world_pass(world);
    expect(world, OUTCOME_FAILED, 2 + 3);
    world_free(world);
}

/* One list that lacks the channel may be wrong. */
static void test_a_channel_missing_from_one_list_decides_nothing(void **state)
{
    World *world = left(false);

    (void)state;
    world->channels[1].exists = false;
    world_pass(world);
    assert_false(world->actions[0].is_decided);
    assert_int_equal(report_exit_status(pass_get_report(world->pass)), 0);
    world->channels[1].exists = true;
    world_pass(world);
    expect(world, OUTCOME_FAILED, 2 + 3);
    world_free(world);
}

/* Nor is a deletion called ours whose channel is gone with all that it had. */
static void test_with_a_channel_that_is_no_more_they_are_gone(void **state)
{
    World *world = left(false);

    (void)state;
    world->channels[1].exists = false;
    for (size_t i = 0; i < WORLD_ABSENT_LISTS; i++)
        world_pass(world);
    assert_false(world->actions[0].is_decided);
    world_pass(world);
    expect(world, OUTCOME_GONE, 1);
    world_free(world);
}

static void test_an_instance_without_channels_is_asked(void **state)
{
    World *world = left(true);

    (void)state;
    world->config.channel_count = 0;
    world_pass(world);
    expect(world, OUTCOME_DELETED, 1);
    world_pass(world);
    assert_int_equal(world->send_count, 0);
    world_free(world);
}

static void test_a_channel_of_the_rosters_is_not_read_twice(void **state)
{
    World *world = left(true);

    (void)state;
    world->config.channel_count = 2;
    world_pass(world);
    expect(world, OUTCOME_DELETED, 2);
    world_free(world);
}

/* Two entries of one channel both fail, and neither reads it. */
static void test_a_channel_that_is_named_twice_is_read_for_this(void **state)
{
    World *world = left(true);

    (void)state;
    world->config.channel_count = 2;
    world_add_roster(world, 0, "left");
    world_pass(world);
    assert_int_equal(world_result(world, 1), RESULT_FAILED);
    assert_int_equal(world_result(world, 2), RESULT_FAILED);
    assert_int_equal(world->actions[0].outcome, OUTCOME_DELETED);
    world_free(world);
}

static void test_a_dry_run_settles_nothing(void **state)
{
    World *world = left(true);

    (void)state;
    world_dry_pass(world);
    assert_false(world->actions[0].is_decided);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 1);
    world_free(world);
}

static void test_what_cannot_be_read_stays_undecided(void **state)
{
    World *world = left(true);
    WorldFault *fault = world_fault(world, REQUEST_LIST_MEMBERS, 1, 1, 500, "APIG.9999");

    (void)state;
    fault->channel_id = world->channels[1].row.id;
    world->config.retry.attempts = 1;
    world_pass(world);
    assert_false(world->actions[0].is_decided);
    assert_int_equal(report_exit_status(pass_get_report(world->pass)), 0);
    world_pass(world);
    expect(world, OUTCOME_DELETED, 2);
    world_free(world);
}

static void test_a_stopped_pass_leaves_it_undecided(void **state)
{
    World *world = left(true);

    (void)state;
    world->abandon_after_usec = 1;
    world_pass(world);
    assert_false(world->actions[0].is_decided);
    world_pass(world);
    expect(world, OUTCOME_DELETED, 2);
    world_free(world);
}

/* Nobody can say what its list would tell. */
static void test_a_row_that_cannot_be_read_leaves_it_undecided(void **state)
{
    World *world = left(true);

    (void)state;
    world->channels[1].row.odd = "its port is no port";
    world_pass(world);
    assert_false(world->actions[0].is_decided);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 1);
    world->channels[1].row.odd = NULL;
    world_pass(world);
    expect(world, OUTCOME_DELETED, 2);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gone_members_were_deleted),
        cmocka_unit_test(test_listed_members_were_not),
        cmocka_unit_test(test_a_channel_missing_from_one_list_decides_nothing),
        cmocka_unit_test(test_with_a_channel_that_is_no_more_they_are_gone),
        cmocka_unit_test(test_an_instance_without_channels_is_asked),
        cmocka_unit_test(test_a_channel_of_the_rosters_is_not_read_twice),
        cmocka_unit_test(test_a_channel_that_is_named_twice_is_read_for_this),
        cmocka_unit_test(test_a_dry_run_settles_nothing),
        cmocka_unit_test(test_what_cannot_be_read_stays_undecided),
        cmocka_unit_test(test_a_row_that_cannot_be_read_leaves_it_undecided),
        cmocka_unit_test(test_a_stopped_pass_leaves_it_undecided),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
