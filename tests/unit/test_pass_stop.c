/* SPDX-License-Identifier: MIT */
/* A pass that is stopped, runs out of time, or is abandoned: what is said of everything left. */
#include "tests/world/world.h"

#include <string.h>

static void expect(const World *world, Result result, int status)
{
    assert_string_equal(report_result_text(world_result(world, 0)), report_result_text(result));
    assert_int_equal(report_exit_status(pass_get_report(world->pass)), status);
}

static Outcome outcome_of(const World *world, size_t number)
{
    return world_report(world, 0)->extras[number].outcome;
}

static void test_the_deadline_leaves_drift(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world_add_usual(world, "b", 3, 1);
    world->config.limits.pass_deadline_usec = USEC_PER_SEC;
    world_fault(world, REQUEST_LIST_CHANNELS, 1, 100, 503, "");
    world->config.retry.base_usec = USEC_PER_MINUTE;
    world->config.retry.cap_usec = USEC_PER_MINUTE;
    world_pass(world);
    expect(world, RESULT_DRIFT, 2);
    assert_int_equal(world_result(world, 1), RESULT_DRIFT);
    assert_non_null(
        strstr(report_error(world_report(world, 0))->text, "deadline of 1 s came first"));
    world_free(world);
}

static void test_a_stop_lets_the_deletion_in_flight_finish_and_skips_the_rest(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 3);

    (void)state;
    world->stop_after_usec = 35 * USEC_PER_MSEC; /* during the second deletion */
    world_pass(world);
    expect(world, RESULT_DRIFT, 2);
    assert_int_equal(outcome_of(world, 0), OUTCOME_DELETED);
    assert_int_equal(outcome_of(world, 1), OUTCOME_DELETED);
    assert_int_equal(outcome_of(world, 2), OUTCOME_SKIPPED);
    assert_int_equal(world_find_action(world, channel->members[5])->outcome, OUTCOME_SKIPPED);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 1);
    assert_non_null(strstr(report_error(world_report(world, 0))->text, "stopped by a test"));
    world_free(world);
}

static void test_an_abandoned_deletion_stays_undecided(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 3);

    (void)state;
    world->stop_after_usec = 35 * USEC_PER_MSEC;
    world->abandon_after_usec = 38 * USEC_PER_MSEC;
    world_pass(world);
    expect(world, RESULT_DRIFT, 2);
    assert_int_equal(outcome_of(world, 0), OUTCOME_DELETED);
    assert_int_equal(outcome_of(world, 1), OUTCOME_FAILED);
    assert_int_equal(outcome_of(world, 2), OUTCOME_SKIPPED);
    assert_false(world_find_action(world, channel->members[4])->is_decided);
    assert_true(world_find_action(world, channel->members[5])->is_decided);
    assert_non_null(strstr(report_error(world_report(world, 0))->text, "its outcome is not known"));
    world_free(world);
}

static void test_a_pass_that_is_abandoned_at_any_moment_is_done(void **state)
{
    (void)state;
    for (uint64_t after = 1; after < 80; after++) {
        World *world = world_new(2);

        world_add_usual(world, "a", 3, 2);
        world_add_usual(world, "b", 3, 2);
        world_add_channel(world, 1, "c");
        world_add_roster(world, 1, "c");
        world->config.limits.concurrency = 1;
        world->instances[0].credential_min = after % 2;
        world->stop_after_usec = after * USEC_PER_MSEC;
        world->abandon_after_usec = world->stop_after_usec + (after % 3) * USEC_PER_MSEC;
        world_pass(world);
        assert_true(pass_is_done(world->pass));
        world_free(world);
    }
}

/* A deletion waits for its retry when the stop comes. */
static World *stopped_while_waiting(int http, const char *code)
{
    World *world = world_new(1);

    world_add_usual(world, "a", 3, 2);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, http, code);
    world->stop_after_usec = 100 * USEC_PER_MSEC;
    world_pass(world);
    expect(world, RESULT_DRIFT, 2);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 1);
    assert_int_equal(outcome_of(world, 1), OUTCOME_SKIPPED);
    return world;
}

static void test_a_stop_between_attempts_leaves_the_doubtful_undecided(void **state)
{
    World *world = stopped_while_waiting(500, "APIG.9999");

    (void)state;
    assert_int_equal(outcome_of(world, 0), OUTCOME_FAILED);
    assert_false(world->actions[0].is_decided);
    world_free(world);
    world = stopped_while_waiting(429, "APIG.0308");
    assert_int_equal(outcome_of(world, 0), OUTCOME_SKIPPED);
    assert_int_equal(world_report(world, 0)->extras[0].attempts, 1);
    assert_true(world->actions[0].is_decided);
    world_free(world);
}

static void test_an_answer_after_the_stop_that_wants_a_retry_ends_it(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 500, "")->has_effect = true;
    world->stop_after_usec = 25 * USEC_PER_MSEC;
    world_pass(world);
    expect(world, RESULT_DRIFT, 2);
    assert_int_equal(outcome_of(world, 0), OUTCOME_FAILED);
    assert_false(world->actions[0].is_decided);
    world_free(world);
}

static void test_a_stop_before_the_confirmation_claims_nothing(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1)->lag_usec = 2 * USEC_PER_SEC;
    world->stop_after_usec = 500 * USEC_PER_MSEC;
    world_pass(world);
    expect(world, RESULT_DRIFT, 2);
    assert_int_equal(outcome_of(world, 0), OUTCOME_DELETED);
    world_free(world);
}

static void test_what_had_failed_before_the_stop_stays_failed(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 3);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 400, "APIG.2012");
    world->stop_after_usec = 35 * USEC_PER_MSEC;
    world_pass(world);
    expect(world, RESULT_FAILED, 1);
    assert_string_equal(report_error(world_report(world, 0))->code, "APIG.2012");
    world_free(world);
}

static void test_channels_that_never_got_a_place_are_drift(void **state)
{
    World *world = world_new(1);

    (void)state;
    world->config.limits.concurrency = 1;
    for (size_t i = 0; i < 4; i++)
        world_add_usual(world, (const char *[]){"a", "b", "c", "d"}[i], 3, 0);
    world->stop_after_usec = 15 * USEC_PER_MSEC;
    world_pass(world);
    expect(world, RESULT_IN_SYNC, 2);
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(world_result(world, i), RESULT_DRIFT);
        assert_non_null(strstr(report_error(world_report(world, i))->text, "stopped by a test"));
    }
    world_free(world);
}

static void test_a_stop_during_a_renewal_ends_at_once(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world->instances[0].credential_min = 1;
    world->stop_after_usec = 20 * USEC_PER_MSEC;
    world_pass(world);
    expect(world, RESULT_DRIFT, 2);
    assert_int_equal(world->send_count, 1);
    world_free(world);
}

static void test_throttling_told_after_the_stop_holds_the_next_pass(void **state)
{
    World *world = world_new(1);
    WorldFault *fault = world_fault(world, REQUEST_LIST_MEMBERS, 1, 1, 429, "");

    (void)state;
    world_add_usual(world, "a", 3, 0);
    fault->answer.has_retry_after = true;
    fault->answer.retry_after_usec = USEC_PER_MINUTE;
    world->stop_after_usec = 15 * USEC_PER_MSEC;
    world_pass(world);
    expect(world, RESULT_DRIFT, 2);
    world_pass(world);
    expect(world, RESULT_IN_SYNC, 0);
    assert_true(world_sent_at(world, REQUEST_LIST_CHANNELS, 1) >= USEC_PER_MINUTE);
    world_free(world);
}

static void test_no_channels_are_done_at_once(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_channel(world, 0, "a");
    world_begin(world, false);
    assert_true(pass_is_done(world->pass));
    assert_int_equal(world->send_count, 0);
    assert_int_equal(report_exit_status(pass_get_report(world->pass)), 0);
    world_finish(world);
    world_free(world);
}

static bool was_listed(const World *world, size_t number)
{
    return world_report(world, number)->has_list;
}

/* One at a time, a second each: the first pass has the time for two of four. */
static void test_the_next_pass_begins_with_what_was_not_reached(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    World *world = world_new(1);

    (void)state;
    for (size_t i = 0; i < ELEMENTS(names); i++)
        world_add_usual(world, names[i], 2, 0);
    world->config.limits.concurrency = 1;
    world->config.limits.pass_deadline_usec = 5 * USEC_PER_SEC / 2;
    world->latency_usec = USEC_PER_SEC;
    world_pass(world);
    assert_true(was_listed(world, 0) && !was_listed(world, 2) && !was_listed(world, 3));
    world_pass(world);
    assert_true(was_listed(world, 2) && !was_listed(world, 1));
    world->config.limits.pass_deadline_usec = USEC_PER_MINUTE;
    world_pass(world);
    for (size_t i = 0; i < ELEMENTS(names); i++)
        assert_true(was_listed(world, i));
    assert_int_equal(world->firsts[0], 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_deadline_leaves_drift),
        cmocka_unit_test(test_a_stop_lets_the_deletion_in_flight_finish_and_skips_the_rest),
        cmocka_unit_test(test_an_abandoned_deletion_stays_undecided),
        cmocka_unit_test(test_a_pass_that_is_abandoned_at_any_moment_is_done),
        cmocka_unit_test(test_a_stop_between_attempts_leaves_the_doubtful_undecided),
        cmocka_unit_test(test_an_answer_after_the_stop_that_wants_a_retry_ends_it),
        cmocka_unit_test(test_a_stop_before_the_confirmation_claims_nothing),
        cmocka_unit_test(test_what_had_failed_before_the_stop_stays_failed),
        cmocka_unit_test(test_channels_that_never_got_a_place_are_drift),
        cmocka_unit_test(test_a_stop_during_a_renewal_ends_at_once),
        cmocka_unit_test(test_throttling_told_after_the_stop_holds_the_next_pass),
        cmocka_unit_test(test_no_channels_are_done_at_once),
        cmocka_unit_test(test_the_next_pass_begins_with_what_was_not_reached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
