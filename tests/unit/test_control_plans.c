/* SPDX-License-Identifier: MIT */
/* Plans, approvals, passes and channels that are asked for on the control socket. */
#include "tests/unit/control_case.h"

/* ---- plans ---- */

/* Of the first channel that is shown. */
static void copy_digest(const ControlCase *control_case, char digest[static DIGEST_HEX_SIZE])
{
    const char *channels = strstr(buf_text(&control_case->answer), "\"channels\": [");
    const char *at = channels ? strstr(channels, "\"digest\": \"") : NULL;

    assert_non_null(at);
    memcpy(digest, at + strlen("\"digest\": \""), DIGEST_HEX_SIZE - 1);
    digest[DIGEST_HEX_SIZE - 1] = '\0';
}

static void test_a_plan_and_its_approval(void **state)
{
    ControlCase *control_case = *state;
    ControllerCase *controller_case = control_case->controller_case;
    char digest[DIGEST_HEX_SIZE], body[160];

    control_case_use(control_case, "guards: {max_deletes: 1}\n", NULL);
    control_case_begin(control_case);
    control_case_assert_post(control_case, CONTROL_PATH_PLAN, "{\"channels\":7}", 400,
                             "channels: not a list");
    control_case_assert_post(control_case, CONTROL_PATH_PLAN, "{\"channels\":[\"a\",7]}", 400,
                             "channels[1]: not a name or an id");
    control_case_assert_post(control_case, CONTROL_PATH_PLAN, "{\"settings\":7}", 400,
                             "settings: not an object");
    control_case_assert_post(control_case, CONTROL_PATH_PLAN,
                             "{\"settings\":{\"device\":1,\"inode\":1}}", 421, "error");
    control_case_assert_post(control_case, CONTROL_PATH_PLAN, "{\"channels\":[\"nobody\"]}", 404,
                             "nobody");
    control_case_assert_post(control_case, CONTROL_PATH_PLAN, "{\"channels\":[\"orders\"]}", 200,
                             "\"name\": \"orders\"");
    control_case_assert_has_not(control_case, "payments");
    control_case_assert_post(control_case, CONTROL_PATH_PLAN, "{}", 200, "\"result\": \"held\"");
    control_case_assert_has(control_case, "\"dry_run\": true");
    control_case_assert_has(control_case, "10.1.0.2");
    assert_int_equal(controller_service.deletions, 0);

    control_case_assert_get(control_case, CONTROL_PATH_STATUS "?channel=payments", 200,
                            "\"approved\": false");
    copy_digest(control_case, digest);
    control_case_assert_post(control_case, CONTROL_PATH_APPROVE, "{\"digest\":\"ffffffffffff\"}",
                             404, "rosterd knows no plan with this digest");
    control_case_assert_post(control_case, CONTROL_PATH_APPROVE, "{}", 400, "digest");
    snprintf(body, sizeof(body), "{\"digest\":\"%.12s\"}", digest);
    control_case_assert_post(control_case, CONTROL_PATH_APPROVE, body, 200, "\"approved\": true");
    control_case_assert_has(control_case, digest);
    control_case_assert_has(control_case, "\"now\": false");
    control_case_assert_has(control_case, "\"instance\": \"prod\"");
    control_case_assert_has(control_case, "\"name\": \"payments\"");
    control_case_assert_has(control_case, "\"pass_under_way\": false");
    control_case_assert_get(control_case, CONTROL_PATH_STATUS "?channel=payments", 200,
                            "\"approved\": true");
    control_case_assert_get(control_case, CONTROL_PATH_STATUS "?channel=orders", 200,
                            "\"approved\": false");
    control_case_assert_post(control_case, CONTROL_PATH_RECONCILE, "{\"channel\":\"payments\"}",
                             200, "\"result\": \"converged\"");
    control_case_assert_has_not(control_case, "\"orders\"");
    assert_int_equal(controller_service.deletions, 2);
    control_case_assert_post(control_case, CONTROL_PATH_RECONCILE, "{}", 200,
                             "\"name\": \"orders\"");
    control_case_assert_has(control_case, "\"name\": \"payments\"");
    control_case_assert_has(control_case, controller_case->controller->schedulers[0].last_pass);
}

/* Passes of two instances that ended in one second, told of as the tenth and the ninth of it. */
static void on_pass_of_two(void *userdata)
{
    ControlCase *control_case = userdata;
    Scheduler *schedulers = control_case->controller_case->controller->schedulers;

    control_case->controller_case->passes++;
    strcpy(schedulers[0].last_pass, "2026-11-30T12:00:00Z-10");
    strcpy(schedulers[1].last_pass, "2026-11-30T12:00:00Z-9");
    control_on_pass(control_case->control);
}

static void test_the_newest_pass_of_two_instances_is_named(void **state)
{
    ControlCase *control_case = *state;
    ControllerCase *controller_case = control_case->controller_case;

    controller_case->has_two_instances = true;
    client_case_write_secret(&controller_case->client_case, "rosters.d/b.yaml",
                             "version: 1\ninstance: test\nchannels:\n"
                             "  - {name: orders, members: ['10.2.0.1:80']}\n");
    control_case_use(control_case, "guards: {max_delete_percent: 100}\n",
                     "version: 1\ninstance: prod\nchannels:\n"
                     "  - {name: payments, members: ['10.1.0.1:80']}\n");
    controller_begin(controller_case->controller, NULL, on_pass_of_two, control_case);
    controller_case_await_passes(controller_case, 2);
    control_case_assert_post(control_case, CONTROL_PATH_RECONCILE, "{}", 200,
                             "\"pass\": \"2026-11-30T12:00:00Z-10\"");
}

static void test_one_plan_at_a_time(void **state)
{
    ControlCase *control_case = *state;
    int first;

    control_case_begin(control_case);
    controller_service.is_silent = true;
    first = control_case_send_request(control_case, "POST", CONTROL_PATH_PLAN, "{}");
    alarm(30);
    do
        control_case_assert_get(control_case, CONTROL_PATH_PROGRESS, 200, "\"plan_under_way\": ");
    while (strstr(buf_text(&control_case->answer), "\"plan_under_way\": false"));
    alarm(0);
    control_case_assert_post(control_case, CONTROL_PATH_PLAN, "{}", 503,
                             "another plan is being made");
    control_free(control_case->control);
    control_case->control = NULL;
    control_case_await_answer(control_case, first);
    control_case_assert_answered(control_case, 503, "rosterd is ending");
}

/* What is read for a plan goes at the pace of requests_per_second, together with the passes. */
static void test_a_plan_keeps_to_the_pace_of_the_passes(void **state)
{
    ControlCase *control_case = *state;
    const Throttle *throttle = &control_case->controller_case->controller->backend.throttles[0];
    size_t begun;

    control_case_begin(control_case);
    begun = throttle->count;
    control_case_assert_post(control_case, CONTROL_PATH_PLAN, "{}", 200, "\"dry_run\": true");
    assert_int_equal(throttle->count, begun + 3);
    control_case_assert_get(control_case, CONTROL_PATH_CHANNELS, 200, "payments");
}

static void test_channels_are_listed(void **state)
{
    ControlCase *control_case = *state;

    control_case_assert_get(control_case, CONTROL_PATH_CHANNELS "?members=maybe", 400,
                            "members: should be true or false");
    control_case_assert_get(control_case, CONTROL_PATH_CHANNELS "?device=1", 400,
                            "inode: should be that of");
    control_case_assert_get(control_case, CONTROL_PATH_CHANNELS "?device=1&inode=1", 421, "error");
    control_case_assert_get(control_case, CONTROL_PATH_CHANNELS "?instance=none", 404, "none");
    control_case_assert_get(control_case, CONTROL_PATH_CHANNELS, 200, "payments");
    control_case_assert_has(control_case, "orders");
    control_case_assert_has_not(control_case, "10.1.0.2");
    control_case_assert_get(control_case, CONTROL_PATH_CHANNELS "?members=true", 200, "10.1.0.2");
}

/* ---- a dry run ---- */

static void test_a_dry_run_records_nothing(void **state)
{
    ControlCase *control_case = *state;

    control_free(control_case->control);
    assert_int_equal(control_new(control_case_loop(control_case), control_case->path,
                                 &control_case->state, true, "", &control_case->control, NULL),
                     0);
    control_set_controller(control_case->control, control_case->controller_case->controller);
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE, "{\"reason\":\"x\",\"all\":true}",
                             409, "this rosterd is in dry run, and records nothing");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"all\":true}", 409,
                             "in dry run");
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, "{\"last\":true}", 409, "in dry run");
    control_case->state.store = NULL;
    err_set(&control_case->state.err, -EIO, "no disk");
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, "{\"last\":true,\"dry_run\":true}",
                             500, "no disk");
    control_case_assert_post(control_case, CONTROL_PATH_APPROVE, "{\"digest\":\"ffffffffffff\"}",
                             500, "no disk");
    control_case->state.store = control_case->controller_case->store;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, control_case_setup, control_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_plan_and_its_approval),
        TEST(test_one_plan_at_a_time),
        TEST(test_the_newest_pass_of_two_instances_is_named),
        TEST(test_a_plan_keeps_to_the_pace_of_the_passes),
        TEST(test_channels_are_listed),
        TEST(test_a_dry_run_records_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
