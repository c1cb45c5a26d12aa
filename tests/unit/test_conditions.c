/* SPDX-License-Identifier: MIT */
/* What other hosts have to do with an instance: conditions that hold whatever is approved, the
 * guard for other rosters, and a lease that ends in between. */
#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "tests/unit/held_case.h"
#include "tests/unit/quarantine_case.h"
#include "tests/unit/sync_case.h"
#include "tests/unit/undo_case.h"

static void hold_by_handover(World *world, uint64_t usec)
{
    world->fleet->conditions.handover_usec = usec;
}

static void hold_by_lease(World *world)
{
    str_copy(world->fleet->conditions.lease, sizeof(world->fleet->conditions.lease),
             "etcd does not answer");
}

/* One event says what holds, by its number and limit, and why. */
static void expect_told(const World *world, const char *holds)
{
    char text[256];

    snprintf(text, sizeof(text),
             "nothing is changed: %s; that ends by itself, and no approval passes it", holds);
    assert_int_equal(world->told[EVENT_HELD], 1);
    assert_string_equal(world->last_told[EVENT_HELD].err.text, text);
}

#define HANDOVER_HOLDS(seconds)                                                                    \
    "handover holds (" seconds " seconds until changes of the last owner are over)"
#define LEASE_HOLDS(why) "lease holds (" why ")"

/* ---- conditions ---- */

static void test_a_handover_holds_with_what_is_left_of_it(void **state)
{
    World *world = world_new(1);
    const ChannelReport *report;

    (void)state;
    world_add_usual(world, "a", 6, 2);
    world_join_fleet(world);
    hold_by_handover(world, 41 * USEC_PER_SEC + 1);
    world_pass(world);
    expect_held(world, GUARD_HANDOVER);
    report = world_report(world, 0);
    assert_int_equal(report->guards[0].planned, 42);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_HELD), 2);
    expect_told(world, HANDOVER_HOLDS("42"));
    hold_by_handover(world, 0);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    world_free(world);
}

/* Of two the lease is told: it may last longer. */
static void test_a_lease_and_a_handover_hold_together(void **state)
{
    World *world = world_new(1);
    const ChannelReport *report;

    (void)state;
    world_add_usual(world, "a", 6, 2);
    world_join_fleet(world);
    hold_by_handover(world, USEC_PER_SEC);
    hold_by_lease(world);
    world_pass(world);
    report = world_report(world, 0);
    assert_int_equal(report->result, RESULT_HELD);
    assert_int_equal(report->guard_count, 2);
    assert_int_equal(report->guards[0].name, GUARD_LEASE);
    assert_int_equal(report->guards[1].name, GUARD_HANDOVER);
    expect_told(world, LEASE_HOLDS("etcd does not answer"));
    world_free(world);
}

/* Nor is it part of what is approved. */
static void test_no_approval_passes_a_condition_or_is_spent(void **state)
{
    World *world = world_new(1);
    char digest[DIGEST_HEX_SIZE];

    (void)state;
    world_add_usual(world, "a", 6, 2);
    world->rosters[0].guards.max_deletes = 1;
    world_pass(world);
    str_copy(digest, sizeof(digest), world_report(world, 0)->digest);
    world_join_fleet(world);
    hold_by_lease(world);
    world_pass(world);
    assert_string_equal(world_report(world, 0)->digest, digest);
    assert_int_equal(world_report(world, 0)->guard_count, 2);
    assert_int_equal(world_report(world, 0)->guards[0].name, GUARD_MAX_DELETES);
    assert_int_equal(world_report(world, 0)->guards[1].name, GUARD_LEASE);
    world_approve(world, digest);
    world_pass(world);
    expect_held(world, GUARD_LEASE);
    assert_string_equal(world_report(world, 0)->guards[0].why, "etcd does not answer");
    assert_int_equal(sent(world), 0);
    world->fleet->conditions.lease[0] = '\0';
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    world_free(world);
}

static void test_a_channel_in_sync_is_not_held(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 6, 0);
    world_join_fleet(world);
    hold_by_lease(world);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_IN_SYNC);
    world_free(world);
}

static void test_a_condition_holds_what_is_to_be_enabled(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world_pass(world);
    quarantine_case_expect(world, RESULT_QUARANTINED, 1, 0, 0);
    quarantine_case_want(world, quarantine_case_extra(world, 0));
    world_join_fleet(world);
    hold_by_handover(world, USEC_PER_SEC);
    world_pass(world);
    expect_held(world, GUARD_HANDOVER);
    quarantine_case_expect_enabled(world, OUTCOME_HELD);
    assert_int_equal(sent(world), 0);
    hold_by_handover(world, 0);
    world_pass(world);
    quarantine_case_expect_enabled(world, OUTCOME_CORRECTED);
    world_free(world);
}

static void test_a_condition_holds_an_undo(void **state)
{
    World *world = undo_case_pruned(2);

    (void)state;
    world_join_fleet(world);
    hold_by_lease(world);
    world->told[EVENT_HELD] = 0;
    world_undo(world);
    expect_held(world, GUARD_LEASE);
    expect_told(world, LEASE_HOLDS("etcd does not answer"));
    assert_int_equal(sent(world), 0);
    world->fleet->conditions.lease[0] = '\0';
    world_undo(world);
    undo_case_expect(world, RESULT_CONVERGED, 2);
    world_free(world);
}

/* ---- other rosters ---- */

static void test_other_rosters_hold_until_approved(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 6, 2);
    world_join_fleet(world);
    str_copy(world->fleet->conditions.roster, sizeof(world->fleet->conditions.roster),
             "admin-b had another set");
    world_pass(world);
    expect_held(world, GUARD_ROSTER);
    assert_string_equal(world_report(world, 0)->guards[0].why, "admin-b had another set");
    assert_string_equal(
        world->last_told[EVENT_HELD].err.text,
        "2 members are extra, none is deleted: roster refuses ("
        "admin-b had another set); to let exactly this plan pass, approve its digest");
    world_approve(world, world_report(world, 0)->digest);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    world_free(world);
}

static void test_other_rosters_hold_a_single_addition(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 0);

    (void)state;
    world_join_fleet(world);
    str_copy(world->fleet->conditions.roster, sizeof(world->fleet->conditions.roster),
             "admin-b had another set");
    world_pass(world);
    expect_held(world, GUARD_ROSTER);
    assert_string_equal(
        world->last_told[EVENT_HELD].err.text,
        "1 change is planned, none is made: roster refuses ("
        "admin-b had another set); to let exactly this plan pass, approve its digest");
    world_free(world);
}

/* ---- the lease ends ---- */

static void test_an_intent_without_an_answer_holds_its_channel(void **state)
{
    World *world = world_new(1);
    WorldFleet *fleet = world_join_fleet(world);

    (void)state;
    world_add_usual(world, "a", 6, 2);
    world_add_usual(world, "b", 6, 2);
    fleet->end = INTENT_UNANSWERED;
    fleet->name = "a";
    world_pass(world);
    expect_held(world, GUARD_LEASE);
    assert_string_equal(world_report(world, 0)->guards[0].why, "etcd is silent");
    expect_told(world, LEASE_HOLDS("etcd is silent"));
    assert_int_equal(world_count_extras(world, 0, OUTCOME_HELD), 2);
    assert_int_equal(world_result(world, 1), RESULT_CONVERGED);
    world_free(world);
}

static void close_in_mid_channel(World *world, uint32_t deletions)
{
    world_begin(world, false);
    while (world_count_sent(world, REQUEST_DELETE_MEMBER) < deletions)
        assert_true(world_step(world));
    world->fleet->closes_usec = world->now_usec;
    world_finish(world);
}

/* What was sent is confirmed by a list, the rest is skipped, and nothing has failed. */
static void test_a_lease_that_ends_in_mid_channel_leaves_the_rest(void **state)
{
    World *world = world_new(1);
    const ChannelReport *report;

    (void)state;
    world_add_usual(world, "a", 6, 4);
    world_join_fleet(world);
    close_in_mid_channel(world, 2);
    expect_held(world, GUARD_LEASE);
    report = world_report(world, 0);
    assert_string_equal(report_error(report)->text, "");
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 2);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 2);
    assert_int_equal(world->fleet->withheld_count, 1);
    assert_int_equal(world->told[EVENT_DELETE_FAILED], 0);
    assert_int_equal(world->told[EVENT_HELD], 1);
    world->fleet->closes_usec = 0;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 2);
    world_free(world);
}

static void test_one_that_ends_before_the_first_change_sends_none(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 6, 2);
    world_join_fleet(world);
    world_begin(world, false);
    while (world->fleet->intent_count == 0)
        assert_true(world_step(world));
    world->fleet->closes_usec = world->now_usec;
    world_finish(world);
    expect_held(world, GUARD_LEASE);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 1);
    for (size_t i = 0; i < world->action_count; i++)
        assert_int_equal(world->actions[i].outcome, OUTCOME_SKIPPED);
    world_free(world);
}

/* The first send got no answer: what became of it stays open, and it is not sent again. */
static void test_a_change_without_an_answer_is_not_sent_after_it(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 6, 2);
    world_join_fleet(world);
    world_fault_kind(world, REQUEST_DELETE_MEMBER, 1, 1, ANSWER_LOST);
    close_in_mid_channel(world, 1);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 1);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    assert_int_equal(world->fleet->withheld_count, 1);
    assert_int_equal(world_report(world, 0)->guards[0].name, GUARD_LEASE);
    world_free(world);
}

/* It had its effect, as the list says: of what was not sent again nothing is left to do. */
static void test_what_has_worked_is_not_told_as_held(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 6, 2);
    world_join_fleet(world);
    world_fault_kind(world, REQUEST_DELETE_MEMBER, 2, 1, ANSWER_LOST)->has_effect = true;
    close_in_mid_channel(world, 2);
    assert_int_equal(world->fleet->withheld_count, 1);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 2);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(world_report(world, 0)->guard_count, 0);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 2);
    world_free(world);
}

static void test_an_undo_that_has_worked_is_not_told_as_held(void **state)
{
    World *world = undo_case_pruned(1);

    (void)state;
    world_join_fleet(world);
    world_fault_kind(world, REQUEST_ADD_MEMBERS, 1, 1, ANSWER_LOST)->has_effect = true;
    assert_true(world_begin_undo(world, world_last_changing(world), false));
    while (world_count_sent(world, REQUEST_ADD_MEMBERS) == 0)
        assert_true(world_step(world));
    world->fleet->closes_usec = world->now_usec;
    world_finish(world);
    assert_int_equal(world->fleet->withheld_count, 1);
    undo_case_expect(world, RESULT_CONVERGED, 1);
    assert_int_equal(world_report(world, 0)->guard_count, 0);
    world_free(world);
}

/* A deletion that makes room and the addition that it is for: neither is sent any more. */
static void test_a_lease_that_withholds_two_changes_is_told_once(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 1);

    (void)state;
    world->channels[0].quota = 3;
    world_join_fleet(world);
    world_fault_kind(world, REQUEST_DELETE_MEMBER, 1, 1, ANSWER_LOST);
    close_in_mid_channel(world, 1);
    assert_int_equal(world->fleet->withheld_count, 2);
    assert_int_equal(world_report(world, 0)->guard_count, 1);
    assert_int_equal(world_report(world, 0)->guards[0].name, GUARD_LEASE);
    assert_int_equal(world->told[EVENT_HELD], 1);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_handover_holds_with_what_is_left_of_it),
        cmocka_unit_test(test_a_lease_and_a_handover_hold_together),
        cmocka_unit_test(test_no_approval_passes_a_condition_or_is_spent),
        cmocka_unit_test(test_a_channel_in_sync_is_not_held),
        cmocka_unit_test(test_a_condition_holds_what_is_to_be_enabled),
        cmocka_unit_test(test_a_condition_holds_an_undo),
        cmocka_unit_test(test_other_rosters_hold_until_approved),
        cmocka_unit_test(test_other_rosters_hold_a_single_addition),
        cmocka_unit_test(test_an_intent_without_an_answer_holds_its_channel),
        cmocka_unit_test(test_a_lease_that_ends_in_mid_channel_leaves_the_rest),
        cmocka_unit_test(test_one_that_ends_before_the_first_change_sends_none),
        cmocka_unit_test(test_a_change_without_an_answer_is_not_sent_after_it),
        cmocka_unit_test(test_what_has_worked_is_not_told_as_held),
        cmocka_unit_test(test_an_undo_that_has_worked_is_not_told_as_held),
        cmocka_unit_test(test_a_lease_that_withholds_two_changes_is_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
