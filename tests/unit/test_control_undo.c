/* SPDX-License-Identifier: MIT */
/* Undos that are asked for on the control socket: of what, one at a time, what came of them, and
 * how one ends that the daemon cannot finish. */
#include "tests/unit/control_case.h"

static void test_an_undo(void **state)
{
    ControlCase *control_case = *state;

    control_case_begin(control_case);
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, "{}", 400,
                             "say one of last, pass and action");
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, "{\"last\":true,\"action\":1}", 400,
                             "say one of last, pass and action");
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, "{\"action\":99}", 404,
                             "the history holds no change 99");
    control_case_assert_post(control_case, CONTROL_PATH_UNDO,
                             "{\"pass\":\"a-name-that-is-longer-than-any-pass-of-rosterd-has\"}",
                             404, "the history holds no change of pass a-name");
    control_case_assert_post(control_case, CONTROL_PATH_UNDO,
                             "{\"last\":true,\"channel\":\"nobody\"}", 404,
                             "the history holds no change there; nobody");
    control_case_assert_post(control_case, CONTROL_PATH_UNDO,
                             "{\"last\":true,\"channel\":\"orders\"}", 404,
                             "the history holds no change in orders");
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, "{\"last\":true,\"dry_run\":true}",
                             200, "\"dry_run\": true");
    assert_int_equal(controller_service.additions, 0);
    control_case_assert_post(control_case, CONTROL_PATH_UNDO,
                             "{\"last\":true,\"channel\":\"prod/payments\"}", 200,
                             "\"outcome\": \"added\"");
    control_case_assert_has(control_case, "\"dry_run\": false");
    assert_int_equal(controller_service.additions, 2);
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "\"reason\": \"undo of ");
    assert_int_equal(
        controller_case_count_logged(control_case->controller_case, " (dry run) asked for"), 1);
}

static void test_one_change_alone(void **state)
{
    ControlCase *control_case = *state;

    control_case_begin(control_case);
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, "{\"action\":2,\"dry_run\":true}",
                             200, "\"result\": \"planned\"");
    control_case_assert_has(control_case, "\"outcome\": \"planned\"");
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, "{\"action\":2}", 200,
                             "\"result\": \"done\"");
    control_case_assert_has(control_case, "\"action\": 2");
    control_case_assert_has_not(control_case, "\"action\": 1,");
    control_case_assert_has(control_case, "\"name\": \"payments\"");
    control_case_assert_has(control_case, "\"state_error\": null");
    control_case_assert_has(control_case, "\"replaced\": []");
    assert_int_equal(controller_service.additions, 1);
    assert_true(controller_service.channels[0].members[3]);
    assert_false(controller_service.channels[0].members[2]);
    assert_int_equal(
        controller_case_count_logged(control_case->controller_case, "undo of action 2 of pass "),
        2);
}

static void test_a_pass_by_its_name(void **state)
{
    ControlCase *control_case = *state;
    char body[128];

    control_case_begin(control_case);
    snprintf(body, sizeof(body), "{\"pass\":\"%s\"}",
             control_case->controller_case->controller->schedulers[0].last_pass);
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE,
                             "{\"reason\":\"work\",\"channel\":\"payments\"}", 200, "paused");
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, body, 200, "\"result\": \"done\"");
    control_case_assert_has(control_case, "\"reason\": \"work\""); /* which it replaced */
    assert_int_equal(controller_service.additions, 2);
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, body, 200, "\"outcome\": \"live\"");
    assert_int_equal(controller_service.additions, 2);
}

static void test_what_is_refused_fails(void **state)
{
    ControlCase *control_case = *state;

    control_case_begin(control_case);
    controller_service.add_status = 400;
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, "{\"last\":true}", 200,
                             "\"result\": \"failed\"");
    control_case_assert_has(control_case, "\"outcome\": \"failed\"");
    control_case_assert_has(control_case, "not now");
    assert_false(controller_service.channels[0].members[2]);
}

static void test_one_at_a_time(void **state)
{
    ControlCase *control_case = *state;
    int first;

    control_case_begin(control_case);
    controller_service.is_silent = true;
    first = control_case_send_request(control_case, "POST", CONTROL_PATH_UNDO, "{\"last\":true}");
    alarm(30);
    do
        control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "payments");
    while (!strstr(buf_text(&control_case->answer), "\"reason\": \"undo of "));
    alarm(0);
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, "{\"last\":true}", 409,
                             "another undo is under way");
    control_free(control_case->control);
    control_case->control = NULL;
    control_case_await_answer(control_case, first);
    control_case_assert_answered(control_case, 503,
                                 "rosterd is ending; the channels of the undo are paused now, "
                                 "until each has its rosterctl resume CHANNEL");
    controller_free(control_case->controller_case->controller);
    control_case->controller_case->controller = NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, control_case_setup, control_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_undo),
        TEST(test_one_change_alone),
        TEST(test_a_pass_by_its_name),
        TEST(test_what_is_refused_fails),
        TEST(test_one_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
