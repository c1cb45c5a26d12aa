/* SPDX-License-Identifier: MIT */
/* Deletions that a pass left undecided are settled by the next, out of its first whole list. */
#include "tests/world/world.h"

static void abandon_in_flight(World *world)
{
    world->latency_usec = USEC_PER_SEC;
    world->abandon_after_usec = 11 * USEC_PER_SEC / 4;
    world_pass(world);
    world->abandon_after_usec = 0;
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 1);
    assert_false(world->actions[0].is_decided);
}

/* The request arrives although nobody waits for its answer. */
static void test_deleted_meanwhile(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1);
    abandon_in_flight(world);
    world_pass(world);
    assert_true(world->actions[0].is_decided);
    assert_int_equal(world->actions[0].outcome, OUTCOME_DELETED);
    assert_int_equal(world_result(world, 0), RESULT_IN_SYNC);
    world_free(world);
}

/* It never arrives: it failed, and is deleted now. */
static void test_still_there(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world_fault_kind(world, REQUEST_DELETE_MEMBER, 1, 1, ANSWER_LOST);
    abandon_in_flight(world);
    world_pass(world);
    assert_int_equal(world->actions[0].outcome, OUTCOME_FAILED);
    assert_int_equal(world->actions[1].outcome, OUTCOME_DELETED);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    world_free(world);
}

/* It is listed a last time and found gone by its second deletion: the first was ours. */
static void test_on_its_way_out(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel;

    (void)state;
    channel = world_add_usual(world, "a", 3, 1);
    channel->lag_usec = 100 * USEC_PER_SEC;
    abandon_in_flight(world);
    channel->members[3]->listed_until_usec =
        world->now_usec + world->gap_usec + USEC_PER_SEC * 5 / 2;
    world_pass(world);
    assert_int_equal(world->actions[0].outcome, OUTCOME_FAILED);
    assert_int_equal(world->actions[1].outcome, OUTCOME_DELETED);
    assert_int_equal(world->actions[1].http, 404);
    world_free(world);
}

static void lift(World *world, void *argument)
{
    WorldChannel *channel = argument;

    (void)world;
    channel->is_paused = false;
}

static void pause_it(World *world, void *argument)
{
    world_pause(world, argument, 0);
}

/* The list is read a second time for a deletion that is in doubt; whoever paused meanwhile is
 * heard, also where the pause has ended by then. */
static void test_a_pause_that_ends_before_the_plan_is_made(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 1);

    (void)state;
    world_fault_kind(world, REQUEST_DELETE_MEMBER, 1, 1, ANSWER_LOST);
    world->config.guards.max_deletes_total = 25;
    abandon_in_flight(world);
    world->latency_usec = 10 * USEC_PER_MSEC;
    world_begin(world, false);
    world_at(world, USEC_PER_MSEC, pause_it, channel);
    world_at(world, 500 * USEC_PER_MSEC, lift, channel);
    world_finish(world);
    assert_int_equal(world_result(world, 0), RESULT_PAUSED);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 2);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 1);
    assert_false(channel->is_paused);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    world_free(world);
}

static void test_a_dry_run_settles_nothing(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1);
    abandon_in_flight(world);
    world_dry_pass(world);
    assert_false(world->actions[0].is_decided);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deleted_meanwhile),
        cmocka_unit_test(test_still_there),
        cmocka_unit_test(test_on_its_way_out),
        cmocka_unit_test(test_a_pause_that_ends_before_the_plan_is_made),
        cmocka_unit_test(test_a_dry_run_settles_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
