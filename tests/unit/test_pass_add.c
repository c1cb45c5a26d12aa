/* SPDX-License-Identifier: MIT */
/* Additions on whole passes: what is missing is added, and only then is anything deleted. */
#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "tests/unit/sync_case.h"

static void test_what_is_missing_is_added_and_extras_stay(void **state)
{
    World *world = sync_case_new(MODE_ADD, 2, 3, 1);

    (void)state;
    world_pass(world);
    sync_case_expect(world, RESULT_DRIFT, 3, 0);
    sync_case_expect_added(world, 0, OUTCOME_ADDED, 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 1);
    assert_int_equal(world_report(world, 0)->missing_count, 0);
    assert_int_equal(world->told[EVENT_ADDED], 3);
    world_free(world);
}

static void test_a_channel_without_extras_converges(void **state)
{
    World *world = sync_case_new(MODE_ADD, 2, 2, 0);

    (void)state;
    world_pass(world);
    sync_case_expect(world, RESULT_CONVERGED, 2, 0);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 2);
    world_pass(world);
    sync_case_expect(world, RESULT_IN_SYNC, 0, 0);
    world_free(world);
}

static void test_prune_and_observe_add_nothing(void **state)
{
    World *world = sync_case_new(MODE_PRUNE, 2, 2, 0);

    (void)state;
    world_pass(world);
    sync_case_expect(world, RESULT_DRIFT, 0, 0);
    assert_int_equal(world_report(world, 0)->added_count, 0);
    world->rosters[0].mode = MODE_OBSERVE;
    world_pass(world);
    sync_case_expect(world, RESULT_DRIFT, 0, 0);
    world_free(world);
}

static void test_a_dry_run_says_what_it_would_add(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 2, 1);

    (void)state;
    world_dry_pass(world);
    sync_case_expect(world, RESULT_DRIFT, 0, 0);
    sync_case_expect_added(world, 1, OUTCOME_PLANNED, 0);
    assert_int_equal(strlen(world_report(world, 0)->digest), 64);
    world_free(world);
}

/* The rule that no deletion comes before its replacements are listed is the world's own. */
static void test_deletions_begin_when_the_additions_had_their_time(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 2, 2);
    uint64_t added_usec;

    (void)state;
    world->config.settle_usec = 7 * USEC_PER_SEC;
    world_pass(world);
    sync_case_expect(world, RESULT_CONVERGED, 2, 2);
    added_usec = world_sent_at(world, REQUEST_ADD_MEMBERS, 2);
    assert_true(world_sent_at(world, REQUEST_DELETE_MEMBER, 1) >= added_usec + 7 * USEC_PER_SEC);
    world_free(world);
}

static void pause_a(World *world, void *argument)
{
    world_pause(world, argument, 0);
}

static void test_a_pause_ends_the_wait_for_deletions(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 2, 2);
    uint64_t began_usec;

    (void)state;
    world->config.settle_usec = 5 * USEC_PER_MINUTE;
    began_usec = world->now_usec;
    world_begin(world, false);
    world_at(world, USEC_PER_MINUTE, pause_a, &world->channels[0]);
    world_finish(world);
    sync_case_expect(world, RESULT_PAUSED, 2, 0);
    sync_case_expect_added(world, 1, OUTCOME_ADDED, 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
    assert_true(world->now_usec < began_usec + 2 * USEC_PER_MINUTE);
    world_free(world);
}

static void test_a_list_that_lags_is_waited_for(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 1);

    (void)state;
    world->channels[0].late_usec = 2 * USEC_PER_SEC;
    world_pass(world);
    sync_case_expect(world, RESULT_CONVERGED, 1, 1);
    world_free(world);
}

static void test_nothing_is_deleted_where_an_addition_failed(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 2, 2);

    (void)state;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 400, "APIG.2015");
    world_pass(world);
    sync_case_expect(world, RESULT_FAILED, 2, 0);
    sync_case_expect_added(world, 0, OUTCOME_FAILED, 1);
    sync_case_expect_added(world, 1, OUTCOME_ADDED, 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
    assert_int_equal(world->told[EVENT_ADD_FAILED], 1);
    world_free(world);
}

static void test_a_201_that_was_a_lie_is_a_failure(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 1);

    (void)state;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 201, "");
    world_pass(world);
    sync_case_expect(world, RESULT_FAILED, 1, 0);
    sync_case_expect_added(world, 0, OUTCOME_FAILED, 1);
    assert_non_null(strstr(report_error(world_report(world, 0))->text, "does not list it"));
    world_free(world);
}

/* An upsert repeats safely; what came of it the list says. */
static void test_a_lost_answer_is_found_out_by_the_list(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 1);

    (void)state;
    world->config.retry.attempts = 1;
    world_fault_kind(world, REQUEST_ADD_MEMBERS, 1, 1, ANSWER_LOST)->has_effect = true;
    world_pass(world);
    sync_case_expect(world, RESULT_CONVERGED, 1, 1);
    sync_case_expect_added(world, 0, OUTCOME_ADDED, 1);
    world_free(world);
}

static void test_a_500_is_sent_again(void **state)
{
    World *world = sync_case_new(MODE_ADD, 2, 1, 0);

    (void)state;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 2, 500, "APIG.9999");
    world_pass(world);
    sync_case_expect(world, RESULT_CONVERGED, 3, 0);
    sync_case_expect_added(world, 0, OUTCOME_ADDED, 3);
    world_free(world);
}

static void test_one_that_fails_for_good_is_told_once(void **state)
{
    World *world = sync_case_new(MODE_ADD, 2, 1, 0);

    (void)state;
    world_fault(world, REQUEST_ADD_MEMBERS, 1, world->config.retry.attempts, 500, "APIG.9999");
    world_pass(world);
    sync_case_expect(world, RESULT_FAILED, world->config.retry.attempts, 0);
    assert_int_equal(world->told[EVENT_ADD_FAILED], 1);
    assert_int_equal(world->told[EVENT_ADDED], 0);
    world_free(world);
}

static void test_max_adds_holds_all_of_the_channel(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 3, 1);

    (void)state;
    world->rosters[0].guards.max_adds = 2;
    world_pass(world);
    sync_case_expect(world, RESULT_HELD, 0, 0);
    sync_case_expect_added(world, 0, OUTCOME_HELD, 0);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_HELD), 1);
    assert_string_equal(guard_name_text(world_report(world, 0)->guards[0].name), "max_adds");
    world_approve(world, world_report(world, 0)->digest);
    world_pass(world);
    sync_case_expect(world, RESULT_CONVERGED, 3, 1);
    world_free(world);
}

/* What is added counts for min_remaining: an exchange of all members passes. */
static void test_all_members_are_exchanged(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 0, 3, 3);

    (void)state;
    world->rosters[0].guards.min_remaining = 3;
    world->rosters[0].guards.max_delete_percent = 100;
    world_pass(world);
    sync_case_expect(world, RESULT_CONVERGED, 3, 3);
    world_free(world);
}

static void lose_all(World *world, void *unused)
{
    WorldChannel *channel = &world->channels[0];

    (void)unused;
    for (size_t i = 0; i < channel->member_count; i++) {
        if (!str_has_prefix(channel->members[i]->host, "10.9."))
            channel->members[i]->status = 2;
    }
}

/* The list before the first deletion decides, not the plan. */
static void test_too_few_left_in_service_after_the_additions_hold_the_rest(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 1);

    (void)state;
    world->rosters[0].guards.min_remaining = 1;
    world_begin(world, false);
    world_at(world, 5 * USEC_PER_SEC, lose_all, NULL);
    world_finish(world);
    sync_case_expect(world, RESULT_HELD, 1, 0);
    sync_case_expect_added(world, 0, OUTCOME_ADDED, 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_HELD), 1);
    world_free(world);
}

static void replace_files(World *world, void *unused)
{
    (void)unused;
    world->refuses_changes = true;
}

/* The wait may be long, and not every file system tells of a change. */
static void test_files_that_changed_meanwhile_hold_the_deletions(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 1);

    (void)state;
    world_begin(world, false);
    world_at(world, 5 * USEC_PER_SEC, replace_files, NULL);
    world_finish(world);
    sync_case_expect(world, RESULT_DRIFT, 1, 0);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 1);
    assert_non_null(strstr(report_error(world_report(world, 0))->text, "may have changed"));
    world_free(world);
}

static void pause_it(World *world, void *unused)
{
    (void)unused;
    world->channels[0].is_paused = true;
    pass_pause(world->pass, &world->rosters[0]);
}

static void test_a_pause_between_additions_and_deletions_holds_the_deletions(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 1);

    (void)state;
    world_begin(world, false);
    world_at(world, 5 * USEC_PER_SEC, pause_it, NULL);
    world_finish(world);
    sync_case_expect(world, RESULT_PAUSED, 1, 0);
    sync_case_expect_added(world, 0, OUTCOME_ADDED, 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 1);
    world_free(world);
}

/* Of what was recorded nothing stays undecided: an undo would have to ask what became of it. */
static void test_a_pause_while_the_list_between_is_read_skips_the_deletions(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 2);

    (void)state;
    world_begin(world, false);
    while (world_count_sent(world, REQUEST_LIST_MEMBERS) < 2)
        assert_true(world_step(world));
    pause_it(world, NULL);
    world_finish(world);
    sync_case_expect(world, RESULT_PAUSED, 1, 0);
    sync_case_expect_added(world, 0, OUTCOME_ADDED, 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
    for (size_t i = 0; i < world->action_count; i++)
        assert_true(world->actions[i].is_decided);
    world_free(world);
}

static void test_a_stop_between_them_decides_what_was_not_sent(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 1);

    (void)state;
    world_begin(world, false);
    world_at(world, 5 * USEC_PER_SEC, world_stop, NULL);
    world_finish(world);
    sync_case_expect(world, RESULT_DRIFT, 1, 0);
    sync_case_expect_added(world, 0, OUTCOME_ADDED, 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 1);
    world_free(world);
}

static void take_added(World *world, void *unused)
{
    WorldChannel *channel = &world->channels[0];

    (void)unused;
    world_remove_member(channel->members[channel->member_count - 1], channel);
}

/* It was listed, then somebody deletes it while the extras go: that is drift, and no failure of
 * ours. */
static void test_what_was_added_and_goes_meanwhile_is_missing_again(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 1);

    (void)state;
    world->config.settle_usec = 0;
    world->latency_usec = 2 * USEC_PER_SEC;
    world_begin(world, false);
    world_at(world, 11 * USEC_PER_SEC, take_added, NULL);
    world_finish(world);
    sync_case_expect(world, RESULT_DRIFT, 1, 1);
    sync_case_expect_added(world, 0, OUTCOME_ADDED, 1);
    assert_int_equal(world_report(world, 0)->missing_count, 1);
    world_free(world);
}

/* Somebody takes away what is added, again and again. */
static void test_the_fight_guard_counts_additions_for_themselves(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 0);

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        world_pass(world);
        sync_case_expect(world, RESULT_CONVERGED, 1, 0);
        world_remove_member(world->channels[0].members[world->channels[0].member_count - 1],
                            &world->channels[0]);
    }
    world_pass(world);
    sync_case_expect(world, RESULT_HELD, 0, 0);
    assert_string_equal(guard_name_text(world_report(world, 0)->guards[0].name), "fight");
    /* A mode that adds nothing fights nobody over additions. */
    world->rosters[0].mode = MODE_PRUNE;
    world_add_member(&world->channels[0], "10.6.0.1", 8080);
    world_pass(world);
    sync_case_expect(world, RESULT_DRIFT, 0, 1);
    assert_int_equal(world_report(world, 0)->missing_count, 1);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_missing_is_added_and_extras_stay),
        cmocka_unit_test(test_a_channel_without_extras_converges),
        cmocka_unit_test(test_prune_and_observe_add_nothing),
        cmocka_unit_test(test_a_dry_run_says_what_it_would_add),
        cmocka_unit_test(test_deletions_begin_when_the_additions_had_their_time),
        cmocka_unit_test(test_a_pause_ends_the_wait_for_deletions),
        cmocka_unit_test(test_a_list_that_lags_is_waited_for),
        cmocka_unit_test(test_nothing_is_deleted_where_an_addition_failed),
        cmocka_unit_test(test_a_201_that_was_a_lie_is_a_failure),
        cmocka_unit_test(test_a_lost_answer_is_found_out_by_the_list),
        cmocka_unit_test(test_a_500_is_sent_again),
        cmocka_unit_test(test_one_that_fails_for_good_is_told_once),
        cmocka_unit_test(test_max_adds_holds_all_of_the_channel),
        cmocka_unit_test(test_all_members_are_exchanged),
        cmocka_unit_test(test_too_few_left_in_service_after_the_additions_hold_the_rest),
        cmocka_unit_test(test_files_that_changed_meanwhile_hold_the_deletions),
        cmocka_unit_test(test_a_pause_between_additions_and_deletions_holds_the_deletions),
        cmocka_unit_test(test_a_pause_while_the_list_between_is_read_skips_the_deletions),
        cmocka_unit_test(test_a_stop_between_them_decides_what_was_not_sent),
        cmocka_unit_test(test_what_was_added_and_goes_meanwhile_is_missing_again),
        cmocka_unit_test(test_the_fight_guard_counts_additions_for_themselves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
