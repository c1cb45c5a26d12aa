/* SPDX-License-Identifier: MIT */
/* Requests and answers as they should be, in all the forms the wire allows. */
#include "tests/unit/http_case.h"

#include <time.h>

/* ---- answers ---- */

static void test_answer(void **state)
{
    static const char *const headers[] = {"X-One: 1", "X-Two: 2"};
    HttpCase *http_case = *state;

    http_case->request.headers = headers;
    http_case->request.header_count = 2;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(http_case->status, 200);
    assert_string_equal(http_case->body, "fine");
    http_case_assert_has(http_case->sent, "GET /path HTTP/1.1\r\n");
    http_case_assert_has(http_case->sent, "\r\nX-One: 1\r\n");
    http_case_assert_has(http_case->sent, "\r\nX-Two: 2\r\n");
}

/* Byte for byte, whatever the url says, and for that request alone. */
static void test_target(void **state)
{
    HttpCase *http_case = *state;

    http_case->request.target = "/a/./b/../%63?q=%2F~&r";
    http_case_ask(http_case, HTTP_ANSWERED);
    http_case_assert_has(http_case->sent, "GET /a/./b/../%63?q=%2F~&r HTTP/1.1\r\nHost: ");
    http_case->request.target = NULL;
    http_case_ask(http_case, HTTP_ANSWERED);
    http_case_assert_has(http_case->sent, "GET /path HTTP/1.1\r\n");
    assert_int_equal(peer_connections(http_case->peer), 1);
}

static void test_too_many_headers(void **state)
{
    HttpCase *http_case = *state;

    http_case->request.header_count = HTTP_HEADERS_MAX + 1;
    assert_int_equal(
        http_submit(http_case->http, &http_case->request, http_case_on_answer, http_case, NULL),
        -EINVAL);
    http_case->request.header_count = 0;
    http_case_ask(http_case, HTTP_ANSWERED);
}

static void test_connection_is_used_again(void **state)
{
    HttpCase *http_case = *state;

    for (size_t i = 0; i < 50; i++)
        http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(peer_requests(http_case->peer), 50);
    assert_int_equal(peer_connections(http_case->peer), 1);
}

/* What a name stands for may have changed since it was made. */
static void test_connection_has_a_greatest_age(void **state)
{
    HttpCase *http_case = *state;
    uint64_t end_usec = clock_monotonic_usec() + 30 * USEC_PER_SEC;

    http_case->request.connection_age_max_usec = USEC_PER_SEC;
    http_case_ask(http_case, HTTP_ANSWERED);
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(peer_connections(http_case->peer), 1);
    while (peer_connections(http_case->peer) == 1 && clock_monotonic_usec() < end_usec)
        http_case_ask(http_case, HTTP_ANSWERED);
    assert_true(peer_connections(http_case->peer) > 1);
}

static void test_a_fresh_connection_on_demand(void **state)
{
    HttpCase *http_case = *state;

    http_case_ask(http_case, HTTP_ANSWERED);
    http_case->request.is_fresh = true;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(peer_connections(http_case->peer), 2);
    http_case->request.is_fresh = false;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(peer_connections(http_case->peer), 2);
}

/* Requests under way end on the connections that they have. */
static void test_renewal_leaves_kept_connections_alone(void **state)
{
    HttpCase *http_case = *state;

    http_case_ask(http_case, HTTP_ANSWERED);
    http_case_submit(http_case);
    assert_int_equal(http_renew(http_case->http), 0);
    http_case_submit(http_case);
    http_case_await(http_case, 3);
    assert_int_equal(peer_connections(http_case->peer), 2);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(http_renew(http_case->http), 0);
    http_case_ask(http_case, HTTP_ANSWERED);
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(peer_connections(http_case->peer), 3);
    assert_int_equal(peer_requests(http_case->peer), 5);
}

static void test_many_at_once(void **state)
{
    HttpCase *http_case = *state;

    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 64; i++)
            http_case_submit(http_case);
        http_case_await(http_case, 64 * (round + 1));
    }
    assert_int_equal(peer_requests(http_case->peer), 192);
    assert_int_equal(peer_connections(http_case->peer), 64);
}

static void test_submit_from_callback(void **state)
{
    HttpCase *http_case = *state;

    http_case->to_submit = 3;
    http_case_submit(http_case);
    http_case_await(http_case, 4);
    assert_int_equal(peer_requests(http_case->peer), 4);
}

static void test_body_is_sent(void **state)
{
    HttpCase *http_case = *state;

    http_case->request.method = "POST";
    http_case->request.body = "{\"a\":1}";
    http_case->request.body_size = 7;
    http_case_ask(http_case, HTTP_ANSWERED);
    http_case_assert_has(http_case->sent, "POST /path HTTP/1.1\r\n");
    http_case_assert_has(http_case->sent, "\r\nContent-Length: 7\r\n");
    http_case_assert_has(http_case->sent, "\r\n\r\n{\"a\":1}");
    http_case->request.method = "DELETE";
    http_case->request.body = NULL;
    http_case_ask(http_case, HTTP_ANSWERED);
    http_case_assert_has(http_case->sent, "DELETE /path HTTP/1.1\r\n");
    assert_null(strstr(http_case->sent, "Content-Length"));
}

static void serve_large(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    Buf body = {0};

    (void)request;
    (void)http_case;
    for (size_t i = 0; i < 3 * 1024 * 1024 / 16; i++)
        buf_puts(&body, "0123456789abcdef");
    peer_answer(connection, 200, "", body.data);
    buf_done(&body);
}

static void test_large_body(void **state)
{
    HttpCase *http_case = *state;

    http_case->serve = serve_large;
    for (size_t i = 0; i < 3; i++) {
        http_case_ask(http_case, HTTP_ANSWERED);
        assert_int_equal(http_case->body_size, 3 * 1024 * 1024);
    }
}

static void serve_chunked(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_puts(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "4\r\nfine\r\n5\r\n, too\r\n0\r\nRetry-After: 5\r\n\r\n");
}

static void test_chunks_and_trailers(void **state)
{
    HttpCase *http_case = *state;

    http_case->serve = serve_chunked;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_string_equal(http_case->body, "fine, too");
    assert_string_equal(http_case->retry_after, "");
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(peer_connections(http_case->peer), 1);
}

static void serve_interim(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_puts(connection, "HTTP/1.1 100 Continue\r\n\r\n"
                          "HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n"
                          "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine");
}

static void test_interim_answers(void **state)
{
    HttpCase *http_case = *state;

    http_case->serve = serve_interim;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(http_case->status, 200);
    assert_string_equal(http_case->body, "fine");
    assert_string_equal(http_case->retry_after, "");
}

static void serve_headers(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_answer(connection, 429, "Retry-After: 17\r\nContent-Type: text/html\r\n", "");
}

static void test_headers(void **state)
{
    HttpCase *http_case = *state;

    http_case->serve = serve_headers;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(http_case->status, 429);
    assert_string_equal(http_case->retry_after, "17");
    http_case->serve = http_case_serve_ok;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_string_equal(http_case->retry_after, "");
}

static void serve_redirect(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_answer(connection, 302, "Location: /elsewhere\r\n", "");
}

static void test_redirect_is_not_followed(void **state)
{
    HttpCase *http_case = *state;

    http_case->serve = serve_redirect;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(http_case->status, 302);
    assert_int_equal(peer_requests(http_case->peer), 1);
}

static void test_proxies_of_the_environment_are_ignored(void **state)
{
    HttpCase *http_case = *state;

    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    http_case_ask(http_case, HTTP_ANSWERED);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
}

static void serve_drip(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_drip(connection);
    peer_answer(connection, 200, "", "fine");
}

static void test_drip(void **state)
{
    HttpCase *http_case = *state;

    http_case->serve = serve_drip;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_string_equal(http_case->body, "fine");
}

#define LONG_SIZE 100000U
#define RECEIVED_SIZE 4096U

static char long_body[LONG_SIZE + 1];
static size_t shown_size, shown_times;

static void serve_long(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_answer(connection, 200, "", long_body);
}

static void on_body(void *userdata, const char *body, size_t size)
{
    (void)userdata;
    assert_in_range(size, shown_size + 1, shown_size + RECEIVED_SIZE);
    assert_memory_equal(body, long_body, size);
    shown_size = size;
    shown_times++;
}

static void test_body_is_shown_as_it_comes(void **state)
{
    HttpCase *http_case = *state;

    for (size_t i = 0; i < LONG_SIZE; i++)
        long_body[i] = (char)('a' + i % 26);
    shown_size = shown_times = 0;
    http_case->serve = serve_long;
    http_case->request.receive_size = RECEIVED_SIZE;
    http_case->request.on_body = on_body;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(http_case->body_size, LONG_SIZE);
    assert_int_equal(shown_size, LONG_SIZE);
    assert_in_range(shown_times, LONG_SIZE / RECEIVED_SIZE, LONG_SIZE);
}

static void test_dates(void **state)
{
    static const char *const odd[] = {
        "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 28:49:37 GMT", "Sun, 06 Nov 1994 08:69:37 GMT",
        "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMX",
    };
    uint64_t usec = 0;

    (void)state;
    assert_int_equal(http_parse_date("Sun, 06 Nov 1994 08:49:37 GMT", &usec), 0);
    assert_int_equal(usec, 784111777 * USEC_PER_SEC);
    assert_int_equal(http_parse_date("Sunday, 06-Nov-94 08:49:37 GMT", &usec), 0);
    assert_int_equal(usec, 784111777 * USEC_PER_SEC);
    assert_int_equal(http_parse_date("Sun Nov  6 08:49:37 1994", &usec), 0);
    assert_int_equal(usec, 784111777 * USEC_PER_SEC);
    assert_int_equal(http_parse_date("", &usec), -EINVAL);
    assert_int_equal(http_parse_date("soon", &usec), -EINVAL);
    for (size_t i = 0; i < ELEMENTS(odd); i++) {
        if (http_parse_date(odd[i], &usec) != -EINVAL)
            fail_msg("read: %s", odd[i]);
    }
}

/* The form that is to be sent, against another one. */
static void test_dates_agree(void **state)
{
    (void)state;
    for (time_t seconds = 1; seconds < INT32_MAX; seconds += 8641 * 37) {
        char preferred[64], other[64];
        uint64_t usec = 0, other_usec = 0;
        struct tm parts;

        gmtime_r(&seconds, &parts);
        strftime(preferred, sizeof(preferred), "%a, %d %b %Y %H:%M:%S GMT", &parts);
        strftime(other, sizeof(other), "%a %b %e %H:%M:%S %Y", &parts);
        assert_int_equal(http_parse_date(preferred, &usec), 0);
        assert_int_equal(http_parse_date(other, &other_usec), 0);
        assert_int_equal(usec, (uint64_t)seconds * USEC_PER_SEC);
        assert_int_equal(usec, other_usec);
    }
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, http_case_setup, http_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answer),
        TEST(test_target),
        TEST(test_too_many_headers),
        TEST(test_connection_is_used_again),
        TEST(test_connection_has_a_greatest_age),
        TEST(test_a_fresh_connection_on_demand),
        TEST(test_renewal_leaves_kept_connections_alone),
        TEST(test_many_at_once),
        TEST(test_submit_from_callback),
        TEST(test_body_is_sent),
        TEST(test_large_body),
        TEST(test_chunks_and_trailers),
        TEST(test_interim_answers),
        TEST(test_headers),
        TEST(test_redirect_is_not_followed),
        TEST(test_proxies_of_the_environment_are_ignored),
        TEST(test_drip),
        TEST(test_body_is_shown_as_it_comes),
        TEST(test_dates),
        TEST(test_dates_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
