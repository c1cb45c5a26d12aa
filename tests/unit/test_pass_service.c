/* SPDX-License-Identifier: MIT */
/* Who stays in service, on whole passes: what is added or stated to be disabled does not count for
 * min_remaining; and which members an event names whose plan is held. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/sync_case.h"

/* ---- who stays in service ---- */

static void state_disabled(World *world, size_t member)
{
    RosterMember *stated = &world_edit_members(world, &world->rosters[0])[member];

    stated->states |= ROSTER_MEMBER_ENABLED;
    stated->enabled = false;
}

/* Of three that are wanted, the roster disables the first: two stay. */
static void expect_correction(uint32_t min_remaining, Result result)
{
    World *world = sync_case_new(MODE_SYNC, 3, 0, 0);

    state_disabled(world, 0);
    world->rosters[0].guards.min_remaining = min_remaining;
    world_pass(world);
    sync_case_expect(world, result, result == RESULT_CONVERGED ? 1 : 0, 0);
    assert_int_equal(world->channels[0].members[0]->status, result == RESULT_CONVERGED ? 2 : 1);
    world_free(world);
}

static void test_a_member_that_is_corrected_to_be_disabled_goes_out_of_service(void **state)
{
    (void)state;
    expect_correction(2, RESULT_CONVERGED);
    expect_correction(3, RESULT_HELD);
}

/* Two stay, one is missing and may be wanted disabled, and one extra goes. */
static void expect_addition(bool is_disabled, uint32_t min_remaining, Result result)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 1);

    if (is_disabled)
        state_disabled(world, 2);
    world->rosters[0].guards.min_remaining = min_remaining;
    world_pass(world);
    sync_case_expect(world, result, result == RESULT_CONVERGED ? 1 : 0,
                     result == RESULT_CONVERGED ? 1 : 0);
    world_free(world);
}

static void test_a_member_that_is_added_counts_unless_it_is_to_be_disabled(void **state)
{
    (void)state;
    expect_addition(false, 3, RESULT_CONVERGED);
    expect_addition(false, 4, RESULT_HELD);
    expect_addition(true, 2, RESULT_CONVERGED);
    expect_addition(true, 3, RESULT_HELD);
}

/* ---- what is told of a held plan ---- */

static char told_members[4096];
static char told_why[1024];

static void tell(void *context, const Event *event)
{
    if (event->kind == EVENT_HELD) {
        snprintf(told_members, sizeof(told_members), "%s", event->members ? event->members : "");
        snprintf(told_why, sizeof(told_why), "%s", event->err ? event->err->text : "");
    }
    world_ops.tell(context, event);
}

static void hold(World *world)
{
    Ops ops = world_ops;

    ops.tell = tell;
    world->ops = &ops;
    world->rosters[0].guards.max_deletes = 1;
    memset(told_members, 0, sizeof(told_members));
    memset(told_why, 0, sizeof(told_why));
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_HELD);
    world_free(world);
}

static void test_members_of_a_held_plan_are_named(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 2);
    hold(world);
    assert_string_equal(told_members, "10.9.0.2:8080, 10.9.0.3:8080");
    assert_non_null(strstr(told_why, "2 members are extra, none is deleted: max_deletes refuses "
                                     "(2 deletions planned, limit 1)"));
}

static void test_twenty_are_named_and_the_others_counted(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 30, 20);
    hold(world);
    assert_non_null(strstr(told_members, ", 10.9.0.21:8080"));
    assert_null(strstr(told_members, " more"));
    world = world_new(1);
    world_add_usual(world, "a", 30, 22);
    hold(world);
    assert_non_null(strstr(told_members, " and 2 more"));
    assert_null(strstr(told_members, "10.9.0.22"));
}

static void test_what_is_added_and_corrected_has_signs(void **state)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 2);

    (void)state;
    state_disabled(world, 0);
    hold(world);
    assert_string_equal(told_members,
                        "+10.5.0.1:8080, ~10.0.0.2:8080, -10.9.0.2:8080, -10.9.0.3:8080");
    assert_non_null(strstr(told_why, "4 changes are planned, none is made: max_deletes refuses "
                                     "(3 deletions planned, limit 1)"));
    world = sync_case_new(MODE_SYNC, 2, 0, 2); /* one of them is corrected alone */
    state_disabled(world, 0);
    hold(world);
    assert_string_equal(told_members, "~10.0.0.2:8080, -10.9.0.2:8080, -10.9.0.3:8080");
    assert_non_null(strstr(told_why, "3 changes are planned"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_member_that_is_corrected_to_be_disabled_goes_out_of_service),
        cmocka_unit_test(test_a_member_that_is_added_counts_unless_it_is_to_be_disabled),
        cmocka_unit_test(test_members_of_a_held_plan_are_named),
        cmocka_unit_test(test_twenty_are_named_and_the_others_counted),
        cmocka_unit_test(test_what_is_added_and_corrected_has_signs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
