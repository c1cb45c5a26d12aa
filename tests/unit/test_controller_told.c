/* SPDX-License-Identifier: MIT */
/* Whom a controller tells and asks while passes are under way: answers, reports, whether the files
 * still say the same, pauses; and what people are told a pass waits for. */
#include "tests/unit/controller_case.h"

/* ---- who is told ---- */

/* Whoever halted it waits for changes alone, and each answer may be the last. */
static void test_a_halted_pass_tells_each_answer(void **state)
{
    ControllerCase *controller_case = *state;
    const Scheduler *scheduler;

    controller_service.keeps_changes = 3;
    controller_service.channels[1].members[2] = true;
    scheduler = &controller_case_start(controller_case, false)->schedulers[0];
    CONTROLLER_AWAIT(controller_case, controller_service.kept_count == 2);
    assert_int_equal(controller_case->passes, 0);
    assert_true(controller_is_passing(controller_case->controller));
    controller_halt(controller_case->controller, "newer settings");
    assert_false(controller_step(controller_case->controller));
    peer_answer(controller_service.kept[0], 204, "", "");
    CONTROLLER_AWAIT(controller_case, controller_case->passes == 1);
    assert_non_null(scheduler->run);
    assert_true(pass_run_is_changing(scheduler->run));
    assert_false(controller_step(controller_case->controller));
    peer_answer(controller_service.kept[1], 204, "", "");
    CONTROLLER_AWAIT(controller_case, controller_step(controller_case->controller));
    assert_null(scheduler->run);
    assert_false(controller_is_passing(controller_case->controller));
    assert_int_equal(controller_service.deletions, 2);
}

/* While nothing ends, answers are the pass's own business. */
static void test_a_pass_that_goes_on_tells_its_end_alone(void **state)
{
    ControllerCase *controller_case = *state;

    controller_case_begin(controller_case, false);
    assert_int_equal(controller_case->passes, 1);
    assert_false(controller_is_passing(controller_case->controller));
}

typedef struct Told {
    size_t count, instance, channel_count;
    Result result;
    bool was_current;
    size_t asked;
} Told;

static void on_report(void *userdata, size_t instance, const Report *report)
{
    Told *told = userdata;

    told->count++;
    told->instance = instance;
    told->channel_count = report->channel_count;
    told->result = report_result(report);
}

static void test_each_report_is_told(void **state)
{
    ControllerCase *controller_case = *state;
    Told told = {.instance = 7};
    Controller *controller = controller_case_make(controller_case, false);

    controller_case->controller = controller;
    controller_tell_reports(controller, on_report, &told);
    controller_begin(controller, NULL, controller_case_on_pass, controller_case);
    controller_case_await_passes(controller_case, 1);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.instance, 0);
    assert_int_equal(told.channel_count, 2);
    assert_int_equal(told.result, RESULT_CONVERGED);
    controller_case_next_pass(controller_case);
    assert_int_equal(told.count, 2);
    assert_int_equal(told.result, RESULT_IN_SYNC);
    controller_tell_reports(controller, NULL, NULL);
    controller_case_next_pass(controller_case);
    assert_int_equal(told.count, 2);
}

/* ---- who is asked ---- */

static bool is_current(void *userdata)
{
    Told *told = userdata;

    told->asked++;
    return told->was_current;
}

static void test_nothing_is_changed_while_the_files_differ(void **state)
{
    ControllerCase *controller_case = *state;
    Told told = {0};
    Controller *controller = controller_case_make(controller_case, false);

    controller_case->controller = controller;
    controller_ask_current(controller, is_current, &told);
    controller_begin(controller, NULL, controller_case_on_pass, controller_case);
    CONTROLLER_AWAIT(controller_case, controller->schedulers[0].run);
    assert_int_equal(told.asked, 1); /* before the first request */
    assert_int_equal(controller_service.lists, 0);
    CONTROLLER_AWAIT(controller_case, controller_service.lists == 2 && told.asked > 1);
    for (int i = 0; i < 20; i++)
        assert_true(sd_event_run(controller_case->client_case.event, 1000) >= 0);
    assert_non_null(controller->schedulers[0].run);
    assert_int_equal(controller_service.deletions, 0);
    told.was_current = true;
    pass_run_allow_changes(controller->schedulers[0].run);
    controller_case_await_passes(controller_case, 1);
    assert_int_equal(controller_service.deletions, 2);
}

/* It goes by the history, and not by the files. */
static void test_an_undo_does_not_ask_for_the_files(void **state)
{
    ControllerCase *controller_case = *state;
    Told told = {0};

    controller_case_begin(controller_case, false);
    controller_ask_current(controller_case->controller, is_current, &told);
    controller_case_choose_undo(controller_case);
    controller_case_ask_undo(controller_case);
    controller_case_await_undo(controller_case);
    assert_int_equal(controller_service.additions, 2);
    assert_int_equal(told.asked, 0);
    controller_case_end_undo(controller_case);
}

static void test_a_channel_is_paused_in_the_middle_of_a_pass(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller = controller_case_make(controller_case, false);
    const Scheduler *scheduler = &controller->schedulers[0];

    controller_case->controller = controller;
    controller_service.channels[1].members[2] = true;
    controller_hold_changes(controller, "for a test");
    controller_begin(controller, NULL, controller_case_on_pass, controller_case);
    CONTROLLER_AWAIT(controller_case, controller_service.lists == 2);
    pass_run_pause(scheduler->run, &controller->config->channels[0]);
    controller_allow_changes(controller);
    controller_case->passes = 0;
    controller_case_await_passes(controller_case, 1);
    assert_int_equal(controller_service.deletions, 1);
    assert_true(controller_service.channels[0].members[2]);
    assert_false(controller_service.channels[1].members[2]);
}

/* ---- what people are told ---- */

static void await_wait(ControllerCase *controller_case, PassRunState *ret_state)
{
    const Scheduler *scheduler = &controller_case->controller->schedulers[0];

    *ret_state = (PassRunState){0};
    alarm(30);
    while (!ret_state->wait_text) {
        assert_true(sd_event_run(controller_case->client_case.event, UINT64_MAX) >= 0);
        if (scheduler->run)
            pass_run_get_state(scheduler->run, clock_monotonic_usec(), ret_state);
    }
    alarm(0);
}

static void write_slow_settings(ControllerCase *controller_case, const char *method)
{
    char settings[1024];

    snprintf(settings, sizeof(settings),
             "version: 1\nmode: prune\ninterval: 24h\nsettle: 0s\ninstances:\n"
             "  prod: {endpoint: '%s', project_id: p1, instance_id: i1,\n"
             "         auth: {%s}}\n"
             "retry: {attempts: 3, base: 100s, cap: 100s, throttle_base: 100s}\n"
             "guards: {max_delete_percent: 100}\n",
             controller_case->client_case.endpoint, method);
    client_case_write_secret(&controller_case->client_case, "rosterd.yaml", settings);
}

static void test_a_wait_says_what_went_wrong(void **state)
{
    ControllerCase *controller_case = *state;
    PassRunState run_state;

    write_slow_settings(controller_case, "method: token, token_file: token");
    controller_service.loses_lists = true;
    controller_case_start(controller_case, false);
    await_wait(controller_case, &run_state);
    client_case_assert_has(run_state.wait_text, "prod/");
    client_case_assert_has(run_state.wait_text,
                           ": reading the members: lost the connection to 127.0.0.1 port ");
    client_case_assert_has_not(run_state.wait_text, "answered");
    assert_in_range(run_state.wait_usec, 1, 100 * USEC_PER_SEC);
}

static void test_a_login_that_is_refused_for_now_is_told(void **state)
{
    ControllerCase *controller_case = *state;
    const Controller *controller;
    char text[160];
    PassRunState run_state;

    snprintf(text, sizeof(text),
             "method: password, domain: d, user: u, password_file: token, iam_endpoint: '%s'",
             controller_case->client_case.endpoint);
    write_slow_settings(controller_case, text);
    controller_service.iam_status = 503;
    controller_service.headers = "Retry-After: 50\r\n";
    controller = controller_case_start(controller_case, false);
    await_wait(controller_case, &run_state);
    client_case_assert_has(run_state.wait_text, "prod: answered 503 ");
    assert_in_range(run_state.wait_usec, 40 * USEC_PER_SEC, 101 * USEC_PER_SEC);
    assert_int_equal(controller_case_count_logged(controller_case, "info: prod: getting a token"),
                     1);
    assert_int_equal(controller_case_count_logged(controller_case, "(attempt 2)\n"), 1);
    assert_int_equal(controller_service.logins, 1);
    assert_false(controller_is_stuck(controller, clock_monotonic_usec() + 30 * USEC_PER_SEC));
}

static void use_password(ControllerCase *controller_case)
{
    controller_case->has_password = true;
    controller_case_write_settings(controller_case, "guards: {max_delete_percent: 100}\n");
}

static void test_a_login_is_followed_by_the_pass(void **state)
{
    ControllerCase *controller_case = *state;

    use_password(controller_case);
    controller_case_begin(controller_case, false);
    assert_int_equal(controller_service.logins, 1);
    assert_int_equal(controller_service.deletions, 2);
    client_case_assert_header(&controller_case->client_case, "X-Auth-Token",
                              "MIIissuedissuedissued");
}

/* IAM locks a user who is wrong too often: not even another process tries that password again. */
static void test_a_password_that_is_refused_is_not_tried_again(void **state)
{
    ControllerCase *controller_case = *state;
    const Scheduler *scheduler;

    use_password(controller_case);
    controller_service.iam_status = 401;
    scheduler = controller_case_begin(controller_case, false);
    assert_int_equal(controller_service.logins, 1);
    assert_int_equal(scheduler->results[RESULT_FAILED], 2);
    client_case_assert_has(scheduler->trouble, "prod");
    controller_case_end(controller_case);
    controller_service.iam_status = 0;
    controller_case->passes = 0;
    scheduler = controller_case_begin(controller_case, false);
    assert_int_equal(controller_service.logins, 1);
    assert_int_equal(scheduler->results[RESULT_FAILED], 2);
    controller_case_end(controller_case);
    client_case_write_secret(&controller_case->client_case, "token", "another\n");
    controller_case->passes = 0;
    controller_case_begin(controller_case, false);
    assert_int_equal(controller_service.logins, 2);
    assert_int_equal(controller_service.deletions, 2);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, controller_case_setup, controller_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_halted_pass_tells_each_answer),
        TEST(test_a_pass_that_goes_on_tells_its_end_alone),
        TEST(test_each_report_is_told),
        TEST(test_nothing_is_changed_while_the_files_differ),
        TEST(test_an_undo_does_not_ask_for_the_files),
        TEST(test_a_channel_is_paused_in_the_middle_of_a_pass),
        TEST(test_a_wait_says_what_went_wrong),
        TEST(test_a_login_that_is_refused_for_now_is_told),
        TEST(test_a_login_is_followed_by_the_pass),
        TEST(test_a_password_that_is_refused_is_not_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
