/* SPDX-License-Identifier: MIT */
/* Whether a service answers at all, as whoever looks for a fault asks it. */
#include "tests/unit/client_case.h"

#include <errno.h>

#include "daemon/roma/probe.h"
#include "tests/unit/failing.h"

typedef struct ProbeCase {
    ClientCase *client_case;
    Probe *probe;
    size_t answers;
    ProbeAnswer answer;
    char message[512];
} ProbeCase;

static int setup(void **state)
{
    ProbeCase *probe_case = test_calloc(1, sizeof(*probe_case));

    client_case_setup((void **)&probe_case->client_case);
    *state = probe_case;
    return 0;
}

static int teardown(void **state)
{
    ProbeCase *probe_case = *state;

    probe_free(probe_case->probe);
    client_case_teardown((void **)&probe_case->client_case);
    test_free(probe_case);
    return 0;
}

static void on_answer(void *userdata, const ProbeAnswer *answer)
{
    ProbeCase *probe_case = userdata;

    probe_case->answers++;
    probe_case->answer = *answer;
    snprintf(probe_case->message, sizeof(probe_case->message), "%s", answer->message);
}

static int begin(ProbeCase *probe_case, Err *err)
{
    ClientCase *client_case = probe_case->client_case;

    return probe_begin(client_case->event, &client_case->config, &client_case->instance, on_answer,
                       probe_case, &probe_case->probe, err);
}

static void ask(ProbeCase *probe_case)
{
    size_t answers = probe_case->answers;
    Err err = {0};

    if (begin(probe_case, &err) < 0)
        fail_msg("%s", err.text);
    alarm(30);
    while (probe_case->answers == answers)
        assert_true(sd_event_run(probe_case->client_case->event, UINT64_MAX) >= 0);
    alarm(0);
    probe_free(probe_case->probe);
    probe_case->probe = NULL;
}

static void test_any_answer_is_one(void **state)
{
    static const int statuses[] = {200, 404, 500};
    ProbeCase *probe_case = *state;
    ClientCase *client_case = probe_case->client_case;

    for (size_t i = 0; i < 3; i++) {
        client_case->status = statuses[i];
        ask(probe_case);
        assert_true(probe_case->answer.has_answered);
        assert_false(probe_case->answer.has_date);
        assert_string_equal(probe_case->message, "");
    }
    assert_int_equal(peer_requests(client_case->peer), 3);
    client_case_assert_has(client_case->request, "GET / HTTP/1.1\r\n");
    client_case_assert_header(client_case, "User-Agent", "rosterd/" ROSTERD_VERSION);
    client_case_assert_header(client_case, "X-Auth-Token", "");
}

static void test_the_clocks_are_compared(void **state)
{
    ProbeCase *probe_case = *state;
    uint64_t before_usec = clock_realtime_usec();

    probe_case->client_case->headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    ask(probe_case);
    assert_true(probe_case->answer.has_date);
    assert_in_range(probe_case->answer.ours_usec, before_usec, clock_realtime_usec());
    assert_int_equal(probe_case->answer.theirs_usec, 784111777 * USEC_PER_SEC);
    assert_int_equal(probe_case->answer.apart_usec,
                     probe_case->answer.ours_usec - probe_case->answer.theirs_usec);
}

static char *page_of(size_t size)
{
    char *page = test_calloc(1, size + 1);

    memset(page, 'x', size);
    return page;
}

static void test_a_large_page_is_an_answer(void **state)
{
    ProbeCase *probe_case = *state;
    char *page = page_of((size_t)1024 * 1024 + 1);

    probe_case->client_case->body = page;
    probe_case->client_case->headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    ask(probe_case);
    assert_true(probe_case->answer.has_answered);
    assert_true(probe_case->answer.has_date);
    test_free(page);
}

static void test_nobody_there(void **state)
{
    ProbeCase *probe_case = *state;
    ClientCase *client_case = probe_case->client_case;

    peer_free(client_case->peer);
    client_case->peer = NULL;
    ask(probe_case);
    assert_false(probe_case->answer.has_answered);
    assert_false(probe_case->answer.has_date);
    assert_false(probe_case->answer.is_of_proxy);
    client_case_assert_has(probe_case->message, "127.0.0.1");
}

static void test_what_cannot_be_asked(void **state)
{
    ProbeCase *probe_case = *state;
    ClientCase *client_case = probe_case->client_case;
    Err err = {0};

    client_case->instance.proxy = "http://127.0.0.1:1";
    client_case->instance.proxy_password_file = "missing";
    assert_int_equal(begin(probe_case, &err), -ENOENT);
    client_case_assert_has(err.text, "proxy_password_file: ");
    client_case->instance.proxy_password_file = NULL;
    client_case->instance.endpoint = "nonsense://";
    assert_int_equal(begin(probe_case, &err), -EINVAL);
    client_case_assert_has(err.text, "cannot ask nonsense://");
    assert_null(probe_case->probe);
}

static void serve_nothing(PeerConnection *connection, ClientCase *client_case)
{
    (void)connection;
    (void)client_case;
}

static void test_one_under_way_is_ended_without_an_answer(void **state)
{
    ProbeCase *probe_case = *state;
    ClientCase *client_case = probe_case->client_case;
    Err err = {0};

    client_case->serve = serve_nothing;
    assert_int_equal(begin(probe_case, &err), 0);
    alarm(30);
    while (peer_requests(client_case->peer) == 0)
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0);
    alarm(0);
    probe_free(probe_case->probe);
    probe_case->probe = NULL;
    assert_int_equal(probe_case->answers, 0);
}

/* It is begun, and ends without an answer, or says why not. */
static void test_each_allocation_fails_once(void **state)
{
    ProbeCase *probe_case = *state;
    ClientCase *client_case = probe_case->client_case;
    bool did_fail = true;
    size_t failed = 0;

    if (!failing_is_possible())
        skip();
    client_case->instance.ca_file = "ca.pem";
    client_case_write_secret(client_case, "ca.pem", "one");
    ask(probe_case); /* what libraries make once is there */
    for (long index = 0; did_fail; index++) {
        Err err = {0};
        int r;

        failing_after(index);
        r = begin(probe_case, &err);
        did_fail = failing_stop();
        assert_true(r == 0 || did_fail);
        assert_int_equal(r < 0, err_is_set(&err));
        assert_int_equal(r < 0, !probe_case->probe);
        failed += r < 0;
        probe_free(probe_case->probe);
        probe_case->probe = NULL;
    }
    assert_true(failed > 5);
    assert_int_equal(probe_case->answers, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_any_answer_is_one),          TEST(test_the_clocks_are_compared),
        TEST(test_a_large_page_is_an_answer),  TEST(test_nobody_there),
        TEST(test_what_cannot_be_asked),       TEST(test_one_under_way_is_ended_without_an_answer),
        TEST(test_each_allocation_fails_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
