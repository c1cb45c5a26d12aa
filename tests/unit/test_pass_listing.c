/* SPDX-License-Identifier: MIT */
/* Whole lists on whole passes: what is read again, what fails a channel, and that nothing is
 * deleted out of a list that is not provably whole. */
#include "tests/world/world.h"

#include <string.h>

static void total_too_high(WorldEvent *event)
{
    event->members.total++;
}

/* The row before the last, so that asking on at the end does not find it. */
static void row_lost(WorldEvent *event)
{
    size_t count = --event->members.row_count;

    event->rows[count - 1] = event->rows[count];
}

static void no_rows(WorldEvent *event)
{
    event->members.row_count = 0;
}

static void id_twice(WorldEvent *event)
{
    event->rows[1].id = event->rows[0].id;
}

static void foreign_row(WorldEvent *event)
{
    event->rows[0].channel_id = "id-b";
}

static void hostless_row(WorldEvent *event)
{
    event->rows[0].host = "";
}

static void bad_id(WorldEvent *event)
{
    event->rows[0].id = "a/../b";
}

static void id_of_the_page_before(WorldEvent *event)
{
    event->rows[0].id = "m000000";
}

static void total_one_less(WorldEvent *event)
{
    event->members.total--;
    event->members.row_count--;
}

static void (*const twists[])(WorldEvent *) = {total_too_high, row_lost,     no_rows, id_twice,
                                               foreign_row,    hostless_row, bad_id};

/* What might be a page of fewer rows than were asked for. */
static bool is_asked_on(void (*twist)(WorldEvent *))
{
    return twist == row_lost || twist == total_too_high;
}

static void test_two_odd_lists_are_read_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(twists); i++) {
        World *world = world_new(1);

        world_add_usual(world, "a", 3, 1);
        world_twist(world, REQUEST_LIST_MEMBERS, 1, 2, twists[i]);
        world_pass(world);
        assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
        assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 4);
        assert_int_equal(world_report(world, 0)->live_count, 4);
        world_free(world);
    }
}

static void test_three_odd_lists_fail_the_channel_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(twists); i++) {
        World *world = world_new(1);

        world_add_usual(world, "a", 3, 1);
        world_add_usual(world, "b", 3, 1);
        world_twist(world, REQUEST_LIST_MEMBERS, 1, 100, twists[i])->channel_id = "id-a";
        world_pass(world);
        assert_int_equal(world_result(world, 0), RESULT_FAILED);
        assert_non_null(
            strstr(report_error(world_report(world, 0))->text, "no whole list in 3 tries"));
        assert_false(world_report(world, 0)->has_list);
        assert_int_equal(world_result(world, 1), RESULT_CONVERGED);
        assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS),
                         (is_asked_on(twists[i]) ? 6 : 3) + 2);
        assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 1);
        world_free(world);
    }
}

/* Between the tries the retry policy's delay, from its beginning: 1 s, then 2 s, half of each
 * random.
 */
static void expect_waits(RequestKind kind, uint64_t taken_usec)
{
    World *world = world_new(1);
    uint64_t first, second;

    world_add_usual(world, "a", 3, 1);
    world_fault_kind(world, kind, 1, 2, ANSWER_ODD);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    first = world_sent_at(world, kind, 2) - world_sent_at(world, kind, 1) - taken_usec;
    second = world_sent_at(world, kind, 3) - world_sent_at(world, kind, 2) - taken_usec;
    assert_in_range(first, 500 * USEC_PER_MSEC, USEC_PER_SEC);
    assert_in_range(second, USEC_PER_SEC, 2 * USEC_PER_SEC);
    world_free(world);
}

static void test_lists_are_tried_again_after_a_while(void **state)
{
    (void)state;
    expect_waits(REQUEST_LIST_MEMBERS, 10 * USEC_PER_MSEC);
    expect_waits(REQUEST_LIST_CHANNELS, 10 * USEC_PER_MSEC);
}

static void test_odd_answers_count_as_odd_lists(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world_fault_kind(world, REQUEST_LIST_MEMBERS, 1, 3, ANSWER_ODD);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 3);
    world_free(world);
}

static void expect_pages(size_t members, uint32_t pages)
{
    World *world = world_new(1);

    world_add_usual(world, "a", members, 0);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_IN_SYNC);
    assert_int_equal(world_report(world, 0)->live_count, members);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), pages);
    world_free(world);
}

static void test_a_list_takes_as_few_pages_as_it_can(void **state)
{
    (void)state;
    expect_pages(0, 1);
    expect_pages(1, 1);
    expect_pages(499, 1);
    expect_pages(500, 1);
    expect_pages(501, 2);
    expect_pages(999, 2);
    expect_pages(1000, 3);
    expect_pages(1498, 3);
}

static void test_pages_must_agree(void **state)
{
    void (*const second_page[])(WorldEvent *) = {total_too_high, no_rows, id_of_the_page_before,
                                                 total_one_less};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(second_page); i++) {
        World *world = world_new(1);

        world_add_usual(world, "a", 700, 2);
        world_twist(world, REQUEST_LIST_MEMBERS, 2, 1, second_page[i]);
        world_pass(world);
        assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
        /* Two pages, two again from the start, and two to confirm. */
        assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 6);
        assert_int_equal(world->sends[1].request.offset, 0);
        assert_int_equal(world->sends[2].request.offset, 499);
        assert_int_equal(world->sends[3].request.offset, 0);
        assert_int_equal(world_report(world, 0)->live_count, 702);
        world_free(world);
    }
}

static void remove_first(World *world, void *argument)
{
    WorldChannel *channel = argument;

    (void)world;
    world_remove_member(channel->members[0], channel);
}

static void test_rows_that_shift_between_pages_are_noticed(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 600, 1);

    (void)state;
    world_begin(world, false);
    /* The channel list takes 10 ms, and so does each page. */
    world_at(world, 21 * USEC_PER_MSEC, remove_first, channel);
    world_finish(world);
    assert_int_equal(world_result(world, 0), RESULT_DRIFT);
    assert_int_equal(world_report(world, 0)->missing_count, 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 1);
    assert_int_equal(world_report(world, 0)->live_count, 600);
    world_free(world);
}

static void test_a_read_error_is_not_multiplied_by_the_tries(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world_fault(world, REQUEST_LIST_MEMBERS, 1, 100, 503, "");
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 4);
    assert_int_equal(report_error(world_report(world, 0))->http, 503);
    world_free(world);
}

static void test_any_404_on_a_read_fails_the_channel(void **state)
{
    static const char *const codes[] = {"APIG.3023", "APIG.3024", "APIG.3030", "APIG.0101", ""};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(codes); i++) {
        World *world = world_new(1);

        world_add_usual(world, "a", 3, 1);
        world_add_usual(world, "b", 3, 1);
        world_fault(world, REQUEST_LIST_MEMBERS, 1, 1, 404, codes[i])->channel_id = "id-a";
        world_pass(world);
        assert_int_equal(world_result(world, 0), RESULT_FAILED);
        assert_string_equal(report_error(world_report(world, 0))->code, codes[i]);
        assert_int_equal(world_result(world, 1), RESULT_CONVERGED);
        world_free(world);
    }
}

static void channel_total(WorldEvent *event)
{
    event->channels.total++;
}

static void channel_twice(WorldEvent *event)
{
    event->channel_rows[1].id = event->channel_rows[0].id;
}

static void test_the_channel_list_must_be_whole_too(void **state)
{
    void (*const channel_twists[])(WorldEvent *) = {channel_total, channel_twice};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(channel_twists); i++) {
        World *world = world_new(1);

        world_add_usual(world, "a", 3, 1);
        world_add_usual(world, "b", 3, 1);
        world_twist(world, REQUEST_LIST_CHANNELS, 1, 2, channel_twists[i]);
        world_pass(world);
        assert_int_equal(report_exit_status(pass_get_report(world->pass)), 0);
        world_twist(world, REQUEST_LIST_CHANNELS, 1, 100, channel_twists[i]);
        world_pass(world);
        assert_int_equal(world_count_sent(world, REQUEST_LIST_CHANNELS),
                         channel_twists[i] == channel_total ? 6 : 3);
        assert_int_equal(world_result(world, 0), RESULT_FAILED);
        assert_int_equal(world_result(world, 1), RESULT_FAILED);
        world_free(world);
    }
}

static void test_an_instance_that_cannot_be_read_fails_only_its_channels(void **state)
{
    World *world = world_new(2);

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world_add_channel(world, 1, "b");
    world_add_roster(world, 1, "b");
    world_fault(world, REQUEST_LIST_CHANNELS, 1, 100, 404, "APIG.3030")->instance = 0;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    assert_string_equal(report_error(world_report(world, 0))->code, "APIG.3030");
    assert_int_equal(world_result(world, 1), RESULT_IN_SYNC);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_odd_lists_are_read_again),
        cmocka_unit_test(test_three_odd_lists_fail_the_channel_alone),
        cmocka_unit_test(test_lists_are_tried_again_after_a_while),
        cmocka_unit_test(test_odd_answers_count_as_odd_lists),
        cmocka_unit_test(test_a_list_takes_as_few_pages_as_it_can),
        cmocka_unit_test(test_pages_must_agree),
        cmocka_unit_test(test_rows_that_shift_between_pages_are_noticed),
        cmocka_unit_test(test_a_read_error_is_not_multiplied_by_the_tries),
        cmocka_unit_test(test_any_404_on_a_read_fails_the_channel),
        cmocka_unit_test(test_the_channel_list_must_be_whole_too),
        cmocka_unit_test(test_an_instance_that_cannot_be_read_fails_only_its_channels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
