/* SPDX-License-Identifier: MIT */
/* What keeps extras when what was added is gone again before they may go. */
#include <errno.h>
#include <string.h>

#include "tests/unit/sync_case.h"

static void remove_added(World *world, void *argument)
{
    WorldChannel *channel = argument;

    world_remove_member(channel->members[channel->member_count - 1], channel);
    (void)world;
}

static World *world_without_what_was_added(void)
{
    World *world = sync_case_new(MODE_SYNC, 2, 1, 2);

    world->config.settle_usec = USEC_PER_MINUTE;
    world_begin(world, false);
    world_at(world, USEC_PER_MINUTE / 2, remove_added, &world->channels[0]);
    return world;
}

static void test_extras_stay_where_what_was_added_is_gone_again(void **state)
{
    World *world = world_without_what_was_added();
    const ChannelReport *report;

    (void)state;
    world_finish(world);
    sync_case_expect(world, RESULT_DRIFT, 1, 0);
    report = world_report(world, 0);
    assert_int_equal(report->missing_count, 1);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
    assert_non_null(strstr(report_error(report)->text, "not listed any more"));
    world_free(world);
}

static void test_extras_that_cannot_be_kept_as_skipped_fail_the_channel(void **state)
{
    World *world = world_without_what_was_added();

    (void)state;
    world->decide_error = -EIO;
    world->decide_error_from = 2;
    world_finish(world);
    sync_case_expect(world, RESULT_FAILED, 1, 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extras_stay_where_what_was_added_is_gone_again),
        cmocka_unit_test(test_extras_that_cannot_be_kept_as_skipped_fail_the_channel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
