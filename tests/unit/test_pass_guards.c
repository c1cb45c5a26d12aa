/* SPDX-License-Identifier: MIT */
/* The guards of a whole pass: what waits for whom, what is held, what an approval lets pass. */
#include "tests/world/world.h"

#include <string.h>

#include "daemon/base/str.h"
#include "tests/world/world_ops.h"

/* So many channels "a", "b" and so on with `extras` extras each. */
static World *world_of(size_t channels, size_t extras, uint32_t max_deletes_total,
                       uint32_t max_channels)
{
    World *world = world_new(1);
    char name[] = "a";

    for (size_t i = 0; i < channels; i++, name[0]++)
        world_add_usual(world, name, 3, extras);
    world->config.guards.max_deletes_total = max_deletes_total;
    world->config.guards.max_channels = max_channels;
    return world;
}

static const InstanceReport *instance_report(const World *world)
{
    return &pass_get_report(world->pass)->instances[0];
}

static void expect_results(const World *world, const char *expected)
{
    char found[256] = "";

    for (size_t i = 0; i < world->config.channel_count; i++) {
        if (i > 0)
            strcat(found, " ");
        strcat(found, report_result_text(world_result(world, i)));
    }
    assert_string_equal(found, expected);
}

static void expect_guard(const Guard *guard, GuardName name, uint64_t planned, uint64_t limit)
{
    assert_int_equal(guard->name, name);
    assert_int_equal(guard->planned, planned);
    assert_int_equal(guard->limit, limit);
}

static void test_at_the_limit_all_pass_and_above_it_none(void **state)
{
    World *world = world_of(3, 2, 6, 3);

    (void)state;
    world_pass(world);
    expect_results(world, "converged converged converged");
    assert_int_equal(instance_report(world)->guard_count, 0);
    assert_string_equal(instance_report(world)->digest, "");
    world_free(world);

    world = world_of(3, 2, 5, 2);
    world_pass(world);
    expect_results(world, "held held held");
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    assert_int_equal(instance_report(world)->guard_count, 2);
    expect_guard(&instance_report(world)->guards[0], GUARD_MAX_DELETES_TOTAL, 6, 5);
    expect_guard(&instance_report(world)->guards[1], GUARD_MAX_CHANNELS, 3, 2);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(world_report(world, i)->guard_count, 2);
        assert_int_equal(world_count_extras(world, i, OUTCOME_HELD), 2);
    }
    assert_int_equal(world->told[EVENT_HELD], 1); /* one cause is told once, of the instance */
    assert_string_equal(world->last_told[EVENT_HELD].digest, instance_report(world)->digest);
    world_free(world);
}

static void test_a_dry_run_evaluates_them_too(void **state)
{
    World *world = world_of(2, 2, 3, GUARD_OFF);

    (void)state;
    world_dry_pass(world);
    expect_results(world, "held held");
    world->config.guards.max_deletes_total = 4;
    world_dry_pass(world);
    expect_results(world, "drift drift");
    assert_int_equal(world_count_extras(world, 0, OUTCOME_PLANNED), 2);
    world_free(world);
}

static void test_what_its_own_guards_hold_does_not_count(void **state)
{
    World *world = world_of(2, 3, 3, 1);

    (void)state;
    world->rosters[1].guards.max_deletes = 2;
    world_pass(world);
    expect_results(world, "converged held");
    expect_guard(&world_report(world, 1)->guards[0], GUARD_MAX_DELETES, 3, 2);
    assert_string_equal(instance_report(world)->digest, "");
    world_free(world);
}

static void test_paused_and_observed_channels_do_not_count(void **state)
{
    World *world = world_of(3, 2, 2, 1);

    (void)state;
    world->channels[1].is_paused = true;
    world->rosters[2].mode = MODE_OBSERVE;
    world_pass(world);
    expect_results(world, "converged paused drift");
    world_free(world);
}

static void test_an_instance_is_judged_by_itself(void **state)
{
    World *world = world_new(2);

    (void)state;
    world->config.guards.max_deletes_total = 2;
    world_add_usual(world, "a", 3, 2);
    world_add_channel(world, 1, "b");
    world_add_member(&world->channels[1], "10.9.0.1", 8080);
    world_add_member(&world->channels[1], "10.9.0.2", 8080);
    world_add_roster(world, 1, "b")->guards.max_delete_percent = 100;
    world_pass(world);
    expect_results(world, "converged converged");
    assert_int_equal(pass_get_report(world->pass)->instance_count, 2);
    world_free(world);
}

/* ---- who waits for whom ---- */

/* A list that is answered after a minute, when it would have been asked for again. */
static WorldFault *stall(World *world, const char *channel_id, uint32_t count)
{
    WorldFault *fault = world_fault_kind(world, REQUEST_LIST_MEMBERS, 1, count, ANSWER_TIMEOUT);

    fault->channel_id = channel_id;
    fault->latency_usec = 60 * USEC_PER_SEC;
    return fault;
}

static uint64_t first_deletion_usec(const World *world)
{
    return world_sent_at(world, REQUEST_DELETE_MEMBER, 1) - world->gap_usec;
}

static void test_a_stalled_channel_delays_others_by_its_first_attempt(void **state)
{
    World *world = world_of(2, 2, 25, 5);

    (void)state;
    stall(world, "id-a", 4);
    world_pass(world);
    expect_results(world, "failed converged");
    assert_in_range(first_deletion_usec(world), 60 * USEC_PER_SEC, 61 * USEC_PER_SEC);
    world_free(world);
}

static void test_a_quarter_of_the_deadline_is_waited_at_most(void **state)
{
    World *world = world_of(2, 2, 25, 5);

    (void)state;
    world->config.limits.pass_deadline_usec = 200 * USEC_PER_SEC;
    stall(world, "id-a", 1)->latency_usec = 100 * USEC_PER_SEC;
    world_pass(world);
    expect_results(world, "converged converged");
    assert_in_range(first_deletion_usec(world), 50 * USEC_PER_SEC, 51 * USEC_PER_SEC);
    world_free(world);
}

static void test_a_channel_with_nothing_to_delete_is_waited_for_as_well(void **state)
{
    World *world = world_of(2, 2, 25, 5);
    WorldFault *fault = world_fault_kind(world, REQUEST_LIST_MEMBERS, 1, 1, ANSWER_HTTP);

    (void)state;
    world->rosters[1].mode = MODE_OBSERVE;
    fault->channel_id = "id-b";
    fault->answer.http = 503;
    fault->latency_usec = 5 * USEC_PER_SEC;
    world_pass(world);
    assert_in_range(first_deletion_usec(world), 5 * USEC_PER_SEC, 6 * USEC_PER_SEC);
    world_free(world);
}

static void test_nothing_waits_where_both_are_off(void **state)
{
    World *world = world_of(2, 2, GUARD_OFF, GUARD_OFF);

    (void)state;
    stall(world, "id-a", 1);
    world_pass(world);
    assert_in_range(first_deletion_usec(world), 0, USEC_PER_SEC);
    world_free(world);
}

static void test_who_comes_later_is_held_alone_where_too_little_is_left(void **state)
{
    World *world = world_of(3, 2, 5, GUARD_OFF);

    (void)state;
    stall(world, "id-c", 1);
    world_pass(world);
    expect_results(world, "converged converged held");
    expect_guard(&world_report(world, 2)->guards[0], GUARD_MAX_DELETES_TOTAL, 6, 5);
    assert_int_equal(instance_report(world)->guard_count, 1);
    assert_string_not_equal(instance_report(world)->digest, "");
    world_free(world);

    world = world_of(3, 2, 6, GUARD_OFF);
    stall(world, "id-c", 1);
    world_pass(world);
    expect_results(world, "converged converged converged");
    world_free(world);
}

static void test_once_refused_nothing_passes_in_this_pass(void **state)
{
    World *world = world_of(3, 2, 3, GUARD_OFF);

    (void)state;
    world_remove_member(world->channels[2].members[3], &world->channels[2]);
    stall(world, "id-c", 1);
    world_pass(world);
    expect_results(world, "held held held");
    expect_guard(&world_report(world, 2)->guards[0], GUARD_MAX_DELETES_TOTAL, 5, 3);
    world_free(world);
}

/* ---- ends that come first ---- */

static void test_a_stop_and_a_pause_end_the_waiting(void **state)
{
    World *world = world_of(2, 2, 25, 5);

    (void)state;
    stall(world, "id-a", 1);
    world->stop_after_usec = 10 * USEC_PER_SEC;
    world_pass(world);
    expect_results(world, "drift drift");
    assert_int_equal(world_count_extras(world, 1, OUTCOME_SKIPPED), 2);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    world_free(world);

    world = world_of(2, 2, 25, 5);
    stall(world, "id-a", 1);
    world_begin(world, false);
    while (world->now_usec < world->begun_usec + 5 * USEC_PER_SEC && !world->channels[1].heard_in &&
           world_step(world))
        ;
    world_pause(world, &world->channels[1], 0);
    world_finish(world);
    expect_results(world, "converged paused");
    assert_int_equal(world_count_extras(world, 1, OUTCOME_SKIPPED), 2);
    world_free(world);
}

/* What waited for another channel says why nothing was sent: the instance's failure. */
static void test_a_failure_of_the_instance_ends_the_waiting(void **state)
{
    World *world = world_of(3, 2, 25, 5);
    WorldFault *fault = stall(world, "id-a", 1);

    (void)state;
    world->instances[0].renewal = RENEWAL_FAILED;
    fault->answer.kind = ANSWER_HTTP;
    fault->answer.http = 401;
    world_pass(world);
    expect_results(world, "failed failed failed");
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(world_count_extras(world, i, OUTCOME_SKIPPED), 2);
        assert_non_null(strstr(world_report(world, i)->error->text, "identity service is away"));
    }
    world_free(world);
}

/* A reload in mid-pass: what was sent before it counts after it, once for a channel. */
static void test_what_was_sent_before_a_stop_counts_after_it(void **state)
{
    World *world = world_of(1, 6, 6, 1);
    uint32_t sent;

    (void)state;
    world->config.limits.requests_per_second = 2;
    world->stop_after_usec = 2500 * USEC_PER_MSEC;
    world_pass(world);
    sent = world_count_sent(world, REQUEST_DELETE_MEMBER);
    assert_in_range(sent, 1, 5);
    world_pass(world);
    expect_results(world, "converged");
    world_free(world);

    world = world_of(1, 6, 6, 1);
    world->config.limits.requests_per_second = 2;
    world->stop_after_usec = 2500 * USEC_PER_MSEC;
    world_pass(world);
    sent = world_count_sent(world, REQUEST_DELETE_MEMBER);
    world_add_member(&world->channels[0], "10.9.9.9", 8080);
    world_pass(world);
    expect_results(world, "held");
    expect_guard(&world_report(world, 0)->guards[0], GUARD_MAX_DELETES_TOTAL, 7, 6);
    world_pass(world);
    expect_results(world, sent >= 1 ? "converged" : "held"); /* a pass of its own */
    world_free(world);
}

static void test_a_channel_in_which_something_was_sent_counts_once(void **state)
{
    World *world = world_of(1, 6, GUARD_OFF, 1);

    (void)state;
    world->config.limits.requests_per_second = 2;
    world->stop_after_usec = 2500 * USEC_PER_MSEC;
    world_pass(world);
    assert_in_range(world_count_sent(world, REQUEST_DELETE_MEMBER), 1, 5);
    world_add_usual(world, "b", 3, 1);
    world->config.limits.requests_per_second = 20;
    world_pass(world);
    expect_results(world, "held held");
    expect_guard(&world_report(world, 1)->guards[0], GUARD_MAX_CHANNELS, 2, 1);
    world_free(world);
}

/* ---- approvals ---- */

static void test_an_approved_plan_passes_and_counts(void **state)
{
    World *world = world_of(3, 2, 5, GUARD_OFF);

    (void)state;
    world_pass(world);
    expect_results(world, "held held held");
    world_approve(world, world_report(world, 1)->digest);
    world_pass(world);
    expect_results(world, "held converged held");
    expect_guard(&world_report(world, 0)->guards[0], GUARD_MAX_DELETES_TOTAL, 6, 5);
    world_pass(world);
    expect_results(world, "converged in_sync converged");
    world_free(world);
}

static void test_the_digest_of_an_instance_lets_exactly_its_plans_pass(void **state)
{
    World *world = world_of(3, 2, 5, 2);
    char digest[DIGEST_HEX_SIZE];

    (void)state;
    world_dry_pass(world);
    str_copy(digest, sizeof(digest), instance_report(world)->digest);
    world_approve(world, digest);
    world_dry_pass(world);
    expect_results(world, "drift drift drift");
    world_pass(world);
    expect_results(world, "converged converged converged");
    assert_int_equal(world->action_count, 6);
    world_free(world);
}

static void test_the_digest_of_other_plans_lets_nothing_pass(void **state)
{
    World *world = world_of(3, 2, 5, 2);

    (void)state;
    world_dry_pass(world);
    world_approve(world, instance_report(world)->digest);
    world_add_member(&world->channels[1], "10.9.0.77", 8080);
    world_pass(world);
    expect_results(world, "held held held");
    assert_int_equal(world->action_count, 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_the_limit_all_pass_and_above_it_none),
        cmocka_unit_test(test_a_dry_run_evaluates_them_too),
        cmocka_unit_test(test_what_its_own_guards_hold_does_not_count),
        cmocka_unit_test(test_paused_and_observed_channels_do_not_count),
        cmocka_unit_test(test_an_instance_is_judged_by_itself),
        cmocka_unit_test(test_a_stalled_channel_delays_others_by_its_first_attempt),
        cmocka_unit_test(test_a_quarter_of_the_deadline_is_waited_at_most),
        cmocka_unit_test(test_a_channel_with_nothing_to_delete_is_waited_for_as_well),
        cmocka_unit_test(test_nothing_waits_where_both_are_off),
        cmocka_unit_test(test_who_comes_later_is_held_alone_where_too_little_is_left),
        cmocka_unit_test(test_once_refused_nothing_passes_in_this_pass),
        cmocka_unit_test(test_a_stop_and_a_pause_end_the_waiting),
        cmocka_unit_test(test_a_failure_of_the_instance_ends_the_waiting),
        cmocka_unit_test(test_what_was_sent_before_a_stop_counts_after_it),
        cmocka_unit_test(test_a_channel_in_which_something_was_sent_counts_once),
        cmocka_unit_test(test_an_approved_plan_passes_and_counts),
        cmocka_unit_test(test_the_digest_of_an_instance_lets_exactly_its_plans_pass),
        cmocka_unit_test(test_the_digest_of_other_plans_lets_nothing_pass),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
