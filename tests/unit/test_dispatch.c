/* SPDX-License-Identifier: MIT */
/* Sending on whole passes: credentials that are refused, and throttling. */
#include "tests/world/world.h"

#include <string.h>

static const char *const names[] = {"a", "b", "c", "d", "e"};

/* A channel of another instance, in sync. */
static void add_elsewhere(World *world)
{
    world_add_channel(world, 1, "elsewhere");
    world_add_roster(world, 1, "elsewhere");
}

static void expire(World *world, void *argument)
{
    (void)argument;
    world->instances[0].credential_min = 1;
}

static void change_nothing(WorldEvent *event)
{
    (void)event;
}

/* ---- credentials ---- */

static void test_a_refused_credential_is_renewed_and_the_request_replayed(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world->instances[0].credential_min = 1;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(world->instances[0].renewal_count, 1);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_CHANNELS), 2);
    assert_int_equal(world->told[EVENT_RENEWED], 1);
    world_free(world);
}

static void test_one_renewal_serves_all_that_were_refused(void **state)
{
    World *world = world_new(1);

    (void)state;
    for (size_t i = 0; i < 5; i++)
        world_add_usual(world, names[i], 2, 1);
    world_begin(world, false);
    world_at(world, 12 * USEC_PER_MSEC, expire, NULL);
    world_finish(world);
    assert_int_equal(world->instances[0].renewal_count, 1);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 5 + 5 + 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(world_result(world, i), RESULT_CONVERGED);
    world_free(world);
}

static void test_a_late_refusal_of_the_old_credential_needs_no_second_renewal(void **state)
{
    World *world = world_new(1);
    WorldFault *slow;

    (void)state;
    world_add_usual(world, "a", 2, 0);
    world_add_usual(world, "b", 2, 0);
    slow = world_twist(world, REQUEST_LIST_MEMBERS, 1, 1, change_nothing);
    slow->channel_id = "id-a";
    slow->latency_usec = USEC_PER_SEC;
    world_begin(world, false);
    world_at(world, 12 * USEC_PER_MSEC, expire, NULL);
    world_finish(world);
    assert_int_equal(world->instances[0].renewal_count, 1);
    assert_int_equal(world_result(world, 0), RESULT_IN_SYNC);
    assert_int_equal(world_result(world, 1), RESULT_IN_SYNC);
    world_free(world);
}

static void test_what_waits_for_the_first_credential_costs_no_attempt(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world->config.retry.attempts = 1;
    world->instances[0].credential_held = 1;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(world->instances[0].renewal_count, 1);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_CHANNELS), 1);
    assert_int_equal(world->told[EVENT_RENEWED], 0);
    world_free(world);
}

static void test_a_first_credential_may_be_refused_and_renewed(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world->instances[0].credential_held = 1;
    world->instances[0].credential_min = 2;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(world->instances[0].renewal_count, 2);
    assert_int_equal(world->told[EVENT_RENEWED], 1);
    world_free(world);
}

static void test_a_credential_that_comes_expired_fails_the_instance(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world->instances[0].credential_held = 3;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    assert_int_equal(world->instances[0].renewal_count, 1);
    assert_non_null(strstr(report_error(world_report(world, 0))->text, "has expired already"));
    assert_int_equal(world->send_count, 0);
    world_free(world);
}

static void test_a_first_credential_that_cannot_be_had_fails_the_instance(void **state)
{
    static const Renewal renewals[] = {RENEWAL_FAILED, RENEWAL_UNCHANGED};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(renewals); i++) {
        World *world = world_new(1);

        world_add_usual(world, "a", 3, 1);
        world->instances[0].credential_held = 1;
        world->instances[0].renewal = renewals[i];
        world_pass(world);
        assert_int_equal(world_result(world, 0), RESULT_FAILED);
        assert_int_equal(world->send_count, 0);
        assert_string_not_equal(report_error(world_report(world, 0))->text, "");
        assert_null(strstr(report_error(world_report(world, 0))->text, "refused"));
        world_free(world);
    }
}

static void expect_instance_failed(World *world, const char *why)
{
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    assert_int_equal(world_result(world, 1), RESULT_FAILED);
    assert_int_equal(world_result(world, 2), RESULT_IN_SYNC);
    assert_int_equal(world->told[EVENT_INSTANCE_FAILED], 1);
    assert_int_equal(world->instances[0].renewal_count, 1);
    if (!strstr(report_error(world_report(world, 0))->text, why))
        fail_msg("\"%s\" does not say \"%s\"", report_error(world_report(world, 0))->text, why);
}

static World *world_of_two_instances(void)
{
    World *world = world_new(2);

    world_add_usual(world, "a", 2, 1);
    world_add_usual(world, "b", 2, 1);
    add_elsewhere(world);
    return world;
}

static void test_an_unchanged_credential_sends_nothing_again(void **state)
{
    World *world = world_of_two_instances();

    (void)state;
    world->instances[0].renewal = RENEWAL_UNCHANGED;
    world->instances[0].credential_min = 1;
    world_pass(world);
    expect_instance_failed(world, "401 APIG.1001");
    assert_int_equal(report_error(world_report(world, 0))->http, 401);
    assert_int_equal(world->send_count, 1 + 2);
    world_free(world);
}

static void test_a_renewal_that_fails_says_why(void **state)
{
    World *world = world_of_two_instances();

    (void)state;
    world->instances[0].renewal = RENEWAL_FAILED;
    world->instances[0].credential_min = 1;
    world_pass(world);
    expect_instance_failed(world, "the identity service is away");
    assert_int_equal(world->send_count, 1 + 2);
    world_free(world);
}

static void test_a_replay_that_is_refused_fails_the_instance(void **state)
{
    World *world = world_of_two_instances();

    (void)state;
    world->instances[0].credential_min = 2;
    world_pass(world);
    expect_instance_failed(world, "401 APIG.1001");
    assert_int_equal(world->send_count, 2 + 2);
    world_free(world);
}

static void test_a_deletion_that_is_refused_is_failed_and_the_rest_skipped(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 2, 3);

    (void)state;
    world_fault(world, REQUEST_DELETE_MEMBER, 2, 9, 401, "APIG.1002");
    world_pass(world);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 3);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_FAILED), 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 1);
    assert_int_equal(world_find_action(world, channel->members[3])->http, 401);
    assert_int_equal(world_find_action(world, channel->members[4])->outcome, OUTCOME_SKIPPED);
    world_free(world);
}

static void test_401_with_1010_is_retried_without_a_renewal(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 2, 1);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 2, 401, "APIG.1010");
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 3);
    assert_int_equal(world->instances[0].renewal_count, 0);
    world_free(world);
}

static void test_a_replay_does_not_use_up_the_attempts(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 2, 1);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 3, 500, "");
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 401, "APIG.1001");
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 5);
    world_free(world);
}

/* ---- throttling ---- */

static uint64_t last_sent_of(const World *world, size_t instance)
{
    uint64_t last = 0;

    for (size_t i = 0; i < world->send_count; i++) {
        if (world->sends[i].request.instance == instance)
            last = world->sends[i].at_usec;
    }
    return last;
}

static void expect_hold(int http, const char *code, uint64_t after_usec, uint64_t least_usec,
                        uint64_t most_usec)
{
    World *world = world_of_two_instances();
    WorldFault *fault = world_fault(world, REQUEST_LIST_MEMBERS, 1, 1, http, code);
    uint64_t answered_usec;

    fault->channel_id = "id-a";
    fault->answer.has_retry_after = after_usec > 0;
    fault->answer.retry_after_usec = after_usec;
    world_begin(world, false);
    answered_usec = world->now_usec + 20 * USEC_PER_MSEC;
    world_finish(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(world_result(world, 1), RESULT_CONVERGED);
    assert_true(last_sent_of(world, 1) <= answered_usec);
    /* Two channel lists and three members' were sent before; what is next waits for the end. */
    assert_int_equal(world->sends[5].request.instance, 0);
    assert_in_range(world->sends[5].at_usec - answered_usec, least_usec, most_usec);
    world_free(world);
}

static void test_throttling_holds_the_whole_instance_and_no_other(void **state)
{
    (void)state;
    expect_hold(429, "APIG.0308", 0, 2500000, 5000000);
    expect_hold(429, "", 0, 2500000, 5000000);
    expect_hold(500, "APIG.9008", 0, 2500000, 5000000);
    expect_hold(503, "APIGW.0308", 0, 2500000, 5000000);
    expect_hold(429, "", 20 * USEC_PER_SEC, 20 * USEC_PER_SEC, 20 * USEC_PER_SEC);
    expect_hold(429, "", 300 * USEC_PER_SEC, 300 * USEC_PER_SEC, 300 * USEC_PER_SEC);
    expect_hold(429, "", 3600 * USEC_PER_SEC, 300 * USEC_PER_SEC, 300 * USEC_PER_SEC);
}

static void test_retry_after_on_a_503_delays_that_request_alone(void **state)
{
    World *world = world_of_two_instances();
    WorldFault *fault = world_fault(world, REQUEST_LIST_MEMBERS, 1, 1, 503, "");

    (void)state;
    fault->channel_id = "id-a";
    fault->answer.has_retry_after = true;
    fault->answer.retry_after_usec = 40 * USEC_PER_SEC;
    world_pass(world);
    for (size_t i = 0; i < world->send_count; i++) {
        const WorldSend *send = &world->sends[i];

        if (strcmp(send->channel_id, "id-b") == 0)
            assert_true(send->at_usec - world->sends[0].at_usec < USEC_PER_SEC);
    }
    assert_true(last_sent_of(world, 0) - world->sends[0].at_usec >= 40 * USEC_PER_SEC);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    world_free(world);
}

static void test_the_last_attempts_throttling_still_holds_the_instance(void **state)
{
    World *world = world_of_two_instances();
    WorldFault *fault = world_fault(world, REQUEST_LIST_MEMBERS, 1, 1, 429, "");
    WorldFault *slow = world_twist(world, REQUEST_LIST_MEMBERS, 1, 1, change_nothing);

    (void)state;
    world->config.retry.attempts = 1;
    fault->channel_id = "id-a";
    fault->answer.has_retry_after = true;
    fault->answer.retry_after_usec = 30 * USEC_PER_SEC;
    slow->channel_id = "id-b";
    slow->latency_usec = USEC_PER_SEC;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    assert_int_equal(world_result(world, 1), RESULT_CONVERGED);
    assert_true(last_sent_of(world, 0) - world->sends[0].at_usec >= 30 * USEC_PER_SEC);
    world_free(world);
}

static void test_throttling_outlives_the_pass(void **state)
{
    World *world = world_new(1);
    WorldFault *fault = world_fault(world, REQUEST_LIST_MEMBERS, 1, 1, 429, "");

    (void)state;
    world_add_usual(world, "a", 2, 0);
    world->config.retry.attempts = 1;
    fault->answer.has_retry_after = true;
    fault->answer.retry_after_usec = USEC_PER_MINUTE;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_IN_SYNC);
    assert_true(world_sent_at(world, REQUEST_LIST_CHANNELS, 1) >= USEC_PER_MINUTE);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_refused_credential_is_renewed_and_the_request_replayed),
        cmocka_unit_test(test_one_renewal_serves_all_that_were_refused),
        cmocka_unit_test(test_a_late_refusal_of_the_old_credential_needs_no_second_renewal),
        cmocka_unit_test(test_what_waits_for_the_first_credential_costs_no_attempt),
        cmocka_unit_test(test_a_first_credential_may_be_refused_and_renewed),
        cmocka_unit_test(test_a_credential_that_comes_expired_fails_the_instance),
        cmocka_unit_test(test_a_first_credential_that_cannot_be_had_fails_the_instance),
        cmocka_unit_test(test_an_unchanged_credential_sends_nothing_again),
        cmocka_unit_test(test_a_renewal_that_fails_says_why),
        cmocka_unit_test(test_a_replay_that_is_refused_fails_the_instance),
        cmocka_unit_test(test_a_deletion_that_is_refused_is_failed_and_the_rest_skipped),
        cmocka_unit_test(test_401_with_1010_is_retried_without_a_renewal),
        cmocka_unit_test(test_a_replay_does_not_use_up_the_attempts),
        cmocka_unit_test(test_throttling_holds_the_whole_instance_and_no_other),
        cmocka_unit_test(test_retry_after_on_a_503_delays_that_request_alone),
        cmocka_unit_test(test_the_last_attempts_throttling_still_holds_the_instance),
        cmocka_unit_test(test_throttling_outlives_the_pass),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
