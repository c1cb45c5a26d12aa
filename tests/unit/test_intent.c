/* SPDX-License-Identifier: MIT */
/* What is about to be changed is made known to the fleet first: nothing is recorded and nothing
 * sent before that is known, and whatever the fleet says to it holds. */
#include <errno.h>
#include <string.h>

#include "tests/world/fleet.h"

/* Channels "a" to "c" with two extras each. */
static World *channels(WorldFleet **ret_fleet)
{
    World *world = world_new(1);

    world_add_usual(world, "a", 6, 2);
    world_add_usual(world, "b", 6, 2);
    world_add_usual(world, "c", 6, 2);
    *ret_fleet = world_join_fleet(world);
    return world;
}

static void expect(World *world, size_t roster, Result result, Outcome outcome)
{
    assert_string_equal(report_result_text(world_result(world, roster)),
                        report_result_text(result));
    assert_int_equal(world_count_extras(world, roster, outcome), 2);
}

static void test_each_channel_is_made_known_once(void **state)
{
    WorldFleet *fleet;
    World *world = channels(&fleet);

    (void)state;
    world_pass(world);
    for (size_t i = 0; i < 3; i++)
        expect(world, i, RESULT_CONVERGED, OUTCOME_DELETED);
    assert_int_equal(fleet->intent_count, 3);
    world_pass(world);
    assert_int_equal(fleet->intent_count, 3);
    world_free(world);
}

/* While one waits, the others go on: with a single slot among the requests as well. */
static void test_one_that_waits_holds_nobody_up(void **state)
{
    WorldFleet *fleet;
    World *world = channels(&fleet);

    (void)state;
    world->config.limits.concurrency = 1;
    fleet->latency_usec = USEC_NEVER;
    world_begin(world, false);
    while (fleet->intent_count < 3)
        assert_true(world_step(world));
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 3);
    pass_stop(world->pass, "stopped by a test");
    world_finish(world);
    for (size_t i = 0; i < 3; i++)
        expect(world, i, RESULT_DRIFT, OUTCOME_SKIPPED);
    assert_int_equal(fleet->cancelled_count, 3);
    assert_int_equal(world->action_count, 0);
    world_free(world);
}

static void test_the_deadline_ends_the_waiting(void **state)
{
    WorldFleet *fleet;
    World *world = channels(&fleet);

    (void)state;
    fleet->latency_usec = USEC_NEVER;
    world_pass(world);
    expect(world, 0, RESULT_DRIFT, OUTCOME_SKIPPED);
    assert_non_null(strstr(report_error(world_report(world, 0))->text, "deadline"));
    assert_int_equal(fleet->cancelled_count, 3);
    world_free(world);
}

static void test_a_pause_while_it_waits_ends_it(void **state)
{
    WorldFleet *fleet;
    World *world = channels(&fleet);

    (void)state;
    fleet->latency_usec = USEC_PER_SEC;
    world_begin(world, false);
    while (fleet->intent_count < 3)
        assert_true(world_step(world));
    world_pause(world, &world->channels[1], 0);
    assert_int_equal(fleet->cancelled_count, 1);
    world_finish(world);
    expect(world, 0, RESULT_CONVERGED, OUTCOME_DELETED);
    expect(world, 1, RESULT_PAUSED, OUTCOME_SKIPPED);
    expect(world, 2, RESULT_CONVERGED, OUTCOME_DELETED);
    world_free(world);
}

/* ---- what the fleet says ---- */

static void test_a_pause_elsewhere_holds_here(void **state)
{
    WorldFleet *fleet;
    World *world = channels(&fleet);
    const ChannelReport *report;

    (void)state;
    fleet->end = INTENT_PAUSED;
    fleet->name = "b";
    world_pass(world);
    expect(world, 0, RESULT_CONVERGED, OUTCOME_DELETED);
    expect(world, 1, RESULT_PAUSED, OUTCOME_SKIPPED);
    report = world_report(world, 1);
    assert_string_equal(report->pause_reason, "paused on another host");
    assert_int_equal(report->pause_scope, PAUSE_SCOPE_INSTANCE);
    assert_true(report->pause_end_usec > world->realtime_usec);
    assert_string_equal(report_error(report)->text, "");
    assert_int_equal(world->action_count, 4);
    world_free(world);
}

/* The first sends nothing more, and neither do those whose changes are known already. */
static void test_whoever_lost_the_instance_sends_nothing_more(void **state)
{
    WorldFleet *fleet;
    World *world = channels(&fleet);

    (void)state;
    fleet->end = INTENT_LOST;
    fleet->name = "b";
    world_pass(world);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(world_result(world, i), RESULT_DRIFT);
    expect(world, 1, RESULT_DRIFT, OUTCOME_SKIPPED);
    assert_string_equal(report_error(world_report(world, 1))->text, "another host owns it");
    assert_true(world_count_sent(world, REQUEST_DELETE_MEMBER) <= 1);
    assert_int_equal(world_count_extras(world, 2, OUTCOME_DELETED), 0);
    world_free(world);
}

static void test_another_instance_goes_on(void **state)
{
    World *world = world_new(2);
    WorldFleet *fleet = world_join_fleet(world);

    (void)state;
    world_add_usual(world, "a", 6, 2);
    world_add_channel(world, 1, "z");
    world_add_member(&world->channels[1], "10.9.0.1", 8080);
    world_add_member(&world->channels[1], "10.9.0.2", 8080);
    world_add_member(&world->channels[1], "10.9.0.3", 8080);
    world_want(world, world_add_roster(world, 1, "z"), "", "10.9.0.3", 8080);
    fleet->end = INTENT_LOST;
    fleet->name = "a";
    world_pass(world);
    expect(world, 0, RESULT_DRIFT, OUTCOME_SKIPPED);
    expect(world, 1, RESULT_CONVERGED, OUTCOME_DELETED);
    world_free(world);
}

static void test_an_intent_that_cannot_be_made_fails_its_channel(void **state)
{
    WorldFleet *fleet;
    World *world = channels(&fleet);

    (void)state;
    fleet->error = -EMSGSIZE;
    world_pass(world);
    expect(world, 2, RESULT_FAILED, OUTCOME_SKIPPED);
    assert_non_null(
        strstr(report_error(world_report(world, 2))->text, "the intent cannot be made"));
    assert_int_equal(world->action_count, 0);
    world_free(world);
}

/* ---- approvals ---- */

static World *held(WorldFleet **ret_fleet)
{
    World *world = channels(ret_fleet);

    for (size_t i = 0; i < 3; i++)
        world->rosters[i].guards.max_deletes = 1;
    world_pass(world);
    for (size_t i = 0; i < 3; i++)
        expect(world, i, RESULT_HELD, OUTCOME_HELD);
    assert_int_equal((*ret_fleet)->intent_count, 0);
    return world;
}

static void test_an_approval_that_is_gone_leaves_its_guards(void **state)
{
    WorldFleet *fleet;
    World *world = held(&fleet);
    const ChannelReport *report;

    (void)state;
    world_approve(world, world_report(world, 0)->digest);
    fleet->end = INTENT_APPROVAL_GONE;
    world_pass(world);
    assert_int_equal(fleet->intent_count, 1);
    assert_true(fleet->intents[0].is_approved);
    expect(world, 0, RESULT_HELD, OUTCOME_HELD);
    report = world_report(world, 0);
    assert_int_equal(report->guard_count, 1);
    assert_int_equal(report->guards[0].name, GUARD_MAX_DELETES);
    assert_int_equal(world->action_count, 0);
    world_free(world);
}

/* The guards of a whole pass hold it likewise, and the instance says so. */
static void test_the_guards_of_a_pass_hold_it_then(void **state)
{
    WorldFleet *fleet;
    World *world = channels(&fleet);
    const InstanceReport *instance;

    (void)state;
    world->config.guards.max_deletes_total = 5;
    world_pass(world);
    world_approve(world, world_report(world, 0)->digest);
    fleet->end = INTENT_APPROVAL_GONE;
    world_pass(world);
    expect(world, 0, RESULT_HELD, OUTCOME_HELD);
    instance = &pass_get_report(world->pass)->instances[0];
    assert_int_equal(instance->guard_count, 1);
    assert_int_equal(instance->guards[0].name, GUARD_MAX_DELETES_TOTAL);
    assert_int_equal(world->action_count, 0);
    world_free(world);
}

static void test_what_waits_for_the_fleet_spends_no_approval(void **state)
{
    WorldFleet *fleet;
    World *world = held(&fleet);

    (void)state;
    world_approve(world, world_report(world, 0)->digest);
    fleet->latency_usec = USEC_NEVER;
    world_pass(world);
    fleet->latency_usec = 0;
    world_pass(world);
    expect(world, 0, RESULT_CONVERGED, OUTCOME_DELETED);
    expect(world, 1, RESULT_HELD, OUTCOME_HELD);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_channel_is_made_known_once),
        cmocka_unit_test(test_one_that_waits_holds_nobody_up),
        cmocka_unit_test(test_the_deadline_ends_the_waiting),
        cmocka_unit_test(test_a_pause_while_it_waits_ends_it),
        cmocka_unit_test(test_a_pause_elsewhere_holds_here),
        cmocka_unit_test(test_whoever_lost_the_instance_sends_nothing_more),
        cmocka_unit_test(test_another_instance_goes_on),
        cmocka_unit_test(test_an_intent_that_cannot_be_made_fails_its_channel),
        cmocka_unit_test(test_an_approval_that_is_gone_leaves_its_guards),
        cmocka_unit_test(test_the_guards_of_a_pass_hold_it_then),
        cmocka_unit_test(test_what_waits_for_the_fleet_spends_no_approval),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
