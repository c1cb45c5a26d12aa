/* SPDX-License-Identifier: MIT */
/* Each allocation of a pass that a pause of a long reason holds fails once, in turn: the channel
 * fails for want of memory, changes nothing, and the next pass tells the pause. Needs the allocator
 * to itself. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/failing_ops.h"
#include "tests/unit/failing_world.h"
#include "tests/unit/story.h"
#include "tests/world/fleet.h"

static char reason[3000]; /* so long that each copy takes memory of its own */

static World *paused_by_the_roster(void)
{
    static const RosterPause pause = {.reason = reason};
    World *world = world_new(1);

    world_add_usual(world, "a", 3, 1);
    world->rosters[0].pause = &pause;
    return world;
}

static World *paused_elsewhere(void)
{
    World *world = world_new(1);
    WorldFleet *fleet = world_join_fleet(world);

    world_add_usual(world, "a", 3, 1);
    fleet->end = INTENT_PAUSED;
    fleet->pause_reason = reason;
    return world;
}

/* Passes that told no reason, for which there was no memory. */
static size_t unexplained;

/* A pass of which allocation `after` fails. False when it has fewer. */
static bool pause_without(World *(*make)(void), long after)
{
    World *world = make();
    const ChannelReport *report;
    bool did_fail;
    Story story;

    story_begin(&story, "", world);
    failing_ops_begin(&story, after, true);
    world_pass(world);
    did_fail = failing_ops_end() != NULL;
    report = world_report(world, 0);
    if (report->result == RESULT_PAUSED)
        unexplained += did_fail;
    else
        assert_int_equal(report->result, RESULT_FAILED);
    assert_true(did_fail || report->result == RESULT_PAUSED);
    if (report->result == RESULT_FAILED)
        assert_non_null(strstr(report_error(report)->text, "out of memory"));
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    world->inside = NULL;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_PAUSED);
    assert_string_equal(world_report(world, 0)->pause_reason, reason);
    free(story_take());
    return did_fail;
}

static void each_allocation_of(World *(*make)(void), size_t can_be_unexplained)
{
    long after = 0;

    if (!failing_is_possible())
        skip();
    unexplained = 0;
    memset(reason, 'r', sizeof(reason) - 1);
    while (pause_without(make, after))
        after++;
    assert_true(after > 5);
    assert_int_equal(unexplained, can_be_unexplained);
}

static void test_each_allocation_of_a_pause_of_the_roster(void **state)
{
    (void)state;
    each_allocation_of(paused_by_the_roster, 0);
}

static void test_each_allocation_of_a_pause_elsewhere(void **state)
{
    (void)state;
    each_allocation_of(paused_elsewhere, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_of_a_pause_of_the_roster),
        cmocka_unit_test(test_each_allocation_of_a_pause_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
