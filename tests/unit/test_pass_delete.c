/* SPDX-License-Identifier: MIT */
/* Deletions on whole passes: what each answer leads to (API.md section 3). */
#include "tests/world/world.h"

#include <string.h>

/* A channel with three that stay and `extras`; the first deletion is answered so. */
static World *world_with(size_t extras, int http, const char *code)
{
    World *world = world_new(1);

    world_add_usual(world, "a", 3, extras);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, http, code);
    return world;
}

static Outcome outcome_of(const World *world, size_t number)
{
    return world_report(world, 0)->extras[number].outcome;
}

static void expect(World *world, Result result, uint32_t deletions)
{
    assert_string_equal(report_result_text(world_result(world, 0)), report_result_text(result));
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), deletions);
}

static void test_deletions_of_a_channel_go_one_at_a_time_in_order(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 4);
    world_pass(world);
    expect(world, RESULT_CONVERGED, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(world_report(world, 0)->extras[i].id, world->sends[2 + i].member_id);
    world_free(world);
}

static void remove_extra(World *world, void *argument)
{
    WorldChannel *channel = argument;

    (void)world;
    world_remove_member(channel->members[3], channel);
}

static void test_already_gone_is_success_and_not_ours(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 1);

    (void)state;
    world_begin(world, false);
    world_at(world, 17 * USEC_PER_MSEC, remove_extra, channel);
    world_finish(world);
    expect(world, RESULT_CONVERGED, 1);
    assert_int_equal(outcome_of(world, 0), OUTCOME_GONE);
    assert_int_equal(world_find_action(world, channel->members[3])->outcome, OUTCOME_GONE);
    assert_int_equal(world_find_action(world, channel->members[3])->http, 404);
    world_free(world);
}

static void expect_ours(WorldFault *fault, World *world)
{
    fault->has_effect = true;
    world_pass(world);
    expect(world, RESULT_CONVERGED, 2);
    assert_int_equal(outcome_of(world, 0), OUTCOME_DELETED);
    assert_int_equal(world_report(world, 0)->extras[0].attempts, 2);
    assert_int_equal(world->told[EVENT_RETRY], 1);
    world_free(world);
}

static void test_gone_after_an_ambiguous_send_was_our_deletion(void **state)
{
    static const int statuses[] = {500, 502, 503, 504, 408};
    static const AnswerKind kinds[] = {ANSWER_TIMEOUT, ANSWER_LOST};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(statuses); i++) {
        World *world = world_with(1, statuses[i], "");

        expect_ours(&world->faults[0], world);
    }
    for (size_t i = 0; i < ELEMENTS(kinds); i++) {
        World *world = world_new(1);

        world_add_usual(world, "a", 3, 1);
        expect_ours(world_fault_kind(world, REQUEST_DELETE_MEMBER, 1, 1, kinds[i]), world);
    }
}

static void test_gone_after_a_send_that_never_left_is_not_ours(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 1);

    (void)state;
    world_fault_kind(world, REQUEST_DELETE_MEMBER, 1, 1, ANSWER_NOT_SENT);
    world_begin(world, false);
    world_at(world, 100 * USEC_PER_MSEC, remove_extra, channel);
    world_finish(world);
    expect(world, RESULT_CONVERGED, 2);
    assert_int_equal(outcome_of(world, 0), OUTCOME_GONE);
    world_free(world);
}

static void test_another_404_fails_the_channel_and_ends_it(void **state)
{
    static const char *const codes[] = {"APIG.3023", "APIG.3030", "APIG.0101", "APIGW.0101",
                                        "APIC.7302", "APIG.3025", ""};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(codes); i++) {
        World *world = world_with(3, 404, codes[i]);

        world_pass(world);
        expect(world, RESULT_FAILED, 1);
        assert_int_equal(outcome_of(world, 0), OUTCOME_FAILED);
        assert_int_equal(outcome_of(world, 1), OUTCOME_SKIPPED);
        assert_int_equal(outcome_of(world, 2), OUTCOME_SKIPPED);
        assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 1);
        assert_int_equal(report_error(world_report(world, 0))->http, 404);
        world_free(world);
    }
}

static void test_a_403_ends_the_channel(void **state)
{
    static const struct {
        int http;
        const char *code;
    } rows[] = {
        {403, ""}, {403, "APIG.1005"}, {401, "APIG.1005"}, {401, "APIG.1020"}, {403, "APIG.3471"}};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        World *world = world_with(3, rows[i].http, rows[i].code);

        world_add_usual(world, "b", 3, 1);
        world->faults[0].channel_id = "id-a";
        world_pass(world);
        expect(world, RESULT_FAILED, 2);
        assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
        assert_string_equal(report_error(world_report(world, 0))->code, rows[i].code);
        assert_string_equal(report_error(world_report(world, 0))->request_id, "req-1");
        assert_int_equal(world->instances[0].renewal_count, 0);
        assert_int_equal(world_result(world, 1), RESULT_CONVERGED);
        world_free(world);
    }
}

static void test_a_permanent_failure_goes_on_with_the_next(void **state)
{
    static const int statuses[] = {400, 405, 409, 412, 413, 501};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(statuses); i++) {
        World *world = world_with(3, statuses[i], "");

        world_pass(world);
        expect(world, RESULT_FAILED, 3);
        assert_int_equal(outcome_of(world, 0), OUTCOME_FAILED);
        assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 2);
        assert_int_equal(report_error(world_report(world, 0))->http, statuses[i]);
        world_pass(world);
        expect(world, RESULT_CONVERGED, 1);
        world_free(world);
    }
}

static void test_used_up_attempts_go_on_with_the_next(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 2);

    (void)state;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 4, 500, "APIG.9999");
    world_pass(world);
    expect(world, RESULT_FAILED, 5);
    assert_int_equal(outcome_of(world, 0), OUTCOME_FAILED);
    assert_int_equal(world_report(world, 0)->extras[0].attempts, 4);
    assert_int_equal(outcome_of(world, 1), OUTCOME_DELETED);
    assert_non_null(
        strstr(report_error(world_report(world, 0))->text, "given up after 4 attempts"));
    assert_int_equal(world_find_action(world, channel->members[3])->http, 500);
    assert_string_equal(world_find_action(world, channel->members[3])->code, "APIG.9999");
    assert_string_equal(world_find_action(world, channel->members[3])->request_id, "req-1");
    assert_int_equal(world_find_action(world, channel->members[3])->attempts, 4);
    assert_int_equal(world->told[EVENT_DELETE_FAILED], 1);
    world_free(world);
}

static void test_200_and_202_to_a_deletion_are_no_success(void **state)
{
    static const int statuses[] = {200, 202};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(statuses); i++) {
        World *world = world_with(1, statuses[i], "");

        world_pass(world);
        expect(world, RESULT_FAILED, 1);
        assert_int_equal(outcome_of(world, 0), OUTCOME_FAILED);
        world_free(world);
    }
}

static void test_five_failures_in_a_row_end_the_channel(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 8);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 4, 412, "");
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 100, 400, "APIG.2012");
    world_pass(world);
    expect(world, RESULT_FAILED, 5);
    assert_string_equal(report_error(world_report(world, 0))->code, "APIG.2012");
    assert_int_equal(world_count_extras(world, 0, OUTCOME_FAILED), 5);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 3);
    assert_non_null(
        strstr(report_error(world_report(world, 0))->text, "5 deletions failed in a row"));
    /* Nothing can have changed: the list is not read again. */
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 1);
    world_free(world);
}

static void test_what_was_deleted_before_five_failures_is_looked_at(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 7);
    world_fault(world, REQUEST_DELETE_MEMBER, 2, 100, 400, "APIG.2012");
    world_pass(world);
    expect(world, RESULT_FAILED, 6);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 1);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 2);
    world_free(world);
}

static void test_what_was_gone_before_five_failures_is_looked_at(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 6);

    (void)state;
    world_fault(world, REQUEST_DELETE_MEMBER, 2, 100, 400, "APIG.2012");
    world_begin(world, false);
    world_at(world, 17 * USEC_PER_MSEC, remove_extra, channel);
    world_finish(world);
    expect(world, RESULT_FAILED, 6);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_GONE), 1);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 2);
    world_free(world);
}

static void test_a_success_between_begins_the_row_anew(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 10);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 4, 400, "APIG.2012");
    world_fault(world, REQUEST_DELETE_MEMBER, 2, 4, 400, "APIG.2012");
    world_pass(world);
    expect(world, RESULT_FAILED, 10);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 2);
    world_free(world);
}

static void test_five_doubtful_failures_are_looked_at_before_giving_up(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 7);
    world->config.retry.attempts = 1;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 100, 504, "")->has_effect = true;
    world_pass(world);
    expect(world, RESULT_FAILED, 5);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 5);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
    assert_int_equal(world->told[EVENT_DELETED], 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(world->actions[i].outcome, OUTCOME_DELETED);
    world_free(world);
}

static void test_a_doubtful_failure_stays_open_when_no_list_can_tell(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 3, 2);

    (void)state;
    world->config.retry.attempts = 1;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 504, "")->has_effect = true;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 400, "");
    world_fault(world, REQUEST_LIST_MEMBERS, 2, 100, 500, "");
    world_pass(world);
    expect(world, RESULT_FAILED, 2);
    assert_false(world_find_action(world, channel->members[3])->is_decided);
    assert_true(world_find_action(world, channel->members[4])->is_decided);
    assert_int_equal(world_find_action(world, channel->members[4])->outcome, OUTCOME_FAILED);
    world_free(world);
}

static void test_reads_after_a_refused_submit_still_reach_every_channel(void **state)
{
    World *world = world_new(1);
    uint64_t began_usec;

    (void)state;
    world->config.limits.concurrency = 2;
    for (size_t i = 0; i < 5; i++)
        world_add_usual(world, (const char *[]){"a", "b", "c", "d", "e"}[i], 1, 0);
    world_begin(world, false);
    began_usec = world->now_usec;
    world->submit_error = -EPERM;
    while (world_step(world))
        ;
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(world_result(world, i), RESULT_FAILED);
    assert_true(world->now_usec - began_usec < USEC_PER_SEC);
    world_free(world);
}

static void as_it_is(WorldEvent *event)
{
    (void)event;
}

/* The one waits for the credential that the other was refused with. */
static void test_what_waits_when_the_instance_fails_is_skipped(void **state)
{
    World *world = world_new(1);
    WorldChannel *other;
    WorldFault *slow;

    (void)state;
    world_add_usual(world, "a", 3, 1);
    other = world_add_usual(world, "b", 3, 1);
    world->instances[0].renewal = RENEWAL_UNCHANGED;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 401, "APIG.1001");
    slow = world_twist(world, REQUEST_LIST_MEMBERS, 1, 1, as_it_is);
    slow->channel_id = "id-b";
    slow->latency_usec = 25 * USEC_PER_MSEC;
    world_pass(world);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_FAILED), 1);
    assert_int_equal(world_count_extras(world, 1, OUTCOME_SKIPPED), 1);
    assert_int_equal(world_result(world, 1), RESULT_FAILED);
    assert_int_equal(world_find_action(world, other->members[3])->outcome, OUTCOME_SKIPPED);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deletions_of_a_channel_go_one_at_a_time_in_order),
        cmocka_unit_test(test_already_gone_is_success_and_not_ours),
        cmocka_unit_test(test_gone_after_an_ambiguous_send_was_our_deletion),
        cmocka_unit_test(test_gone_after_a_send_that_never_left_is_not_ours),
        cmocka_unit_test(test_another_404_fails_the_channel_and_ends_it),
        cmocka_unit_test(test_a_403_ends_the_channel),
        cmocka_unit_test(test_a_permanent_failure_goes_on_with_the_next),
        cmocka_unit_test(test_used_up_attempts_go_on_with_the_next),
        cmocka_unit_test(test_200_and_202_to_a_deletion_are_no_success),
        cmocka_unit_test(test_five_failures_in_a_row_end_the_channel),
        cmocka_unit_test(test_what_was_deleted_before_five_failures_is_looked_at),
        cmocka_unit_test(test_what_was_gone_before_five_failures_is_looked_at),
        cmocka_unit_test(test_a_success_between_begins_the_row_anew),
        cmocka_unit_test(test_five_doubtful_failures_are_looked_at_before_giving_up),
        cmocka_unit_test(test_a_doubtful_failure_stays_open_when_no_list_can_tell),
        cmocka_unit_test(test_reads_after_a_refused_submit_still_reach_every_channel),
        cmocka_unit_test(test_what_waits_when_the_instance_fails_is_skipped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
