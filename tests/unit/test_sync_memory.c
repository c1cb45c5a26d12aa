/* SPDX-License-Identifier: MIT */
/* Every allocation of a pass that adds, corrects, deletes and quarantines fails once, in turn: the
 * pass ends, its rules hold, the channel says why, and later passes bring it to the end. Needs the
 * allocator to itself. */
#include "tests/unit/sync_case.h"

#include <string.h>

#include "tests/unit/failing_world.h"

#define PASSES_MAX 6

static Ops safe_ops;

typedef World *(*SyncMake)(void);

static World *world_guarded(World *world)
{
    safe_ops = world_ops;
    safe_ops.submit = failing_world_submit;
    safe_ops.record = failing_world_record;
    world->ops = &safe_ops;
    world->inside = failing_world_inside;
    return world;
}

/* Members to be added, to be corrected and to be deleted. */
static World *world_mixed(void)
{
    World *world = sync_case_new(MODE_SYNC, 3, 2, 2);
    RosterMember *member = world_edit_members(world, &world->rosters[0]);

    member->states = ROSTER_MEMBER_WEIGHT;
    member->weight = 77;
    world->config.settle_usec = USEC_PER_MINUTE;
    return world;
}

/* One that is full, so that extras go one by one for what is added. */
static World *world_at_its_quota(void)
{
    World *world = sync_case_new(MODE_SYNC, 2, 2, 2);

    world->channels[0].quota = 4;
    return world;
}

/* Passes that did all the same what they were to: of the text of a refusal there was no copy. */
static size_t unheeded;

/* A pass of which allocation `index` fails. False when it has fewer. */
static bool sync_without(SyncMake make, long index)
{
    World *world = world_guarded(make());
    const ChannelReport *report;
    bool did_fail;

    failing_pause(true);
    failing_after(index);
    world_pass(world);
    did_fail = failing_stop();
    report = world_report(world, 0);
    /* The error that came first stays: the quota's, of an addition that was refused before. */
    if (did_fail && report->result == RESULT_CONVERGED)
        unheeded++;
    else if (did_fail && (report->result != RESULT_FAILED ||
                          (!strstr(report_error(report)->text, "out of memory") &&
                           !strstr(report_error(report)->text, "the channel is full"))))
        fail_msg("allocation %ld: %s, %s", index, report_result_text(report->result),
                 report_error(report)->text);
    for (size_t i = 0; i < PASSES_MAX && world_result(world, 0) != RESULT_IN_SYNC; i++)
        world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_IN_SYNC);
    failing_pause(false);
    world_free(world);
    return did_fail;
}

static void each_fails(SyncMake make)
{
    long index = 0;

    if (!failing_is_possible())
        skip();
    unheeded = 0;
    while (sync_without(make, index))
        index++;
    assert_true(index > 20);
    assert_true(unheeded <= 1);
}

static void test_each_allocation_of_a_pass_that_adds_and_deletes(void **state)
{
    (void)state;
    each_fails(world_mixed);
}

static void test_each_allocation_of_a_pass_that_exchanges(void **state)
{
    (void)state;
    each_fails(world_at_its_quota);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_of_a_pass_that_adds_and_deletes),
        cmocka_unit_test(test_each_allocation_of_a_pass_that_exchanges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
