/* SPDX-License-Identifier: MIT */
/* Passes as the daemon makes them: what they change, record and log, what the next ones go on with,
 * and an undo beside them. */
#include "tests/unit/controller_case.h"

/* ---- passes ---- */

static void test_a_pass_deletes_and_records(void **state)
{
    ControllerCase *controller_case = *state;
    uint64_t before_usec = clock_realtime_usec();
    const Scheduler *scheduler = controller_case_begin(controller_case, false);

    assert_int_equal(controller_service.deletions, 2);
    assert_true(controller_service.channels[0].members[1] &&
                !controller_service.channels[0].members[2]);
    assert_int_equal(controller_case_count_history(controller_case, "deleted"), 2);
    assert_int_equal(scheduler->channel_count, 2);
    assert_int_equal(scheduler->last.channel_count, 2);
    assert_int_equal(scheduler->results[RESULT_CONVERGED], 1);
    assert_int_equal(scheduler->results[RESULT_IN_SYNC], 1);
    assert_true(scheduler->listed_usec[0] > 0 && scheduler->listed_usec[1] > 0);
    assert_in_range(scheduler->last_usec, before_usec, clock_realtime_usec());
    assert_string_equal(scheduler->last_pass, scheduler->last.pass_id);
    assert_string_equal(scheduler->trouble, "");
    assert_null(scheduler->run);
    controller_case_next_pass(controller_case);
    assert_int_equal(controller_service.deletions, 2);
    assert_int_equal(scheduler->results[RESULT_IN_SYNC], 2);
    assert_int_equal(scheduler->results[RESULT_CONVERGED], 0);
}

static void test_since_when_a_channel_has_its_result(void **state)
{
    ControllerCase *controller_case = *state;
    const Scheduler *scheduler = controller_case_begin(controller_case, false);
    uint64_t since_usec = scheduler->since[0].usec, other_usec = scheduler->since[1].usec;

    assert_true(since_usec > 0 && other_usec > 0);
    assert_true(scheduler->since[0].is_first && scheduler->since[1].is_first);
    assert_int_equal(scheduler->since[0].result, RESULT_IN_SYNC); /* as one that converged is */
    controller_case_next_pass(controller_case);
    assert_int_equal(scheduler->since[0].usec, since_usec);
    assert_true(scheduler->since[0].is_first);
    controller_service.delete_status = 400;
    controller_service.channels[0].members[4] = true;
    controller_case_next_pass(controller_case);
    assert_int_equal(scheduler->since[0].result, RESULT_FAILED);
    assert_true(scheduler->since[0].usec > since_usec);
    assert_false(scheduler->since[0].is_first);
    assert_int_equal(scheduler->since[1].usec, other_usec);
    since_usec = scheduler->since[0].usec;
    controller_service.delete_status = 0;
    controller_case_next_pass(controller_case);
    assert_int_equal(scheduler->since[0].result, RESULT_IN_SYNC);
    assert_true(scheduler->since[0].usec > since_usec);
}

/* ---- when the next is due ---- */

static uint64_t due_with(ControllerCase *controller_case, const char *freezes,
                         const char *own_freezes)
{
    char roster[512];
    Controller *controller;
    uint64_t due_usec;

    snprintf(roster, sizeof(roster),
             "version: 1\nchannels:\n"
             "  - {name: third, members: ['10.3.0.1:80']}\n"
             "  - {name: orders, members: ['10.2.0.1:80']%s}\n"
             "  - {name: payments, members: ['10.1.0.1:80']}\n",
             own_freezes);
    client_case_write_secret(&controller_case->client_case, "rosters.d/a.yaml", roster);
    controller_case_write_settings(controller_case, freezes);
    controller = controller_case_make(controller_case, false);
    due_usec = scheduler_due_in_usec(&controller->schedulers[0]);
    controller_free(controller);
    return due_usec;
}

/* A freeze that began an hour ago and ends in so many hours. */
static const char *freeze_of(const char *before, unsigned hours)
{
    static char texts[2][160];
    static size_t number;
    char from[CLOCK_RFC3339_SIZE], to[CLOCK_RFC3339_SIZE], *text = texts[number++ % 2];
    uint64_t now_usec = clock_realtime_usec();

    clock_format_rfc3339(now_usec - USEC_PER_HOUR, from);
    clock_format_rfc3339(now_usec + hours * USEC_PER_HOUR, to);
    snprintf(text, sizeof(texts[0]), "%sfreezes: [{from: '%s', to: '%s', reason: sale}]", before,
             from, to);
    return text;
}

static void test_a_pass_is_due_when_a_channel_opens(void **state)
{
    ControllerCase *controller_case = *state;

    assert_true(due_with(controller_case, "", "") == USEC_NEVER);
    assert_in_range(due_with(controller_case, freeze_of("", 5), ""),
                    5 * USEC_PER_HOUR - USEC_PER_MINUTE, 5 * USEC_PER_HOUR);
    assert_in_range(due_with(controller_case, "", freeze_of(", ", 3)),
                    3 * USEC_PER_HOUR - USEC_PER_MINUTE, 3 * USEC_PER_HOUR);
    /* Its own freeze is over first, but that of the settings holds it too. */
    assert_in_range(due_with(controller_case, freeze_of("", 5), freeze_of(", ", 3)),
                    5 * USEC_PER_HOUR - USEC_PER_MINUTE, 5 * USEC_PER_HOUR);
    assert_in_range(due_with(controller_case, freeze_of("", 3), freeze_of(", ", 5)),
                    3 * USEC_PER_HOUR - USEC_PER_MINUTE, 3 * USEC_PER_HOUR);
}

static void test_a_pause_is_shown_where_nothing_is_extra(void **state)
{
    ControllerCase *controller_case = *state;
    const StorePause pause = {.reason = "work", .uid = 7};
    const Scheduler *scheduler;

    assert_int_equal(store_pause(controller_case->store, &pause, clock_realtime_usec(), NULL, NULL),
                     0);
    scheduler = controller_case_begin(controller_case, false);
    assert_int_equal(controller_service.deletions, 0);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(scheduler->last.channels[i].pause_reason, "work");
        assert_int_equal(scheduler->last.channels[i].pause_scope, PAUSE_SCOPE_ALL);
    }
    assert_int_equal(scheduler->results[RESULT_PAUSED], 1);
    assert_int_equal(scheduler->results[RESULT_IN_SYNC], 1);
}

static void test_a_dry_run_only_reads(void **state)
{
    ControllerCase *controller_case = *state;
    const Scheduler *scheduler = controller_case_begin(controller_case, true);

    assert_int_equal(controller_service.deletions, 0);
    assert_int_equal(scheduler->results[RESULT_DRIFT], 1);
    assert_true(scheduler->last.dry_run);
    assert_int_equal(controller_case_count_history(controller_case, "deleted"), 0);
}

static void test_without_a_state_nothing_is_deleted(void **state)
{
    ControllerCase *controller_case = *state;
    const Scheduler *scheduler;
    Store *store = controller_case->store;

    controller_case->store = NULL;
    scheduler = controller_case_begin(controller_case, false);
    assert_int_equal(controller_service.deletions, 0);
    assert_int_equal(scheduler->results[RESULT_FAILED], 1);
    client_case_assert_has(scheduler->trouble, "prod/payments: ");
    client_case_assert_has(scheduler->trouble, "no state in this test");
    controller_case->store = store;
    controller_use_store(controller_case->controller, store);
    controller_case_next_pass(controller_case);
    assert_int_equal(controller_service.deletions, 2);
    assert_string_equal(scheduler->trouble, "");
}

static void test_what_fails_and_what_is_held_is_trouble(void **state)
{
    ControllerCase *controller_case = *state;
    const Scheduler *scheduler;

    controller_service.delete_status = 400;
    scheduler = controller_case_begin(controller_case, false);
    assert_int_equal(scheduler->results[RESULT_FAILED], 1);
    client_case_assert_has(scheduler->trouble, "prod/payments: ");
    client_case_assert_has(scheduler->trouble, "not now");
    assert_int_equal(controller_case_count_history(controller_case, "failed"), 2);
    controller_service.delete_status = 0;
    controller_case_end(controller_case);
    controller_case_write_settings(controller_case,
                                   "guards: {max_delete_percent: 100, max_deletes: 1}\n");
    controller_case->passes = 0;
    scheduler = controller_case_begin(controller_case, false);
    assert_int_equal(scheduler->results[RESULT_HELD], 1);
    assert_string_equal(scheduler->trouble, "prod/payments: held by max_deletes");
    assert_true(controller_service.channels[0].members[2]);
}

static void test_an_outage_goes_on_over_a_reload(void **state)
{
    ControllerCase *controller_case = *state;
    Scheduler *scheduler;
    const Controller *now;
    uint64_t since_usec;

    controller_service.list_status = 500;
    scheduler = controller_case_begin(controller_case, false);
    since_usec = scheduler->log.outage_since_usec;
    assert_true(since_usec > 0);
    assert_int_equal(scheduler->listed_usec[0], 0);
    controller_case_next_pass(controller_case);
    assert_int_equal(scheduler->log.outage_since_usec, since_usec);
    assert_int_equal(
        controller_case_count_logged(controller_case, "prod: none of its channels can be read"), 1);
    now = controller_case_reload(controller_case);
    assert_int_equal(now->schedulers[0].log.outage_since_usec, since_usec);
    controller_service.list_status = 0;
    controller_case_next_pass(controller_case);
    assert_int_equal(now->schedulers[0].log.outage_since_usec, 0);
    assert_int_equal(
        controller_case_count_logged(controller_case, "prod: none of its channels can be read"), 1);
    assert_int_equal(controller_case_count_logged(controller_case, "prod: works again, after "), 1);
    assert_int_equal(controller_service.deletions, 2);
}

static void test_when_a_channel_was_read_outlives_a_reload(void **state)
{
    ControllerCase *controller_case = *state;
    const Controller *old, *now;
    uint64_t first_usec, second_usec;

    controller_case_begin(controller_case, false);
    old = controller_case->controller;
    first_usec = old->schedulers[0].listed_usec[0];
    second_usec = old->schedulers[0].listed_usec[1];
    client_case_write_secret(&controller_case->client_case, "rosters.d/a.yaml",
                             "version: 1\nchannels:\n"
                             "  - {id: " SECOND ", members: ['10.2.0.1:80']}\n"
                             "  - {name: new, members: ['10.3.0.1:80']}\n"
                             "  - {name: payments, members: ['10.1.0.1:80']}\n");
    controller_service.is_silent = true;
    now = controller_case_reload(controller_case);
    assert_int_equal(now->schedulers[0].listed_usec[0], second_usec);
    assert_int_equal(now->schedulers[0].listed_usec[1], 0);
    assert_int_equal(now->schedulers[0].listed_usec[2], first_usec);
}

/* ---- members that rosterd disabled ---- */

/* A pass says which channels there are; without rosters there is none, and it is told at once. */
static void test_disabled_members_of_an_instance_without_rosters_are_told(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller = controller_case_make(controller_case, false);

    controller_service.is_silent = true;
    controller_case_record(controller_case, controller->backend.keys[0], CHANGE_DISABLE);
    controller_case->controller = controller;
    controller_begin(controller, NULL, controller_case_on_pass, controller_case);
    assert_int_equal(controller_case_count_logged(controller_case, "left the rosters"), 0);
    controller_case_end(controller_case);
    controller_case->has_two_instances = true;
    controller_case_write_settings(controller_case, "");
    client_case_write_secret(&controller_case->client_case, "rosters.d/a.yaml",
                             "version: 1\ninstance: test\nchannels:\n"
                             "  - {name: orders, members: ['10.2.0.1:80']}\n");
    controller = controller_case_make(controller_case, false);
    controller_case->controller = controller;
    controller_begin(controller, NULL, controller_case_on_pass, controller_case);
    assert_int_equal(controller_case_count_logged(controller_case,
                                                  "prod/payments: left the rosters, and 1 member"),
                     1);
}

/* ---- an undo ---- */

static void test_an_undo_brings_members_back(void **state)
{
    ControllerCase *controller_case = *state;
    UndoChannel channel;

    controller_case_begin(controller_case, false);
    controller_case_choose_undo(controller_case);
    assert_int_equal(
        undo_pause(controller_case->undo, controller_case->store, 0, NULL, &controller_case->err),
        0);
    controller_case_ask_undo(controller_case);
    controller_case_await_undo(controller_case);
    assert_int_equal(controller_service.additions, 2);
    assert_string_equal(controller_service.posted,
                        "{\"members\":[{\"host\":\"10.1.0.3\",\"port\":80,\"weight\":7}]}");
    assert_true(controller_service.channels[0].members[2] &&
                controller_service.channels[0].members[3]);
    assert_false(undo_has_failed(controller_case->undo));
    assert_false(undo_is_held(controller_case->undo));
    assert_null(undo_find_state_error(controller_case->undo));
    assert_int_equal(undo_count_channels(controller_case->undo), 1);
    undo_get_channel(controller_case->undo, 0, &channel);
    assert_string_equal(channel.name, "payments");
    assert_int_equal(channel.undo->item_count, 2);
    assert_int_equal(channel.undo->items[0].outcome, OUTCOME_ADDED);
    assert_int_equal(channel.report->result, RESULT_CONVERGED);
    assert_int_equal(controller_case_count_history(controller_case, "added"), 2);
    controller_case_end_undo(controller_case);
    /* Paused, they stay. */
    controller_case_next_pass(controller_case);
    assert_int_equal(controller_service.deletions, 2);
    assert_int_equal(controller_case->controller->schedulers[0].results[RESULT_PAUSED], 1);
    assert_non_null(controller_case->controller->schedulers[0].last.channels[0].pause_reason);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, controller_case_setup, controller_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_pass_deletes_and_records),
        TEST(test_since_when_a_channel_has_its_result),
        TEST(test_a_pass_is_due_when_a_channel_opens),
        TEST(test_a_pause_is_shown_where_nothing_is_extra),
        TEST(test_a_dry_run_only_reads),
        TEST(test_without_a_state_nothing_is_deleted),
        TEST(test_what_fails_and_what_is_held_is_trouble),
        TEST(test_an_outage_goes_on_over_a_reload),
        TEST(test_when_a_channel_was_read_outlives_a_reload),
        TEST(test_disabled_members_of_an_instance_without_rosters_are_told),
        TEST(test_an_undo_brings_members_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
