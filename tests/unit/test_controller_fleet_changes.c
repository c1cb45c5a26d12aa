/* SPDX-License-Identifier: MIT */
/* What a controller on a host of a fleet makes known before it changes anything: intents that are
 * called off, approvals that are spent, and an undo beside its passes. */
#include <stdio.h>

#include "daemon/base/str.h"
#include "daemon/runtime/pass_run_internal.h"
#include "daemon/store/mirror.h"
#include "tests/unit/controller_fleet_case.h"

#define HANDOVER FLEET_SIDE_HANDOVER

static void write_settings(const char *text)
{
    controller_case_write_settings(fleet_side.controller_case, text);
}

/* Asks for a pass and awaits its end. */
static void next_pass(void)
{
    size_t passes = fleet_side.controller_case->passes;

    controller_ask(fleet_side.controller);
    TURN_UNTIL(fleet_side.controller_case->passes > passes);
}

static size_t count_history(void)
{
    const StoreFilter all = {0};
    StoreActions actions = {0};
    size_t count;

    assert_int_equal(store_history(fleet_side.controller_case->store, &all, &actions, NULL), 0);
    count = actions.count;
    store_actions_done(&actions);
    return count;
}

/* How many intents there are; whether the newest is of an undo. */
static size_t count_intents(bool *ret_is_undo)
{
    size_t count = host_count(fleet_side.etcd_case, "~intents/");
    const EtcdFound *found = &fleet_side.etcd_case->txn.found[0];

    *ret_is_undo = count > 0 && strstr(found->keys[count - 1].value, "\"undo\":true");
    return count;
}

/* ---- intents ---- */

static void test_an_intent_is_waited_for_and_called_off(void **state)
{
    PassRun *run;
    uint64_t now_usec;

    (void)host_case(state);
    write_settings("guards: {max_delete_percent: 100}\nlimits: {timeout: 5s}\n");
    fleet_side_begin(HANDOVER);
    TURN_UNTIL(fleet_side_find_run());
    run = fleet_side_find_run();
    alarm(30);
    while (!run->intents) /* etcd is not heard of */
        assert_true(sd_event_run(fleet_side.controller_case->client_case.event, UINT64_MAX) >= 0);
    alarm(0);
    now_usec = clock_monotonic_usec();
    assert_false(pass_run_is_stuck(run, now_usec + 70 * USEC_PER_SEC));
    assert_true(pass_run_is_stuck(run, now_usec + 80 * USEC_PER_SEC));
    assert_false(pass_run_is_changing(run));
    controller_stand_by(fleet_side.controller, fleet_side_key(0), true, "for a test");
    assert_null(run->intents);
    TURN_UNTIL(!fleet_side_find_run());
    fleet_side_assert_wait(fleet_side_key(0), 0, 0);
    assert_int_equal(controller_service.deletions, 0);
    assert_int_equal(count_history(), 0);
    controller_take_up(fleet_side.controller, fleet_side_key(0));
    TURN_UNTIL(controller_service.deletions == 2);
}

/* While one is made known that has just been cut off, the run itself goes away. */
static void test_a_run_that_goes_away_calls_its_intents_off(void **state)
{
    PassRun *run;

    (void)host_case(state);
    fleet_side_begin(HANDOVER);
    TURN_UNTIL(fleet_side_find_run());
    run = fleet_side_find_run();
    alarm(30);
    while (!run->intents)
        assert_true(sd_event_run(fleet_side.controller_case->client_case.event, UINT64_MAX) >= 0);
    alarm(0);
    roma_client_cancel_all(fleet_side.controller->backend.client);
    fleet_side.controller->schedulers[0].run = NULL;
    pass_run_free(run);
    for (int i = 0; i < 20; i++)
        fleet_side_turn();
    assert_int_equal(controller_service.deletions, 0);
    fleet_side.controller->lifecycle.schedules[0].state = SCHEDULE_IDLE;
}

static void test_each_channel_is_made_known_by_itself(void **state)
{
    bool is_undo;

    (void)host_case(state);
    controller_service.channels[1].members[2] = true;
    fleet_side_begin(HANDOVER);
    TURN_UNTIL(fleet_side.controller_case->passes == 1);
    assert_int_equal(controller_service.deletions, 3);
    assert_int_equal(count_intents(&is_undo), 2);
    assert_false(is_undo);
}

/* ---- approvals ---- */

/* A plan that a guard holds, and is approved here; its key in etcd. */
static const char *begin_held(void)
{
    static char name[DIGEST_HEX_SIZE + 16];
    const Scheduler *scheduler;

    write_settings("guards: {max_delete_percent: 100, max_deletes: 1}\n");
    fleet_side_begin(HANDOVER);
    TURN_UNTIL(fleet_side.controller_case->passes == 1);
    scheduler = &fleet_side.controller->schedulers[0];
    assert_string_equal(scheduler->trouble, "prod/payments: held by max_deletes");
    snprintf(name, sizeof(name), "approvals/%s", scheduler->last.channels[0].digest);
    assert_int_equal(store_approve(fleet_side.controller_case->store, name + strlen("approvals/"),
                                   clock_realtime_usec(), NULL),
                     0);
    return name;
}

static void test_an_approval_is_spent_with_the_intent(void **state)
{
    const char *name;

    (void)host_case(state);
    name = begin_held();
    host_write(&fleet_side.host, name, "{}");
    next_pass();
    assert_int_equal(controller_service.deletions, 2);
    assert_string_equal(host_find(fleet_side.etcd_case, name), "");
}

static void test_an_approval_that_was_spent_elsewhere_lets_nothing_pass(void **state)
{
    bool is_undo;

    (void)host_case(state);
    begin_held();
    next_pass();
    assert_int_equal(controller_service.deletions, 0);
    assert_int_equal(count_intents(&is_undo), 0);
    assert_int_equal(fleet_side.controller->schedulers[0].results[RESULT_HELD], 1);
}

/* One that was given for a pass of this host alone, or shared from an instance's. */
static void test_an_approval_of_this_host_alone_is_spent_here(void **state)
{
    const char *name;

    (void)host_case(state);
    name = begin_held();
    assert_int_equal(
        store_mirror_keep_own(fleet_side.controller_case->store, name + strlen("approvals/"), NULL),
        0);
    next_pass();
    assert_int_equal(controller_service.deletions, 2);
}

/* That of an instance, which a guard of all its plans holds. */
static void test_an_approval_that_is_shared_goes_from_etcd(void **state)
{
    static char name[DIGEST_HEX_SIZE + 16];
    const InstanceReport *report;

    (void)host_case(state);
    write_settings("guards: {max_delete_percent: 100, max_deletes_total: 1}\n");
    fleet_side_begin(HANDOVER);
    TURN_UNTIL(fleet_side.controller_case->passes == 1);
    report = &fleet_side.controller->schedulers[0].last.instances[0];
    assert_int_equal(report->guard_count, 1);
    snprintf(name, sizeof(name), "approvals/%s", report->digest);
    assert_int_equal(store_approve(fleet_side.controller_case->store, report->digest,
                                   clock_realtime_usec(), NULL),
                     0);
    host_write(&fleet_side.host, name, "{}");
    next_pass();
    assert_int_equal(controller_service.deletions, 2);
    TURN_UNTIL(host_find(fleet_side.etcd_case, name)[0] == '\0');
}

/* ---- an undo ---- */

/* One whose first addition is not answered. */
static void begin_undo(void)
{
    fleet_side_begin(HANDOVER);
    TURN_UNTIL(fleet_side.controller_case->passes == 1);
    controller_case_choose_undo(fleet_side.controller_case);
    controller_service.keeps_changes = 1;
    controller_case_ask_undo(fleet_side.controller_case);
    TURN_UNTIL(controller_service.kept_count > 0);
    assert_null(fleet_side_find_run());
    fleet_side_assert_wait(fleet_side_key(0), 0, UINT64_MAX);
}

static void test_an_undo_is_made_known_as_one(void **state)
{
    bool is_undo;

    (void)host_case(state);
    fleet_side_begin(HANDOVER);
    TURN_UNTIL(fleet_side.controller_case->passes == 1);
    controller_case_choose_undo(fleet_side.controller_case);
    controller_case_ask_undo(fleet_side.controller_case);
    TURN_UNTIL(fleet_side.controller_case->undo_is_done);
    assert_int_equal(controller_service.additions, 2);
    assert_int_equal(count_intents(&is_undo), 2);
    assert_true(is_undo);
    controller_case_end_undo(fleet_side.controller_case);
    fleet_side_assert_wait(fleet_side_key(0), 0, 0);
}

static void test_an_undo_gives_way_with_its_instance(void **state)
{
    (void)host_case(state);
    begin_undo();
    fleet_drain(fleet_side.host.fleet);
    TURN_UNTIL(fleet_side.stops == 1);
    for (int i = 0; i < 20; i++)
        fleet_side_turn();
    assert_false(fleet_side.controller_case->undo_is_done);
    assert_int_equal(host_count(fleet_side.etcd_case, "owner/"), 1);
    controller_service_answer_kept();
    TURN_UNTIL(fleet_side.controller_case->undo_is_done);
    assert_int_equal(controller_service.additions, 1);
    assert_int_equal(host_count(fleet_side.etcd_case, "owner/"), 1);
    controller_case_end_undo(fleet_side.controller_case);
    TURN_UNTIL(host_count(fleet_side.etcd_case, "owner/") == 0);
}

static void test_an_undo_ends_where_its_instance_is_lost(void **state)
{
    (void)host_case(state);
    begin_undo();
    controller_stand_by(fleet_side.controller, fleet_side_key(0), true, "for a test");
    TURN_UNTIL(fleet_side.controller_case->undo_is_done);
    assert_true(undo_has_failed(fleet_side.controller_case->undo));
    controller_case_end_undo(fleet_side.controller_case);
    fleet_side_assert_wait(fleet_side_key(0), HANDOVER - 30 * USEC_PER_SEC, HANDOVER);
    assert_int_equal(controller_case_count_history(fleet_side.controller_case, "added"), 0);
}

static void test_an_undo_goes_on_beside_an_instance_that_is_lost(void **state)
{
    (void)host_case(state);
    fleet_side.controller_case->has_two_instances = true;
    write_settings("guards: {max_delete_percent: 100}\n");
    client_case_write_secret(&fleet_side.controller_case->client_case, "rosters.d/a.yaml",
                             "version: 1\ninstance: prod\nchannels:\n"
                             "  - {name: payments, members: ['10.1.0.1:80']}\n");
    begin_undo();
    controller_stand_by(fleet_side.controller, fleet_side_key(1), true, "for a test");
    fleet_side_assert_wait(fleet_side_key(1), 0, 0);
    controller_service.keeps_changes = 0;
    controller_service_answer_kept();
    TURN_UNTIL(fleet_side.controller_case->undo_is_done);
    assert_int_equal(controller_case_count_history(fleet_side.controller_case, "added"), 2);
    controller_case_end_undo(fleet_side.controller_case);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fleet_side_setup, fleet_side_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_intent_is_waited_for_and_called_off),
        TEST(test_a_run_that_goes_away_calls_its_intents_off),
        TEST(test_each_channel_is_made_known_by_itself),
        TEST(test_an_approval_is_spent_with_the_intent),
        TEST(test_an_approval_that_was_spent_elsewhere_lets_nothing_pass),
        TEST(test_an_approval_of_this_host_alone_is_spent_here),
        TEST(test_an_approval_that_is_shared_goes_from_etcd),
        TEST(test_an_undo_is_made_known_as_one),
        TEST(test_an_undo_gives_way_with_its_instance),
        TEST(test_an_undo_ends_where_its_instance_is_lost),
        TEST(test_an_undo_goes_on_beside_an_instance_that_is_lost),
    };

    return cmocka_run_group_tests(tests, etcd_case_setup, etcd_case_teardown);
}
