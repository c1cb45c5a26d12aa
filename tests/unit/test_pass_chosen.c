/* SPDX-License-Identifier: MIT */
/* Passes that are confined to plans made before: these are carried out and no other. That nothing
 * else is recorded is a rule of the world (tests/world/chosen.c). */
#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "tests/unit/quarantine_case.h"
#include "tests/world/chosen.h"

/* A world with two channels, each with two extras, and the plan of both. */
static World *planned(void)
{
    World *world = world_new(1);

    world_add_usual(world, "a", 3, 2);
    world_add_usual(world, "b", 3, 2);
    world_dry_pass(world);
    chosen_take(world);
    return world;
}

static void expect(const World *world, size_t roster, Result result, uint32_t deleted)
{
    assert_string_equal(report_result_text(world_result(world, roster)),
                        report_result_text(result));
    assert_int_equal(world_count_extras(world, roster, OUTCOME_DELETED), deleted);
}

static void expect_skipped(const World *world, size_t roster, const char *why)
{
    expect(world, roster, RESULT_DRIFT, 0);
    assert_int_equal(world_count_extras(world, roster, OUTCOME_SKIPPED),
                     world_report(world, roster)->extra_count);
    assert_non_null(strstr(report_error(world_report(world, roster))->text, why));
    assert_int_equal(report_exit_status(pass_get_report(world->pass)), 2);
}

static void test_the_plan_is_carried_out(void **state)
{
    World *world = planned();

    (void)state;
    world_pass(world);
    expect(world, 0, RESULT_CONVERGED, 2);
    expect(world, 1, RESULT_CONVERGED, 2);
    world_pass(world);
    expect(world, 0, RESULT_IN_SYNC, 0);
    world_free(world);
}

/* One more extra, and one less, is another plan; the other channel's stands. */
static void test_a_channel_whose_plan_differs_is_not_touched(void **state)
{
    World *world = planned();

    (void)state;
    world_add_member(&world->channels[0], "10.9.0.77", 8080);
    world_pass(world);
    expect_skipped(world, 0, "not what would be done here by now");
    expect(world, 1, RESULT_CONVERGED, 2);
    world->chosen = NULL;
    world_pass(world);
    expect(world, 0, RESULT_CONVERGED, 3);
    world_free(world);
}

static void test_a_channel_of_no_plan_is_not_touched(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 0);
    world_add_usual(world, "b", 3, 2);
    world_dry_pass(world);
    chosen_take(world);
    world_add_usual(world, "c", 3, 2);
    world_add_member(&world->channels[0], "10.9.0.77", 8080);
    world_pass(world);
    expect_skipped(world, 0, "not what would be done here by now");
    expect(world, 1, RESULT_CONVERGED, 2);
    expect_skipped(world, 2, "changes nothing here");
    world_free(world);
}

/* Whatever the local name of the instance: by its endpoint, its project and its id. */
static void test_another_instance_is_another_plan(void **state)
{
    World *world = planned();

    (void)state;
    world->config_instances[0].instance_id = "6a7b8c9d-0000-4000-8000-00000000ffff";
    world_pass(world);
    expect_skipped(world, 0, "changes nothing here");
    world_free(world);
}

static void test_another_roster_is_another_plan(void **state)
{
    World *world = planned();

    (void)state;
    world_want(world, &world->rosters[0], "", "10.3.3.3", 8080);
    world_pass(world);
    expect_skipped(world, 0, "not what would be done here by now");
    world_free(world);
}

/* Being chosen is no approval; a refusal that is new makes another plan. */
static void test_guards_hold_as_ever(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 2);
    world->rosters[0].guards.max_deletes = 1;
    world_dry_pass(world);
    chosen_take(world);
    world_pass(world);
    expect(world, 0, RESULT_HELD, 0);
    assert_int_equal(report_exit_status(pass_get_report(world->pass)), 3);
    world->rosters[0].guards.min_remaining = 50;
    world_pass(world);
    expect_skipped(world, 0, "not what would be done here by now");
    assert_int_equal(world_report(world, 0)->guard_count, 2);
    world->rosters[0].guards.min_remaining = 0;
    world_approve(world, world_report(world, 0)->digest);
    world_pass(world);
    expect(world, 0, RESULT_HELD, 0);
    world_approve(world, world_report(world, 0)->digest);
    world_pass(world);
    expect(world, 0, RESULT_CONVERGED, 2);
    world_free(world);
}

/* What is not of the plan counts for no guard of a pass. */
static void test_guards_of_a_pass_count_what_is_chosen(void **state)
{
    World *world = planned();

    (void)state;
    world->config.guards.max_deletes_total = 2;
    world_pass(world);
    expect(world, 0, RESULT_HELD, 0);
    expect(world, 1, RESULT_HELD, 0);
    world_add_member(&world->channels[0], "10.9.0.77", 8080);
    world_pass(world);
    expect_skipped(world, 0, "not what would be done here by now");
    expect(world, 1, RESULT_CONVERGED, 2);
    world_free(world);
}

static void test_a_pause_holds_what_is_chosen(void **state)
{
    World *world = planned();

    (void)state;
    world->channels[0].is_paused = true;
    world_pass(world);
    expect(world, 0, RESULT_PAUSED, 0);
    expect(world, 1, RESULT_CONVERGED, 2);
    world->channels[0].is_paused = false;
    world_pass(world);
    expect(world, 0, RESULT_CONVERGED, 2);
    world_free(world);
}

static void test_plans_lapse(void **state)
{
    World *world = planned();

    (void)state;
    world->gap_usec = USEC_PER_DAY;
    world_pass(world);
    expect_skipped(world, 0, "lapsed 24 h later");
    world->realtime_usec -= 2 * USEC_PER_DAY;
    world->gap_usec = 0;
    world_pass(world);
    expect_skipped(world, 0, "in the future");
    world_free(world);
}

static void test_a_dry_run_shows_what_is_not_of_the_plan(void **state)
{
    World *world = planned();

    (void)state;
    world_add_member(&world->channels[0], "10.9.0.77", 8080);
    world_dry_pass(world);
    expect_skipped(world, 0, "not what would be done here by now");
    assert_int_equal(world_count_extras(world, 1, OUTCOME_PLANNED), 2);
    world_free(world);
}

static void test_additions_are_of_the_plan_too(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 1);
    world->rosters[0].mode = MODE_SYNC;
    world_want(world, &world->rosters[0], "", "10.0.0.50", 8080);
    world_dry_pass(world);
    chosen_take(world);
    world_want(world, &world->rosters[0], "", "10.0.0.51", 8080);
    world_pass(world);
    expect_skipped(world, 0, "not what would be done here by now");
    assert_int_equal(world_report(world, 0)->added[0].outcome, OUTCOME_SKIPPED);
    assert_int_equal(world_count_sent(world, REQUEST_ADD_MEMBERS), 0);
    world->rosters[0].member_count--;
    world_pass(world);
    expect(world, 0, RESULT_CONVERGED, 1);
    assert_int_equal(world_count_sent(world, REQUEST_ADD_MEMBERS), 1);
    world_free(world);
}

/* The time in quarantine of one is over meanwhile: it would be deleted, and was not to be. */
static void test_what_is_due_by_now_is_of_another_plan(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world_pass(world);
    world_dry_pass(world);
    chosen_take(world);
    quarantine_case_pass_after(world, 2 * SPAN_USEC);
    quarantine_case_expect(world, RESULT_DRIFT, 0, 0, 0);
    world_dry_pass(world);
    chosen_take(world);
    world_pass(world);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 0, 1);
    world_free(world);
}

/* No guard and no window holds what is enabled again, but a plan that does not have it does. */
static void test_what_is_enabled_is_of_the_plan_too(void **state)
{
    World *world = quarantine_case_new(MODE_PRUNE, 1);

    (void)state;
    world_pass(world);
    world_dry_pass(world);
    chosen_take(world);
    quarantine_case_want(world, quarantine_case_extra(world, 0));
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_DRIFT, 0, 0, 0);
    quarantine_case_expect_enabled(world, OUTCOME_SKIPPED);
    world_dry_pass(world);
    chosen_take(world);
    world_pass(world);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 1, 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_plan_is_carried_out),
        cmocka_unit_test(test_a_channel_whose_plan_differs_is_not_touched),
        cmocka_unit_test(test_a_channel_of_no_plan_is_not_touched),
        cmocka_unit_test(test_another_instance_is_another_plan),
        cmocka_unit_test(test_another_roster_is_another_plan),
        cmocka_unit_test(test_guards_hold_as_ever),
        cmocka_unit_test(test_guards_of_a_pass_count_what_is_chosen),
        cmocka_unit_test(test_a_pause_holds_what_is_chosen),
        cmocka_unit_test(test_plans_lapse),
        cmocka_unit_test(test_a_dry_run_shows_what_is_not_of_the_plan),
        cmocka_unit_test(test_additions_are_of_the_plan_too),
        cmocka_unit_test(test_what_is_due_by_now_is_of_another_plan),
        cmocka_unit_test(test_what_is_enabled_is_of_the_plan_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
