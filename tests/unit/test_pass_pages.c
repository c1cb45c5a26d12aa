/* SPDX-License-Identifier: MIT */
/* Lists of several pages on whole passes, of any size and while people change members; rows of the
 * list of channels that are odd. */
#include "tests/world/world.h"

#include <string.h>

static void remove_first_and_add(World *world, void *argument)
{
    WorldChannel *channel = argument;

    world_remove_member(channel->members[0], channel);
    world_add_member(channel, "10.9.9.9", 8080);
    (void)world;
}

/* The total stays, and the rows add up: without the row that both pages have, one of those that
 * were there all along would be missing from the list. */
static void test_rows_that_shift_under_the_same_total_are_noticed(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 600, 1);

    (void)state;
    world_begin(world, false);
    world_at(world, 21 * USEC_PER_MSEC, remove_first_and_add, channel);
    world_finish(world);
    assert_int_equal(world_report(world, 0)->missing_count, 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 2);
    assert_int_equal(world_report(world, 0)->live_count, 601);
    world_free(world);
}

/* As many rows as the service likes, in either list. */
static void clamp(WorldEvent *event)
{
    if (event->members.row_count > 100)
        event->members.row_count = 100;
    if (event->channels.row_count > 2)
        event->channels.row_count = 2;
}

static void test_short_pages_are_read_on(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    World *world = world_new(1);

    (void)state;
    for (size_t i = 0; i < ELEMENTS(names); i++)
        world_add_usual(world, names[i], 250, 1);
    world_twist(world, REQUEST_LIST_CHANNELS, 1, 100, clamp);
    world_twist(world, REQUEST_LIST_MEMBERS, 1, 100, clamp);
    world_pass(world);
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        assert_int_equal(world_result(world, i), RESULT_CONVERGED);
        assert_int_equal(world_report(world, i)->live_count, 251);
    }
    assert_int_equal(world_count_sent(world, REQUEST_LIST_CHANNELS), 4);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 5 * 2 * 3);
    world_free(world);
}

static void clamp_to_one(WorldEvent *event)
{
    if (event->members.row_count > 1)
        event->members.row_count = 1;
    if (event->channels.row_count > 1)
        event->channels.row_count = 1;
}

static void test_pages_of_one_row_are_read_on(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world_add_usual(world, "b", 3, 1);
    world_twist(world, REQUEST_LIST_CHANNELS, 1, 100, clamp_to_one);
    world_twist(world, REQUEST_LIST_MEMBERS, 1, 100, clamp_to_one);
    world_pass(world);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(world_result(world, i), RESULT_CONVERGED);
        assert_int_equal(world_report(world, i)->live_count, 4);
    }
    /* One more for each list, to find out. */
    assert_int_equal(world_count_sent(world, REQUEST_LIST_CHANNELS), 2 + 1);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 2 * ((4 + 1) + (3 + 1)));
    world_free(world);
}

static void channel_odd(WorldEvent *event)
{
    event->channel_rows[1].odd = "vpc_channels[1].port: should be a port";
}

static void channel_unread(WorldEvent *event)
{
    channel_odd(event);
    event->channel_rows[1].id = "";
}

/* It is the matter of whoever names it. */
static void test_an_odd_channel_fails_alone(void **state)
{
    void (*const odd[])(WorldEvent *) = {channel_odd, channel_unread};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(odd); i++) {
        World *world = world_new(1);

        world_add_usual(world, "a", 3, 1);
        world_add_usual(world, "b", 3, 1);
        world_twist(world, REQUEST_LIST_CHANNELS, 1, 100, odd[i]);
        world_pass(world);
        assert_int_equal(world_count_sent(world, REQUEST_LIST_CHANNELS), 1);
        assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
        assert_int_equal(world_result(world, 1), RESULT_FAILED);
        assert_non_null(
            strstr(report_error(world_report(world, 1))->text, "port: should be a port"));
        world_free(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_that_shift_under_the_same_total_are_noticed),
        cmocka_unit_test(test_short_pages_are_read_on),
        cmocka_unit_test(test_pages_of_one_row_are_read_on),
        cmocka_unit_test(test_an_odd_channel_fails_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
