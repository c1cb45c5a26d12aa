/* SPDX-License-Identifier: MIT */
/* What a controller keeps of its settings for each instance: limits, numbers, secrets; what it
 * counts; and what it keeps apart where an instance is lost. */
#include "tests/unit/controller_case.h"

#include "daemon/base/str.h"
#include "daemon/runtime/pass_run_internal.h"
#include "daemon/store/store_internal.h"

static void write_two_rosters(ControllerCase *controller_case)
{
    client_case_write_secret(&controller_case->client_case, "rosters.d/a.yaml",
                             "version: 1\ninstance: prod\nchannels:\n"
                             "  - {name: payments, members: ['10.1.0.1:80']}\n");
    client_case_write_secret(&controller_case->client_case, "rosters.d/b.yaml",
                             "version: 1\ninstance: test\nchannels:\n"
                             "  - {name: orders, members: ['10.2.0.1:80']}\n"
                             "  - {name: payments, members: ['10.1.0.1:80', '10.1.0.2:80', "
                             "'10.1.0.3:80']}\n");
}

static void use_two_instances(ControllerCase *controller_case, const char *more)
{
    controller_case->has_two_instances = true;
    controller_case_write_settings(controller_case, more);
    write_two_rosters(controller_case);
}

static void turn_a_while(ControllerCase *controller_case)
{
    for (int i = 0; i < 20; i++)
        assert_true(sd_event_run(controller_case->client_case.event, 1000) >= 0);
}

/* ---- out of the settings ---- */

static void test_each_channel_has_a_number_in_its_instance(void **state)
{
    ControllerCase *controller_case = *state;
    uint64_t before_usec = clock_realtime_usec();
    Controller *controller;

    use_two_instances(controller_case, "");
    controller = controller_case_make(controller_case, false);
    assert_int_equal(controller->scheduler_count, 2);
    assert_int_equal(controller->schedulers[0].channel_count, 1);
    assert_int_equal(controller->schedulers[1].channel_count, 2);
    assert_int_equal(controller->numbers[0], 0);
    assert_int_equal(controller->numbers[1], 0);
    assert_int_equal(controller->numbers[2], 1);
    assert_in_range(controller->loaded_usec, before_usec, clock_realtime_usec());
    assert_false(controller_is_passing(controller));
    controller_free(controller);
}

static void test_requests_are_limited_by_the_settings(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller;

    use_two_instances(controller_case, "limits: {requests_per_second: 7, total_concurrency: 1}\n");
    controller_service.mutes_lists = 3;
    controller = controller_case_start(controller_case, false);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(controller->backend.throttles[i].limit, 7);
        assert_ptr_equal(controller->backend.throttles[i].limiter, &controller->backend.limiter);
    }
    CONTROLLER_AWAIT(controller_case, controller_service.lists == 1);
    turn_a_while(controller_case);
    assert_int_equal(controller_service.lists, 1);
    assert_true(controller_is_passing(controller));
}

static void test_without_a_limit_all_are_read_at_once(void **state)
{
    ControllerCase *controller_case = *state;

    use_two_instances(controller_case, "");
    controller_service.mutes_lists = 3;
    controller_case_start(controller_case, false);
    CONTROLLER_AWAIT(controller_case, controller_service.lists == 3);
}

static void test_a_new_token_is_read_before_each_pass(void **state)
{
    ControllerCase *controller_case = *state;

    controller_case_begin(controller_case, false);
    client_case_assert_header(&controller_case->client_case, "X-Auth-Token", TOKEN);
    client_case_write_secret(&controller_case->client_case, "token", "MIInewnewnewnewnewnew");
    controller_case_next_pass(controller_case);
    client_case_assert_header(&controller_case->client_case, "X-Auth-Token",
                              "MIInewnewnewnewnewnew");
}

/* ---- what is counted ---- */

static uint64_t count_code(const Tally *tally, RequestKind kind, int code)
{
    const TallyAnswers *answers = &tally->instances[0].answers[kind];

    for (size_t i = 0; i < answers->code_count; i++) {
        if (answers->codes[i].code == code)
            return answers->codes[i].count;
    }
    return 0;
}

static void test_requests_and_passes_are_counted(void **state)
{
    ControllerCase *controller_case = *state;
    const TallyInstance *counted;
    const Tally *tally;

    controller_service.delete_status = 500;
    controller_case_begin(controller_case, false);
    tally = controller_case->controller->backend.tally;
    counted = &tally->instances[0];
    assert_int_equal(count_code(tally, REQUEST_LIST_CHANNELS, 200), 1);
    assert_int_equal(count_code(tally, REQUEST_LIST_MEMBERS, 200), controller_service.lists);
    assert_int_equal(count_code(tally, REQUEST_DELETE_MEMBER, 500), controller_service.deletions);
    assert_int_equal(counted->retries[REQUEST_DELETE_MEMBER], 2);
    assert_int_equal(counted->retries[REQUEST_LIST_CHANNELS], 0);
    assert_int_equal(counted->passes[RESULT_FAILED], 1);
    assert_int_equal(counted->failed_passes, 1);
    assert_true(counted->pass.sum_usec > 0 && counted->pass.sum_usec < USEC_PER_MINUTE);
    assert_int_equal(tally->channels[0].changes[CHANGE_DELETE][TALLY_FAILED], 2);
}

/* ---- of two instances the one ---- */

static void test_an_instance_that_is_lost_leaves_the_other_alone(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller;

    use_two_instances(controller_case, "guards: {max_delete_percent: 100}\n");
    controller_service.keeps_changes = 3;
    controller_service.channels[1].members[2] = true;
    controller = controller_case_start(controller_case, false);
    CONTROLLER_AWAIT(controller_case, controller_service.kept_count == 2);
    controller_stand_by(controller, controller->backend.keys[0], true, "for a test");
    CONTROLLER_AWAIT(controller_case, !controller->schedulers[0].run);
    assert_true(controller->backend.unheard_usec[0] > 0);
    assert_int_equal(controller->backend.unheard_usec[1], 0);
    assert_true(pass_run_is_changing(controller->schedulers[1].run));
    assert_true(controller_is_passing(controller));
    controller_case->passes = 0;
    controller_service_answer_kept();
    controller_case_await_passes(controller_case, 1);
    assert_int_equal(controller->schedulers[1].results[RESULT_CONVERGED], 1);
    assert_int_equal(controller_case_count_history(controller_case, "deleted"), 1);
}

static void test_a_login_is_of_its_instance_alone(void **state)
{
    ControllerCase *controller_case = *state;
    const Backend *backend;
    Controller *controller;
    uint64_t now_usec;

    controller_case->has_password = true;
    use_two_instances(controller_case, "");
    controller_service.mutes_lists = 3;
    controller_service.mutes_logins = true;
    controller = controller_case_start(controller_case, false);
    backend = &controller->backend;
    CONTROLLER_AWAIT(controller_case,
                     controller_service.logins == 1 && controller_service.lists == 2);
    now_usec = clock_monotonic_usec();
    assert_in_range(backend_renewal_due_usec(backend, backend->users[0]), now_usec,
                    now_usec + USEC_PER_HOUR);
    assert_int_equal(backend_renewal_due_usec(backend, backend->users[1]), 0);
}

/* ---- what moves ---- */

/* Whatever happens to a pass is a sign that it moves. */
static void test_a_pass_moves_with_each_answer(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller;
    PassRun *run;
    int lists;

    controller_service.mutes_lists = 2;
    controller = controller_case_start(controller_case, false);
    CONTROLLER_AWAIT(controller_case, controller->schedulers[0].run);
    run = controller->schedulers[0].run;
    run->progress.moved_usec = 1;
    lists = controller_service.lists;
    CONTROLLER_AWAIT(controller_case, controller_service.lists > lists);
    assert_true(run->progress.moved_usec > 1);
    CONTROLLER_AWAIT(controller_case, controller_service.lists == 2);
    turn_a_while(controller_case);
    run->progress.moved_usec = 1;
    pass_run_hold_changes(run, "for a test");
    assert_true(run->progress.moved_usec > 1);
    run->progress.moved_usec = 1;
    pass_run_allow_changes(run);
    assert_true(run->progress.moved_usec > 1);
    run->progress.moved_usec = 1;
    pass_run_pause(run, &controller->config->channels[0]);
    assert_true(run->progress.moved_usec > 1);
    run->progress.moved_usec = 1;
    pass_run_stop(run, "for a test");
    assert_true(run->progress.moved_usec > 1);
    run->progress.moved_usec = 1;
    pass_run_abandon(run, "for a test");
    assert_true(run->progress.moved_usec > 1);
}

/* ---- how it ends ---- */

static void run_sql(const ControllerCase *controller_case, const char *sql)
{
    assert_int_equal(sqlite3_exec(controller_case->store->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void test_a_pass_whose_end_cannot_be_recorded_is_told(void **state)
{
    ControllerCase *controller_case = *state;
    const Scheduler *scheduler;

    controller_service.keeps_changes = 1;
    scheduler = &controller_case_start(controller_case, false)->schedulers[0];
    CONTROLLER_AWAIT(controller_case, controller_service.kept_count == 1);
    controller_service.keeps_changes = 0;
    run_sql(controller_case, "ALTER TABLE pass RENAME TO pass_away");
    controller_service_answer_kept();
    controller_case_await_passes(controller_case, 1);
    assert_int_equal(controller_case_count_logged(controller_case, "err: the state in "), 1);
    assert_int_equal(controller_case_count_logged(controller_case, "no such table: pass"), 1);
    assert_int_equal(scheduler->results[RESULT_CONVERGED], 1);
}

static void test_the_state_has_what_a_pass_came_to(void **state)
{
    ControllerCase *controller_case = *state;
    uint64_t before_usec = clock_realtime_usec();
    const Scheduler *scheduler = controller_case_begin(controller_case, false);
    sqlite3_stmt *statement;

    assert_int_equal(sqlite3_prepare_v2(controller_case->store->db,
                                        "SELECT id, result, finished_usec FROM pass", -1,
                                        &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal(sqlite3_column_text(statement, 0), scheduler->last_pass);
    assert_string_equal(sqlite3_column_text(statement, 1), "converged");
    assert_in_range(sqlite3_column_int64(statement, 2), before_usec, clock_realtime_usec());
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
}

static void test_the_pass_of_a_dry_run_has_a_name_of_its_own(void **state)
{
    ControllerCase *controller_case = *state;
    const char *name = controller_case_begin(controller_case, true)->last_pass;
    size_t size = strlen(name);

    assert_true(size > 2);
    assert_string_equal(name + size - 3, "Z-1");
    assert_int_equal(controller_service.deletions, 0);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, controller_case_setup, controller_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_channel_has_a_number_in_its_instance),
        TEST(test_requests_are_limited_by_the_settings),
        TEST(test_without_a_limit_all_are_read_at_once),
        TEST(test_a_new_token_is_read_before_each_pass),
        TEST(test_requests_and_passes_are_counted),
        TEST(test_an_instance_that_is_lost_leaves_the_other_alone),
        TEST(test_a_login_is_of_its_instance_alone),
        TEST(test_a_pass_moves_with_each_answer),
        TEST(test_a_pass_whose_end_cannot_be_recorded_is_told),
        TEST(test_the_state_has_what_a_pass_came_to),
        TEST(test_the_pass_of_a_dry_run_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
