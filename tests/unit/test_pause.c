/* SPDX-License-Identifier: MIT */
/* A channel paused in the middle of a pass: what is in flight is awaited, nothing more is sent. */
#include <string.h>

#include "tests/world/world.h"

static World *deleting(size_t extras)
{
    World *world = world_new(1);

    world_add_usual(world, "a", 9, extras);
    return world;
}

static bool has_sent(const World *world, uint32_t deletions)
{
    return world_count_sent(world, REQUEST_DELETE_MEMBER) >= deletions;
}

/* Pauses the channel once so many deletions are sent and (is_answered) their answers read. */
static void pause_after(World *world, uint32_t deletions, bool is_answered)
{
    world_begin(world, false);
    while (!has_sent(world, deletions) || (is_answered && world->instances[0].in_flight > 0))
        assert_true(world_step(world));
    world_pause(world, &world->channels[0], 0);
    world_finish(world);
}

static void expect(const World *world, Result result, int status, uint32_t deletions)
{
    assert_string_equal(report_result_text(world_result(world, 0)), report_result_text(result));
    assert_int_equal(report_exit_status(pass_get_report(world->pass)), status);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), deletions);
}

static void test_what_is_in_flight_is_awaited(void **state)
{
    World *world = deleting(4);

    (void)state;
    pause_after(world, 2, false);
    expect(world, RESULT_PAUSED, 2, 2);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 2);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
    assert_false((world_report(world, 0)->error != NULL));
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 2);
    for (size_t i = 0; i < world->action_count; i++)
        assert_true(world->actions[i].is_decided);
    world_free(world);
}

static void test_a_wait_to_send_again_ends(void **state)
{
    World *world = deleting(3);

    (void)state;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 429, "APIG.0308");
    pause_after(world, 1, true);
    expect(world, RESULT_PAUSED, 2, 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 3);
    world_free(world);
}

/* What was answered so that it may have been carried out is looked for; still there, it failed. */
static void test_a_wait_after_an_unclear_answer_ends_in_a_look(void **state)
{
    World *world = deleting(3);

    (void)state;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 503, "");
    pause_after(world, 1, true);
    expect(world, RESULT_FAILED, 1, 1);
    assert_non_null(strstr(report_error(world_report(world, 0))->text, "paused during the pass"));
    assert_int_equal(world->actions[0].outcome, OUTCOME_FAILED);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 2);
    world_free(world);
}

/* A paused channel may be read: what became of the one in flight is found out at once. */
static void test_an_unclear_answer_is_made_clear(void **state)
{
    World *world = deleting(3);

    (void)state;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 504, "")->has_effect = true;
    pause_after(world, 1, false);
    expect(world, RESULT_PAUSED, 2, 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 1);
    assert_int_equal(world->actions[0].outcome, OUTCOME_DELETED);
    world_free(world);
}

static void test_a_refused_one_is_not_sent_with_a_new_credential(void **state)
{
    World *world = deleting(3);

    (void)state;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 401, "APIG.0301");
    world->instances[0].renewal = RENEWAL_DONE;
    pause_after(world, 1, true);
    expect(world, RESULT_PAUSED, 2, 1);
    world_free(world);
}

static void test_with_nothing_left_to_send_the_pass_goes_on(void **state)
{
    World *world = deleting(2);

    (void)state;
    pause_after(world, 2, false);
    expect(world, RESULT_CONVERGED, 0, 2);
    world_free(world);
}

static void test_an_earlier_failure_counts_more(void **state)
{
    World *world = deleting(4);

    (void)state;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 400, "APIG.2011");
    pause_after(world, 2, false);
    expect(world, RESULT_FAILED, 1, 2);
    world_free(world);
}

static void test_before_the_list_is_read(void **state)
{
    World *world = deleting(2);

    (void)state;
    world_begin(world, false);
    while (world_count_sent(world, REQUEST_LIST_MEMBERS) == 0)
        assert_true(world_step(world));
    world_pause(world, &world->channels[0], 0);
    world_finish(world);
    expect(world, RESULT_PAUSED, 2, 0);
    assert_string_equal(world_report(world, 0)->pause_reason, "for a test");
    assert_int_equal(world->action_count, 0);
    world_free(world);
}

static void test_another_channel_goes_on(void **state)
{
    World *world = deleting(3);

    (void)state;
    world_add_usual(world, "b", 5, 3);
    pause_after(world, 2, false);
    assert_int_equal(world_result(world, 0), RESULT_PAUSED);
    assert_int_equal(world_result(world, 1), RESULT_CONVERGED);
    world_free(world);
}

/* While it waited to send again, its place went to another: its look at the list waits for one. */
static void test_the_look_waits_for_a_place(void **state)
{
    World *world = deleting(3);

    (void)state;
    world_add_usual(world, "b", 5, 3);
    world->config.limits.concurrency = 1;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 503, "");
    world_begin(world, false);
    while (world->told[EVENT_RETRY] == 0 || world->instances[0].in_flight == 0)
        assert_true(world_step(world));
    world_pause(world, &world->channels[0], 0);
    world_finish(world);
    assert_int_equal(world_result(world, 1), RESULT_CONVERGED);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_in_flight_is_awaited),
        cmocka_unit_test(test_a_wait_to_send_again_ends),
        cmocka_unit_test(test_a_wait_after_an_unclear_answer_ends_in_a_look),
        cmocka_unit_test(test_an_unclear_answer_is_made_clear),
        cmocka_unit_test(test_a_refused_one_is_not_sent_with_a_new_credential),
        cmocka_unit_test(test_with_nothing_left_to_send_the_pass_goes_on),
        cmocka_unit_test(test_an_earlier_failure_counts_more),
        cmocka_unit_test(test_before_the_list_is_read),
        cmocka_unit_test(test_another_channel_goes_on),
        cmocka_unit_test(test_the_look_waits_for_a_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
