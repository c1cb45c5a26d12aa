/* SPDX-License-Identifier: MIT */
/* What a controller goes on with after a reload, of the same instances and channels alone; when a
 * pass is due; and what a pass is told to be that cannot even begin. */
#include "tests/unit/controller_case.h"

#include "daemon/store/store_internal.h"

static void write_roster(ControllerCase *controller_case, const char *text)
{
    client_case_write_secret(&controller_case->client_case, "rosters.d/a.yaml", text);
}

/* An instance of that name, project and id; `more` is of the settings. */
static void write_settings(ControllerCase *controller_case, const char *name, const char *project,
                           const char *id, const char *more)
{
    char settings[1024];

    snprintf(settings, sizeof(settings),
             "version: 1\nmode: prune\ninterval: 24h\nsettle: 0s\ninstances:\n"
             "  %s: {endpoint: '%s', %sinstance_id: %s,\n"
             "       auth: {method: token, token_file: token}}\n"
             "retry: {attempts: 2, base: 1ms, cap: 1ms, throttle_base: 1ms}\n"
             "guards: {max_delete_percent: 100}\n%s",
             name, controller_case->client_case.endpoint, project, id, more);
    client_case_write_secret(&controller_case->client_case, "rosterd.yaml", settings);
}

/* With the settings and rosters as they are; no pass of the new controller ends. */
static Controller *reload(ControllerCase *controller_case)
{
    controller_service.is_silent = true;
    return controller_case_reload(controller_case);
}

/* ---- what is gone on with ---- */

static void test_what_is_known_of_channels_goes_on(void **state)
{
    ControllerCase *controller_case = *state;
    const Scheduler *before = controller_case_begin(controller_case, false), *after;
    const SchedulerSince first = before->since[0], second = before->since[1];
    const uint64_t read_usec[] = {before->read_usec[0], before->read_usec[1]};
    const uint64_t pass_usec = before->pass_usec;

    assert_true(read_usec[0] > 0 && read_usec[1] > 0 && pass_usec > 0);
    write_roster(controller_case, "version: 1\nchannels:\n"
                                  "  - {name: new, members: ['10.3.0.1:80']}\n"
                                  "  - {id: " SECOND ", members: ['10.2.0.1:80']}\n"
                                  "  - {name: payments, members: ['10.1.0.1:80']}\n");
    after = reload(controller_case)->schedulers;
    assert_int_equal(after->since[0].usec, 0);
    assert_int_equal(after->since[1].usec, second.usec);
    assert_int_equal(after->since[1].result, second.result);
    assert_int_equal(after->since[2].usec, first.usec);
    assert_int_equal(after->read_usec[0], 0);
    assert_int_equal(after->read_usec[1], read_usec[1]);
    assert_int_equal(after->read_usec[2], read_usec[0]);
    assert_int_equal(after->pass_usec, pass_usec);
}

/* The name of a channel may be what another has for its id. */
static void test_a_name_is_no_id(void **state)
{
    ControllerCase *controller_case = *state;
    const Scheduler *after;

    controller_case_begin(controller_case, false);
    write_roster(controller_case, "version: 1\nchannels:\n"
                                  "  - {name: '" SECOND "', members: ['10.2.0.1:80']}\n"
                                  "  - {name: payments, members: ['10.1.0.1:80']}\n");
    after = reload(controller_case)->schedulers;
    assert_int_equal(after->listed_usec[0], 0);
    assert_true(after->listed_usec[1] > 0);
}

static void assert_goes_on(ControllerCase *controller_case, const char *name, const char *project,
                           const char *id, bool goes_on)
{
    const Scheduler *after;
    size_t begun;

    controller_service.is_silent = false;
    write_settings(controller_case, "prod", "project_id: p1, ", "i1", "");
    controller_case->passes = 0;
    controller_case_begin(controller_case, false);
    begun = controller_case->controller->backend.throttles[0].count;
    assert_true(begun > 1);
    write_settings(controller_case, name, project, id, "");
    after = reload(controller_case)->schedulers;
    assert_int_equal(after->listed_usec[0] > 0, goes_on);
    assert_int_equal(after->since[0].usec > 0, goes_on);
    /* The new controller's first request may have begun. */
    assert_int_equal(controller_case->controller->backend.throttles[0].count >= begun, goes_on);
    controller_case_end(controller_case);
}

static void test_only_the_same_instance_goes_on(void **state)
{
    ControllerCase *controller_case = *state;

    assert_goes_on(controller_case, "prod", "project_id: p1, ", "i1", true);
    assert_goes_on(controller_case, "other", "project_id: p1, ", "i1", false);
    assert_goes_on(controller_case, "prod", "project_id: p2, ", "i1", false);
    assert_goes_on(controller_case, "prod", "project_id: p1, ", "i2", false);
}

static void test_of_two_instances_each_goes_on(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller;
    uint64_t listed_usec[2];

    controller_case->has_two_instances = true;
    controller_case_write_settings(controller_case, "guards: {max_delete_percent: 100}\n");
    write_roster(controller_case, "version: 1\ninstance: prod\nchannels:\n"
                                  "  - {name: payments, members: ['10.1.0.1:80']}\n");
    client_case_write_secret(&controller_case->client_case, "rosters.d/b.yaml",
                             "version: 1\ninstance: test\nchannels:\n"
                             "  - {name: orders, members: ['10.2.0.1:80']}\n"
                             "  - {name: payments, members: ['10.1.0.1:80']}\n");
    controller_case_begin(controller_case, false);
    controller_case_await_passes(controller_case, 2);
    controller = controller_case->controller;
    listed_usec[0] = controller->schedulers[0].listed_usec[0];
    listed_usec[1] = controller->schedulers[1].listed_usec[1];
    assert_true(listed_usec[0] > 0 && listed_usec[1] > 0 && listed_usec[0] != listed_usec[1]);
    write_roster(controller_case, "version: 1\ninstance: prod\nchannels:\n"
                                  "  - {name: orders, members: ['10.2.0.1:80']}\n"
                                  "  - {name: payments, members: ['10.1.0.1:80']}\n");
    controller = reload(controller_case);
    assert_int_equal(controller->schedulers[0].listed_usec[0], 0);
    assert_int_equal(controller->schedulers[0].listed_usec[1], listed_usec[0]);
    assert_int_equal(controller->schedulers[1].listed_usec[1], listed_usec[1]);
}

static void test_what_was_counted_goes_on(void **state)
{
    ControllerCase *controller_case = *state;
    const Tally *tally;

    controller_case_begin(controller_case, false);
    controller_case_next_pass(controller_case);
    tally = reload(controller_case)->backend.tally;
    assert_int_equal(tally->instances[0].passes[RESULT_CONVERGED], 1);
    assert_int_equal(tally->instances[0].passes[RESULT_IN_SYNC], 1);
    assert_int_equal(tally->channels[0].changes[CHANGE_DELETE][TALLY_MADE], 2);
}

/* What was sent and learnt before counts on, of each instance by itself. */
static void test_what_an_instance_spent_and_learnt_goes_on(void **state)
{
    ControllerCase *controller_case = *state;
    const char *settings = "guards: {max_delete_percent: 100, max_deletes_total: 6}\n";
    const Controller *now;
    Backend *old;

    controller_case->has_two_instances = true;
    controller_case_write_settings(controller_case, settings);
    write_roster(controller_case, "version: 1\ninstance: prod\nchannels:\n"
                                  "  - {name: orders, members: ['10.2.0.1:80']}\n");
    client_case_write_secret(&controller_case->client_case, "rosters.d/b.yaml",
                             "version: 1\ninstance: test\nchannels:\n"
                             "  - {name: payments, members: ['10.1.0.1:80', '10.1.0.2:80', "
                             "'10.1.0.3:80']}\n");
    controller_case_begin(controller_case, false);
    controller_case_await_passes(controller_case, 2);
    old = &controller_case->controller->backend;
    pass_spent_add(&old->spent[1], "before", 5);
    take_over_note(&old->take_overs[0], 7, SECOND, true);
    take_over_note(&old->take_overs[1], 8, FIRST, true);
    old->unheard_usec[0] = 70;
    old->unheard_usec[1] = 80;
    controller_service.channels[0].members[4] = controller_service.channels[0].members[5] = true;
    now = controller_case_reload(controller_case);
    controller_case_await_passes(controller_case, 4);
    assert_int_equal(controller_service.deletions, 0);
    assert_string_equal(now->schedulers[1].trouble, "test/payments: held by max_deletes_total");
    assert_true(take_over_has_listed(&now->backend.take_overs[0], 7, SECOND));
    assert_true(take_over_has_listed(&now->backend.take_overs[1], 8, FIRST));
    assert_false(take_over_has_listed(&now->backend.take_overs[1], 7, SECOND));
    assert_int_equal(now->backend.unheard_usec[0], 70);
    assert_int_equal(now->backend.unheard_usec[1], 80);
}

/* ---- how long a pass takes, and what it leaves for people ---- */

static void test_a_pass_that_reads_all_says_how_long_it_takes(void **state)
{
    ControllerCase *controller_case = *state;
    Scheduler *scheduler = controller_case_begin(controller_case, false);

    assert_true(scheduler->pass_usec > 0 && scheduler->pass_usec < USEC_PER_MINUTE);
    scheduler->pass_usec = USEC_PER_HOUR;
    controller_service.list_status = 403;
    controller_case_next_pass(controller_case);
    assert_int_equal(scheduler->pass_usec, USEC_PER_HOUR);
    controller_service.list_status = 0;
    controller_case_next_pass(controller_case);
    assert_true(scheduler->pass_usec < USEC_PER_MINUTE);
}

static void test_the_first_trouble_is_told(void **state)
{
    ControllerCase *controller_case = *state;
    const Scheduler *scheduler;

    controller_service.channels[1].members[2] = true;
    controller_service.delete_status = 400;
    scheduler = controller_case_begin(controller_case, false);
    assert_int_equal(scheduler->results[RESULT_FAILED], 2);
    client_case_assert_has(scheduler->trouble, "prod/payments: ");
    controller_service.channels[0].members[2] = controller_service.channels[0].members[3] = false;
    controller_case_next_pass(controller_case);
    assert_int_equal(scheduler->results[RESULT_FAILED], 1);
    client_case_assert_has(scheduler->trouble, "prod/orders: ");
    client_case_assert_has(scheduler->trouble, "not now");
    controller_service.channels[1].members[2] = false;
    controller_case_next_pass(controller_case);
    assert_int_equal(scheduler->results[RESULT_FAILED], 0);
    assert_string_equal(scheduler->trouble, "");
}

static void move_table(const ControllerCase *controller_case, const char *from, const char *to)
{
    char sql[96];

    snprintf(sql, sizeof(sql), "ALTER TABLE %s RENAME TO %s", from, to);
    assert_int_equal(sqlite3_exec(controller_case->store->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void test_a_pass_that_cannot_begin_is_trouble(void **state)
{
    ControllerCase *controller_case = *state;
    const Scheduler *scheduler = controller_case_begin(controller_case, false);
    const Tally *tally = controller_case->controller->backend.tally;
    const char *says = "prod: no pass can begin: ";
    int lists = controller_service.lists;

    assert_int_equal(tally->instances[0].failed_passes, 0);
    move_table(controller_case, "pass", "pass_away");
    for (size_t i = 1; i <= 2; i++) {
        controller_ask(controller_case->controller);
        alarm(30);
        while (scheduler->unbegun_count < i)
            assert_true(sd_event_run(controller_case->client_case.event, UINT64_MAX) >= 0);
        alarm(0);
        client_case_assert_has(scheduler->trouble, says);
        assert_int_equal(controller_case_count_logged(controller_case, says), 1);
        assert_int_equal(tally->instances[0].failed_passes, i);
    }
    assert_null(scheduler->run);
    assert_int_equal(controller_service.lists, lists);
    move_table(controller_case, "pass_away", "pass");
    controller_case_next_pass(controller_case);
    assert_string_equal(scheduler->trouble, "");
    assert_int_equal(tally->instances[0].failed_passes, 0);
    assert_int_equal(scheduler->unbegun_count, 2);
}

/* ---- when a pass is due, and whether one is needed ---- */

static void test_a_pass_is_due_when_a_quarantine_ends(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller = controller_case_make(controller_case, false);
    Scheduler *scheduler = &controller->schedulers[0];

    assert_true(scheduler_due_in_usec(scheduler) == USEC_NEVER);
    controller_case_record(controller_case, controller->backend.keys[0], CHANGE_DISABLE);
    assert_in_range(scheduler_due_in_usec(scheduler), USEC_PER_HOUR - USEC_PER_MINUTE,
                    USEC_PER_HOUR);
    controller->backend.dry_run = true;
    assert_true(scheduler_due_in_usec(scheduler) == USEC_NEVER);
    controller->backend.dry_run = false;
    controller->backend.store = NULL;
    assert_true(scheduler_due_in_usec(scheduler) == USEC_NEVER);
    controller->backend.store = controller_case->store;
    controller_free(controller);
}

/* Whichever of the two comes first. */
static void test_a_pass_is_due_when_a_channel_opens_or_a_quarantine_ends(void **state)
{
    static const unsigned int minutes[] = {30, 90};
    ControllerCase *controller_case = *state;

    for (size_t i = 0; i < ELEMENTS(minutes); i++) {
        char freezes[160], from[CLOCK_RFC3339_SIZE], to[CLOCK_RFC3339_SIZE];
        uint64_t now_usec = clock_realtime_usec();
        unsigned int due = minutes[i] < 60 ? minutes[i] : 60;
        Controller *controller;

        clock_format_rfc3339(now_usec - USEC_PER_HOUR, from);
        clock_format_rfc3339(now_usec + minutes[i] * USEC_PER_MINUTE, to);
        snprintf(freezes, sizeof(freezes), "freezes: [{from: '%s', to: '%s', reason: sale}]\n",
                 from, to);
        controller_case_write_settings(controller_case, freezes);
        controller = controller_case_make(controller_case, false);
        if (i == 0)
            controller_case_record(controller_case, controller->backend.keys[0], CHANGE_DISABLE);
        assert_in_range(scheduler_due_in_usec(&controller->schedulers[0]),
                        (due - 1) * USEC_PER_MINUTE, due * USEC_PER_MINUTE);
        controller_free(controller);
    }
}

/* An instance without channels has a pass only where it may be found out what became of changes. */
static void test_an_instance_without_channels_has_work_while_something_is_open(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller;
    Scheduler *scheduler;

    controller_case->has_two_instances = true;
    controller_case_write_settings(controller_case, "");
    write_roster(controller_case, "version: 1\ninstance: prod\nchannels:\n"
                                  "  - {name: payments, members: ['10.1.0.1:80']}\n");
    controller = controller_case_make(controller_case, false);
    scheduler = &controller->schedulers[1];
    assert_int_equal(scheduler->channel_count, 0);
    assert_true(scheduler_has_work(&controller->schedulers[0]));
    assert_false(scheduler_has_work(scheduler));
    controller_case_record(controller_case, controller->backend.keys[0], CHANGE_DELETE);
    assert_false(scheduler_has_work(scheduler));
    controller_case_record(controller_case, controller->backend.keys[1], CHANGE_DELETE);
    assert_true(scheduler_has_work(scheduler));
    controller->backend.store = NULL;
    assert_false(scheduler_has_work(scheduler));
    assert_true(scheduler_has_work(&controller->schedulers[0]));
    controller->backend.store = controller_case->store;
    controller_free(controller);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, controller_case_setup, controller_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_known_of_channels_goes_on),
        TEST(test_a_name_is_no_id),
        TEST(test_only_the_same_instance_goes_on),
        TEST(test_of_two_instances_each_goes_on),
        TEST(test_what_was_counted_goes_on),
        TEST(test_what_an_instance_spent_and_learnt_goes_on),
        TEST(test_a_pass_that_reads_all_says_how_long_it_takes),
        TEST(test_the_first_trouble_is_told),
        TEST(test_a_pass_that_cannot_begin_is_trouble),
        TEST(test_a_pass_is_due_when_a_quarantine_ends),
        TEST(test_a_pass_is_due_when_a_channel_opens_or_a_quarantine_ends),
        TEST(test_an_instance_without_channels_has_work_while_something_is_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
