/* SPDX-License-Identifier: MIT */
/* A channel that is full: an extra goes for each addition that the service refused. That the two
 * go together, one pair at a time and never below min_remaining, is the world's own rule. */
#include <string.h>

#include "tests/unit/sync_case.h"

/* A channel that is full. */
static World *world_of(size_t kept, size_t missing, size_t extras)
{
    World *world = sync_case_new(MODE_SYNC, kept, missing, extras);

    world->channels[0].quota = kept + extras;
    world->config.settle_usec = 5 * USEC_PER_SEC;
    return world;
}

static void test_all_members_of_a_full_channel_are_replaced(void **state)
{
    World *world = world_of(0, 3, 3);

    (void)state;
    world->rosters[0].guards.min_remaining = 2;
    world_pass(world);
    sync_case_expect(world, RESULT_CONVERGED, 6, 3);
    sync_case_expect_added(world, 0, OUTCOME_ADDED, 2);
    assert_int_equal(world_report(world, 0)->missing_count, 0);
    assert_int_equal(world->told[EVENT_ADD_FAILED], 0);
    assert_int_equal(world->told[EVENT_ADDED], 3);
    for (uint32_t i = 1; i < 3; i++)
        assert_true(world_sent_at(world, REQUEST_DELETE_MEMBER, i + 1) >=
                    world_sent_at(world, REQUEST_ADD_MEMBERS, 3 + i) + 5 * USEC_PER_SEC);
    world_pass(world);
    sync_case_expect(world, RESULT_IN_SYNC, 0, 0);
    world_free(world);
}

/* What fits is added first, and of the extras that nothing waits for all go at the end. */
static void test_only_what_was_refused_is_exchanged(void **state)
{
    World *world = world_of(1, 2, 4);

    (void)state;
    world->channels[0].quota = 6;
    world_pass(world);
    sync_case_expect(world, RESULT_CONVERGED, 3, 4);
    sync_case_expect_added(world, 0, OUTCOME_ADDED, 1);
    sync_case_expect_added(world, 1, OUTCOME_ADDED, 2);
    world_free(world);
}

static void test_an_extra_that_serves_nobody_goes_first(void **state)
{
    World *world = world_of(2, 1, 3);
    WorldMember *disabled = world->channels[0].members[3];

    (void)state;
    disabled->status = 2;
    world->rosters[0].guards.min_remaining = 3;
    world_pass(world);
    assert_true(world->send_count > 0);
    for (size_t i = 0; i < world->send_count; i++) {
        if (world->sends[i].request.kind != REQUEST_DELETE_MEMBER)
            continue;
        assert_string_equal(world->sends[i].member_id, disabled->id);
        break;
    }
    sync_case_expect(world, RESULT_CONVERGED, 2, 3);
    world_free(world);
}

static void test_nothing_goes_where_too_few_would_stay(void **state)
{
    World *world = world_of(2, 2, 1);
    const ChannelReport *report;

    (void)state;
    world->rosters[0].guards.min_remaining = 3;
    world_pass(world);
    sync_case_expect(world, RESULT_FAILED, 2, 0);
    report = world_report(world, 0);
    sync_case_expect_added(world, 0, OUTCOME_FAILED, 1);
    sync_case_expect_added(world, 1, OUTCOME_FAILED, 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 1);
    assert_non_null(strstr(report_error(report)->text,
                           "no extra goes in exchange: 3 members are in "
                           "service, min_remaining is 3"));
    assert_string_equal(report_error(report)->code, "APIG.3110");
    assert_int_equal(report->missing_count, 2);
    world_free(world);
}

static void test_more_is_wanted_than_the_channel_may_hold(void **state)
{
    World *world = world_of(2, 2, 1);

    (void)state;
    world_pass(world);
    sync_case_expect(world, RESULT_FAILED, 3, 1);
    sync_case_expect_added(world, 0, OUTCOME_ADDED, 2);
    sync_case_expect_added(world, 1, OUTCOME_FAILED, 1);
    assert_int_equal(world->told[EVENT_ADD_FAILED], 1);
    world_free(world);
}

/* Somebody else is quicker. */
static void test_one_that_is_refused_again_ends_the_exchanges(void **state)
{
    World *world = world_of(2, 2, 2);

    (void)state;
    world_fault(world, REQUEST_ADD_MEMBERS, 3, 1, 403, "APIG.3110");
    world_pass(world);
    sync_case_expect(world, RESULT_FAILED, 3, 1);
    sync_case_expect_added(world, 0, OUTCOME_FAILED, 2);
    sync_case_expect_added(world, 1, OUTCOME_FAILED, 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 1);
    world_pass(world);
    sync_case_expect(world, RESULT_CONVERGED, 3, 1);
    world_free(world);
}

static void test_one_that_fails_otherwise_keeps_the_extras(void **state)
{
    World *world = world_of(2, 2, 2);

    (void)state;
    world_fault(world, REQUEST_ADD_MEMBERS, 2, 1, 400, "APIG.2012");
    world_pass(world);
    sync_case_expect(world, RESULT_FAILED, 2, 0);
    sync_case_expect_added(world, 0, OUTCOME_FAILED, 1);
    world_free(world);
}

static void test_a_deletion_that_is_refused_ends_the_exchanges(void **state)
{
    World *world = world_of(2, 2, 2);

    (void)state;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 400, "APIG.2012");
    world_pass(world);
    sync_case_expect(world, RESULT_FAILED, 2, 1);
    sync_case_expect_added(world, 0, OUTCOME_FAILED, 1);
    world_free(world);
}

static void test_answers_that_are_lost_and_errors_divide_nothing(void **state)
{
    World *world = world_of(1, 2, 2);

    (void)state;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 2, 500, "APIG.9999");
    world_fault_kind(world, REQUEST_ADD_MEMBERS, 3, 1, ANSWER_LOST)->has_effect = true;
    world_fault(world, REQUEST_ADD_MEMBERS, 4, 2, 500, "APIG.9999");
    world_pass(world);
    sync_case_expect(world, RESULT_CONVERGED, 7, 4);
    world_free(world);
}

static void pause_a(World *world, void *argument)
{
    world_pause(world, argument, 0);
}

static uint64_t before_the_first_deletion(size_t kept, size_t missing, size_t extras)
{
    World *world = world_of(kept, missing, extras);
    uint64_t after_usec;

    world_pass(world);
    after_usec = world_sent_at(world, REQUEST_DELETE_MEMBER, 1) -
                 world_sent_at(world, REQUEST_LIST_CHANNELS, 1);
    world_free(world);
    return after_usec;
}

static void remove_member(World *world, void *argument)
{
    world_remove_member(argument, &world->channels[0]);
}

static void test_a_member_that_went_meanwhile_makes_room_as_well(void **state)
{
    uint64_t deleting_usec = before_the_first_deletion(2, 1, 1);
    World *world = world_of(2, 1, 1);

    (void)state;
    world_begin(world, false);
    world_at(world, deleting_usec + 1, remove_member, world->channels[0].members[2]);
    world_finish(world);
    sync_case_expect(world, RESULT_CONVERGED, 2, 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_GONE), 1);
    world_free(world);
}

static void raise_quota(World *world, void *argument)
{
    (void)world;
    ((WorldChannel *)argument)->quota++;
}

/* The deletion that was to make room gets no answer and has no effect, which the list after the
 * addition shows; room was made otherwise. The list at the end finds it as before, or gone. */
static World *world_of_an_extra_that_stays(bool is_removed)
{
    uint64_t deleting_usec = before_the_first_deletion(2, 1, 2);
    World *world = world_of(2, 1, 2);
    WorldChannel *channel = &world->channels[0];
    WorldFault *lost = world_fault_kind(world, REQUEST_DELETE_MEMBER, 1, 20, ANSWER_LOST);

    lost->member_id = channel->members[2]->id;
    world_begin(world, false);
    world_at(world, deleting_usec + 1, raise_quota, channel);
    if (is_removed) /* after four tries, three looks and the second deletion */
        world_at(world, deleting_usec + 16 * USEC_PER_SEC, remove_member, channel->members[2]);
    world_finish(world);
    return world;
}

static void test_an_extra_that_stays_has_failed_once(void **state)
{
    World *world = world_of_an_extra_that_stays(false);

    (void)state;
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    sync_case_expect_added(world, 0, OUTCOME_ADDED, 2);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_FAILED), 1);
    assert_int_equal(world->told[EVENT_DELETE_FAILED], 1);
    world_free(world);
}

/* By then the history has it as failed: somebody else's deletion it is. */
static void test_an_extra_that_goes_after_it_has_failed_is_gone(void **state)
{
    World *world = world_of_an_extra_that_stays(true);

    (void)state;
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(world->told[EVENT_DELETE_FAILED], 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_GONE), 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 1);
    world_free(world);
}

static void add_wanted(World *world, void *argument)
{
    world_add_member(argument, "10.5.0.1", 8080);
    (void)world;
}

/* While the first exchange waits for its time, somebody else adds what it is for. */
static void test_nothing_goes_for_what_somebody_else_added(void **state)
{
    uint64_t deleting_usec = before_the_first_deletion(2, 1, 2);
    World *world = world_of(2, 1, 2);

    (void)state;
    world_begin(world, false);
    world_at(world, deleting_usec - USEC_PER_SEC, add_wanted, &world->channels[0]);
    world_finish(world);
    sync_case_expect(world, RESULT_CONVERGED, 1, 2);
    sync_case_expect_added(world, 0, OUTCOME_SKIPPED, 1);
    assert_true(world_sent_at(world, REQUEST_DELETE_MEMBER, 1) >
                world_sent_at(world, REQUEST_LIST_CHANNELS, 1) + deleting_usec);
    world_free(world);
}

static void test_a_pause_divides_no_pair(void **state)
{
    uint64_t deleting_usec = before_the_first_deletion(1, 2, 2);
    World *world = world_of(1, 2, 2);

    (void)state;
    world_begin(world, false);
    world_at(world, deleting_usec + 1, pause_a, &world->channels[0]);
    world_finish(world);
    sync_case_expect(world, RESULT_FAILED, 3, 1);
    sync_case_expect_added(world, 0, OUTCOME_ADDED, 2);
    sync_case_expect_added(world, 1, OUTCOME_FAILED, 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 1);
    world_free(world);
}

static void test_a_pause_before_the_pair_begins_none(void **state)
{
    uint64_t deleting_usec = before_the_first_deletion(1, 2, 2);
    World *world = world_of(1, 2, 2);

    (void)state;
    world_begin(world, false);
    world_at(world, deleting_usec - 1, pause_a, &world->channels[0]);
    world_finish(world);
    sync_case_expect(world, RESULT_FAILED, 2, 0);
    world_free(world);
}

static void test_a_stop_divides_no_pair(void **state)
{
    uint64_t deleting_usec = before_the_first_deletion(1, 2, 2);
    World *world = world_of(1, 2, 2);

    (void)state;
    world_fault(world, REQUEST_ADD_MEMBERS, 3, 1, 500, "APIG.9999");
    world->stop_after_usec = deleting_usec + 1;
    world_pass(world);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 1);
    assert_int_equal(world_count_sent(world, REQUEST_ADD_MEMBERS), 4);
    sync_case_expect_added(world, 0, OUTCOME_ADDED, 3);
    world_free(world);
}

static void test_an_end_without_grace_sends_nothing_more(void **state)
{
    uint64_t deleting_usec = before_the_first_deletion(1, 2, 2);
    World *world = world_of(1, 2, 2);

    (void)state;
    world->stop_after_usec = world->abandon_after_usec = deleting_usec + 1;
    world_pass(world);
    sync_case_expect(world, RESULT_FAILED, 2, 1);
    world_pass(world);
    sync_case_expect(world, RESULT_CONVERGED, 3, 1);
    world_free(world);
}

/* A deletion that waits to be tried again may have made room, and a stopped pass would fill it. One
 * of an instance that was lost to another host fills nothing. */
static void test_an_end_without_a_stop_sends_nothing_more(void **state)
{
    uint64_t deleting_usec = before_the_first_deletion(1, 2, 2);
    World *world = world_of(1, 2, 2);

    (void)state;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 500, "APIG.9999");
    world_begin(world, false);
    world_at(world, deleting_usec + 500 * USEC_PER_MSEC, world_abandon, NULL);
    world_finish(world);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 1);
    assert_int_equal(world_count_sent(world, REQUEST_ADD_MEMBERS), 2);
    world_free(world);
}

/* Nothing confirms the pass any more, and what was refused has its outcome all the same. */
static void test_a_list_that_cannot_be_read_after_an_exchange_leaves_nothing_open(void **state)
{
    World *world = world_of(2, 2, 2);

    (void)state;
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 400, "APIG.2012");
    world_fault(world, REQUEST_LIST_MEMBERS, 4, 100, 403, "APIG.1005");
    world_pass(world);
    sync_case_expect(world, RESULT_FAILED, 2, 1);
    for (size_t i = 0; i < world->action_count; i++)
        assert_true(world->actions[i].is_decided);
    world_free(world);
}

/* The files may have changed: a newer set decides what becomes of what was to be added. */
static void test_changes_that_are_held_send_no_addition(void **state)
{
    uint64_t deleting_usec = before_the_first_deletion(1, 2, 2);
    World *world = world_of(1, 2, 2);

    (void)state;
    world_begin(world, false);
    world_at(world, deleting_usec + 1, world_hold, NULL);
    world_at(world, deleting_usec + USEC_PER_SEC, world_stop, NULL);
    world_finish(world);
    sync_case_expect(world, RESULT_FAILED, 2, 1);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_members_of_a_full_channel_are_replaced),
        cmocka_unit_test(test_only_what_was_refused_is_exchanged),
        cmocka_unit_test(test_an_extra_that_serves_nobody_goes_first),
        cmocka_unit_test(test_nothing_goes_where_too_few_would_stay),
        cmocka_unit_test(test_more_is_wanted_than_the_channel_may_hold),
        cmocka_unit_test(test_one_that_is_refused_again_ends_the_exchanges),
        cmocka_unit_test(test_one_that_fails_otherwise_keeps_the_extras),
        cmocka_unit_test(test_a_deletion_that_is_refused_ends_the_exchanges),
        cmocka_unit_test(test_a_member_that_went_meanwhile_makes_room_as_well),
        cmocka_unit_test(test_an_extra_that_stays_has_failed_once),
        cmocka_unit_test(test_an_extra_that_goes_after_it_has_failed_is_gone),
        cmocka_unit_test(test_answers_that_are_lost_and_errors_divide_nothing),
        cmocka_unit_test(test_nothing_goes_for_what_somebody_else_added),
        cmocka_unit_test(test_a_pause_divides_no_pair),
        cmocka_unit_test(test_a_pause_before_the_pair_begins_none),
        cmocka_unit_test(test_a_stop_divides_no_pair),
        cmocka_unit_test(test_an_end_without_grace_sends_nothing_more),
        cmocka_unit_test(test_an_end_without_a_stop_sends_nothing_more),
        cmocka_unit_test(test_a_list_that_cannot_be_read_after_an_exchange_leaves_nothing_open),
        cmocka_unit_test(test_changes_that_are_held_send_no_addition),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
