/* SPDX-License-Identifier: MIT */
/* Requests that outlive a reload: whoever waits for a pass, a plan or an undo has it by the newer
 * settings and rosters; and what an answer says that goes out while passes end. */
#include "tests/unit/control_case.h"

#include "daemon/control/control_internal.h"
#include "daemon/store/store_internal.h"

static const char others[] = "version: 1\nchannels:\n"
                             "  - {name: payments, members: ['10.1.0.1:80', '10.1.0.2:80']}\n";

static void on_pass(void *userdata)
{
    ControlCase *control_case = userdata;

    control_case->controller_case->passes++;
    if (control_case->control)
        control_on_pass(control_case->control);
}

/* Loads the rosters anew, as a daemon does that is asked to while a pass goes on. */
static void reload(ControlCase *control_case, const char *roster)
{
    ControllerCase *controller_case = control_case->controller_case;
    Controller *old = controller_case->controller, *now;

    client_case_write_secret(&controller_case->client_case, "rosters.d/a.yaml", roster);
    now = controller_case_make(controller_case, false);
    controller_halt(old, "newer rosters");
    alarm(30);
    while (!controller_step(old))
        assert_true(sd_event_run(control_case_loop(control_case), UINT64_MAX) >= 0);
    alarm(0);
    controller_service.is_silent = false;
    controller_begin(now, old, on_pass, control_case);
    controller_case->controller = now;
    control_set_controller(control_case->control, now);
    controller_free(old);
}

static void turn(const ControlCase *control_case)
{
    assert_true(sd_event_run(control_case_loop(control_case), UINT64_MAX) >= 0);
}

/* Sends it, and turns the loop until it waits. */
static int send_for_pass(ControlCase *control_case, const char *body)
{
    size_t before = control_case->control->waiter_count;
    int fd = control_case_send_request(control_case, "POST", CONTROL_PATH_RECONCILE, body);

    alarm(30);
    while (control_case->control->waiter_count == before)
        turn(control_case);
    alarm(0);
    return fd;
}

static void test_a_pass_is_awaited_over_a_reload(void **state)
{
    ControlCase *control_case = *state;
    int all, one, gone;

    control_case_begin(control_case);
    controller_service.is_silent = true;
    all = send_for_pass(control_case, "{}");
    one = send_for_pass(control_case, "{\"channel\":\"payments\"}");
    gone = send_for_pass(control_case, "{\"channel\":\"orders\"}");
    reload(control_case, others);
    control_case_await_answer(control_case, gone);
    control_case_assert_answered(control_case, 404, "orders: no channel of the rosters");
    control_case_await_answer(control_case, one);
    control_case_assert_answered(control_case, 200, "\"name\": \"payments\"");
    /* The deletions before took one that is wanted now. */
    control_case_assert_has(control_case, "\"missing\"");
    control_case_assert_has(control_case, "10.1.0.2");
    control_case_await_answer(control_case, all);
    control_case_assert_answered(control_case, 200, "10.1.0.2");
    control_case_assert_has_not(control_case, "orders");
    assert_int_equal(control_case->control->waiter_count, 0);
}

static void test_a_plan_is_made_anew_by_a_reload(void **state)
{
    ControlCase *control_case = *state;
    int fd;

    control_case_begin(control_case);
    controller_service.is_silent = true;
    fd = control_case_send_request(control_case, "POST", CONTROL_PATH_PLAN, "{}");
    alarm(30);
    while (!control_case->control->planning)
        turn(control_case);
    alarm(0);
    reload(control_case, others);
    control_case_await_answer(control_case, fd);
    control_case_assert_answered(control_case, 200, "\"dry_run\": true");
    control_case_assert_has(control_case, "10.1.0.2");
    control_case_assert_has_not(control_case, "orders");
    assert_null(control_case->control->planning);
}

/* While files may have changed it waits, its channels paused. */
static int send_undo(ControlCase *control_case)
{
    int fd;

    control_case_begin(control_case);
    controller_hold_changes(control_case->controller_case->controller, "files may have changed");
    fd = control_case_send_request(control_case, "POST", CONTROL_PATH_UNDO, "{\"last\":true}");
    alarm(30);
    while (!control_case->control->undoing)
        turn(control_case);
    alarm(0);
    return fd;
}

static void test_an_undo_goes_on_after_a_reload(void **state)
{
    ControlCase *control_case = *state;
    int fd = send_undo(control_case);

    reload(control_case, others);
    control_case_await_answer(control_case, fd);
    control_case_assert_answered(control_case, 200, "\"result\": \"done\"");
    /* Asked for once, it replaced no pause but its own. */
    control_case_assert_has(control_case, "\"replaced\": []");
    assert_int_equal(controller_service.additions, 2);
    assert_null(control_case->control->undoing);
}

static void test_an_undo_that_cannot_go_on_says_what_is_paused(void **state)
{
    ControlCase *control_case = *state;
    int fd = send_undo(control_case);

    reload(control_case, "version: 1\nchannels:\n"
                         "  - {name: payments, members: ['10.1.0.1:80'], mode: observe}\n");
    control_case_await_answer(control_case, fd);
    control_case_assert_answered(control_case, 409, "prod/payments is only observed");
    control_case_assert_has(control_case, "; the channels of the undo are paused now, until each "
                                          "has its rosterctl resume CHANNEL");
    assert_int_equal(controller_service.additions, 0);
    assert_null(control_case->control->undoing);
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"channel\":\"payments\"}", 200,
                             "\"paused\": false");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, control_case_setup, control_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_pass_is_awaited_over_a_reload),
        TEST(test_a_plan_is_made_anew_by_a_reload),
        TEST(test_an_undo_goes_on_after_a_reload),
        TEST(test_an_undo_that_cannot_go_on_says_what_is_paused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
