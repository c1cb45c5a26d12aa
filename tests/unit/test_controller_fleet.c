/* SPDX-License-Identifier: MIT */
/* A controller on a host of a fleet: it makes passes over what is this host's, and tells when
 * nothing of an instance is under way. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/controller_fleet_case.h"

#define SETTINGS "guards: {max_delete_percent: 100}\n"

/* ---- whose it is ---- */

static void test_a_pass_begins_once_the_instance_is_this_hosts(void **state)
{
    (void)host_case(state);
    fleet_side_make(FLEET_SIDE_HANDOVER);
    assert_true(controller_stands_by(fleet_side.controller, 0));
    controller_ask(fleet_side.controller);
    assert_null(fleet_side_find_run());
    assert_int_equal(peer_requests(fleet_side.controller_case->client_case.peer), 0);
    fleet_begin(fleet_side.host.fleet);
    TURN_UNTIL(fleet_side.controller_case->passes == 1);
    assert_false(controller_stands_by(fleet_side.controller, 0));
    assert_int_equal(controller_service.deletions, 2);
    assert_int_equal(host_count(fleet_side.etcd_case, "~intents/"), 1);
    assert_int_equal(fleet_side.controller->schedulers[0].results[RESULT_CONVERGED], 1);
    fleet_side_assert_wait(fleet_side_key(0), 0, 0);
    assert_true(scheduler_due_in_usec(&fleet_side.controller->schedulers[0]) == USEC_NEVER);
}

/* What the settings do not have is nothing's business, and nothing of it is under way. */
static void test_a_key_that_is_not_in_the_settings(void **state)
{
    (void)host_case(state);
    fleet_side_begin(FLEET_SIDE_HANDOVER);
    TURN_UNTIL(fleet_side.controller_case->passes == 1);
    assert_int_equal(controller_find(fleet_side.controller, "another"), 1);
    assert_int_equal(controller_find(fleet_side.controller, fleet_side_key(0)), 0);
    controller_stand_by(fleet_side.controller, "another", true, "for a test");
    controller_take_up(fleet_side.controller, "another");
    assert_false(controller_stands_by(fleet_side.controller, 0));
    fleet_side_assert_wait("another", 0, 0);
}

static void test_of_two_instances_the_one_is_this_hosts(void **state)
{
    Host other;

    (void)host_case(state);
    fleet_side.controller_case->has_two_instances = true;
    controller_case_write_settings(fleet_side.controller_case, SETTINGS);
    client_case_write_secret(&fleet_side.controller_case->client_case, "rosters.d/a.yaml",
                             "version: 1\ninstance: prod\nchannels:\n"
                             "  - {name: payments, members: ['10.1.0.1:80']}\n");
    client_case_write_secret(&fleet_side.controller_case->client_case, "rosters.d/b.yaml",
                             "version: 1\ninstance: test\nchannels:\n"
                             "  - {name: orders, members: ['10.2.0.1:80']}\n");
    fleet_side_make(FLEET_SIDE_HANDOVER);
    fleet_side_own_elsewhere(&other);
    fleet_begin(fleet_side.host.fleet);
    TURN_UNTIL(fleet_side.controller_case->passes == 1);
    assert_true(controller_stands_by(fleet_side.controller, 0));
    assert_false(controller_stands_by(fleet_side.controller, 1));
    assert_int_equal(controller_find(fleet_side.controller, fleet_side_key(1)), 1);
    assert_int_equal(controller_service.deletions, 0);
    host_stop(&other);
    TURN_UNTIL(fleet_side.controller_case->passes == 2);
    assert_false(controller_stands_by(fleet_side.controller, 0));
    assert_int_equal(controller_service.deletions, 2);
}

/* The guards that hold a channel, in their order. Until the next call. */
static const char *guards_of(const ChannelReport *report)
{
    static char text[128];

    text[0] = '\0';
    for (size_t i = 0; i < report->guard_count; i++) {
        size_t size = strlen(text);

        snprintf(text + size, sizeof(text) - size, "%s%s", size > 0 ? " " : "",
                 guard_name_text(report->guards[i].name));
    }
    return text;
}

/* The one before died: what it had under way must be over, and what is to be changed was seen
 * twice. */
static void test_changes_wait_for_the_handover(void **state)
{
    Host other;
    Scheduler *scheduler;

    (void)host_case(state);
    fleet_side_make(USEC_PER_SEC);
    fleet_side_own_elsewhere(&other);
    host_lapse(&other);
    scheduler = &fleet_side.controller->schedulers[0];
    fleet_begin(fleet_side.host.fleet);
    TURN_UNTIL(fleet_owns(fleet_side.host.fleet, fleet_side_key(0)));
    assert_in_range(scheduler_due_in_usec(scheduler), 1, USEC_PER_SEC);
    TURN_UNTIL(fleet_side.controller_case->passes == 1);
    assert_int_equal(controller_service.deletions, 0);
    assert_int_equal(scheduler->results[RESULT_HELD], 1);
    assert_string_equal(guards_of(&scheduler->last.channels[0]), "confirm_passes handover");
    TURN_UNTIL(controller_service.deletions == 2);
    assert_in_range(controller_service.lists, 3, 5);
}

/* ---- what is under way ---- */

/* A change whose answer is kept. */
static void begin_change(void)
{
    controller_service.keeps_changes = 1;
    fleet_side_begin(FLEET_SIDE_HANDOVER);
    TURN_UNTIL(controller_service.kept_count > 0);
    TURN_UNTIL(pass_run_is_changing(fleet_side_find_run()));
    fleet_side_assert_wait(fleet_side_key(0), 0, UINT64_MAX);
}

static void test_an_instance_that_is_given_away_awaits_its_changes(void **state)
{
    (void)host_case(state);
    begin_change();
    fleet_drain(fleet_side.host.fleet);
    TURN_UNTIL(fleet_side.stops == 1);
    for (int i = 0; i < 20; i++)
        fleet_side_turn();
    assert_non_null(fleet_side_find_run());
    assert_int_equal(host_count(fleet_side.etcd_case, "owner/"), 1);
    controller_service_answer_kept();
    /* Whoever waits for the last answer is told of it: nobody asks again here. */
    TURN_UNTIL(host_count(fleet_side.etcd_case, "owner/") == 0);
    assert_null(fleet_side_find_run());
    fleet_side_assert_wait(fleet_side_key(0), 0, 0);
    assert_true(controller_stands_by(fleet_side.controller, 0));
    assert_int_equal(controller_case_count_history(fleet_side.controller_case, "deleted"), 1);
    assert_int_equal(controller_service.deletions, 1);
}

static void test_an_instance_that_is_lost_awaits_nothing(void **state)
{
    uint64_t *unheard_usec;

    (void)host_case(state);
    begin_change();
    unheard_usec = &fleet_side.controller->backend.unheard_usec[0];
    assert_int_equal(*unheard_usec, 0);
    controller_stand_by(fleet_side.controller, fleet_side_key(0), true, "for a test");
    TURN_UNTIL(!fleet_side_find_run());
    /* What had no answer may still land. */
    fleet_side_assert_wait(fleet_side_key(0), FLEET_SIDE_HANDOVER - 30 * USEC_PER_SEC,
                           FLEET_SIDE_HANDOVER);
    *unheard_usec = clock_boottime_usec() - FLEET_SIDE_HANDOVER + 20 * USEC_PER_SEC;
    fleet_side_assert_wait(fleet_side_key(0), 10 * USEC_PER_SEC, 20 * USEC_PER_SEC);
    *unheard_usec = clock_boottime_usec() - FLEET_SIDE_HANDOVER;
    fleet_side_assert_wait(fleet_side_key(0), 0, 0);
    *unheard_usec = clock_boottime_usec();
    backend_use_fleet(&fleet_side.controller->backend, NULL, FLEET_SIDE_HANDOVER);
    fleet_side_assert_wait(fleet_side_key(0), 0, 0);
}

/* A read has no effect, so that nothing of it can land later. */
static void test_reads_that_are_dropped_are_not_waited_for(void **state)
{
    (void)host_case(state);
    controller_service.mutes_lists = 3;
    fleet_side_begin(FLEET_SIDE_HANDOVER);
    TURN_UNTIL(controller_service.lists == 2);
    controller_stand_by(fleet_side.controller, fleet_side_key(0), true, "for a test");
    TURN_UNTIL(!fleet_side_find_run());
    fleet_side_assert_wait(fleet_side_key(0), 0, 0);
    assert_int_equal(fleet_side.controller_case->passes, 1);
}

static void test_a_change_whose_answer_is_lost_is_waited_for(void **state)
{
    (void)host_case(state);
    controller_service.loses_changes = true;
    fleet_side_begin(FLEET_SIDE_HANDOVER);
    TURN_UNTIL(fleet_side.controller_case->passes == 1);
    assert_true(controller_service.deletions > 0);
    fleet_side_assert_wait(fleet_side_key(0), FLEET_SIDE_HANDOVER - 30 * USEC_PER_SEC,
                           FLEET_SIDE_HANDOVER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fleet_side_setup, fleet_side_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_pass_begins_once_the_instance_is_this_hosts),
        TEST(test_a_key_that_is_not_in_the_settings),
        TEST(test_of_two_instances_the_one_is_this_hosts),
        TEST(test_changes_wait_for_the_handover),
        TEST(test_an_instance_that_is_given_away_awaits_its_changes),
        TEST(test_an_instance_that_is_lost_awaits_nothing),
        TEST(test_reads_that_are_dropped_are_not_waited_for),
        TEST(test_a_change_whose_answer_is_lost_is_waited_for),
    };

    return cmocka_run_group_tests(tests, etcd_case_setup, etcd_case_teardown);
}
