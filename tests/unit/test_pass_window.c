/* SPDX-License-Identifier: MIT */
/* Passes and change windows: what is closed is read and reported, what closes in mid-pass sends
 * nothing more, and an approval with --now opens a window but no freeze. */
#include <string.h>

#include "tests/world/world.h"
#include "tests/world/world_ops.h"

#define ALL_DAYS 0x7f
#define OUTSIDE "outside the change window"

/* The world begins at 2026-11-24T15:04:05Z. */
static const ChangeWindow morning[] = {
    {.days = ALL_DAYS, .from_minute = 420, .to_minute = 480, .zone = &zone_utc}};
static const ChangeWindow afternoon[] = {
    {.days = ALL_DAYS, .from_minute = 900, .to_minute = 960, .zone = &zone_utc}};

#define ONE(rows) ((ChangeWindows){.windows = rows, .window_count = 1})

static World *deleting(size_t extras)
{
    World *world = world_new(1);

    world_add_usual(world, "a", 9, extras);
    return world;
}

static uint64_t day_usec(const World *world)
{
    return world->realtime_usec - world->realtime_usec % USEC_PER_DAY;
}

static void expect(const World *world, Result result, int status, uint32_t deletions)
{
    assert_string_equal(report_result_text(world_result(world, 0)), report_result_text(result));
    assert_int_equal(report_exit_status(pass_get_report(world->pass)), status);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), deletions);
}

static void expect_pause(const World *world, const char *reason, uint64_t until_usec)
{
    const ChannelReport *report = world_report(world, 0);

    if (reason)
        assert_string_equal(report->pause_reason, reason);
    else
        assert_null(report->pause_reason);
    assert_true(report->pause_end_usec == until_usec);
}

static void test_outside_of_its_window_a_channel_is_only_read(void **state)
{
    World *world = deleting(2);
    uint64_t opens_usec = day_usec(world) + USEC_PER_DAY + 7 * USEC_PER_HOUR;

    (void)state;
    world->rosters[0].windows = ONE(morning);
    world_pass(world);
    expect(world, RESULT_PAUSED, 2, 0);
    expect_pause(world, OUTSIDE, opens_usec);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_PLANNED), 2);
    assert_true(world_report(world, 0)->digest[0]);
    world->realtime_usec = opens_usec;
    world_pass(world);
    expect(world, RESULT_CONVERGED, 0, 2);
    expect_pause(world, NULL, 0);
    world->realtime_usec += USEC_PER_HOUR;
    world_pass(world);
    expect(world, RESULT_IN_SYNC, 0, 0);
    expect_pause(world, OUTSIDE, opens_usec + USEC_PER_DAY);
    world_free(world);
}

static void test_settings_and_channel_must_both_be_open(void **state)
{
    World *world = deleting(2);

    (void)state;
    world->config.windows = ONE(morning);
    world->rosters[0].windows = ONE(afternoon);
    world_pass(world);
    expect(world, RESULT_PAUSED, 2, 0);
    expect_pause(world, OUTSIDE, 0);
    world->config.windows = ONE(afternoon);
    world_pass(world);
    expect(world, RESULT_CONVERGED, 0, 2);
    world_free(world);
}

/* Numbers and digest are shown while it is closed, and no guard of a pass counts the plan. */
static void test_guards_are_evaluated_meanwhile(void **state)
{
    World *world = deleting(3);

    (void)state;
    world->rosters[0].windows = ONE(morning);
    world->rosters[0].guards.max_deletes = 1;
    world->config.guards.max_deletes_total = 1;
    world_pass(world);
    expect(world, RESULT_PAUSED, 2, 0);
    assert_int_equal(world_report(world, 0)->guard_count, 1);
    assert_int_equal(world_report(world, 0)->guards[0].name, GUARD_MAX_DELETES);
    assert_int_equal(world_report(world, 0)->guards[0].planned, 3);
    assert_int_equal(pass_get_report(world->pass)->instances[0].guard_count, 0);
    world_free(world);
}

/* In flight: awaited; the next is not begun. */
static void test_a_window_that_closes_in_mid_pass(void **state)
{
    World *world = deleting(4);

    (void)state;
    world->rosters[0].windows = ONE(afternoon);
    world_begin(world, false);
    while (world_count_sent(world, REQUEST_DELETE_MEMBER) < 2)
        assert_true(world_step(world));
    world->realtime_usec = day_usec(world) + 16 * USEC_PER_HOUR;
    world_finish(world);
    expect(world, RESULT_PAUSED, 2, 2);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), 2);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
    expect_pause(world, OUTSIDE, day_usec(world) + USEC_PER_DAY + 15 * USEC_PER_HOUR);
    assert_false((world_report(world, 0)->error != NULL));
    for (size_t i = 0; i < world->action_count; i++)
        assert_true(world->actions[i].is_decided);
    world_free(world);
}

/* Nor is one sent again: whether it was carried out is looked for. */
static void test_a_window_that_closes_before_another_attempt(void **state)
{
    World *world = deleting(3);

    (void)state;
    world->rosters[0].windows = ONE(afternoon);
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 503, "");
    world_begin(world, false);
    while (world_count_sent(world, REQUEST_DELETE_MEMBER) < 1)
        assert_true(world_step(world));
    world->realtime_usec = day_usec(world) + 16 * USEC_PER_HOUR;
    world_finish(world);
    expect(world, RESULT_FAILED, 1, 1);
    assert_non_null(
        strstr(report_error(world_report(world, 0))->text, "changes ended during the pass"));
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 2);
    world_free(world);
}

static void test_a_window_that_closes_before_the_first(void **state)
{
    World *world = deleting(2);

    (void)state;
    world->rosters[0].windows = ONE(afternoon);
    world->refuses_changes = true;
    world_begin(world, false);
    while (!world->holds_changes)
        assert_true(world_step(world));
    world->realtime_usec = day_usec(world) + 16 * USEC_PER_HOUR;
    world_finish(world);
    expect(world, RESULT_PAUSED, 2, 0);
    assert_int_equal(world->action_count, 0);
    world_free(world);
}

static void test_a_freeze_tells_its_reason(void **state)
{
    World *world = deleting(2);
    Freeze freeze = {.from_usec = 1, .reason = "year end"};

    (void)state;
    freeze.to_usec = world->realtime_usec + USEC_PER_DAY;
    world->config.windows = (ChangeWindows){.freezes = &freeze, .freeze_count = 1};
    world_pass(world);
    expect(world, RESULT_PAUSED, 2, 0);
    expect_pause(world, "year end", freeze.to_usec);
    world->realtime_usec = freeze.to_usec;
    world_pass(world);
    expect(world, RESULT_CONVERGED, 0, 2);
    world_free(world);
}

/* Beside pauses: told is what holds longest. */
static void test_the_longest_is_told(void **state)
{
    World *world = deleting(2);
    uint64_t opens_usec = day_usec(world) + USEC_PER_DAY + 7 * USEC_PER_HOUR;

    (void)state;
    world->rosters[0].windows = ONE(morning);
    world_pause(world, &world->channels[0], opens_usec - 1);
    world_pass(world);
    expect_pause(world, OUTSIDE, opens_usec);
    world_pause(world, &world->channels[0], opens_usec + 1);
    world_pass(world);
    expect_pause(world, "for a test", opens_usec + 1);
    world_pause(world, &world->channels[0], 0);
    world_pass(world);
    expect_pause(world, "for a test", 0);
    world_free(world);
}

/* An approval waits for the window, and the time until then does not count. */
static void test_an_approval_waits(void **state)
{
    World *world = deleting(2);

    (void)state;
    world->rosters[0].windows = ONE(morning);
    world->rosters[0].guards.max_deletes = 0;
    world_pass(world);
    world_approve(world, world_report(world, 0)->digest);
    world->realtime_usec += 5 * USEC_PER_DAY;
    world_pass(world);
    expect(world, RESULT_PAUSED, 2, 0);
    assert_false(world->approvals[0].is_spent);
    world->realtime_usec = day_usec(world) + USEC_PER_DAY + 7 * USEC_PER_HOUR;
    world_pass(world);
    expect(world, RESULT_CONVERGED, 0, 2);
    assert_true(world->approvals[0].is_spent);
    world_free(world);
}

static void test_an_approval_opens_a_window_once(void **state)
{
    World *world = deleting(2);

    (void)state;
    world->rosters[0].windows = ONE(morning);
    world_pass(world);
    expect(world, RESULT_PAUSED, 2, 0);
    world_approve(world, world_report(world, 0)->digest);
    world_approve_now(world);
    world_dry_pass(world);
    expect(world, RESULT_DRIFT, 2, 0);
    world_pass(world);
    expect(world, RESULT_CONVERGED, 0, 2);
    assert_true(world->approvals[0].is_spent);
    world_add_member(&world->channels[0], "10.0.0.99", 8080);
    world_pass(world);
    expect(world, RESULT_PAUSED, 2, 0);
    world_free(world);
}

static void test_an_approval_opens_no_freeze_and_no_pause(void **state)
{
    World *world = deleting(2);
    Freeze freeze = {.from_usec = 1, .reason = "year end"};

    (void)state;
    freeze.to_usec = world->realtime_usec + USEC_PER_HOUR;
    world->rosters[0].windows = ONE(morning);
    world_pass(world);
    world_approve(world, world_report(world, 0)->digest);
    world_approve_now(world);
    world->config.windows = (ChangeWindows){.freezes = &freeze, .freeze_count = 1};
    world_pass(world);
    expect(world, RESULT_PAUSED, 2, 0);
    world->config.windows.freeze_count = 0;
    world_pause(world, &world->channels[0], 0);
    world_pass(world);
    expect(world, RESULT_PAUSED, 2, 0);
    assert_false(world->approvals[0].is_spent);
    world_free(world);
}

/* Clocks apart count as closed, only where there is a window, and no approval opens that. */
static void test_clocks_that_are_apart(void **state)
{
    World *world = deleting(2);

    (void)state;
    world->rosters[0].windows = ONE(afternoon);
    world->clock_apart_usec = 5 * USEC_PER_MINUTE + 1;
    world_pass(world);
    expect(world, RESULT_PAUSED, 2, 0);
    expect_pause(world, CHANGE_GATE_CLOCK_REASON, 0);
    world_approve(world, world_report(world, 0)->digest);
    world_approve_now(world);
    world_pass(world);
    expect(world, RESULT_PAUSED, 2, 0);
    world->clock_apart_usec = 5 * USEC_PER_MINUTE;
    world_pass(world);
    expect(world, RESULT_CONVERGED, 0, 2);
    world_free(world);
    world = deleting(2);
    world->clock_apart_usec = USEC_PER_DAY;
    world_pass(world);
    expect(world, RESULT_CONVERGED, 0, 2);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outside_of_its_window_a_channel_is_only_read),
        cmocka_unit_test(test_settings_and_channel_must_both_be_open),
        cmocka_unit_test(test_guards_are_evaluated_meanwhile),
        cmocka_unit_test(test_a_window_that_closes_in_mid_pass),
        cmocka_unit_test(test_a_window_that_closes_before_another_attempt),
        cmocka_unit_test(test_a_window_that_closes_before_the_first),
        cmocka_unit_test(test_a_freeze_tells_its_reason),
        cmocka_unit_test(test_the_longest_is_told),
        cmocka_unit_test(test_an_approval_waits),
        cmocka_unit_test(test_an_approval_opens_a_window_once),
        cmocka_unit_test(test_an_approval_opens_no_freeze_and_no_pause),
        cmocka_unit_test(test_clocks_that_are_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
