/* SPDX-License-Identifier: MIT */
/* Confirmation on whole passes: only what the service shows counts. */
#include "tests/world/world.h"

#include <string.h>

static void expect(const World *world, Result result, uint32_t lists)
{
    assert_string_equal(report_result_text(world_result(world, 0)), report_result_text(result));
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), lists);
}

static void expect_lag(uint64_t lag_usec, Result result, uint32_t lists)
{
    World *world = world_new(1);

    world_add_usual(world, "a", 3, 2)->lag_usec = lag_usec;
    world_pass(world);
    expect(world, result, lists);
    world_free(world);
}

static void test_a_lingering_member_is_looked_for_after_1_3_and_10_seconds(void **state)
{
    (void)state;
    expect_lag(0, RESULT_CONVERGED, 2);
    expect_lag(500 * USEC_PER_MSEC, RESULT_CONVERGED, 3);
    expect_lag(2 * USEC_PER_SEC, RESULT_CONVERGED, 4);
    expect_lag(12 * USEC_PER_SEC, RESULT_CONVERGED, 5);
    expect_lag(20 * USEC_PER_SEC, RESULT_FAILED, 5);
}

static void test_the_looks_come_when_they_should(void **state)
{
    static const uint64_t waits[] = {1, 3, 10};
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1)->lag_usec = USEC_PER_HOUR;
    world_pass(world);
    for (uint32_t i = 0; i < 3; i++) {
        uint64_t span = world_sent_at(world, REQUEST_LIST_MEMBERS, i + 3) -
                        world_sent_at(world, REQUEST_LIST_MEMBERS, i + 2);

        assert_in_range(span, waits[i] * USEC_PER_SEC, waits[i] * USEC_PER_SEC + 20000);
    }
    assert_non_null(strstr(report_error(world_report(world, 0))->text, "still lists it"));
    assert_non_null(strstr(report_error(world_report(world, 0))->text, "10.9.0.2"));
    world_free(world);
}

static void test_a_204_that_was_a_lie_fails_the_channel(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 204, "");
    world_pass(world);
    expect(world, RESULT_FAILED, 5);
    assert_int_equal(report_exit_status(pass_get_report(world->pass)), 1);
    world_free(world);
}

static void test_a_failed_deletion_that_is_not_listed_any_more_has_succeeded(void **state)
{
    static const int ambiguous[] = {500, 504, 200};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(ambiguous); i++) {
        World *world = world_new(1);
        WorldChannel *channel = world_add_usual(world, "a", 3, 1);

        world->config.retry.attempts = 1;
        world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, ambiguous[i], "")->has_effect = true;
        world_pass(world);
        expect(world, RESULT_CONVERGED, 2);
        assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 1);
        assert_false((world_report(world, 0)->error != NULL));
        assert_int_equal(world_find_action(world, channel->members[3])->outcome, OUTCOME_DELETED);
        assert_int_equal(world_find_action(world, channel->members[3])->http, ambiguous[i]);
        world_free(world);
    }
}

static void remove_extra(World *world, void *argument)
{
    WorldChannel *channel = argument;

    (void)world;
    world_remove_member(channel->members[3], channel);
}

static void test_a_refused_deletion_that_somebody_else_made_is_gone(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 2);

    (void)state;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 400, "");
    world_begin(world, false);
    world_at(world, 31 * USEC_PER_MSEC, remove_extra, channel);
    world_finish(world);
    expect(world, RESULT_CONVERGED, 2);
    assert_int_equal(world_report(world, 0)->extras[0].outcome, OUTCOME_GONE);
    assert_int_equal(world->actions[0].outcome, OUTCOME_GONE);
    world_free(world);
}

/* It took effect with its first answer, and lists show that late: the history must not say for ever
 * that it failed, for then it could not be undone. */
static void test_a_deletion_that_took_effect_unseen_is_looked_for(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1)->lag_usec = 2 * USEC_PER_SEC;
    world->config.retry.attempts = 1;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 504, "")->has_effect = true;
    world_pass(world);
    expect(world, RESULT_CONVERGED, 1 + 3);
    assert_int_equal(world->actions[0].outcome, OUTCOME_DELETED);
    world_free(world);
}

static void add_extra(World *world, void *argument)
{
    (void)world;
    world_add_member(argument, "10.9.7.7", 8080);
}

static void lose_wanted(World *world, void *argument)
{
    WorldChannel *channel = argument;

    (void)world;
    world_remove_member(channel->members[0], channel);
}

static void test_new_extras_on_the_confirming_list_are_drift(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 1);

    (void)state;
    world_begin(world, false);
    world_at(world, 22 * USEC_PER_MSEC, add_extra, channel);
    world_finish(world);
    expect(world, RESULT_DRIFT, 2);
    assert_int_equal(world_report(world, 0)->live_count, 4);
    assert_int_equal(world_report(world, 0)->extra_count, 1);
    world_pass(world);
    expect(world, RESULT_CONVERGED, 2);
    world_free(world);
}

static void test_the_same_member_added_back_is_drift_too(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 1);

    (void)state;
    world_change_host(world, channel->members[3], "10.9.7.7");
    world_begin(world, false);
    world_at(world, 28 * USEC_PER_MSEC, add_extra, channel);
    world_finish(world);
    expect(world, RESULT_DRIFT, 2);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 1);
    world_free(world);
}

static void test_missing_is_of_the_last_list(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 1);

    (void)state;
    world_begin(world, false);
    world_at(world, 22 * USEC_PER_MSEC, lose_wanted, channel);
    world_finish(world);
    expect(world, RESULT_DRIFT, 2);
    assert_int_equal(world_report(world, 0)->missing_count, 1);
    assert_string_equal(world_report(world, 0)->missing[0].address, "10.0.0.2");
    world_free(world);
}

static void test_a_confirming_list_that_cannot_be_read_fails(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world_fault(world, REQUEST_LIST_MEMBERS, 2, 100, 403, "APIG.1005");
    world_pass(world);
    expect(world, RESULT_FAILED, 2);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 2);
    assert_int_equal(report_error(world_report(world, 0))->http, 403);
    world_free(world);
}

static void test_a_held_channel_is_not_read_again(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world->rosters[0].guards.max_deletes = 1;
    world_pass(world);
    expect(world, RESULT_HELD, 1);
    world_free(world);
}

static void test_a_404_that_was_a_lie_fails_the_channel(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 404, "APIG.3024");
    world_pass(world);
    assert_int_equal(world_report(world, 0)->extras[0].outcome, OUTCOME_GONE);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 1 + 4);
    world_free(world);
}

/* That it is still listed is not logged again. */
static void test_a_failed_deletion_is_not_looked_for_again(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 400, "APIG.2012");
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 1 + 1);
    world_free(world);
}

static void remove_kept(World *world, void *argument)
{
    (void)world;
    world_remove_member(((WorldChannel *)argument)->members[0], argument);
}

/* Also where a deletion failed, the report tells who is missing now. */
static void test_missing_is_of_the_last_list_after_a_failure_too(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 2);

    (void)state;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 400, "APIG.2012");
    world_begin(world, false);
    world_at(world, 25 * USEC_PER_MSEC, remove_kept, channel);
    world_finish(world);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    assert_int_equal(report_error(world_report(world, 0))->http, 400);
    assert_int_equal(world_report(world, 0)->missing_count, 1);
    assert_string_equal(world_report(world, 0)->missing[0].address, "10.0.0.2");
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_lingering_member_is_looked_for_after_1_3_and_10_seconds),
        cmocka_unit_test(test_the_looks_come_when_they_should),
        cmocka_unit_test(test_a_204_that_was_a_lie_fails_the_channel),
        cmocka_unit_test(test_a_failed_deletion_that_is_not_listed_any_more_has_succeeded),
        cmocka_unit_test(test_a_refused_deletion_that_somebody_else_made_is_gone),
        cmocka_unit_test(test_a_deletion_that_took_effect_unseen_is_looked_for),
        cmocka_unit_test(test_new_extras_on_the_confirming_list_are_drift),
        cmocka_unit_test(test_the_same_member_added_back_is_drift_too),
        cmocka_unit_test(test_missing_is_of_the_last_list),
        cmocka_unit_test(test_a_confirming_list_that_cannot_be_read_fails),
        cmocka_unit_test(test_a_held_channel_is_not_read_again),
        cmocka_unit_test(test_missing_is_of_the_last_list_after_a_failure_too),
        cmocka_unit_test(test_a_404_that_was_a_lie_fails_the_channel),
        cmocka_unit_test(test_a_failed_deletion_is_not_looked_for_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
