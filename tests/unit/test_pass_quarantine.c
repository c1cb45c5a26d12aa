/* SPDX-License-Identifier: MIT */
/* Quarantine on whole passes: an extra is disabled, waits, and is deleted; what is wanted again is
 * enabled. That nothing is deleted before its time, or enabled that rosterd had not disabled, are
 * rules of the world (tests/world/quarantine.c). */
#include <string.h>

#include "tests/unit/quarantine_case.h"
#include "tests/world/windows.h"

static void test_an_extra_is_disabled_waits_and_is_deleted(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world_pass(world);
    quarantine_case_expect(world, RESULT_QUARANTINED, 1, 0, 0);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_QUARANTINED), 1);
    assert_true(world_report(world, 0)->extras[0].until_usec > world->realtime_usec);
    assert_int_equal(world->told[EVENT_DISABLED], 1);
    assert_int_equal(quarantine_case_extra(world, 0)->status, 2);
    quarantine_case_pass_after(world, SPAN_USEC / 2);
    quarantine_case_expect(world, RESULT_QUARANTINED, 0, 0, 0);
    quarantine_case_pass_after(world, SPAN_USEC / 2);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 0, 1);
    assert_false(quarantine_case_extra(world, 0)->exists);
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_IN_SYNC, 0, 0, 0);
    world_free(world);
}

/* A wrong roster is put right by the next commit. */
static void test_what_is_wanted_again_is_enabled_by_the_next_pass(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world->rosters[0].guards.max_deletes = 1;
    world_pass(world);
    quarantine_case_want(world, quarantine_case_extra(world, 0));
    world->rosters[0].guards.max_deletes = 0;
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 1, 0);
    quarantine_case_expect_enabled(world, OUTCOME_CORRECTED);
    assert_int_equal(quarantine_case_extra(world, 0)->status, 1);
    assert_int_equal(world->told[EVENT_ENABLED], 1);
    quarantine_case_pass_after(world, 2 * SPAN_USEC);
    quarantine_case_expect(world, RESULT_IN_SYNC, 0, 0, 0);
    world_free(world);
}

static void test_what_is_ignored_by_now_is_enabled(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world_pass(world);
    world_ignore(world, &world->rosters[0])->host = quarantine_case_extra(world, 0)->canonical;
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 1, 0);
    world_free(world);
}

static void test_a_mode_that_deletes_nothing_enables_it(void **state)
{
    World *world = quarantine_case_new(MODE_SYNC, 1);

    (void)state;
    world_pass(world);
    world->rosters[0].mode = MODE_ADD;
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_DRIFT, 0, 1, 0);
    quarantine_case_expect_enabled(world, OUTCOME_CORRECTED);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 1);
    world_free(world);
}

static void test_observe_and_a_dry_run_hold_what_is_to_be_enabled(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world_pass(world);
    world->rosters[0].mode = MODE_OBSERVE;
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_DRIFT, 0, 0, 0);
    quarantine_case_expect_enabled(world, OUTCOME_PLANNED);
    world->rosters[0].mode = MODE_PRUNE;
    quarantine_case_want(world, quarantine_case_extra(world, 0));
    world_dry_pass(world);
    quarantine_case_expect(world, RESULT_DRIFT, 0, 0, 0);
    quarantine_case_expect_enabled(world, OUTCOME_PLANNED);
    assert_int_equal(report_exit_status(pass_get_report(world->pass)), 2);
    world_pass(world);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 1, 0);
    world_free(world);
}

static void test_a_pause_holds_what_is_to_be_enabled(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world_pass(world);
    quarantine_case_want(world, quarantine_case_extra(world, 0));
    world->channels[0].is_paused = true;
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_PAUSED, 0, 0, 0);
    quarantine_case_expect_enabled(world, OUTCOME_PLANNED);
    world->channels[0].is_paused = false;
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 1, 0);
    world_free(world);
}

static void close_it(World *world, bool is_frozen)
{
    static const ChangeWindow never = {
        .days = 1, .from_minute = 0, .to_minute = 1, .zone = &zone_utc, .zone_name = "UTC"};
    static const Freeze freeze = {0, UINT64_MAX / 2, "for a test"};

    world->rosters[0].windows = is_frozen ? (ChangeWindows){.freezes = &freeze, .freeze_count = 1}
                                          : (ChangeWindows){.windows = &never, .window_count = 1};
}

static void test_a_closed_window_holds_it_no_longer_than_a_freeze_does(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 2);

    (void)state;
    world_pass(world);
    quarantine_case_expect(world, RESULT_QUARANTINED, 2, 0, 0);
    quarantine_case_want(world, quarantine_case_extra(world, 0));
    close_it(world, true);
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_PAUSED, 0, 0, 0);
    close_it(world, false);
    quarantine_case_pass_after(world, SPAN_USEC);
    quarantine_case_expect(world, RESULT_PAUSED, 0, 1, 0);
    quarantine_case_expect_enabled(world, OUTCOME_CORRECTED);
    world->rosters[0].windows = (ChangeWindows){.window_count = 0};
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 0, 1);
    world_free(world);
}

/* Clocks that are apart close windows and freezes; where there are windows alone, it is enabled. */
static void test_clocks_apart_hold_it_where_there_are_freezes(void **state)
{
    static const Freeze over = {0, 1, "for a test"};
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world_pass(world);
    quarantine_case_want(world, quarantine_case_extra(world, 0));
    world->clock_apart_usec = USEC_PER_HOUR;
    world->rosters[0].windows = (ChangeWindows){.freezes = &over, .freeze_count = 1};
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_PAUSED, 0, 0, 0);
    close_it(world, false);
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 1, 0);
    world_free(world);
}

static void test_an_extra_that_somebody_had_disabled_enters_silently(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    quarantine_case_extra(world, 0)->status = 2;
    world_pass(world);
    quarantine_case_expect(world, RESULT_QUARANTINED, 0, 0, 0);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_QUARANTINED), 1);
    assert_int_equal(world->action_count, 0);
    quarantine_case_pass_after(world, SPAN_USEC);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 0, 1);
    world_free(world);
}

static void test_what_somebody_had_disabled_is_never_enabled(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    quarantine_case_extra(world, 0)->status = 2;
    world_pass(world);
    quarantine_case_want(world, quarantine_case_extra(world, 0));
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_IN_SYNC, 0, 0, 0);
    assert_int_equal(world_report(world, 0)->disabled_count, 1);
    /* And it enters anew. */
    world->rosters[0].member_count--;
    quarantine_case_pass_after(world, SPAN_USEC);
    quarantine_case_expect(world, RESULT_QUARANTINED, 0, 0, 0);
    quarantine_case_pass_after(world, SPAN_USEC / 2);
    quarantine_case_expect(world, RESULT_QUARANTINED, 0, 0, 0);
    world_free(world);
}

static void test_what_the_roster_states_disabled_stays_so(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);
    RosterMember *members;

    (void)state;
    world_pass(world);
    quarantine_case_want(world, quarantine_case_extra(world, 0));
    members = world_edit_members(world, &world->rosters[0]);
    members[2].states = ROSTER_MEMBER_ENABLED;
    members[2].enabled = false;
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_IN_SYNC, 0, 0, 0);
    members = world_edit_members(world, &world->rosters[0]);
    members[2].states = 0;
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 1, 0);
    world_free(world);
}

/* Disabled again, time anew; three times within the hour are a fight. */
static void test_who_enables_it_by_hand_begins_its_time_anew(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world_pass(world);
    for (size_t i = 0; i < 2; i++) {
        quarantine_case_extra(world, 0)->status = 1;
        quarantine_case_pass_after(world, 10 * USEC_PER_MINUTE);
        quarantine_case_expect(world, RESULT_QUARANTINED, 1, 0, 0);
    }
    quarantine_case_pass_after(world, SPAN_USEC - USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_QUARANTINED, 0, 0, 0);
    quarantine_case_extra(world, 0)->status = 1;
    world->realtime_usec -= 50 * USEC_PER_MINUTE;
    quarantine_case_pass_after(world, 2 * USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_HELD, 0, 0, 0);
    assert_string_equal(guard_name_text(world_report(world, 0)->guards[0].name), "fight");
    world_free(world);
}

static void test_who_deletes_it_by_hand_ends_it(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world_pass(world);
    world_remove_member(quarantine_case_extra(world, 0), &world->channels[0]);
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_IN_SYNC, 0, 0, 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_extra_is_disabled_waits_and_is_deleted),
        cmocka_unit_test(test_what_is_wanted_again_is_enabled_by_the_next_pass),
        cmocka_unit_test(test_what_is_ignored_by_now_is_enabled),
        cmocka_unit_test(test_a_mode_that_deletes_nothing_enables_it),
        cmocka_unit_test(test_observe_and_a_dry_run_hold_what_is_to_be_enabled),
        cmocka_unit_test(test_a_pause_holds_what_is_to_be_enabled),
        cmocka_unit_test(test_a_closed_window_holds_it_no_longer_than_a_freeze_does),
        cmocka_unit_test(test_clocks_apart_hold_it_where_there_are_freezes),
        cmocka_unit_test(test_an_extra_that_somebody_had_disabled_enters_silently),
        cmocka_unit_test(test_what_somebody_had_disabled_is_never_enabled),
        cmocka_unit_test(test_what_the_roster_states_disabled_stays_so),
        cmocka_unit_test(test_who_enables_it_by_hand_begins_its_time_anew),
        cmocka_unit_test(test_who_deletes_it_by_hand_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
