/* SPDX-License-Identifier: MIT */
/* Answers that go out part by part, while passes end and settings change: each channel is told
 * once, that something has changed meanwhile is told, and what is of another configuration ends. */
#include "tests/unit/control_case.h"

#include <sys/socket.h>

#include "daemon/control/control_internal.h"
#include "daemon/http/unix_client.h"

#define CHANNELS 1500

/* More of them than a socket takes at once. */
static void use_many_channels(ControlCase *control_case)
{
    _cleanup_(buf_done) Buf roster = {0};

    buf_puts(&roster, "version: 1\nchannels:\n");
    for (size_t i = 0; i < CHANNELS; i++)
        buf_printf(&roster, "  - {name: 'channel-%05zu-end', members: ['10.3.0.1:80']}\n", i);
    control_case_use(control_case, "", buf_text(&roster));
}

static size_t count(const ControlCase *control_case, const char *text)
{
    size_t found = 0;

    for (const char *at = buf_text(&control_case->answer); (at = strstr(at, text)); at++)
        found++;
    return found;
}

static void assert_each_once(const ControlCase *control_case)
{
    char name[40];

    assert_int_equal(control_case->status, 200);
    assert_int_equal(count(control_case, "\"name\": \"channel-"), CHANNELS);
    for (size_t i = 0; i < CHANNELS; i += 7) {
        snprintf(name, sizeof(name), "\"name\": \"channel-%05zu-end\"", i);
        assert_int_equal(count(control_case, name), 1);
    }
}

static bool is_whole(const ControlCase *control_case)
{
    const char *text = buf_text(&control_case->answer);
    size_t size = control_case->answer.size;

    return size > 7 && strcmp(text + size - 7, "\r\n0\r\n\r\n") == 0;
}

/* Sends it, and turns the loop until the answer has begun. */
static int begin_answer(ControlCase *control_case, const char *method, const char *path)
{
    int fd = control_case_send_request(control_case, method, path, method[0] == 'G' ? NULL : "{}");
    char byte;

    alarm(60);
    while (recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) <= 0)
        assert_true(sd_event_run(control_case_loop(control_case), 10 * USEC_PER_MSEC) >= 0);
    alarm(0);
    return fd;
}

/* What is told in parts, and whether a pass that ends meanwhile is told of. */
static const struct {
    const char *method, *path;
    bool tells_changes;
} answers[] = {
    {"GET", CONTROL_PATH_STATUS, true},
    {"POST", CONTROL_PATH_RECONCILE, true},
    {"POST", CONTROL_PATH_PLAN, false},
};

static void test_every_channel_is_told_once(void **state)
{
    ControlCase *control_case = *state;

    use_many_channels(control_case);
    control_case_begin(control_case);
    for (size_t i = 0; i < ELEMENTS(answers); i++) {
        int fd = begin_answer(control_case, answers[i].method, answers[i].path);

        control_case_await_answer(control_case, fd);
        assert_each_once(control_case);
        assert_true(is_whole(control_case));
        control_case_assert_has_not(control_case, "changed_meanwhile");
        control_case_assert_has(control_case, "\"name\": \"prod\"");
    }
}

/* Without what stands around its chunks. */
static void take_body(ControlCase *control_case)
{
    Buf body = {0};
    int status = 0;
    Err err = {0};

    assert_int_equal(unix_client_parse(&control_case->answer, &status, &body, &err), 0);
    buf_done(&control_case->answer);
    control_case->answer = body;
}

/* It is made over several turns of the loop, once for both who wait for it. */
static void test_the_page_has_every_channel_once(void **state)
{
    ControlCase *control_case = *state;
    char id[40];

    use_many_channels(control_case);
    control_case_begin(control_case);
    for (size_t i = 0; i < 2; i++) {
        int first = control_case_send_request(control_case, "GET", CONTROL_PATH_PAGE, NULL);
        int second = begin_answer(control_case, "GET", CONTROL_PATH_PAGE "?have=0");

        control_case_await_answer(control_case, second);
        take_body(control_case);
        assert_int_equal(count(control_case, "<details class=\"channel\""), CHANNELS);
        assert_int_equal(count(control_case, "<!doctype html>"), 1);
        assert_int_equal(count(control_case, "</html>"), 1);
        control_case_await_answer(control_case, first);
        take_body(control_case);
        for (size_t k = 0; k < CHANNELS; k += 7) {
            snprintf(id, sizeof(id), "id=\"c%zu\"", k);
            assert_int_equal(count(control_case, id), 1);
        }
        /* The next one is another page. */
        control_case->control->page.usec = 0;
    }
}

static void test_a_pass_that_ends_meanwhile_is_told(void **state)
{
    ControlCase *control_case = *state;

    use_many_channels(control_case);
    control_case_begin(control_case);
    for (size_t i = 0; i < ELEMENTS(answers); i++) {
        int fd = begin_answer(control_case, answers[i].method, answers[i].path);

        control_case->control->pass_count++;
        control_case_await_answer(control_case, fd);
        assert_true(is_whole(control_case));
        assert_int_equal(count(control_case, "\"changed_meanwhile\": true"),
                         answers[i].tells_changes);
    }
}

/* What it borrows from is the plan before. */
static void test_a_plan_ends_where_another_is_made(void **state)
{
    ControlCase *control_case = *state;
    int fd;

    use_many_channels(control_case);
    control_case_begin(control_case);
    fd = begin_answer(control_case, "POST", CONTROL_PATH_PLAN);
    control_case->control->planned_count++;
    control_case_await_answer(control_case, fd);
    assert_false(is_whole(control_case));
}

static void test_what_is_of_another_configuration_ends(void **state)
{
    ControlCase *control_case = *state;

    use_many_channels(control_case);
    control_case_begin(control_case);
    for (size_t i = 0; i < ELEMENTS(answers); i++) {
        int fd = begin_answer(control_case, answers[i].method, answers[i].path);

        control_case->control->controller_number++;
        control_case_await_answer(control_case, fd);
        assert_false(is_whole(control_case));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, control_case_setup, control_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_channel_is_told_once),
        TEST(test_the_page_has_every_channel_once),
        TEST(test_a_pass_that_ends_meanwhile_is_told),
        TEST(test_a_plan_ends_where_another_is_made),
        TEST(test_what_is_of_another_configuration_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
