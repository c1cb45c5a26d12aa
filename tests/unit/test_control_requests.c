/* SPDX-License-Identifier: MIT */
/* What a running daemon answers on its socket: status, history and pauses, and what may not be
 * asked. */
#include "tests/unit/control_case.h"

/* ---- what is no request ---- */

static void test_what_is_refused(void **state)
{
    ControlCase *control_case = *state;

    control_case_assert_get(control_case, "/nothing", 404, "no such path: see rosterctl(1)");
    control_case_assert_get(control_case, CONTROL_PATH_PAUSE, 405, "this path takes POST");
    control_case_assert_post(control_case, CONTROL_PATH_STATUS, "{}", 405, "this path takes GET");
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE, "[]", 400, "error");
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE, "{\"reason\":\"x\",\"y\":1}", 400,
                             "y");
    control_case_assert_post(control_case, CONTROL_PATH_RECONCILE, "{\"channel\":\"nobody\"}", 404,
                             "nobody");
}

static void test_what_waits_for_the_start(void **state)
{
    static const char *const shown[] = {CONTROL_PATH_STATUS,  CONTROL_PATH_HISTORY,
                                        CONTROL_PATH_SAMPLES, CONTROL_PATH_PROGRESS,
                                        CONTROL_PATH_METRICS, CONTROL_PATH_CHANNELS};
    static const char *const changing[] = {CONTROL_PATH_PLAN,   CONTROL_PATH_PAUSE,
                                           CONTROL_PATH_RESUME, CONTROL_PATH_APPROVE,
                                           CONTROL_PATH_UNDO,   CONTROL_PATH_RECONCILE};
    ControlCase *control_case = *state;

    control_set_controller(control_case->control, NULL);
    for (size_t i = 0; i < ELEMENTS(shown); i++)
        control_case_assert_get(control_case, shown[i], 503, "rosterd is starting");
    for (size_t i = 0; i < ELEMENTS(changing); i++)
        control_case_assert_post(control_case, changing[i], "{}", 503, "rosterd is starting");
    control_set_controller(control_case->control, control_case->controller_case->controller);
}

/* ---- looking ---- */

/* The time behind a key, which must be within the last minute, or the next `ahead_usec`. */
static void assert_time(const ControlCase *control_case, const char *key, uint64_t ahead_usec)
{
    const char *at = strstr(buf_text(&control_case->answer), key);
    uint64_t now_usec = clock_realtime_usec(), usec = 0;
    char text[32] = "";

    assert_non_null(at);
    sscanf(at + strlen(key), ": \"%31[^\"]", text);
    assert_int_equal(clock_parse_rfc3339(text, &usec), 0);
    assert_in_range(usec, now_usec - USEC_PER_MINUTE, now_usec + ahead_usec);
}

static void test_times_of_the_status(void **state)
{
    ControlCase *control_case = *state;

    control_case_begin(control_case);
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "\"name\": \"payments\"");
    assert_time(control_case, "\"time\"", 0);
    assert_time(control_case, "\"last_pass_ended\"", 0);
    assert_time(control_case, "\"listed\"", 0);
    assert_time(control_case, "\"since\"", 0);
    assert_time(control_case, "\"next_pass\"", 27 * USEC_PER_HOUR);
}

static void test_status(void **state)
{
    ControlCase *control_case = *state;

    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "\"pass_under_way\": false");
    control_case_assert_has(control_case, "\"last_pass_ended\": null");
    control_case_assert_has(control_case, "\"listed\": null");
    control_case_begin(control_case);
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200,
                            "\"version\": \"" ROSTERD_VERSION "\"");
    control_case_assert_has(control_case, "\"dry_run\": false");
    control_case_assert_has(control_case, "\"state_error\": null");
    control_case_assert_has(control_case, "\"pauses_error\": null");
    control_case_assert_has(control_case, "\"name\": \"payments\"");
    control_case_assert_has(control_case, "\"result\": \"converged\"");
    control_case_assert_has(control_case, "\"result\": \"in_sync\"");
    control_case_assert_has(control_case, "\"failed_passes\": 0");
    control_case_assert_has(control_case, "\"other_pauses\": []");
    control_case_assert_has_not(control_case, "\"last_pass_ended\": null");
    control_case_assert_has_not(control_case, "\"next_pass\": null");
    control_case_assert_has_not(control_case, "\"listed\": null");
    control_case_assert_get(control_case, CONTROL_PATH_STATUS "?channel=orders", 200,
                            "\"name\": \"orders\"");
    control_case_assert_has_not(control_case, "payments");
    control_case_assert_has_not(control_case, "other_pauses");
    control_case_assert_get(control_case, CONTROL_PATH_STATUS "?channel=nobody", 404, "nobody");
    control_case_assert_get(control_case, CONTROL_PATH_STATUS "?digest=ffffffffffff", 200,
                            "\"plans\": 0");
    control_case_assert_get(control_case, CONTROL_PATH_PROGRESS, 200, "\"plan_under_way\": false");
    control_case_assert_has(control_case, "\"progress\": null");
    control_case_assert_has(control_case, "\"pass_under_way\": false");
    control_case_assert_has(control_case, "\"name\": \"prod\"");
    control_case->state.store = NULL;
    err_set(&control_case->state.err, -EIO, "no disk");
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "\"pauses\": []");
    control_case_assert_get(control_case, CONTROL_PATH_HISTORY, 500, "no disk");
    control_case->state.store = control_case->controller_case->store;
}

static void test_history(void **state)
{
    ControlCase *control_case = *state;

    control_case_begin(control_case);
    control_case_assert_get(control_case, CONTROL_PATH_HISTORY, 200, "\"outcome\": \"deleted\"");
    control_case_assert_has(control_case, "\"10.1.0.2\"");
    control_case_assert_has(control_case, "\"10.1.0.3\"");
    control_case_assert_get(control_case, CONTROL_PATH_HISTORY "?limit=1", 200, "\"10.1.0.3\"");
    control_case_assert_has_not(control_case, "\"10.1.0.2\"");
    control_case_assert_get(control_case, CONTROL_PATH_HISTORY "?before=2", 200, "\"10.1.0.2\"");
    control_case_assert_has_not(control_case, "\"10.1.0.3\"");
    control_case_assert_get(control_case, CONTROL_PATH_HISTORY "?channel=prod/payments", 200,
                            "\"10.1.0.3\"");
    control_case_assert_get(control_case, CONTROL_PATH_HISTORY "?channel=orders", 200,
                            "\"actions\": []");
    control_case_assert_has_not(control_case, "\"unknown_channel\": true");
    control_case_assert_get(control_case, CONTROL_PATH_HISTORY "?channel=nobody", 200,
                            "\"unknown_channel\": true");
    control_case_assert_get(control_case, CONTROL_PATH_HISTORY "?pass=2020-01-01T00:00:00Z-1", 200,
                            "\"actions\": []");
    control_case_assert_get(control_case, CONTROL_PATH_HISTORY "?since=1h", 200, "\"10.1.0.2\"");
    control_case_assert_get(control_case, CONTROL_PATH_HISTORY "?since=soon", 400,
                            "since: not a time before");
    control_case_assert_get(control_case, CONTROL_PATH_HISTORY "?limit=10001", 400,
                            "limit: should be a whole number up to 10000");
    control_case_assert_get(control_case, CONTROL_PATH_HISTORY "?limit=10000", 200, "\"10.1.0.2\"");
    control_case_assert_get(control_case, CONTROL_PATH_HISTORY "?before=x", 400,
                            "before: should be a whole");
}

/* ---- pauses ---- */

static void test_pause_and_resume(void **state)
{
    ControlCase *control_case = *state;

    control_case_assert_post(control_case, CONTROL_PATH_PAUSE, "{\"reason\":\"x\"}", 400,
                             "channel: missing (or say instance, or all)");
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE,
                             "{\"reason\":\"x\",\"all\":true,\"channel\":\"payments\"}", 400,
                             "say one of channel, instance and all");
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE, "{\"channel\":\"payments\"}", 400,
                             "reason");
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE,
                             "{\"reason\":\"x\",\"instance\":\"none\"}", 404,
                             "none: no instance of the settings has this name, which have prod");
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE,
                             "{\"reason\":\"x\",\"all\":true,\"for\":\"soon\"}", 400,
                             "for: not a duration");
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE,
                             "{\"reason\":\"x\",\"all\":true,\"for\":\"0s\"}", 400,
                             "for: not a duration");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"channel\":\"payments\"}", 409,
                             "it is not paused: rosterctl status shows what is");

    control_case_assert_post(control_case, CONTROL_PATH_PAUSE,
                             "{\"reason\":\"work\",\"channel\":\"payments\",\"for\":\"2h\"}", 200,
                             "\"paused\": true");
    control_case_assert_has(control_case, "\"reason\": \"work\"");
    control_case_assert_has(control_case, "\"replaced\": []");
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE,
                             "{\"reason\":\"more\",\"channel\":\"payments\"}", 200,
                             "\"reason\": \"work\"");
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE,
                             "{\"reason\":\"wide\",\"instance\":\"prod\"}", 200,
                             "\"paused\": true");
    control_case_begin(control_case);
    assert_int_equal(controller_service.deletions, 0);
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "\"reason\": \"more\"");
    control_case_assert_has(control_case, "\"reason\": \"wide\"");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"channel\":\"payments\"}", 200,
                             "\"paused\": false");
    control_case_assert_has(control_case, "\"reason\": \"wide\"");
    control_case_assert_post(
        control_case, CONTROL_PATH_RESUME, "{\"channel\":\"payments\"}", 409,
        "it is not paused by itself: the pause of instance prod holds it (wide)");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"instance\":\"prod\"}", 200,
                             "\"holding\": []");
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE,
                             "{\"reason\":\"all of it\",\"all\":true}", 200, "\"paused\": true");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"instance\":\"prod\"}", 409,
                             "the pause of all instances holds it (all of it)");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"all\":true}", 200,
                             "\"paused\": false");
    assert_int_equal(
        controller_case_count_logged(control_case->controller_case, "all instances: paused"), 1);
    assert_int_equal(controller_case_count_logged(control_case->controller_case,
                                                  "(in place of the pause until "),
                     1);
    assert_int_equal(controller_case_count_logged(control_case->controller_case, "resumed"), 3);
}

/* One that found the socket taken leaves it, as it ends, to the one that listens. */
static void test_another_one_leaves_the_socket(void **state)
{
    ControlCase *control_case = *state;
    Control *other = NULL;
    Err err = {0};

    control_case_begin(control_case);
    assert_int_equal(control_new(control_case_loop(control_case), control_case->path,
                                 &control_case->state, false, "", &other, &err),
                     -EADDRINUSE);
    assert_non_null(strstr(err.text, "another program listens on "));
    control_free(other);
    control_case_assert_get(control_case, CONTROL_PATH_STATUS, 200, "payments");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, control_case_setup, control_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_refused),
        TEST(test_what_waits_for_the_start),
        TEST(test_status),
        TEST(test_times_of_the_status),
        TEST(test_history),
        TEST(test_pause_and_resume),
        TEST(test_another_one_leaves_the_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
