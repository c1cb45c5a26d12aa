/* SPDX-License-Identifier: MIT */
/* Sending on whole passes: places, the rate, and passes over one instance. */
#include "tests/world/world.h"

#include <string.h>

static const char *const names[] = {"a", "b", "c", "d", "e", "f"};

static void change_nothing(WorldEvent *event)
{
    (void)event;
}

static void expect_others_are_quick(World *world)
{
    for (size_t i = 0; i < world->send_count; i++) {
        const WorldSend *send = &world->sends[i];

        if (strcmp(send->channel_id, "id-a") != 0)
            assert_true(send->at_usec - world->sends[0].at_usec < USEC_PER_SEC);
    }
    for (size_t i = 1; i < 6; i++)
        assert_int_equal(world_result(world, i), RESULT_CONVERGED);
    world_free(world);
}

static World *world_of_six(uint32_t concurrency)
{
    World *world = world_new(1);

    world->config.limits.concurrency = concurrency;
    world->config.limits.requests_per_second = 0;
    for (size_t i = 0; i < 6; i++)
        world_add_usual(world, names[i], 2, 2);
    return world;
}

static void test_a_slow_channel_does_not_hold_up_the_others(void **state)
{
    World *world = world_of_six(2);
    WorldFault *slow = world_twist(world, REQUEST_LIST_MEMBERS, 1, 1, change_nothing);

    (void)state;
    slow->channel_id = "id-a";
    slow->latency_usec = 50 * USEC_PER_SEC;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    expect_others_are_quick(world);
}

static void test_a_channel_that_waits_gives_its_place_to_others(void **state)
{
    World *world = world_of_six(1);
    WorldFault *fault = world_fault(world, REQUEST_DELETE_MEMBER, 1, 3, 503, "");

    (void)state;
    fault->channel_id = "id-a";
    fault->answer.has_retry_after = true;
    fault->answer.retry_after_usec = 30 * USEC_PER_SEC;
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(world_report(world, 0)->extras[0].attempts, 4);
    expect_others_are_quick(world);
}

static void test_the_rate_stretches_a_pass_and_no_more(void **state)
{
    World *world = world_of_six(8);
    uint64_t spent_usec;

    (void)state;
    world->config.limits.requests_per_second = 5;
    world_pass(world);
    /* 1 + 6 lists + 12 deletions + 6 lists, five a second. */
    assert_int_equal(world->send_count, 25);
    spent_usec = world->sends[24].at_usec - world->sends[0].at_usec;
    assert_in_range(spent_usec, 4 * USEC_PER_SEC, 5 * USEC_PER_SEC);
    world_free(world);
}

static void test_a_pass_over_one_instance_leaves_the_others_alone(void **state)
{
    World *world = world_new(2);

    (void)state;
    world_add_usual(world, "a", 2, 1);
    world_add_channel(world, 1, "elsewhere");
    world_add_roster(world, 1, "elsewhere");
    world->scope = 1;
    world_pass(world);
    assert_int_equal(pass_get_report(world->pass)->channel_count, 1);
    assert_string_equal(world_report(world, 0)->name, "elsewhere");
    assert_int_equal(world_result(world, 0), RESULT_IN_SYNC);
    for (size_t i = 0; i < world->send_count; i++)
        assert_int_equal(world->sends[i].request.instance, 1);
    world_free(world);
}

static void test_a_probe_asks_once_and_a_success_goes_on_as_ever(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 2, 1);
    world->is_probe = true;
    world_fault(world, REQUEST_LIST_CHANNELS, 1, 1, 503, "");
    world_fault(world, REQUEST_DELETE_MEMBER, 1, 1, 503, "");
    world_pass(world);
    assert_int_equal(world->send_count, 1);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    world_pass(world);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 2);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    world_free(world);
}

/* ---- permits of all instances ---- */

static LimiterUser other;
static const LimiterPeer other_peer;

static void other_wakes(void *userdata)
{
    (void)userdata;
}

static void other_wants_the_permit(World *world, void *unused)
{
    (void)unused;
    limiter_join(&world->limiter, &other, &other_peer, other_wakes, NULL);
    limiter_take(&other, false, world->now_usec);
}

/* Another pass has the only permit, this one nothing in flight: it ends though nothing comes. */
static void expect_an_end_without_a_permit(void (*end)(World *world, void *unused))
{
    World *world = world_of_six(1);

    world->config.limits.total_concurrency = 1;
    world_twist(world, REQUEST_LIST_MEMBERS, 1, 6, change_nothing)->latency_usec = 4 * USEC_PER_SEC;
    world_begin(world, false);
    world_at(world, 1, other_wants_the_permit, NULL);
    world_at(world, USEC_PER_MINUTE, end, NULL);
    world_finish(world);
    assert_int_equal(other.held, 1);
    assert_true(world->now_usec < USEC_PER_HOUR);
    for (size_t i = 0; i < 6; i++)
        assert_true(world_result(world, i) == RESULT_DRIFT ||
                    world_result(world, i) == RESULT_FAILED);
    limiter_leave(&other);
    world_free(world);
}

static void test_a_pass_that_waits_for_a_permit_can_be_stopped(void **state)
{
    (void)state;
    expect_an_end_without_a_permit(world_stop);
    expect_an_end_without_a_permit(world_abandon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_slow_channel_does_not_hold_up_the_others),
        cmocka_unit_test(test_a_channel_that_waits_gives_its_place_to_others),
        cmocka_unit_test(test_the_rate_stretches_a_pass_and_no_more),
        cmocka_unit_test(test_a_pass_over_one_instance_leaves_the_others_alone),
        cmocka_unit_test(test_a_probe_asks_once_and_a_success_goes_on_as_ever),
        cmocka_unit_test(test_a_pass_that_waits_for_a_permit_can_be_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
