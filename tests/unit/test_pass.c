/* SPDX-License-Identifier: MIT */
/* Whole passes: modes, guards, approvals, pauses, sightings, fights, and the state failing. */
#include "tests/unit/world_case.h"

#include <string.h>

static void expect(const World *world, Result result, int status, uint32_t deletions)
{
    assert_string_equal(report_result_text(world_result(world, 0)), report_result_text(result));
    assert_int_equal(report_exit_status(pass_get_report(world->pass)), status);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), deletions);
}

static void expect_pass(World *world, Result result, int status, uint32_t deletions)
{
    world_pass(world);
    expect(world, result, status, deletions);
}

static void expect_dry_pass(World *world, Result result, int status, uint32_t deletions)
{
    world_dry_pass(world);
    expect(world, result, status, deletions);
}

static void test_in_sync_takes_two_requests_and_no_state(void **state)
{
    World *world = *state;
    WorldChannel *channel = world_add_usual(world, "a", 3, 0);

    expect_pass(world, RESULT_IN_SYNC, 0, 0);
    assert_int_equal(world->send_count, 2);
    assert_int_equal(channel->recall_count, 0);
}

static void test_extras_are_deleted_and_confirmed(void **state)
{
    World *world = *state;

    world_add_usual(world, "a", 3, 2);
    expect_pass(world, RESULT_CONVERGED, 0, 2);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 2);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 2);
    assert_int_equal(world->told[EVENT_DELETED], 2);
    expect_pass(world, RESULT_IN_SYNC, 0, 0);
}

static void test_missing_members_are_drift_and_are_named(void **state)
{
    World *world = *state;
    const ChannelReport *report;

    world_add_usual(world, "a", 2, 1);
    world_want(world, &world->rosters[0], "blue", "10.0.0.99", 0);
    expect_pass(world, RESULT_DRIFT, 2, 1);
    report = world_report(world, 0);
    assert_int_equal(report->missing_count, 1);
    assert_string_equal(report->missing[0].group, "blue");
    assert_string_equal(report->missing[0].address, "10.0.0.99");
    assert_int_equal(report->missing[0].port, 8080);
    expect_pass(world, RESULT_DRIFT, 2, 0);
}

static void test_observe_and_dry_runs_only_plan(void **state)
{
    World *world = *state;

    world_add_usual(world, "a", 3, 2);
    expect_dry_pass(world, RESULT_DRIFT, 2, 0);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_PLANNED), 2);
    world->rosters[0].mode = MODE_OBSERVE;
    world->rosters[0].guards.max_deletes = 0;
    expect_pass(world, RESULT_DRIFT, 2, 0);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_PLANNED), 2);
    assert_int_equal(world->action_count, 0);
}

static void test_a_guard_holds_the_whole_channel_and_a_dry_run_tells(void **state)
{
    World *world = *state;
    const ChannelReport *report;
    char digest[DIGEST_HEX_SIZE];

    world_add_usual(world, "a", 3, 5);
    world_add_usual(world, "b", 3, 1);
    world->rosters[0].guards.max_deletes = 4;
    world->rosters[0].guards.max_delete_percent = 50;
    expect_dry_pass(world, RESULT_HELD, 3, 0);
    memcpy(digest, world_report(world, 0)->digest, sizeof(digest));
    expect_pass(world, RESULT_HELD, 3, 1);
    report = world_report(world, 0);
    assert_string_equal(report->digest, digest);
    assert_int_equal(report->guard_count, 2);
    assert_int_equal(report->guards[0].name, GUARD_MAX_DELETES);
    assert_int_equal(report->guards[0].planned, 5);
    assert_int_equal(report->guards[0].limit, 4);
    assert_int_equal(report->guards[1].name, GUARD_MAX_DELETE_PERCENT);
    assert_int_equal(report->guards[1].planned, 63);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_HELD), 5);
    assert_int_equal(world->told[EVENT_HELD], 1);
    assert_non_null(
        strstr(world->told_err.text, "max_deletes refuses (5 deletions planned, limit 4)"));
    assert_int_equal(world_result(world, 1), RESULT_CONVERGED);
}

/* Whoever thinks of another mode, or of ending a pause, sees what that would meet. */
static void test_guards_are_told_where_nothing_is_changed_anyway(void **state)
{
    World *world = *state;
    WorldChannel *channel = world_add_usual(world, "a", 3, 5);

    world->rosters[0].guards.max_deletes = 4;
    world->rosters[0].guards.max_delete_percent = 50;
    world->rosters[0].mode = MODE_OBSERVE;
    expect_pass(world, RESULT_DRIFT, 2, 0);
    assert_int_equal(world_report(world, 0)->guard_count, 2);
    assert_int_equal(world_report(world, 0)->guards[0].name, GUARD_MAX_DELETES);
    assert_int_equal(world_report(world, 0)->guards[0].planned, 5);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_HELD), 0);
    assert_int_equal(world->told[EVENT_HELD], 0);
    world->rosters[0].mode = MODE_PRUNE;
    channel->is_paused = true;
    expect_pass(world, RESULT_PAUSED, 2, 0);
    assert_int_equal(world_report(world, 0)->guard_count, 2);
    assert_int_equal(world->told[EVENT_HELD], 0);
    channel->is_paused = false;
    expect_pass(world, RESULT_HELD, 3, 0);
}

static void test_an_approval_lets_exactly_its_plan_pass_once(void **state)
{
    World *world = *state;
    WorldChannel *channel = world_add_usual(world, "a", 3, 3);

    world->rosters[0].guards.max_deletes = 1;
    world_dry_pass(world);
    world_approve(world, world_report(world, 0)->digest);
    expect_dry_pass(world, RESULT_DRIFT, 2, 0);
    assert_false(world->approvals[0].is_spent);
    expect_pass(world, RESULT_CONVERGED, 0, 3);
    assert_true(world->approvals[0].is_spent);
    for (size_t i = 0; i < 3; i++)
        world_add_member(channel, "10.9.9.9", (uint16_t)(i + 1));
    expect_pass(world, RESULT_HELD, 3, 0);
}

static void test_an_approval_of_another_plan_fits_nothing(void **state)
{
    World *world = *state;
    WorldChannel *channel = world_add_usual(world, "a", 3, 3);

    world->rosters[0].guards.max_deletes = 1;
    world_dry_pass(world);
    world_approve(world, world_report(world, 0)->digest);
    world_add_member(channel, "10.9.9.9", 80);
    expect_pass(world, RESULT_HELD, 3, 0);
    assert_false(world->approvals[0].is_spent);
    world_approve(world, world_report(world, 0)->digest);
    world_want(world, &world->rosters[0], "", "10.0.0.77", 0);
    expect_pass(world, RESULT_HELD, 3, 0);
}

static void test_an_approval_that_is_not_needed_is_not_spent(void **state)
{
    World *world = *state;

    world_add_usual(world, "a", 3, 1);
    world_dry_pass(world);
    world_approve(world, world_report(world, 0)->digest);
    expect_pass(world, RESULT_CONVERGED, 0, 1);
    assert_false(world->approvals[0].is_spent);
}

static void test_a_paused_channel_is_read_and_reported_only(void **state)
{
    World *world = *state;
    WorldChannel *channel = world_add_usual(world, "a", 2, 2);

    channel->is_paused = true;
    world->rosters[0].guards.max_deletes = 0;
    expect_pass(world, RESULT_PAUSED, 2, 0);
    assert_string_equal(world_report(world, 0)->pause_reason, "for a test");
    assert_int_equal(world_count_extras(world, 0, OUTCOME_PLANNED), 2);
    world_remove_member(channel->members[2], channel);
    world_remove_member(channel->members[3], channel);
    expect_pass(world, RESULT_IN_SYNC, 0, 0);
    world_want(world, &world->rosters[0], "", "10.0.0.77", 0);
    expect_pass(world, RESULT_PAUSED, 2, 0);
}

/* A pause of the roster holds beside the state's, in a dry run too; the longest is told. */
static void test_a_pause_in_the_roster(void **state)
{
    World *world = *state;
    WorldChannel *channel = world_add_usual(world, "a", 2, 2);
    RosterPause pause = {.reason = "move", .line = 3};

    world->rosters[0].pause = &pause;
    expect_pass(world, RESULT_PAUSED, 2, 0);
    assert_string_equal(world_report(world, 0)->pause_reason, "move");
    assert_int_equal(world_count_extras(world, 0, OUTCOME_PLANNED), 2);
    expect_dry_pass(world, RESULT_PAUSED, 2, 0);
    world_approve(world, world_report(world, 0)->digest);
    expect_pass(world, RESULT_PAUSED, 2, 0);
    assert_false(world->approvals[0].is_spent);
    pause.until_usec = world->realtime_usec + USEC_PER_DAY;
    channel->is_paused = true;
    expect_pass(world, RESULT_PAUSED, 2, 0);
    assert_string_equal(world_report(world, 0)->pause_reason, "for a test");
    assert_true(world_report(world, 0)->pause_end_usec == 0);
    channel->pause_end_usec = pause.until_usec - 1;
    expect_pass(world, RESULT_PAUSED, 2, 0);
    assert_string_equal(world_report(world, 0)->pause_reason, "move");
    assert_true(world_report(world, 0)->pause_end_usec == pause.until_usec);
    channel->is_paused = false;
    pause.until_usec = world->realtime_usec;
    expect_pass(world, RESULT_CONVERGED, 0, 2);
    assert_null(world_report(world, 0)->pause_reason);
    pause.until_usec = 0;
    expect_pass(world, RESULT_IN_SYNC, 0, 0);
    assert_string_equal(world_report(world, 0)->pause_reason, "move");
}

static void test_an_extra_must_be_seen_in_passes_in_a_row(void **state)
{
    World *world = *state;
    WorldChannel *channel = world_add_usual(world, "a", 3, 1);
    WorldMember *extra = channel->members[3];

    world->rosters[0].guards.confirm_passes = 3;
    expect_pass(world, RESULT_HELD, 3, 0);
    assert_int_equal(world_report(world, 0)->guards[0].planned, 1);
    expect_dry_pass(world, RESULT_HELD, 3, 0);
    assert_int_equal(world_report(world, 0)->guards[0].planned, 2);
    world_pass(world);
    assert_int_equal(world_report(world, 0)->guards[0].planned, 2);
    extra->exists = false;
    expect_pass(world, RESULT_IN_SYNC, 0, 0);
    extra->exists = true;
    world_pass(world);
    assert_int_equal(world_report(world, 0)->guards[0].planned, 1);
    world_pass(world);
    assert_int_equal(world_report(world, 0)->guards[0].planned, 2);
    expect_pass(world, RESULT_CONVERGED, 0, 1);
}

/* The extra belongs there for a while, in which no pass needs a confirmation. */
static void test_sightings_do_not_outlive_a_change_of_confirm_passes(void **state)
{
    World *world = *state;

    world_add_usual(world, "a", 3, 1);
    world->rosters[0].guards.confirm_passes = 2;
    expect_pass(world, RESULT_HELD, 3, 0);
    world_forget(world);
    world->rosters[0].guards.confirm_passes = 1;
    world_want(world, &world->rosters[0], "", "10.9.0.2", 8080);
    expect_pass(world, RESULT_IN_SYNC, 0, 0);
    world_forget(world);
    world->rosters[0].guards.confirm_passes = 2;
    world->rosters[0].member_count--;
    expect_pass(world, RESULT_HELD, 3, 0);
    assert_int_equal(world_report(world, 0)->guards[0].planned, 1);
    expect_pass(world, RESULT_CONVERGED, 0, 1);
}

static void test_a_list_that_failed_does_not_break_the_row_of_passes(void **state)
{
    World *world = *state;

    world_add_usual(world, "a", 3, 1);
    world->rosters[0].guards.confirm_passes = 2;
    world_pass(world);
    world_fault(world, REQUEST_LIST_MEMBERS, 1, 1, 403, "APIG.1005");
    expect_pass(world, RESULT_FAILED, 1, 0);
    expect_pass(world, RESULT_CONVERGED, 0, 1);
}

static void put_back(World *world, Result expected)
{
    world_add_member(&world->channels[0], "10.9.0.77", 80);
    world_pass(world);
    assert_string_equal(report_result_text(world_result(world, 0)), report_result_text(expected));
}

static void test_somebody_who_puts_a_member_back_wins_for_an_hour(void **state)
{
    World *world = *state;
    const ChannelReport *report;

    world_add_usual(world, "a", 3, 0);
    for (size_t i = 0; i < 3; i++)
        put_back(world, RESULT_CONVERGED);
    put_back(world, RESULT_HELD);
    report = world_report(world, 0);
    assert_int_equal(report->guards[0].name, GUARD_FIGHT);
    assert_int_equal(report->guards[0].planned, 3);
    world->realtime_usec -= 30 * USEC_PER_DAY;
    expect_pass(world, RESULT_HELD, 3, 0);
    world->realtime_usec += 30 * USEC_PER_DAY + USEC_PER_HOUR;
    expect_pass(world, RESULT_CONVERGED, 0, 1);
}

/* ---- the state fails ---- */

static void test_nothing_is_deleted_that_cannot_be_recorded(void **state)
{
    World *world = *state;

    world_add_usual(world, "a", 3, 2);
    world->record_error = -ENOSPC;
    expect_pass(world, RESULT_FAILED, 1, 0);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
    assert_non_null(
        strstr(report_error(world_report(world, 0))->text, "the state cannot be written"));
    world->record_error = 0;
    expect_pass(world, RESULT_CONVERGED, 0, 2);
}

static void test_an_outcome_that_cannot_be_kept_ends_the_channel(void **state)
{
    World *world = *state;

    world_add_usual(world, "a", 3, 4);
    world->decide_error = -EIO;
    world->decide_error_from = 2;
    expect_pass(world, RESULT_FAILED, 1, 2);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 2);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 1);
}

static void test_a_state_that_cannot_be_read_fails_the_channel(void **state)
{
    World *world = *state;

    world_add_usual(world, "a", 3, 1);
    world_add_usual(world, "b", 3, 0);
    world->recall_error = -EIO;
    expect_pass(world, RESULT_FAILED, 1, 0);
    assert_int_equal(world_result(world, 1), RESULT_IN_SYNC);
    world->recall_error = 0;
    world->remember_error = -EIO;
    world->rosters[0].guards.confirm_passes = 2;
    expect_pass(world, RESULT_FAILED, 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_CASE(test_in_sync_takes_two_requests_and_no_state),
        WORLD_CASE(test_extras_are_deleted_and_confirmed),
        WORLD_CASE(test_missing_members_are_drift_and_are_named),
        WORLD_CASE(test_observe_and_dry_runs_only_plan),
        WORLD_CASE(test_a_guard_holds_the_whole_channel_and_a_dry_run_tells),
        WORLD_CASE(test_guards_are_told_where_nothing_is_changed_anyway),
        WORLD_CASE(test_an_approval_lets_exactly_its_plan_pass_once),
        WORLD_CASE(test_an_approval_of_another_plan_fits_nothing),
        WORLD_CASE(test_an_approval_that_is_not_needed_is_not_spent),
        WORLD_CASE(test_a_paused_channel_is_read_and_reported_only),
        WORLD_CASE(test_a_pause_in_the_roster),
        WORLD_CASE(test_an_extra_must_be_seen_in_passes_in_a_row),
        WORLD_CASE(test_sightings_do_not_outlive_a_change_of_confirm_passes),
        WORLD_CASE(test_a_list_that_failed_does_not_break_the_row_of_passes),
        WORLD_CASE(test_somebody_who_puts_a_member_back_wins_for_an_hour),
        WORLD_CASE(test_nothing_is_deleted_that_cannot_be_recorded),
        WORLD_CASE(test_an_outcome_that_cannot_be_kept_ends_the_channel),
        WORLD_CASE(test_a_state_that_cannot_be_read_fails_the_channel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
