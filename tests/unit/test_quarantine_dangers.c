/* SPDX-License-Identifier: MIT */
/* Quarantine on whole passes: guards, what goes wrong, what comes between. */
#include <errno.h>
#include <string.h>

#include "tests/unit/quarantine_case.h"
#include "tests/world/undo.h"
#include "tests/world/windows.h"

static void test_guards_count_entries_and_not_what_leaves(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 3);
    Guards *guards = &world->rosters[0].guards;

    (void)state;
    guards->max_deletes = 2;
    world_pass(world);
    quarantine_case_expect(world, RESULT_HELD, 0, 0, 0);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_HELD), 3);
    world_approve(world, world_report(world, 0)->digest);
    world_pass(world);
    quarantine_case_expect(world, RESULT_QUARANTINED, 3, 0, 0);
    guards->max_deletes = guards->max_delete_percent = 0;
    guards->confirm_passes = 5;
    world->config.guards.max_deletes_total = world->config.guards.max_channels = 0;
    quarantine_case_pass_after(world, SPAN_USEC);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 0, 3);
    world_free(world);
}

static void test_min_remaining_holds_the_deletion_and_the_time_runs_on(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world_pass(world);
    world->rosters[0].guards.min_remaining = 3;
    quarantine_case_pass_after(world, SPAN_USEC);
    quarantine_case_expect(world, RESULT_HELD, 0, 0, 0);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_HELD), 1);
    world->rosters[0].guards.min_remaining = 1;
    quarantine_case_pass_after(world, USEC_PER_SEC);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 0, 1);
    world_free(world);
}

static void test_confirm_passes_counts_before_it_enters(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world->rosters[0].guards.confirm_passes = 2;
    world_pass(world);
    quarantine_case_expect(world, RESULT_HELD, 0, 0, 0);
    world_pass(world);
    quarantine_case_expect(world, RESULT_QUARANTINED, 1, 0, 0);
    world_free(world);
}

static void test_the_guards_of_a_pass_count_entries(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 3);

    (void)state;
    world->config.guards.max_deletes_total = 2;
    world_pass(world);
    quarantine_case_expect(world, RESULT_HELD, 0, 0, 0);
    world->config.guards.max_deletes_total = 3;
    world_pass(world);
    quarantine_case_expect(world, RESULT_QUARANTINED, 3, 0, 0);
    world_free(world);
}

static void test_a_longer_time_counts_at_once_a_shorter_one_later(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world_pass(world);
    world->rosters[0].quarantine_usec = 2 * SPAN_USEC;
    quarantine_case_pass_after(world, SPAN_USEC);
    quarantine_case_expect(world, RESULT_QUARANTINED, 0, 0, 0);
    world->rosters[0].quarantine_usec = USEC_PER_SEC;
    quarantine_case_pass_after(world, SPAN_USEC / 2);
    quarantine_case_expect(world, RESULT_QUARANTINED, 0, 0, 0);
    world->rosters[0].quarantine_usec = 0;
    world_add_member(&world->channels[0], "10.9.7.7", 8080);
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_QUARANTINED, 0, 0, 1);
    quarantine_case_pass_after(world, SPAN_USEC / 2);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 0, 1);
    world_free(world);
}

static void test_additions_come_before_what_is_disabled(void **state)
{
    World *world = quarantine_case_new(MODE_SYNC, 2);

    (void)state;
    world_want(world, &world->rosters[0], "", "10.5.0.1", 8080);
    world_fault(world, REQUEST_ADD_MEMBERS, 1, 1, 400, "APIG.2015");
    world_pass(world);
    quarantine_case_expect(world, RESULT_FAILED, 0, 0, 0);
    world_pass(world);
    quarantine_case_expect(world, RESULT_QUARANTINED, 2, 0, 0);
    assert_true(world_sent_at(world, REQUEST_DISABLE_MEMBER, 1) >=
                world_sent_at(world, REQUEST_ADD_MEMBERS, 1) + 10 * USEC_PER_SEC);
    world_free(world);
}

static void test_nothing_is_disabled_where_enabling_failed(void **state)
{
    World *world = quarantine_case_new(MODE_SYNC, 2);

    (void)state;
    world_pass(world);
    quarantine_case_want(world, quarantine_case_extra(world, 0));
    world_add_member(&world->channels[0], "10.9.7.7", 8080);
    world_fault(world, REQUEST_ENABLE_MEMBER, 1, 1, 400, "APIG.2012");
    quarantine_case_pass_after(world, 2 * SPAN_USEC);
    quarantine_case_expect(world, RESULT_FAILED, 0, 1, 0);
    quarantine_case_expect_enabled(world, OUTCOME_FAILED);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
    assert_int_equal(world->told[EVENT_ENABLE_FAILED], 1);
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_QUARANTINED, 1, 1, 1);
    world_free(world);
}

static void test_a_204_that_was_a_lie_is_a_failure(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world_fault(world, REQUEST_DISABLE_MEMBER, 1, 1, 204, "");
    world_pass(world);
    quarantine_case_expect(world, RESULT_FAILED, 1, 0, 0);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_FAILED), 1);
    assert_non_null(strstr(report_error(world_report(world, 0))->text, "does not list it so"));
    /* Its time has not begun. */
    quarantine_case_pass_after(world, 2 * SPAN_USEC);
    quarantine_case_expect(world, RESULT_QUARANTINED, 1, 0, 0);
    world_free(world);
}

static void test_a_lost_answer_is_found_out_by_the_list(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world->config.retry.attempts = 1;
    world_fault_kind(world, REQUEST_DISABLE_MEMBER, 1, 1, ANSWER_LOST)->has_effect = true;
    world_pass(world);
    quarantine_case_expect(world, RESULT_QUARANTINED, 1, 0, 0);
    assert_int_equal(world_find_action(world, quarantine_case_extra(world, 0))->outcome,
                     OUTCOME_DISABLED);
    world_free(world);
}

static void remove_extra(World *world, void *unused)
{
    (void)unused;
    world_remove_member(quarantine_case_extra(world, 0), &world->channels[0]);
}

static void test_one_that_goes_meanwhile_is_gone(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world->latency_usec = USEC_PER_SEC;
    world_begin(world, false);
    world_at(world, 2 * USEC_PER_SEC + USEC_PER_MSEC, remove_extra, NULL);
    world_finish(world);
    quarantine_case_expect(world, RESULT_CONVERGED, 1, 0, 0);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_GONE), 1);
    world_free(world);
}

static void test_an_undo_says_that_one_is_gone_that_went_meanwhile(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);
    const UndoItem *item;

    (void)state;
    world_pass(world);
    quarantine_case_expect(world, RESULT_QUARANTINED, 1, 0, 0);
    world->latency_usec = USEC_PER_SEC;
    world->channels[0].lag_usec = 8 * USEC_PER_SEC;
    remove_extra(world, NULL);
    world_undo(world);
    assert_int_equal(world_count_sent(world, REQUEST_ENABLE_MEMBER), 1);
    item = &world->undo->undos[0].items[0];
    assert_string_equal(ops_outcome_text(item->outcome), "gone");
    world_free(world);
}

/* Killed at each effect in turn, before it and after it: the next passes bring it to its end, and
 * the rules of the world hold. */
static void test_killed_at_any_instant(void **state)
{
    (void)state;
    for (uint64_t call = 1; call < 12; call++) {
        for (int before = 0; before < 2; before++) {
            World *world = quarantine_case_new(MODE_PRUNE, 2);

            world_begin(world, false);
            world->kill_at_call = call;
            world->kills_before = before;
            while (world_step(world))
                ;
            if (world->is_dead)
                world_kill(world);
            quarantine_case_pass_after(world, 2 * USEC_PER_MINUTE);
            assert_int_equal(world_result(world, 0), RESULT_QUARANTINED);
            quarantine_case_want(world, quarantine_case_extra(world, 0));
            world_begin(world, false);
            world->kill_at_call = call;
            world->kills_before = before;
            while (world_step(world))
                ;
            if (world->is_dead)
                world_kill(world);
            quarantine_case_pass_after(world, 2 * USEC_PER_MINUTE);
            assert_int_equal(quarantine_case_extra(world, 0)->status, 1);
            quarantine_case_pass_after(world, SPAN_USEC);
            assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
            assert_true(quarantine_case_extra(world, 0)->exists);
            assert_false(quarantine_case_extra(world, 1)->exists);
            world_free(world);
        }
    }
}

static void pause_a(World *world, void *unused)
{
    (void)unused;
    world_pause(world, &world->channels[0], 0);
}

static void test_a_pause_in_between_leaves_the_rest(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 3);

    (void)state;
    world->latency_usec = USEC_PER_SEC;
    world_begin(world, false);
    world_at(world, 2 * USEC_PER_SEC + 500 * USEC_PER_MSEC, pause_a, NULL);
    world_finish(world);
    quarantine_case_expect(world, RESULT_PAUSED, 1, 0, 0);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_QUARANTINED), 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
    world->channels[0].is_paused = false;
    quarantine_case_pass_after(world, SPAN_USEC);
    quarantine_case_expect(world, RESULT_QUARANTINED, 2, 0, 1);
    world_free(world);
}

static void test_what_cannot_be_kept_as_skipped_fails_the_channel(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 3);

    (void)state;
    world->latency_usec = USEC_PER_SEC;
    world->decide_error = -EIO;
    world->decide_error_from = 2;
    world_begin(world, false);
    world_at(world, 2 * USEC_PER_SEC + 500 * USEC_PER_MSEC, pause_a, NULL);
    world_finish(world);
    quarantine_case_expect(world, RESULT_FAILED, 1, 0, 0);
    assert_non_null(
        strstr(report_error(world_report(world, 0))->text, "the state cannot be written"));
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guards_count_entries_and_not_what_leaves),
        cmocka_unit_test(test_min_remaining_holds_the_deletion_and_the_time_runs_on),
        cmocka_unit_test(test_confirm_passes_counts_before_it_enters),
        cmocka_unit_test(test_the_guards_of_a_pass_count_entries),
        cmocka_unit_test(test_a_longer_time_counts_at_once_a_shorter_one_later),
        cmocka_unit_test(test_additions_come_before_what_is_disabled),
        cmocka_unit_test(test_nothing_is_disabled_where_enabling_failed),
        cmocka_unit_test(test_a_204_that_was_a_lie_is_a_failure),
        cmocka_unit_test(test_a_lost_answer_is_found_out_by_the_list),
        cmocka_unit_test(test_one_that_goes_meanwhile_is_gone),
        cmocka_unit_test(test_an_undo_says_that_one_is_gone_that_went_meanwhile),
        cmocka_unit_test(test_killed_at_any_instant),
        cmocka_unit_test(test_a_pause_in_between_leaves_the_rest),
        cmocka_unit_test(test_what_cannot_be_kept_as_skipped_fails_the_channel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
