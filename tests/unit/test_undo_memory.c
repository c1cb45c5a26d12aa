/* SPDX-License-Identifier: MIT */
/* Every allocation of an undo fails once, in turn: it ends, says so where it failed, and the next
 * undo puts everybody back. Needs the allocator to itself. */
#include "tests/unit/failing_world.h"
#include "tests/unit/undo_case.h"
#include "tests/world/undo.h"

/* ---- undos that run out of memory ---- */

static Ops safe_ops;

static void undo_guard_world(World *world)
{
    safe_ops = world_ops;
    safe_ops.submit = failing_world_submit;
    safe_ops.record = failing_world_record;
    world->ops = &safe_ops;
    world->inside = failing_world_inside;
}

/* An undo of which allocation `index` fails, and one that has all it needs. Whether the first has
 * so many. */
static bool undo_twice(World *world, long index)
{
    bool has_failed;

    undo_guard_world(world);
    failing_pause(true);
    failing_after(index);
    world_undo(world);
    failing_stop();
    has_failed = failing_did();
    assert_int_equal(world_result(world, 0), has_failed ? RESULT_FAILED : RESULT_CONVERGED);
    if (has_failed)
        assert_true(undo_case_says(world, "out of memory"));
    world_undo(world);
    assert_true(world_result(world, 0) <= RESULT_CONVERGED);
    return has_failed;
}

/* An undo of which allocation `index` fails. False when it has fewer. */
static bool undo_without(long index)
{
    World *world = undo_case_pruned(8);
    bool has_failed;

    world_fault(world, REQUEST_ADD_MEMBERS, 2, 1, 504, "")->has_effect = true;
    has_failed = undo_twice(world, index);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(world_count_same(&world->channels[0], world->channels[0].members[3 + i]),
                         1);
    failing_pause(false);
    world_free(world);
    return has_failed;
}

/* The same of a pass that added, corrected and deleted. */
static bool mixed_undo_without(long index)
{
    World *world = undo_case_mixed();
    bool has_failed;

    has_failed = undo_twice(world, index);
    undo_case_expect_as_before(world);
    failing_pause(false);
    world_free(world);
    return has_failed;
}

static void test_each_allocation_of_a_mixed_undo(void **state)
{
    long index = 0;

    (void)state;
    if (!failing_is_possible())
        skip();
    while (mixed_undo_without(index))
        index++;
    assert_true(index > 20);
}

static void test_each_allocation_of_an_undo(void **state)
{
    long index = 0;

    (void)state;
    if (!failing_is_possible())
        skip();
    while (undo_without(index))
        index++;
    assert_true(index > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_of_an_undo),
        cmocka_unit_test(test_each_allocation_of_a_mixed_undo),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
