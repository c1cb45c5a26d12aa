/* SPDX-License-Identifier: MIT */
/* What a server may send before it is cut off; requests cancelled in every state. */
#include "tests/unit/http_case.h"

#include <stdio.h>

static void test_announced_body_over_the_bound(void **state)
{
    HttpCase *http_case = *state;

    http_case->serve = http_case_serve_half;
    http_case->request.body_size_max = 99;
    http_case_ask(http_case, HTTP_TOO_BIG);
    assert_int_equal(http_case->status, 200);
    http_case_assert_has(http_case->message, "larger than 99 bytes");
}

static void serve_endless(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    char chunk[4096 + 16];

    (void)request;
    (void)http_case;
    memset(chunk, 'x', sizeof(chunk));
    memcpy(chunk, "1000\r\n", 6);
    memcpy(chunk + 6 + 4096, "\r\n", 2);
    peer_puts(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (size_t i = 0; i < 512; i++)
        peer_send(connection, chunk, 6 + 4096 + 2);
}

static void test_counted_body_over_the_bound(void **state)
{
    HttpCase *http_case = *state;

    http_case->serve = serve_endless;
    http_case->request.body_size_max = 1024 * 1024;
    http_case_ask(http_case, HTTP_TOO_BIG);
    http_case_assert_has(http_case->message, "larger than 1 MiB");
    http_case->serve = http_case_serve_ok;
    http_case_ask(http_case, HTTP_ANSWERED);
}

static void test_body_just_within_the_bound(void **state)
{
    HttpCase *http_case = *state;

    http_case->request.body_size_max = 4;
    http_case_ask(http_case, HTTP_ANSWERED);
    http_case->request.body_size_max = 3;
    http_case_ask(http_case, HTTP_TOO_BIG);
}

static void serve_large_headers(PeerConnection *connection, const char *request,
                                HttpCase *http_case)
{
    char line[320];

    (void)request;
    (void)http_case;
    snprintf(line, sizeof(line), "X-Flood: %0300d\r\n", 0);
    peer_puts(connection, "HTTP/1.1 200 OK\r\n");
    for (size_t i = 0; i < 900; i++)
        peer_puts(connection, line);
}

static void serve_header_flood(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_puts(connection, "HTTP/1.1 200 OK\r\n");
    for (size_t i = 0; i < 40000; i++)
        peer_puts(connection, "X-Flood: 0123456789\r\n");
}

static void serve_interim_flood(PeerConnection *connection, const char *request,
                                HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    for (size_t i = 0; i < 40000; i++)
        peer_puts(connection, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void test_header_floods(void **state)
{
    HttpCase *http_case = *state;

    http_case->serve = serve_header_flood;
    http_case_ask(http_case, HTTP_TOO_BIG);
    http_case_assert_has(http_case->message,
                         "headers of the answer of 127.0.0.1 are more than 1000, or larger");
    assert_int_equal(http_case->status, 0);
    http_case->serve = serve_large_headers;
    http_case_ask(http_case, HTTP_TOO_BIG);
    http_case_assert_has(http_case->message, "headers of the answer");
    http_case->serve = serve_interim_flood;
    http_case_ask(http_case, HTTP_TOO_BIG);
    assert_true(http_case->status < 200);
}

static HttpTransfer *begin(HttpCase *http_case)
{
    HttpTransfer *transfer = NULL;

    assert_int_equal(http_submit(http_case->http, &http_case->request, http_case_on_answer,
                                 http_case, &transfer),
                     0);
    assert_non_null(transfer);
    return transfer;
}

static void assert_still_works(HttpCase *http_case)
{
    assert_int_equal(http_case->answers, 0);
    http_case->serve = http_case_serve_ok;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(http_case->answers, 1);
}

static void test_cancel_at_once(void **state)
{
    HttpCase *http_case = *state;

    http_cancel(begin(http_case));
    assert_still_works(http_case);
    assert_int_equal(peer_requests(http_case->peer), 1);
}

static void test_cancel_while_connecting(void **state)
{
    HttpCase *http_case = *state;
    HttpTransfer *transfer;

    for (size_t turns = 1; turns < 6; turns++) {
        transfer = begin(http_case);
        http_case->serve = http_case_serve_nothing;
        for (size_t i = 0; i < turns; i++)
            sd_event_run(http_case->event, 0);
        http_cancel(transfer);
    }
    assert_still_works(http_case);
}

static void test_cancel_while_waiting(void **state)
{
    HttpCase *http_case = *state;
    HttpTransfer *transfer = begin(http_case);

    http_case->serve = http_case_serve_nothing;
    http_case_await_requests(http_case, 1);
    http_cancel(transfer);
    assert_still_works(http_case);
    assert_int_equal(peer_connections(http_case->peer), 2);
}

static void test_cancel_in_the_body(void **state)
{
    HttpCase *http_case = *state;
    HttpTransfer *transfer = begin(http_case);

    http_case->serve = http_case_serve_half;
    http_case_await_requests(http_case, 1);
    while (sd_event_run(http_case->event, 0) > 0)
        ;
    http_cancel(transfer);
    assert_still_works(http_case);
}

static void serve_first_only(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    if (peer_requests(http_case->peer) == 2)
        http_case_serve_ok(connection, request, http_case);
}

static void test_cancel_from_the_callback_of_another(void **state)
{
    HttpCase *http_case = *state;

    http_case->serve = serve_first_only;
    http_case->to_cancel = begin(http_case);
    http_case_await_requests(http_case, 1);
    http_case_submit(http_case);
    http_case_await(http_case, 1);
    http_case->serve = http_case_serve_ok;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(http_case->answers, 2);
}

/* Both at once, when the second asks: in one turn of the loop both answers are there. */
static void serve_both(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    static PeerConnection *first;

    if (peer_requests(http_case->peer) == 1) {
        first = connection;
        return;
    }
    http_case_serve_ok(first, request, http_case);
    http_case_serve_ok(connection, request, http_case);
}

static void test_cancel_one_whose_answer_is_there(void **state)
{
    HttpCase *http_case = *state;

    http_case->serve = serve_both;
    http_case_submit(http_case);
    http_case_await_requests(http_case, 1);
    http_case->to_cancel = begin(http_case);
    http_case_await(http_case, 1);
    http_case->serve = http_case_serve_ok;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(http_case->answers, 2);
}

static void test_free_with_requests_in_every_state(void **state)
{
    HttpCase *http_case = *state;

    http_case->serve = http_case_serve_nothing;
    for (size_t i = 0; i < 4; i++)
        http_case_submit(http_case);
    http_case_await_requests(http_case, 2);
    for (size_t i = 0; i < 4; i++)
        http_case_submit(http_case);
    http_free(TAKE_PTR(http_case->http));
    while (sd_event_run(http_case->event, 0) > 0)
        ;
    assert_int_equal(http_case->answers, 0);
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, http_case_setup, http_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_announced_body_over_the_bound),
        TEST(test_counted_body_over_the_bound),
        TEST(test_body_just_within_the_bound),
        TEST(test_header_floods),
        TEST(test_cancel_at_once),
        TEST(test_cancel_while_connecting),
        TEST(test_cancel_while_waiting),
        TEST(test_cancel_in_the_body),
        TEST(test_cancel_from_the_callback_of_another),
        TEST(test_cancel_one_whose_answer_is_there),
        TEST(test_free_with_requests_in_every_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
