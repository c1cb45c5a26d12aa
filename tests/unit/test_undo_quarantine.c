/* SPDX-License-Identifier: MIT */
/* Undo of passes that disabled members: who is in quarantine by rosterd's hand is enabled again,
 * and nobody else. */
#include <string.h>

#include "tests/unit/quarantine_case.h"
#include "tests/unit/undo_case.h"

static void expect_item(const World *world, size_t number, Outcome outcome, const char *reason)
{
    const UndoItem *item = world_undo_item(world, 0, number);

    assert_string_equal(ops_outcome_text(item->outcome), ops_outcome_text(outcome));
    if (!strstr(item->reason, reason))
        fail_msg("\"%s\" instead of \"%s\"", item->reason, reason);
}

static World *disabled(size_t count)
{
    World *world = quarantine_case_new(MODE_PRUNE, count);

    world_pass(world);
    quarantine_case_expect(world, RESULT_QUARANTINED, (uint32_t)count, 0, 0);
    return world;
}

static void test_who_was_disabled_is_enabled(void **state)
{
    World *world = disabled(2);

    (void)state;
    world_undo(world);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 2, 0);
    assert_int_equal(quarantine_case_extra(world, 0)->status, 1);
    assert_int_equal(quarantine_case_extra(world, 1)->status, 1);
    world_free(world);
}

static void test_who_is_enabled_already_is_left_alone(void **state)
{
    World *world = disabled(2);

    (void)state;
    quarantine_case_extra(world, 0)->status = 1;
    world_undo(world);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 1, 0);
    expect_item(world, 0, OUTCOME_LIVE, "it is enabled");
    assert_int_equal(quarantine_case_extra(world, 1)->status, 1);
    world_free(world);
}

static void test_who_is_gone_is_left_alone(void **state)
{
    World *world = disabled(2);

    (void)state;
    world_remove_member(quarantine_case_extra(world, 0), &world->channels[0]);
    world_undo(world);
    assert_int_equal(world_count_sent(world, REQUEST_ENABLE_MEMBER), 1);
    expect_item(world, 0, OUTCOME_GONE, "it is not there any more");
    world_free(world);
}

/* Enabled by the roster, and disabled again by somebody else. */
static void test_whom_somebody_else_has_disabled_since_stays_so(void **state)
{
    World *world = disabled(1);
    uint32_t pass = world->pass_serial;

    (void)state;
    quarantine_case_want(world, quarantine_case_extra(world, 0));
    quarantine_case_pass_after(world, USEC_PER_MINUTE);
    quarantine_case_expect(world, RESULT_CONVERGED, 0, 1, 0);
    quarantine_case_extra(world, 0)->status = 2;
    assert_true(world_begin_undo(world, pass, false));
    world_finish(world);
    assert_int_equal(world_count_sent(world, REQUEST_ENABLE_MEMBER), 0);
    expect_item(world, 0, OUTCOME_CHANGED, "it is not in quarantine any more");
    assert_int_equal(quarantine_case_extra(world, 0)->status, 2);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_was_disabled_is_enabled),
        cmocka_unit_test(test_who_is_enabled_already_is_left_alone),
        cmocka_unit_test(test_who_is_gone_is_left_alone),
        cmocka_unit_test(test_whom_somebody_else_has_disabled_since_stays_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
