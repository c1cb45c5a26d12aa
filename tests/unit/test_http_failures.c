/* SPDX-License-Identifier: MIT */
/* Requests that fail: whether they may have had an effect, and what is said of them. */
#include "tests/unit/http_case.h"

#include <stdio.h>

#include "daemon/base/mem.h"

/* A slow machine may be over the time before it has sent anything: it gets more of it. */
static void test_stall_is_a_timeout(void **state)
{
    HttpCase *http_case = *state;

    http_case->serve = http_case_serve_nothing;
    http_case->request.timeout_usec = 100 * USEC_PER_MSEC;
    while (peer_requests(http_case->peer) == 0) {
        http_case->request.timeout_usec *= 2;
        assert_true(http_case->request.timeout_usec < USEC_PER_MINUTE);
        http_case_ask(http_case, HTTP_TIMEOUT);
        http_case_assert_has(http_case->message, "127.0.0.1");
    }
    assert_int_equal(peer_requests(http_case->peer), 1);
}

static void test_stall_in_the_body_is_a_timeout(void **state)
{
    HttpCase *http_case = *state;

    http_case->serve = http_case_serve_half;
    http_case->request.timeout_usec = 200 * USEC_PER_MSEC;
    http_case_ask(http_case, HTTP_TIMEOUT);
    http_case->serve = http_case_serve_ok;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_string_equal(http_case->body, "fine");
}

static void test_refused_connection(void **state)
{
    HttpCase *http_case = *state;

    http_case->request.url = "http://127.0.0.1:1/";
    http_case_ask(http_case, HTTP_NOT_SENT);
    assert_string_equal(http_case->message,
                        "cannot connect to 127.0.0.1 port 1: connection refused");
}

static void test_plain_is_not_allowed(void **state)
{
    HttpCase *http_case = *state;

    http_case->request.plain_allowed = false;
    http_case_ask(http_case, HTTP_NOT_SENT);
    assert_int_equal(peer_connections(http_case->peer), 0);
    http_case->request.plain_allowed = true;
    http_case_ask(http_case, HTTP_ANSWERED);
}

/* The server accepts and says nothing, so that TLS never comes about. */
static void test_connecting_takes_too_long(void **state)
{
    HttpCase *http_case = *state;
    char url[64];

    snprintf(url, sizeof(url), "https://127.0.0.1:%u/", peer_port(http_case->peer));
    http_case->request.url = url;
    http_case->request.connect_timeout_usec = 200 * USEC_PER_MSEC;
    http_case_ask(http_case, HTTP_NOT_SENT);
    http_case_assert_has(http_case->message, "no connection within");
    http_case->request.connect_timeout_usec = 10 * USEC_PER_SEC;
    http_case->request.timeout_usec = 200 * USEC_PER_MSEC;
    http_case_ask(http_case, HTTP_NOT_SENT);
}

static void serve_reset(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_reset(connection);
}

static void serve_close(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_close(connection);
}

static void test_no_answer_is_lost(void **state)
{
    HttpCase *http_case = *state;

    http_case->serve = serve_reset;
    http_case_ask(http_case, HTTP_LOST);
    http_case_assert_has(http_case->message, "lost the connection to 127.0.0.1 port");
    http_case->serve = serve_close;
    http_case_ask(http_case, HTTP_LOST);
    http_case_assert_has(http_case->message, "closed without an answer");
    assert_int_equal(peer_requests(http_case->peer), 2);
}

/* libcurl by itself would send the second request again on a new connection. */
static void check_death_of_a_used_connection(HttpCase *http_case, HttpCaseServe death)
{
    http_case->request.method = "DELETE";
    http_case_ask(http_case, HTTP_ANSWERED);
    http_case->serve = death;
    http_case_ask(http_case, HTTP_LOST);
    assert_int_equal(peer_requests(http_case->peer), 2);
    http_case->serve = http_case_serve_ok;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(peer_requests(http_case->peer), 3);
}

static void test_one_submit_is_one_send_when_closed(void **state)
{
    check_death_of_a_used_connection(*state, serve_close);
}

static void test_one_submit_is_one_send_when_reset(void **state)
{
    check_death_of_a_used_connection(*state, serve_reset);
}

static void serve_ok_and_close(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    http_case_serve_ok(connection, request, http_case);
    peer_close(connection);
}

static void test_closed_while_idle_is_noticed(void **state)
{
    HttpCase *http_case = *state;

    http_case->serve = serve_ok_and_close;
    for (size_t i = 0; i < 3; i++) {
        http_case_ask(http_case, HTTP_ANSWERED);
        while (sd_event_run(http_case->event, 0) > 0)
            ;
    }
    assert_int_equal(peer_requests(http_case->peer), 3);
    assert_int_equal(peer_connections(http_case->peer), 3);
}

static void serve_half_and_close(PeerConnection *connection, const char *request,
                                 HttpCase *http_case)
{
    http_case_serve_half(connection, request, http_case);
    peer_close(connection);
}

static void serve_half_and_reset(PeerConnection *connection, const char *request,
                                 HttpCase *http_case)
{
    http_case_serve_half(connection, request, http_case);
    peer_reset(connection);
}

static void serve_half_chunked(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_puts(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n");
    peer_close(connection);
}

static void serve_half_head(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_puts(connection, "HTTP/1.1 200 OK\r\nContent-Le");
    peer_close(connection);
}

static void serve_interim_only(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_puts(connection, "HTTP/1.1 100 Continue\r\n\r\n");
    peer_close(connection);
}

static void serve_garbage(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_puts(connection, "SSH-2.0-OpenSSH_9.2\r\n");
    peer_close(connection);
}

static void serve_bad_length(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_puts(connection, "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nfine");
    peer_close(connection);
}

static void serve_bad_chunk(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_puts(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nfine\r\n");
}

static void test_broken_answers_are_lost(void **state)
{
    static const HttpCaseServe broken[] = {
        serve_half_and_close, serve_half_and_reset, serve_half_chunked, serve_half_head,
        serve_interim_only,   serve_garbage,        serve_bad_length,   serve_bad_chunk,
    };
    HttpCase *http_case = *state;

    for (size_t i = 0; i < ELEMENTS(broken); i++) {
        http_case->serve = broken[i];
        http_case_ask(http_case, HTTP_LOST);
        assert_int_equal(peer_requests(http_case->peer), i + 1);
    }
    http_case->serve = http_case_serve_ok;
    http_case_ask(http_case, HTTP_ANSWERED);
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, http_case_setup, http_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_stall_is_a_timeout),
        TEST(test_stall_in_the_body_is_a_timeout),
        TEST(test_refused_connection),
        TEST(test_plain_is_not_allowed),
        TEST(test_connecting_takes_too_long),
        TEST(test_no_answer_is_lost),
        TEST(test_one_submit_is_one_send_when_closed),
        TEST(test_one_submit_is_one_send_when_reset),
        TEST(test_closed_while_idle_is_noticed),
        TEST(test_broken_answers_are_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
