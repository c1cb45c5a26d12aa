/* SPDX-License-Identifier: MIT */
/* Undo on whole passes: what each answer to an addition leads to, and a stop. */
#include "tests/unit/undo_case.h"

#include "tests/world/undo.h"
#include <errno.h>

/* ---- what answers lead to ---- */

static void test_a_busy_service_is_asked_again_by_the_law(void **state)
{
    static const struct {
        int http;
        const char *code;
    } rows[] = {{500, "APIG.9999"}, {429, "APIG.0308"}, {503, ""}, {401, "APIG.1010"}};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        World *world = undo_case_pruned(2);

        world_fault(world, REQUEST_ADD_MEMBERS, 1, 3, rows[i].http, rows[i].code);
        world_undo(world);
        undo_case_expect(world, RESULT_CONVERGED, 5);
        undo_case_expect_items(world, 2, 0, 0, 0);
        assert_int_equal(world_undo_item(world, 0, 0)->attempts, 4);
        assert_int_equal(world_undo_item(world, 0, 1)->attempts, 1);
        assert_int_equal(world->told[EVENT_RETRY], 3);
        world_free(world);
    }
}

static void test_an_addition_whose_answer_is_lost_is_not_made_twice(void **state)
{
    static const AnswerKind kinds[] = {ANSWER_TIMEOUT, ANSWER_LOST};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(kinds); i++) {
        World *world = undo_case_pruned(1);

        world_fault_kind(world, REQUEST_ADD_MEMBERS, 1, 1, kinds[i])->has_effect = true;
        world_undo(world);
        undo_case_expect(world, RESULT_CONVERGED, 2);
        undo_case_expect_items(world, 1, 0, 0, 0);
        assert_int_equal(world_count_same(&world->channels[0], world->channels[0].members[3]), 1);
        world_free(world);
    }
}

static void test_the_list_has_the_last_word_over_the_answers(void **state)
{
    static const struct {
        AnswerKind kind;
        int http;
    } rows[] = {{ANSWER_HTTP, 504},
                {ANSWER_HTTP, 200},
                {ANSWER_HTTP, 502},
                {ANSWER_ODD, 201},
                {ANSWER_LOST, 0}};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        World *world = undo_case_pruned(2);
        WorldFault *fault = world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, rows[i].http, "");

        world->config.retry.attempts = 1;
        fault->answer.kind = rows[i].kind;
        fault->has_effect = true;
        world_undo(world);
        undo_case_expect(world, RESULT_CONVERGED, 2);
        undo_case_expect_items(world, 2, 0, 0, 0);
        undo_case_expect_told(world, 2, rows[i].http == 200 ? 0 : 1);
        assert_false((world_report(world, 0)->error != NULL));
        world_free(world);
    }
}

static void test_used_up_attempts_go_on_with_the_next(void **state)
{
    World *world = undo_case_pruned(3);

    (void)state;
    world_fault(world, REQUEST_ADD_MEMBERS, 2, 4, 500, "APIG.9999");
    world_undo(world);
    undo_case_expect(world, RESULT_FAILED, 6);
    undo_case_expect_items(world, 2, 0, 1, 0);
    undo_case_expect_told(world, 2, 1);
    assert_int_equal(world_undo_item(world, 0, 1)->outcome, OUTCOME_FAILED);
    assert_int_equal(world_undo_item(world, 0, 1)->attempts, 4);
    assert_true(undo_case_says(world, "given up after 4 attempts"));
    assert_string_equal(report_error(world_report(world, 0))->code, "APIG.9999");
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 1);
    undo_case_expect_items(world, 1, 2, 0, 0);
    world_free(world);
}

static void test_a_refused_member_does_not_stop_the_next(void **state)
{
    static const int statuses[] = {400, 409, 412, 200, 204};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(statuses); i++) {
        World *world = undo_case_pruned(3);

        world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, statuses[i], "");
        world_undo(world);
        undo_case_expect(world, RESULT_FAILED, 3);
        undo_case_expect_items(world, 2, 0, 1, 0);
        undo_case_expect_told(world, 2, 1);
        assert_int_equal(report_error(world_report(world, 0))->http, statuses[i]);
        assert_int_equal(world->told[EVENT_RETRY], 0);
        world_free(world);
    }
}

static void test_five_refusals_in_a_row_end_it(void **state)
{
    World *world = undo_case_pruned(9);

    (void)state;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 2, 400, "APIG.2012");
    world_fault(world, REQUEST_ADD_MEMBERS, 2, 5, 400, "APIG.2012");
    world_undo(world);
    undo_case_expect(world, RESULT_FAILED, 8);
    undo_case_expect_items(world, 1, 0, 7, 1);
    undo_case_expect_told(world, 1, 7);
    assert_int_equal(world_undo_item(world, 0, 2)->outcome, OUTCOME_ADDED);
    assert_int_equal(world_undo_item(world, 0, 8)->outcome, OUTCOME_SKIPPED);
    world_free(world);
}

static void test_a_403_ends_the_channel_and_no_other(void **state)
{
    static const struct {
        int http;
        const char *code;
    } rows[] = {{403, ""}, {401, "APIG.1005"}, {404, "APIG.3023"}, {404, "APIG.3024"}, {404, ""}};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        World *world = world_new(1);

        world_add_usual(world, "a", 3, 3);
        world_add_usual(world, "b", 3, 1);
        world_pass(world);
        world_fault(world, REQUEST_ADD_MEMBERS, 2, 1, rows[i].http, rows[i].code)->channel_id =
            "id-a";
        world_undo(world);
        undo_case_expect(world, RESULT_FAILED, 3);
        assert_int_equal(world_undo_item(world, 0, 0)->outcome, OUTCOME_ADDED);
        assert_int_equal(world_undo_item(world, 0, 1)->outcome, OUTCOME_FAILED);
        assert_int_equal(world_undo_item(world, 0, 2)->outcome, OUTCOME_SKIPPED);
        assert_int_equal(report_error(world_report(world, 0))->http, rows[i].http);
        assert_int_equal(world_result(world, 1), RESULT_CONVERGED);
        undo_case_expect_told(world, 1, 1); /* of the other channel; no list has shown the first */
        assert_int_equal(world->told[EVENT_CHANNEL_FAILED], 1);
        world_free(world);
    }
}

static void test_an_expired_credential_is_renewed_once(void **state)
{
    World *world = undo_case_pruned(2);

    (void)state;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 401, "APIG.1001");
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 3);
    assert_int_equal(world->instances[0].renewal_count, 1);
    assert_int_equal(world->told[EVENT_RENEWED], 1);
    world_free(world);
}

static void test_a_credential_that_cannot_be_renewed_ends_the_instance(void **state)
{
    World *world = undo_case_pruned(3);

    (void)state;
    world->instances[0].renewal = RENEWAL_UNCHANGED;
    world_fault(world, REQUEST_ADD_MEMBERS, 2, 1, 401, "APIG.1001");
    world_undo(world);
    undo_case_expect(world, RESULT_FAILED, 2);
    undo_case_expect_items(world, 1, 0, 1, 1);
    undo_case_expect_told(world, 0, 1);
    assert_string_equal(report_error(world_report(world, 0))->code, "APIG.1001");
    world_free(world);
}

static void as_it_is(WorldEvent *event)
{
    (void)event;
}

/* The one is in flight when the instance fails, the other waits for its next attempt. */
static void test_what_waits_when_the_instance_fails(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world_add_usual(world, "b", 3, 2);
    world_pass(world);
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 500, "")->channel_id = "id-a";
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 401, "APIG.1003")->channel_id = "id-b";
    world->faults[1].latency_usec = 100 * USEC_PER_MSEC;
    world_undo(world);
    undo_case_expect(world, RESULT_FAILED, 2);
    assert_int_equal(world_result(world, 1), RESULT_FAILED);
    undo_case_expect_items(world, 0, 0, 2, 2);
    assert_int_equal(world->told[EVENT_INSTANCE_FAILED], 1);
    world_free(world);
}

static void test_an_instance_that_failed_before_an_addition_leaves_it_skipped(void **state)
{
    World *world = world_new(1);
    WorldFault *slow;

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world_add_usual(world, "b", 3, 2);
    world_pass(world);
    slow = world_twist(world, REQUEST_LIST_MEMBERS, 1, 1, as_it_is);
    slow->channel_id = "id-b";
    slow->latency_usec = USEC_PER_SEC;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 401, "APIG.1003");
    world_undo(world);
    undo_case_expect(world, RESULT_FAILED, 1);
    assert_int_equal(world_result(world, 1), RESULT_FAILED);
    undo_case_expect_items(world, 0, 0, 1, 3);
    undo_case_expect_told(world, 0, 1);
    assert_string_equal(report_error(world_report(world, 1))->code, "APIG.1003");
    world_free(world);
}

static void test_a_request_that_our_own_client_refuses_ends_the_channel(void **state)
{
    World *world = undo_case_pruned(2);

    (void)state;
    world_fault_kind(world, REQUEST_ADD_MEMBERS, 1, 1, ANSWER_REFUSED);
    world_undo(world);
    undo_case_expect(world, RESULT_FAILED, 1);
    undo_case_expect_items(world, 0, 0, 1, 1);
    world_free(world);
}

static void test_a_request_that_cannot_be_sent_says_why(void **state)
{
    World *world = undo_case_pruned(2);

    (void)state;
    world->submit_error = -EINVAL;
    world_undo(world);
    undo_case_expect(world, RESULT_FAILED, 0);
    assert_true(undo_case_says(world, "the request was not sent: Invalid argument"));
    world_free(world);
}

/* ---- stopping ---- */

static void test_a_stop_awaits_the_addition_in_flight(void **state)
{
    World *world = undo_case_pruned(3);

    (void)state;
    world_twist(world, REQUEST_ADD_MEMBERS, 2, 1, as_it_is)->latency_usec = USEC_PER_SEC;
    world->stop_after_usec = 500 * USEC_PER_MSEC;
    world_undo(world);
    undo_case_expect(world, RESULT_DRIFT, 2);
    undo_case_expect_items(world, 2, 0, 0, 1);
    undo_case_expect_told(world, 0, 0);
    assert_true(undo_case_says(world, "stopped by a test"));
    world_free(world);
}

static void test_a_stop_before_the_first_addition(void **state)
{
    World *world = undo_case_pruned(3);

    (void)state;
    world->stop_after_usec = 1;
    world_undo(world);
    undo_case_expect(world, RESULT_DRIFT, 0);
    undo_case_expect_items(world, 0, 0, 0, 3);
    assert_true(undo_case_says(world, "stopped by a test"));
    world_free(world);
}

static void test_an_abandoned_addition_is_not_said_to_be_made(void **state)
{
    World *world = undo_case_pruned(3);

    (void)state;
    world_twist(world, REQUEST_ADD_MEMBERS, 1, 1, as_it_is)->latency_usec = USEC_PER_MINUTE;
    world->stop_after_usec = 500 * USEC_PER_MSEC;
    world->abandon_after_usec = USEC_PER_SEC;
    world_undo(world);
    undo_case_expect(world, RESULT_DRIFT, 1);
    undo_case_expect_items(world, 0, 0, 1, 2);
    assert_int_equal(world_undo_item(world, 0, 0)->attempts, 1);
    undo_case_expect_told(world, 0, 1);
    assert_true(undo_case_says(world, "its outcome is not known"));
    world_free(world);
}

static void test_a_stop_while_it_looks_again(void **state)
{
    World *world = undo_case_pruned(1);

    (void)state;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 201, "");
    world->stop_after_usec = 3 * USEC_PER_SEC;
    world_undo(world);
    assert_string_equal(report_result_text(world_result(world, 0)), "drift");
    assert_true(undo_case_says(world, "stopped by a test"));
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_busy_service_is_asked_again_by_the_law),
        cmocka_unit_test(test_an_addition_whose_answer_is_lost_is_not_made_twice),
        cmocka_unit_test(test_the_list_has_the_last_word_over_the_answers),
        cmocka_unit_test(test_used_up_attempts_go_on_with_the_next),
        cmocka_unit_test(test_a_refused_member_does_not_stop_the_next),
        cmocka_unit_test(test_five_refusals_in_a_row_end_it),
        cmocka_unit_test(test_a_403_ends_the_channel_and_no_other),
        cmocka_unit_test(test_an_expired_credential_is_renewed_once),
        cmocka_unit_test(test_a_credential_that_cannot_be_renewed_ends_the_instance),
        cmocka_unit_test(test_what_waits_when_the_instance_fails),
        cmocka_unit_test(test_an_instance_that_failed_before_an_addition_leaves_it_skipped),
        cmocka_unit_test(test_a_request_that_our_own_client_refuses_ends_the_channel),
        cmocka_unit_test(test_a_request_that_cannot_be_sent_says_why),
        cmocka_unit_test(test_a_stop_awaits_the_addition_in_flight),
        cmocka_unit_test(test_a_stop_before_the_first_addition),
        cmocka_unit_test(test_an_abandoned_addition_is_not_said_to_be_made),
        cmocka_unit_test(test_a_stop_while_it_looks_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
