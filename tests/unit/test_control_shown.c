/* SPDX-License-Identifier: MIT */
/* What readers are shown on the control socket besides the status: samples, metrics, health, and
 * plans and surveys where the settings of this very daemon are meant. */
#include "tests/unit/control_case.h"

#include <sys/stat.h>

static void test_samples(void **state)
{
    ControlCase *control_case = *state;

    control_case_assert_get(control_case, CONTROL_PATH_SAMPLES, 200, "\"samples\": []");
    control_case_assert_has(control_case, "\"complete\": true");
    control_case_begin(control_case);
    control_case_assert_get(control_case, CONTROL_PATH_SAMPLES, 200, "\"name\": \"payments\"");
    control_case_assert_has(control_case, "\"name\": \"orders\"");
    control_case_assert_has(control_case, "\"result\": \"converged\"");
    control_case_assert_has(control_case, "\"live\": 1");
    control_case_assert_get(control_case, CONTROL_PATH_SAMPLES "?channel=prod/orders&since=1h", 200,
                            "\"name\": \"orders\"");
    control_case_assert_has_not(control_case, "payments");
    control_case_assert_get(control_case, CONTROL_PATH_SAMPLES "?channel=test/orders", 200,
                            "\"samples\": []");
    control_case_assert_get(control_case, CONTROL_PATH_SAMPLES "?since=soon", 400,
                            "since: not a time before now");
    control_case->state.store = NULL;
    err_set(&control_case->state.err, -EIO, "no disk");
    control_case_assert_get(control_case, CONTROL_PATH_SAMPLES, 500, "no disk");
    control_case->state.store = control_case->controller_case->store;
}

static void test_samples_are_not_repeated(void **state)
{
    ControlCase *control_case = *state;
    const char *first;

    control_case_begin(control_case);
    for (size_t i = 0; i < 2; i++) {
        control_case_assert_get(control_case, CONTROL_PATH_SAMPLES "?channel=payments", 200,
                                "\"result\": \"converged\"");
        first = strstr(buf_text(&control_case->answer), "\"result\"");
        assert_null(strstr(first + 1, "\"result\""));
        /* Another result, but within the minute. */
        controller_service.list_status = 403;
        control_case_assert_post(control_case, CONTROL_PATH_RECONCILE, "{\"channel\":\"payments\"}",
                                 200, "\"result\": \"failed\"");
    }
}

static void test_metrics(void **state)
{
    ControlCase *control_case = *state;

    control_case_begin(control_case);
    control_case_assert_get(control_case, CONTROL_PATH_METRICS, 200,
                            "rosterd_passes_total{gateway=\"prod\",result=\"converged\"} 1\n");
    control_case_assert_has(control_case, "text/plain; version=0.0.4");
}

static void test_a_host_alone_has_no_fleet(void **state)
{
    ControlCase *control_case = *state;

    control_case_begin(control_case);
    control_case_assert_get(control_case, CONTROL_PATH_FLEET, 409, "belongs to no fleet");
    control_case_assert_post(control_case, CONTROL_PATH_DRAIN, "{}", 409, "belongs to no fleet");
    control_case_assert_post(control_case, CONTROL_PATH_UNDRAIN, "{}", 409, "belongs to no fleet");
    control_case_assert_post(control_case, CONTROL_PATH_DRAIN, "{\"x\": 1}", 400, "x: ");
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "\"instances\"");
    control_case_assert_has_not(control_case, "\"fleet\"");
}

static void test_health(void **state)
{
    ControlCase *control_case = *state;
    Controller *controller = control_case->controller_case->controller;

    control_set_controller(control_case->control, NULL);
    control_case_assert_get(control_case, CONTROL_PATH_READY, 503, "rosterd is starting\n");
    control_case_assert_get(control_case, CONTROL_PATH_LIVE, 200, "\r\n\r\nok\n");
    control_set_controller(control_case->control, controller);
    control_case_begin(control_case);
    control_case_assert_get(control_case, CONTROL_PATH_READY, 200, "\r\n\r\nok\n");
    control_case_assert_get(control_case, CONTROL_PATH_LIVE, 200, "\r\n\r\nok\n");
    controller_stop(controller, "the test ends");
    control_case_assert_get(control_case, CONTROL_PATH_READY, 503, "rosterd is stopping\n");
}

/* ---- whose settings are meant ---- */

static void test_the_settings_of_this_daemon_are_meant(void **state)
{
    ControlCase *control_case = *state;
    struct stat status;
    char body[160], path[160];

    control_case_begin(control_case);
    assert_int_equal(stat(control_case->controller_case->settings, &status), 0);
    snprintf(body, sizeof(body), "{\"settings\":{\"device\":%ju,\"inode\":%ju}}",
             (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    control_case_assert_post(control_case, CONTROL_PATH_PLAN, body, 200, "\"dry_run\": true");
    snprintf(path, sizeof(path), CONTROL_PATH_CHANNELS "?device=%ju&inode=%ju&instance=prod",
             (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    control_case_assert_get(control_case, path, 200, "payments");
    snprintf(body, sizeof(body), "{\"settings\":{\"device\":%ju,\"inode\":%ju}}",
             (uintmax_t)status.st_dev, (uintmax_t)status.st_ino + 1);
    control_case_assert_post(control_case, CONTROL_PATH_PLAN, body, 421,
                             "this rosterd runs with another settings file");
    snprintf(path, sizeof(path), CONTROL_PATH_CHANNELS "?device=%ju&inode=%ju",
             (uintmax_t)status.st_dev + 1, (uintmax_t)status.st_ino);
    control_case_assert_get(control_case, path, 421,
                            "this rosterd runs with another settings file");
    control_case_assert_get(control_case, CONTROL_PATH_CHANNELS "?inode=1", 400,
                            "device: should be that of the settings file");
    control_case_assert_get(control_case, CONTROL_PATH_CHANNELS "?members=false", 200, "payments");
    control_case_assert_has_not(control_case, "10.1.0.1");
    control_case_assert_get(control_case, CONTROL_PATH_CHANNELS "?channel=orders&members=true", 200,
                            "10.2.0.1");
    control_case_assert_has_not(control_case, "10.1.0.1");
}

static void test_some_channels_of_a_plan(void **state)
{
    ControlCase *control_case = *state;

    control_case_begin(control_case);
    control_case_assert_post(control_case, CONTROL_PATH_PLAN,
                             "{\"channels\":[\"payments\",\"prod/orders\"]}", 200,
                             "\"name\": \"orders\"");
    control_case_assert_has(control_case, "\"name\": \"payments\"");
    control_case_assert_post(control_case, CONTROL_PATH_PLAN, "{\"channels\":[\"a\\nb\"]}", 400,
                             "channels[0]: not a name or an id");
    control_case_assert_post(control_case, CONTROL_PATH_PLAN, "{\"channels\":[\"\"]}", 400,
                             "channels[0]: not a name or an id");
    control_case_assert_post(control_case, CONTROL_PATH_PLAN, "{\"channels\":[]}", 200,
                             "\"name\": \"payments\"");
    control_case_assert_post(control_case, CONTROL_PATH_PLAN, "{\"more\":[]}", 400, "more");
    control_case_assert_post(control_case, CONTROL_PATH_PLAN,
                             "{\"channels\":[\"payments\",\"nobody\"]}", 404, "nobody");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, control_case_setup, control_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_samples),
        TEST(test_samples_are_not_repeated),
        TEST(test_metrics),
        TEST(test_a_host_alone_has_no_fleet),
        TEST(test_health),
        TEST(test_the_settings_of_this_daemon_are_meant),
        TEST(test_some_channels_of_a_plan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
