/* SPDX-License-Identifier: MIT */
/* Changes that are held in mid-pass, for a file changed; and allowed again. */
#include "tests/world/world.h"

#include <string.h>

static uint32_t changes_sent(const World *world)
{
    return world_count_sent(world, REQUEST_DELETE_MEMBER) +
           world_count_sent(world, REQUEST_ADD_MEMBERS);
}

static void expect_all_deleted(World *world)
{
    for (size_t i = 0; i < world->config.channel_count; i++)
        assert_string_equal(report_result_text(world_result(world, i)), "converged");
}

/* Whatever the moment: nothing is sent meanwhile (the world's own rule), everything is afterwards.
 */
static void test_held_at_any_moment_nothing_is_sent_and_nothing_is_lost(void **state)
{
    (void)state;
    for (uint64_t at = 1; at < 120; at++) {
        World *world = world_new(1);

        world_add_usual(world, "a", 3, 3);
        world_add_usual(world, "b", 3, 2);
        world_fault(world, REQUEST_DELETE_MEMBER, 2, 1, 503, "");
        world->config.retry.base_usec = world->config.retry.cap_usec = 20 * USEC_PER_MSEC;
        world->config.limits.concurrency = 1 + at % 3;
        world->instances[0].credential_min = at % 2;
        world_begin(world, false);
        world_at(world, at * USEC_PER_MSEC, world_hold, NULL);
        world_at(world, 30 * USEC_PER_SEC, world_allow, NULL);
        world_finish(world);
        expect_all_deleted(world);
        world_free(world);
    }
}

static void test_the_change_in_flight_is_awaited_and_recorded(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 2);

    (void)state;
    world_begin(world, false);
    world_at(world, 25 * USEC_PER_MSEC, world_hold, NULL); /* during the first deletion */
    while (!(world->actions && world->actions[0].is_decided) && world_step(world))
        ;
    assert_int_equal(world_find_action(world, channel->members[3])->outcome, OUTCOME_DELETED);
    assert_int_equal(changes_sent(world), 1);
    world_allow(world, NULL);
    world_finish(world);
    assert_int_equal(changes_sent(world), 2);
    expect_all_deleted(world);
    world_free(world);
}

/* Ten channels hold their changes, and one place is enough to read the rest. */
static void test_held_changes_take_no_place_from_reads(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};

    (void)state;
    for (uint64_t at = 0; at < 40; at += 5) {
        World *world = world_new(1);

        for (size_t i = 0; i < ELEMENTS(names); i++)
            world_add_usual(world, names[i], 3, 1);
        world->config.limits.concurrency = 1;
        world->config.limits.requests_per_second = 0;
        world_begin(world, false);
        world_at(world, at * USEC_PER_MSEC, world_hold, NULL);
        world_at(world, USEC_PER_MINUTE, world_allow, NULL);
        while (world->now_usec < 1050 * USEC_PER_SEC && world_step(world))
            ;
        for (size_t i = 0; i < ELEMENTS(names); i++)
            assert_true(world_report(world, i)->has_list);
        world_finish(world);
        expect_all_deleted(world);
        world_free(world);
    }
}

static void test_whoever_may_not_change_is_held_until_allowed(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world->refuses_changes = true;
    world_begin(world, false);
    world_at(world, USEC_PER_MINUTE, world_allow, NULL);
    world_finish(world);
    assert_int_equal(world->asked_count, 2);
    expect_all_deleted(world);
    world_free(world);
}

static void test_who_has_nothing_to_change_is_not_asked(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 0);
    world_pass(world);
    assert_int_equal(world->asked_count, 0);
    world_free(world);
}

static void expect_nothing_changed(const World *world, const char *why)
{
    assert_int_equal(changes_sent(world), 0);
    assert_int_equal(world->action_count, 0);
    assert_string_equal(report_result_text(world_result(world, 0)), "drift");
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
    assert_non_null(strstr(report_error(world_report(world, 0))->text, why));
}

static void test_the_deadline_ends_it_and_says_why(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world_begin(world, false);
    world_hold(world, NULL);
    world_finish(world);
    expect_nothing_changed(world,
                           "deadline of 10 min 0 s came first, while changes were held: a test");
    world_free(world);
}

/* Changes that are allowed again are not the reason. */
static void test_a_deadline_after_a_hold_does_not_name_it(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world->latency_usec = USEC_PER_SEC;
    world->config.limits.pass_deadline_usec = 2 * USEC_PER_SEC + USEC_PER_MSEC;
    world_begin(world, false);
    world_hold(world, NULL);
    world_at(world, 100 * USEC_PER_MSEC, world_allow, NULL);
    world_finish(world);
    assert_non_null(
        strstr(report_error(world_report(world, 0))->text, "deadline of 2 s came first"));
    assert_null(strstr(report_error(world_report(world, 0))->text, "held"));
    world_free(world);
}

static void test_a_stop_ends_it(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world->refuses_changes = true;
    world->stop_after_usec = USEC_PER_SEC;
    world_pass(world);
    expect_nothing_changed(world, "stopped by a test");
    world_free(world);
}

static void pause_a(World *world, void *argument)
{
    world_pause(world, argument, 0);
}

static void test_a_pause_ends_the_channel_though_changes_are_held(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 2);

    (void)state;
    world_begin(world, false);
    world_hold(world, NULL);
    world_at(world, USEC_PER_SEC, pause_a, channel);
    world_finish(world);
    assert_true(world->now_usec < 1010 * USEC_PER_SEC);
    assert_string_equal(report_result_text(world_result(world, 0)), "paused");
    assert_int_equal(world->action_count, 0);
    world_free(world);
}

/* Between two attempts of a deletion: the second is not sent, and its outcome stays open. */
static void test_a_stop_while_a_repetition_is_held_leaves_it_undecided(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 503, "");
    world->stop_after_usec = USEC_PER_MINUTE;
    world_begin(world, false);
    world_at(world, 100 * USEC_PER_MSEC, world_hold, NULL);
    world_finish(world);
    assert_int_equal(changes_sent(world), 1);
    assert_false(world->actions[0].is_decided);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_held_at_any_moment_nothing_is_sent_and_nothing_is_lost),
        cmocka_unit_test(test_the_change_in_flight_is_awaited_and_recorded),
        cmocka_unit_test(test_held_changes_take_no_place_from_reads),
        cmocka_unit_test(test_whoever_may_not_change_is_held_until_allowed),
        cmocka_unit_test(test_who_has_nothing_to_change_is_not_asked),
        cmocka_unit_test(test_the_deadline_ends_it_and_says_why),
        cmocka_unit_test(test_a_deadline_after_a_hold_does_not_name_it),
        cmocka_unit_test(test_a_stop_ends_it),
        cmocka_unit_test(test_a_pause_ends_the_channel_though_changes_are_held),
        cmocka_unit_test(test_a_stop_while_a_repetition_is_held_leaves_it_undecided),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
