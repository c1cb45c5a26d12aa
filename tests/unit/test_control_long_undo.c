/* SPDX-License-Identifier: MIT */
/* An undo of many changes is made in many turns of the loop: others are answered meanwhile, a
 * reload has it made anew, and where the daemon ends first nothing was done. */
#include "tests/unit/control_case.h"

#include "daemon/control/control_internal.h"
#include "daemon/control/handle_undo_internal.h"

#define LAST "{\"last\":true}"
#define LAST_DRY "{\"last\":true,\"dry_run\":true}"
#define CHANGES 5000

/* Sends it, and turns the loop until it is being made. */
static int send_undo(ControlCase *control_case, const char *body)
{
    int fd;

    control_case_begin(control_case);
    control_case_add_history(control_case, CHANGES);
    fd = control_case_send_request(control_case, "POST", CONTROL_PATH_UNDO, body);
    alarm(30);
    while (!control_case->control->undoing)
        assert_true(sd_event_run(control_case_loop(control_case), UINT64_MAX) >= 0);
    alarm(0);
    assert_non_null(control_case->control->undoing->making);
    return fd;
}

static void test_others_are_answered_meanwhile(void **state)
{
    ControlCase *control_case = *state;
    int fd = send_undo(control_case, LAST_DRY), answers = 0;

    while (control_case->control->undoing->making) {
        control_case_assert_get(control_case, CONTROL_PATH_LIVE, 200, "");
        answers++;
        assert_non_null(control_case->control->undoing);
    }
    assert_true(answers >= 3);
    control_case_await_answer(control_case, fd);
    control_case_assert_answered(control_case, 200, "\"result\": \"planned\"");
    control_case_assert_has(control_case, "\"action\": 1,");
    control_case_assert_has(control_case, "\"action\": 5002,"); /* two were there before */
}

static void test_one_at_a_time(void **state)
{
    ControlCase *control_case = *state;
    int fd = send_undo(control_case, LAST_DRY);

    control_case_assert_post(control_case, CONTROL_PATH_UNDO, LAST, 409,
                             "another undo is under way");
    control_case_await_answer(control_case, fd);
    control_case_assert_answered(control_case, 200, "\"result\": \"planned\"");
}

static void test_a_reload_has_it_made_anew(void **state)
{
    ControlCase *control_case = *state;
    int fd = send_undo(control_case, LAST_DRY);

    control_set_controller(control_case->control, control_case->controller_case->controller);
    assert_non_null(control_case->control->undoing->making);
    control_case_await_answer(control_case, fd);
    control_case_assert_answered(control_case, 200, "\"action\": 5002,");
    assert_int_equal(
        controller_case_count_logged(control_case->controller_case, " (dry run) asked for"), 1);
}

/* What is wrong shows in a later turn. */
static void test_a_channel_that_is_only_observed(void **state)
{
    ControlCase *control_case = *state;
    int fd;

    control_case_begin(control_case);
    control_case_add_history(control_case, CHANGES);
    control_case->controller_case->controller->config->mode = MODE_OBSERVE;
    fd = control_case_send_request(control_case, "POST", CONTROL_PATH_UNDO, LAST);
    control_case_await_answer(control_case, fd);
    control_case_assert_answered(control_case, 409,
                                 "prod/payments is only observed: nothing is changed there\"");
    assert_null(control_case->control->undoing);
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "payments");
    control_case_assert_has_not(control_case, "undo of ");
}

static void test_the_daemon_ends_first(void **state)
{
    ControlCase *control_case = *state;
    StorePauses pauses = {0};
    int fd = send_undo(control_case, LAST);

    control_free(control_case->control);
    control_case->control = NULL;
    control_case_await_answer(control_case, fd);
    control_case_assert_answered(control_case, 503, "\"rosterd is ending\"");
    assert_int_equal(
        store_pauses(control_case->controller_case->store, clock_realtime_usec(), &pauses, NULL),
        0);
    assert_int_equal(pauses.count, 0);
    store_pauses_done(&pauses);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, control_case_setup, control_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_others_are_answered_meanwhile), TEST(test_one_at_a_time),
        TEST(test_a_reload_has_it_made_anew),     TEST(test_a_channel_that_is_only_observed),
        TEST(test_the_daemon_ends_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
