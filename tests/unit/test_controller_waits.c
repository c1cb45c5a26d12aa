/* SPDX-License-Identifier: MIT */
/* Passes that are held, wait for the service, or are stopped. */
#include "tests/unit/controller_case.h"

static void test_held_changes_wait(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller = controller_case_make(controller_case, false);
    size_t lists = 0;

    controller_case->controller = controller;
    controller_hold_changes(controller, "files may have changed");
    assert_true(controller_holds_changes(controller));
    controller_begin(controller, NULL, controller_case_on_pass, controller_case);
    alarm(30);
    while (controller_service.lists < 2 || lists < 20) {
        assert_true(sd_event_run(controller_case->client_case.event, 1000) >= 0);
        lists += controller_service.lists >= 2;
    }
    alarm(0);
    assert_int_equal(controller_service.deletions, 0);
    assert_non_null(controller->schedulers[0].run);
    controller_allow_changes(controller);
    assert_false(controller_holds_changes(controller));
    controller_case->passes = 0;
    controller_case_await_passes(controller_case, 1);
    assert_int_equal(controller_service.deletions, 2);
}

static void test_what_a_pass_waits_for(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller = controller_case_make(controller_case, false);
    PassRunState run_state;
    uint64_t now_usec;
    PassRun *run;

    controller_case->controller = controller;
    controller_service.list_status = 429;
    controller_service.headers = "Retry-After: 200\r\n";
    controller_begin(controller, NULL, controller_case_on_pass, controller_case);
    alarm(30);
    do {
        assert_true(sd_event_run(controller_case->client_case.event, UINT64_MAX) >= 0);
        run = controller->schedulers[0].run;
        now_usec = clock_monotonic_usec();
        if (run)
            pass_run_get_state(run, now_usec, &run_state);
    } while (!run || !run_state.wait_text);
    alarm(0);
    client_case_assert_has(run_state.wait_text, "prod/");
    client_case_assert_has(run_state.wait_text, ": answered 429 APIG.9999");
    assert_in_range(run_state.wait_usec, 190 * USEC_PER_SEC, 201 * USEC_PER_SEC);
    assert_int_equal(run_state.channel_count, 2);
    assert_int_equal(run_state.read_count, 0);
    assert_int_equal(run_state.changed_count, 0);
    assert_string_equal(run_state.instance_name, "prod");
    assert_true(run_state.silent_usec < USEC_PER_MINUTE);
    assert_false(pass_run_is_stuck(run, now_usec));
    assert_true(pass_run_is_stuck(run, now_usec + 24 * USEC_PER_HOUR));
    assert_false(controller_is_stuck(controller, now_usec));
    assert_true(controller_is_stuck(controller, now_usec + 24 * USEC_PER_HOUR));
    pass_run_get_state(run, now_usec + 300 * USEC_PER_SEC, &run_state);
    assert_null(run_state.wait_text);
    assert_true(run_state.silent_usec >= 300 * USEC_PER_SEC - USEC_PER_MINUTE);
}

/* Who waits for a credential is not stuck before its time is over. */
static void test_a_login_is_waited_for(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller;
    uint64_t now_usec;

    controller_case->has_password = true;
    controller_case_write_settings(controller_case, "");
    controller = controller_case_make(controller_case, false);
    controller_case->controller = controller;
    controller_service.is_silent = true;
    controller_begin(controller, NULL, controller_case_on_pass, controller_case);
    alarm(30);
    while (peer_requests(controller_case->client_case.peer) == 0)
        assert_true(sd_event_run(controller_case->client_case.event, UINT64_MAX) >= 0);
    alarm(0);
    client_case_assert_has(controller_case->client_case.request, "POST /v3/auth/tokens");
    now_usec = clock_monotonic_usec();
    assert_false(pass_run_is_stuck(controller->schedulers[0].run, now_usec + 30 * USEC_PER_SEC));
    assert_true(pass_run_is_stuck(controller->schedulers[0].run, now_usec + 10 * USEC_PER_MINUTE));
}

static void test_a_stop_ends_what_is_under_way(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller = controller_case_make(controller_case, false);

    controller_case->controller = controller;
    controller_service.is_silent = true;
    controller_begin(controller, NULL, controller_case_on_pass, controller_case);
    alarm(30);
    while (!controller->schedulers[0].run || peer_requests(controller_case->client_case.peer) == 0)
        assert_true(sd_event_run(controller_case->client_case.event, UINT64_MAX) >= 0);
    controller_stop(controller, "the daemon ends");
    assert_false(controller_step(controller));
    controller_abandon(controller);
    while (!controller_step(controller))
        assert_true(sd_event_run(controller_case->client_case.event, UINT64_MAX) >= 0);
    alarm(0);
    assert_null(controller->schedulers[0].run);
    assert_int_equal(controller_service.deletions, 0);
}

/* ---- an undo that does not end ---- */

/* The service says nothing: a stop alone does not end what is on its way, the end of patience does.
 */
static void test_an_undo_is_stopped_and_abandoned(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller;
    int requests;

    controller_case_begin(controller_case, false);
    controller = controller_case->controller;
    controller_case_choose_undo(controller_case);
    controller_service.is_silent = true;
    requests = (int)peer_requests(controller_case->client_case.peer);
    controller_case_ask_undo(controller_case);
    assert_true(controller->undo_run);
    alarm(30);
    while ((int)peer_requests(controller_case->client_case.peer) == requests)
        assert_true(sd_event_run(controller_case->client_case.event, UINT64_MAX) >= 0);
    assert_false(controller_is_stuck(controller, clock_monotonic_usec()));
    assert_true(controller_is_stuck(controller, clock_monotonic_usec() + 24 * USEC_PER_HOUR));
    controller_stop(controller, "the daemon ends");
    assert_false(controller_step(controller));
    alarm(0);
    controller_abandon(controller);
    controller_case_await_undo(controller_case);
    assert_true(undo_has_failed(controller_case->undo));
    assert_int_equal(controller_service.additions, 0);
    controller_case_end_undo(controller_case);
    assert_true(controller_step(controller));
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, controller_case_setup, controller_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_held_changes_wait),
        TEST(test_what_a_pass_waits_for),
        TEST(test_a_login_is_waited_for),
        TEST(test_a_stop_ends_what_is_under_way),
        TEST(test_an_undo_is_stopped_and_abandoned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
