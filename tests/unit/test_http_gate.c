/* SPDX-License-Identifier: MIT */
/* The last question before bytes leave: what its "no" keeps from the other side. */
#include "tests/unit/http_case.h"

static size_t asked;
static bool answers_yes;

static bool may_send(void *userdata)
{
    assert_non_null(userdata);
    asked++;
    return answers_yes;
}

static int setup(void **state)
{
    HttpCase *http_case;

    http_case_setup(state);
    http_case = *state;
    http_case->request.method = "DELETE";
    http_case->request.may_send = may_send;
    asked = 0;
    answers_yes = true;
    return 0;
}

static void test_a_new_connection_carries_nothing(void **state)
{
    HttpCase *http_case = *state;

    answers_yes = false;
    http_case_ask(http_case, HTTP_WITHHELD);
    http_case_assert_has(http_case->message, "was not sent to 127.0.0.1 port");
    assert_int_equal(asked, 1);
    answers_yes = true;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(asked, 2);
    assert_int_equal(peer_requests(http_case->peer), 1);
}

static void test_a_kept_connection_carries_nothing(void **state)
{
    HttpCase *http_case = *state;

    http_case_ask(http_case, HTTP_ANSWERED);
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(peer_connections(http_case->peer), 1);
    assert_int_equal(asked, 2);
    answers_yes = false;
    http_case_ask(http_case, HTTP_WITHHELD);
    assert_int_equal(asked, 3);
    assert_int_equal(peer_connections(http_case->peer), 1);
    http_case->request.may_send = NULL;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(asked, 3);
    assert_int_equal(peer_requests(http_case->peer), 3);
}

static void serve_reset_and_close_the_gate(PeerConnection *connection, const char *request,
                                           HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    answers_yes = false;
    peer_reset(connection);
}

/* libcurl would send it again by itself on a new connection. What was sent before the gate closed
 * may have had its effect: it is lost, not withheld. */
static void test_nothing_is_sent_again_behind_a_closed_gate(void **state)
{
    HttpCase *http_case = *state;

    http_case_ask(http_case, HTTP_ANSWERED);
    http_case->serve = serve_reset_and_close_the_gate;
    http_case_ask(http_case, HTTP_LOST);
    assert_int_equal(asked, 2);
    http_case_ask(http_case, HTTP_WITHHELD);
    assert_int_equal(peer_requests(http_case->peer), 2);
}

/* The gate closes while the connection is being made. */
static void test_it_is_asked_once_the_connection_is_there(void **state)
{
    HttpCase *http_case = *state;

    http_case_submit(http_case);
    assert_int_equal(asked, 0);
    answers_yes = false;
    http_case_await(http_case, 1);
    assert_int_equal(http_case->result, HTTP_WITHHELD);
    assert_int_equal(peer_requests(http_case->peer), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, http_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_new_connection_carries_nothing),
        TEST(test_a_kept_connection_carries_nothing),
        TEST(test_nothing_is_sent_again_behind_a_closed_gate),
        TEST(test_it_is_asked_once_the_connection_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
