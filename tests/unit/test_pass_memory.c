/* SPDX-License-Identifier: MIT */
/* Every allocation of a pass fails once, in turn: the pass ends, its rules hold, the channel says
 * why, and the next pass brings it to the end. Needs the allocator to itself. */
#include "tests/world/world.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/failing_world.h"

/* ---- the world's own memory never fails ---- */

static int safe_renew(void *context, size_t instance)
{
    int r;

    failing_pause(true);
    r = world_renew(context, instance);
    failing_pause(false);
    return r;
}

static int safe_recall(void *context, const RosterChannel *roster, const ChannelRow *row,
                       ChannelRecord *record, Err *err)
{
    int r;

    failing_pause(true);
    r = world_recall(context, roster, row, record, err);
    failing_pause(false);
    return r;
}

static int safe_remember(void *context, const RosterChannel *roster, const char *channel_id,
                         const Sighting *sightings, size_t count, Err *err)
{
    int r;

    failing_pause(true);
    r = world_remember(context, roster, channel_id, sightings, count, err);
    failing_pause(false);
    return r;
}

/* ---- passes that run out of memory ---- */

static Ops safe_ops;

static World *world_full(void)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 20, 12);

    world_want(world, &world->rosters[0], "blue", "10.0.0.200", 0);
    world_ignore(world, &world->rosters[0])->group = "canary";
    world_add_grouped(channel, "canary", "10.7.7.7", 0);
    world->rosters[0].guards.confirm_passes = 2;
    world_add_usual(world, "b", 3, 1)->is_paused = true;
    world_fault(world, REQUEST_DELETE_MEMBER, 2, 4, 504, "")->has_effect = true;
    world_pass(world);
    safe_ops = world_ops;
    safe_ops.submit = failing_world_submit;
    safe_ops.renew = safe_renew;
    safe_ops.recall = safe_recall;
    safe_ops.remember = safe_remember;
    safe_ops.record = failing_world_record;
    world->ops = &safe_ops;
    world->inside = failing_world_inside;
    return world;
}

/* A pass of which allocation `index` fails. False when it has fewer. */
static bool pass_without(long index)
{
    World *world = world_full();
    bool has_failed = false;

    failing_pause(true);
    failing_after(index);
    world_pass(world);
    failing_stop();
    for (size_t i = 0; i < 2; i++) {
        const ChannelReport *report = world_report(world, i);

        /* A deletion that had failed before is the error that stays. */
        if (report->result == RESULT_FAILED &&
            !strstr(report_error(report)->text, "out of memory") &&
            world_count_extras(world, i, OUTCOME_FAILED) == 0)
            fail_msg("allocation %ld: %s", index, report_error(report)->text);
        has_failed = has_failed || report->result == RESULT_FAILED;
    }
    assert_int_equal(has_failed, failing_did());
    world_pass(world);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_DRIFT);
    assert_int_equal(world_report(world, 0)->extra_count, 0);
    assert_int_equal(world_result(world, 1), RESULT_PAUSED);
    world_free(world);
    return failing_did();
}

static void test_each_allocation_of_a_pass(void **state)
{
    long index = 0;

    (void)state;
    if (!failing_is_possible())
        skip();
    while (pass_without(index))
        index++;
    assert_true(index > 20);
}

static void test_each_allocation_of_a_new_pass(void **state)
{
    PassScope scope = {.pass_id = "p", .instance = PASS_ALL_INSTANCES};
    World *world;
    long index = 0;

    (void)state;
    if (!failing_is_possible())
        skip();
    world = world_full();
    scope.throttles = world->throttles;
    do {
        Pass *pass = NULL;
        int r;

        failing_pause(false);
        failing_after(index++);
        r = pass_new(&world->config, &world_ops, world, &scope, &pass);
        failing_pause(true);
        failing_stop();
        assert_int_equal(r, failing_did() ? -ENOMEM : 0);
        pass_free(pass);
    } while (failing_did());
    assert_true(index > 5);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_of_a_pass),
        cmocka_unit_test(test_each_allocation_of_a_new_pass),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
