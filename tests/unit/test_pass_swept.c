/* SPDX-License-Identifier: MIT */
/* What a channel's work needed is given back while its pass goes on, unless it may still have an
 * answer to come. */
#include "reconcile/pass/pass_internal.h"
#include "tests/world/world.h"

static const InstanceChannel *channel_of(const World *world, size_t number)
{
    return &world->pass->instances[0].channels[number];
}

static void test_what_is_in_sync_is_swept_away(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 3, 0);
    world_add_usual(world, "b", 3, 1);
    world_add_usual(world, "c", 3, 0);
    world->config.limits.concurrency = 1;
    world_begin(world, false);
    while (world_count_sent(world, REQUEST_LIST_MEMBERS) < 2)
        assert_true(world_step(world));
    assert_null(channel_of(world, 0)->pass);
    assert_true(channel_of(world, 0)->was_closed);
    assert_non_null(channel_of(world, 1)->pass);
    world_finish(world);
    assert_non_null(channel_of(world, 1)->pass); /* it has changed something */
    assert_null(channel_of(world, 2)->pass);
    assert_int_equal(world_result(world, 0), RESULT_IN_SYNC);
    assert_int_equal(world_result(world, 1), RESULT_CONVERGED);
    assert_int_equal(world_result(world, 2), RESULT_IN_SYNC);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_in_sync_is_swept_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
