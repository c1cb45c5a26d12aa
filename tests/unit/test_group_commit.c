/* SPDX-License-Identifier: MIT */
/* What becomes durable before deletions are sent: one commit for all that is decided at once, and
 * nothing of what was stopped, paused or failed in between. */
#include <errno.h>
#include <stdio.h>

#include "reconcile/apply/group_commit.h"
#include "reconcile/pass/pass_internal.h"
#include "tests/world/world.h"

#define LATENCY_USEC ((uint64_t)20 * USEC_PER_MSEC)

static void as_it_is(WorldEvent *event)
{
    (void)event;
}

static void answer_after(World *world, RequestKind kind, uint64_t latency_usec)
{
    world_twist(world, kind, 1, UINT32_MAX, as_it_is)->latency_usec = latency_usec;
}

/* Their lists arrive in the same moment. */
static World *channels(size_t count, size_t extras)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    World *world = world_new(1);

    for (size_t i = 0; i < count; i++)
        world_add_usual(world, names[i], 6, extras);
    world->config.limits.concurrency = 64;
    answer_after(world, REQUEST_LIST_CHANNELS, LATENCY_USEC);
    answer_after(world, REQUEST_LIST_MEMBERS, LATENCY_USEC);
    return world;
}

static void expect_all(World *world, size_t count, Result result)
{
    for (size_t i = 0; i < count; i++)
        assert_string_equal(report_result_text(world_result(world, i)), report_result_text(result));
}

static void test_what_is_decided_at_once_shares_a_commit(void **state)
{
    World *world = channels(5, 2);

    (void)state;
    world_pass(world);
    expect_all(world, 5, RESULT_CONVERGED);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 10);
    assert_int_equal(world->commit_count, 1);
    world_free(world);
}

/* ---- one channel's failure ---- */

static Ops choosy_ops;

static int choosy_record(void *context, Batch *batches, size_t count, Err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (batches[i].channel_name[0] == 'b')
            return err_set(err, -ESTALE, "the approval is spent");
    }
    return world_record(context, batches, count, err);
}

static void test_one_that_cannot_be_recorded_fails_alone(void **state)
{
    World *world = channels(3, 2);

    (void)state;
    choosy_ops = world_ops;
    choosy_ops.record = choosy_record;
    world->ops = &choosy_ops;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(world_result(world, 1), RESULT_FAILED);
    assert_int_equal(world_result(world, 2), RESULT_CONVERGED);
    assert_string_equal(report_error(world_report(world, 1))->text, "the approval is spent");
    assert_int_equal(world_count_extras(world, 1, OUTCOME_SKIPPED), 2);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 4);
    world_free(world);
}

static void test_a_state_that_cannot_be_written_fails_each(void **state)
{
    World *world = channels(3, 2);

    (void)state;
    world->record_error = -ENOSPC;
    world_pass(world);
    expect_all(world, 3, RESULT_FAILED);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    assert_int_equal(world_count_extras(world, 2, OUTCOME_SKIPPED), 2);
    world_free(world);
}

/* ---- between the plan and its record ---- */

/* Up to the moment in which the first list is read and its deletions wait to be recorded. */
static void run_to_the_first_plan(World *world)
{
    world_begin(world, false);
    while (world->wake_usec != world->now_usec)
        assert_true(world_step(world));
}

static void test_what_is_stopped_before_its_record_leaves_none(void **state)
{
    World *world = channels(2, 2);

    (void)state;
    run_to_the_first_plan(world);
    pass_stop(world->pass, "stopped by a test");
    world_finish(world);
    expect_all(world, 2, RESULT_DRIFT);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
    assert_string_equal(report_error(world_report(world, 1))->text, "stopped by a test");
    assert_int_equal(world->action_count, 0);
    assert_int_equal(world->commit_count, 0);
    world_free(world);
}

static void test_what_is_paused_before_its_record_leaves_none(void **state)
{
    World *world = channels(2, 2);

    (void)state;
    run_to_the_first_plan(world);
    world_pause(world, &world->channels[0], 0);
    world_finish(world);
    assert_int_equal(world_result(world, 0), RESULT_PAUSED);
    assert_int_equal(world_result(world, 1), RESULT_CONVERGED);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), 2);
    assert_int_equal(world->action_count, 2);
    world_free(world);
}

static void refuse_the_next(World *world)
{
    for (size_t i = 0; i < world->event_count; i++) {
        Answer *answer = &world->events[i]->answer;

        *answer = (Answer){.kind = ANSWER_HTTP, .http = 403, .code = "APIG.0305"};
    }
}

/* Its instance fails while it waits: nothing of it is recorded, and it fails as well. */
static void test_a_failed_instance_leaves_no_record(void **state)
{
    World *world = channels(2, 2);

    (void)state;
    run_to_the_first_plan(world);
    refuse_the_next(world);
    world_finish(world);
    assert_int_equal(world->action_count, 0);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    world_free(world);
}

/* ---- more changes than one commit takes ---- */

#define MANY (2 * GROUP_COMMIT_CHANGES_MAX + 200)

static World *many(void)
{
    World *world = channels(1, MANY);

    world->config.limits.pass_deadline_usec = USEC_PER_DAY;
    return world;
}

/* All that is recorded has its outcome: it was not sent. */
static void expect_skipped(World *world, size_t recorded)
{
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_SKIPPED), MANY);
    assert_int_equal(world->action_count, recorded);
    for (size_t i = 0; i < world->action_count; i++) {
        assert_true(world->actions[i].is_decided);
        assert_int_equal(world->actions[i].outcome, OUTCOME_SKIPPED);
    }
    world_free(world);
}

static void test_many_changes_are_recorded_in_parts(void **state)
{
    World *world = many();

    (void)state;
    world_begin(world, false);
    while (world->commit_count < 3) {
        assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
        assert_true(world_step(world));
    }
    world_finish(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), MANY);
    assert_int_equal(world->commit_count, 3);
    world_free(world);
}

static void test_channels_share_commits_as_far_as_they_go(void **state)
{
    World *world = channels(5, GROUP_COMMIT_CHANGES_MAX * 2 / 5);

    (void)state;
    world->config.limits.pass_deadline_usec = USEC_PER_DAY;
    world_pass(world);
    expect_all(world, 5, RESULT_CONVERGED);
    assert_int_equal(world->commit_count, 3);
    world_free(world);
}

static void run_to_the_first_part(World *world)
{
    world_begin(world, false);
    while (world->commit_count == 0)
        assert_true(world_step(world));
    assert_int_equal(world->action_count, GROUP_COMMIT_CHANGES_MAX);
}

static void test_what_is_stopped_between_parts_is_skipped(void **state)
{
    World *world = many();

    (void)state;
    run_to_the_first_part(world);
    pass_stop(world->pass, "stopped by a test");
    world_finish(world);
    assert_int_equal(world_result(world, 0), RESULT_DRIFT);
    expect_skipped(world, GROUP_COMMIT_CHANGES_MAX);
}

static void test_what_is_paused_between_parts_is_skipped(void **state)
{
    World *world = many();

    (void)state;
    run_to_the_first_part(world);
    world_pause(world, &world->channels[0], 0);
    world_finish(world);
    assert_int_equal(world_result(world, 0), RESULT_PAUSED);
    expect_skipped(world, GROUP_COMMIT_CHANGES_MAX);
}

static void test_a_part_that_cannot_be_recorded_leaves_none_to_send(void **state)
{
    World *world = many();

    (void)state;
    run_to_the_first_part(world);
    world->record_error = -ENOSPC;
    world_finish(world);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    expect_skipped(world, GROUP_COMMIT_CHANGES_MAX);
}

/* Nothing is recorded while changes are held, and the rest after that. */
static void test_what_is_held_between_parts_goes_on(void **state)
{
    World *world = many();

    (void)state;
    run_to_the_first_part(world);
    pass_hold_changes(world->pass, "held by a test");
    assert_int_equal(world->commit_count, 1);
    pass_allow_changes(world->pass);
    world_finish(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(world->commit_count, 3);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), MANY);
    world_free(world);
}

/* Nothing is left for a later turn of the event loop. */
static void test_a_stop_ends_at_once_what_waits(void **state)
{
    World *world = channels(2, 1);

    (void)state;
    world_begin(world, false);
    while (world->pass->group_commit.count < 2)
        assert_true(world_step(world));
    world->is_stopped = true;
    pass_stop(world->pass, "stopped by a test");
    assert_true(pass_is_done(world->pass));
    assert_int_equal(world->commit_count, 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(world_result(world, i), RESULT_DRIFT);
    world_free(world);
}

/* The slot of what waits is free for another list at once. */
static void test_what_is_held_makes_room_at_once(void **state)
{
    World *world = channels(2, 1);

    (void)state;
    world->config.limits.concurrency = 1;
    world_begin(world, false);
    while (world->pass->group_commit.count < 1)
        assert_true(world_step(world));
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 1);
    world_hold(world, NULL);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 2);
    world_allow(world, NULL);
    world_finish(world);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(world_result(world, i), RESULT_CONVERGED);
    world_free(world);
}

static size_t wakes;

static void count_wake(void *context, uint64_t usec)
{
    (void)context;
    (void)usec;
    wakes++;
}

/* Whoever waits for files says so again and again, to a thousand passes at once. */
static void test_holding_again_costs_nothing(void **state)
{
    World *world = channels(2, 1);
    const Ops *ops;
    Ops counted;

    (void)state;
    world_begin(world, false);
    ops = world->pass->ops;
    counted = *ops;
    counted.wake_at = count_wake;
    world->pass->ops = &counted;
    pass_allow_changes(world->pass);
    assert_int_equal(wakes, 0);
    for (size_t i = 0; i < 2; i++)
        pass_hold_changes(world->pass, "held by a test");
    assert_int_equal(wakes, 1);
    pass_hold_changes(world->pass, "held for another reason");
    assert_int_equal(wakes, 2);
    for (size_t i = 0; i < 2; i++)
        pass_allow_changes(world->pass);
    assert_int_equal(wakes, 3);
    pass_hold_changes(world->pass, "held for another reason");
    assert_int_equal(wakes, 4);
    pass_allow_changes(world->pass);
    world->pass->ops = ops;
    world_finish(world);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 2);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_held_makes_room_at_once),
        cmocka_unit_test(test_holding_again_costs_nothing),
        cmocka_unit_test(test_a_stop_ends_at_once_what_waits),
        cmocka_unit_test(test_what_is_decided_at_once_shares_a_commit),
        cmocka_unit_test(test_one_that_cannot_be_recorded_fails_alone),
        cmocka_unit_test(test_a_state_that_cannot_be_written_fails_each),
        cmocka_unit_test(test_what_is_stopped_before_its_record_leaves_none),
        cmocka_unit_test(test_what_is_paused_before_its_record_leaves_none),
        cmocka_unit_test(test_a_failed_instance_leaves_no_record),
        cmocka_unit_test(test_many_changes_are_recorded_in_parts),
        cmocka_unit_test(test_channels_share_commits_as_far_as_they_go),
        cmocka_unit_test(test_what_is_stopped_between_parts_is_skipped),
        cmocka_unit_test(test_what_is_paused_between_parts_is_skipped),
        cmocka_unit_test(test_a_part_that_cannot_be_recorded_leaves_none_to_send),
        cmocka_unit_test(test_what_is_held_between_parts_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
