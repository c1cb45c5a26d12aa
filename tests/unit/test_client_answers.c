/* SPDX-License-Identifier: MIT */
/* What the client makes of answers. */
#include "tests/unit/client_case.h"

#include <stdio.h>
#include <time.h>

static void test_refusal(void **state)
{
    ClientCase *client_case = *state;

    client_case->status = 404;
    client_case->body =
        "{\"error_code\":\"APIG.3024\",\"error_msg\":\"VPC instance does not exist\","
        "\"request_id\":\"abc\"}";
    client_case_ask_delete(client_case);
    assert_int_equal(client_case->answer.kind, ANSWER_HTTP);
    assert_int_equal(client_case->answer.http, 404);
    assert_string_equal(client_case->answer.code, "APIG.3024");
    assert_string_equal(client_case->answer.message, "VPC instance does not exist");
    assert_string_equal(client_case->answer.request_id, "abc");
    assert_false(client_case->answer.has_retry_after);
}

static void test_retry_after(void **state)
{
    ClientCase *client_case = *state;

    client_case->status = 429;
    client_case->headers = "Retry-After: 7\r\n";
    client_case->body = "{\"error_code\":\"APIG.0308\",\"error_msg\":\"slow down\"}";
    client_case_ask_list(client_case);
    assert_true(client_case->answer.has_retry_after);
    assert_int_equal(client_case->answer.retry_after_usec, 7 * USEC_PER_SEC);
    client_case->headers = "Retry-After: 0012\r\n";
    client_case_ask_list(client_case);
    assert_int_equal(client_case->answer.retry_after_usec, 12 * USEC_PER_SEC);
    client_case->headers = "Retry-After: 0\r\n";
    client_case_ask_list(client_case);
    assert_true(client_case->answer.has_retry_after);
    assert_int_equal(client_case->answer.retry_after_usec, 0);
    client_case->headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                           "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n";
    client_case_ask_list(client_case);
    assert_int_equal(client_case->answer.retry_after_usec, 30 * USEC_PER_SEC);
    client_case->headers = "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n";
    client_case_ask_list(client_case);
    assert_true(client_case->answer.has_retry_after);
    assert_int_equal(client_case->answer.retry_after_usec, 0);
    client_case->headers = "Retry-After: soon\r\n";
    client_case_ask_list(client_case);
    assert_false(client_case->answer.has_retry_after);
    client_case->headers = "Retry-After: 99999999999999999999999\r\n";
    client_case_ask_list(client_case);
    assert_true(client_case->answer.retry_after_usec == UINT64_MAX);
    client_case->headers = "Retry-After: Sun Nov  6 08:49:37 19944\r\n";
    client_case_ask_list(client_case);
    assert_true(client_case->answer.retry_after_usec > 365 * USEC_PER_DAY);
}

static void assert_connections(ClientCase *client_case, int status, size_t count)
{
    client_case->status = status;
    client_case->body = status == 200 ? ONE_MEMBER : "";
    client_case_ask_list(client_case);
    assert_int_equal(client_case->answer.http, status);
    assert_int_equal(peer_connections(client_case->peer), count);
}

/* Where a gateway found nobody, another address may know more; a refusal is an answer. */
static void test_a_failure_brings_a_new_connection(void **state)
{
    ClientCase *client_case = *state;

    assert_connections(client_case, 200, 1);
    assert_connections(client_case, 404, 1);
    assert_connections(client_case, 500, 1);
    assert_connections(client_case, 200, 1);
    for (int status = 502; status <= 504; status++) {
        size_t before = peer_connections(client_case->peer);

        assert_connections(client_case, status, before);
        assert_connections(client_case, 200, before + 1);
        assert_connections(client_case, 200, before + 1);
    }
}

static void assert_odd_list(ClientCase *client_case, int status, const char *body,
                            const char *message)
{
    client_case->status = status;
    client_case->body = body;
    client_case_ask_list(client_case);
    assert_int_equal(client_case->answer.kind, ANSWER_ODD);
    assert_int_equal(client_case->answer.http, status);
    assert_null(client_case->answer.members);
    client_case_assert_has(client_case->answer.message, message);
}

static void test_odd_lists(void **state)
{
    ClientCase *client_case = *state;

    assert_odd_list(client_case, 200, "<html>login</html>", "HTML instead of JSON");
    assert_odd_list(client_case, 200, "", "empty body");
    assert_odd_list(client_case, 200, "{\"total\":1,", "ends too early");
    assert_odd_list(client_case, 200, "{\"members\":[]}", "total");
    assert_odd_list(client_case, 206, ONE_MEMBER, "200");
    client_case->body = ONE_MEMBER;
    client_case->status = 200;
    client_case_ask_list(client_case);
    assert_int_equal(client_case->answer.kind, ANSWER_HTTP);
    assert_int_equal(peer_connections(client_case->peer), 1);
}

static void test_status_of_a_deletion_counts(void **state)
{
    ClientCase *client_case = *state;

    client_case->status = 200;
    client_case->body = "<html>";
    client_case_ask_delete(client_case);
    assert_int_equal(client_case->answer.kind, ANSWER_HTTP);
    assert_int_equal(client_case->answer.http, 200);
    assert_false(client_case->answer.tells_error);
    client_case_assert_has(client_case->answer.message, "HTML instead of JSON");
    client_case->status = 302;
    client_case_ask_delete(client_case);
    assert_int_equal(client_case->answer.http, 302);
    client_case_assert_has(client_case->answer.message, "redirect");
    client_case->status = 400;
    client_case_ask_delete(client_case);
    assert_null(strstr(client_case->answer.message, "redirect"));
    assert_int_equal(peer_requests(client_case->peer), 3);
}

static void assert_told(ClientCase *client_case, int status, const char *body, const char *code,
                        const char *message)
{
    client_case->status = status;
    client_case->body = body;
    client_case_ask_list(client_case);
    assert_int_equal(client_case->answer.kind, ANSWER_HTTP);
    assert_int_equal(client_case->answer.http, status);
    assert_true(client_case->answer.tells_error);
    assert_null(client_case->answer.members);
    assert_string_equal(client_case->answer.code, code);
    client_case_assert_has(client_case->answer.message, message);
    client_case_ask_delete(client_case);
    assert_true(client_case->answer.tells_error);
    assert_string_equal(client_case->answer.code, code);
    client_case_assert_has(client_case->answer.message, message);
}

static void test_an_error_under_a_success(void **state)
{
    ClientCase *client_case = *state;

    assert_told(client_case, 200,
                "{\"error_code\":\"APIG.9999\",\"error_msg\":\"busy\",\"total\":0,\"members\":[]}",
                "APIG.9999", "busy");
    assert_told(client_case, 200,
                "{\"total\":1,\"members\":[{\"odd\":1}],\"error_code\":\"APIG.1005\"}", "APIG.1005",
                "");
    assert_told(client_case, 202, "{\"error_msg\":\"no code\"}", "", "no code");
    assert_told(client_case, 200, "{\"error\":{\"code\":429,\"message\":\"slowly\"}}", "",
                "slowly");
    assert_int_equal(client_case->answer.told_http, 429);
    assert_told(client_case, 200, "{\"error\":\"a text alone\"}", "", "a text alone");
}

static void serve_too_big(PeerConnection *connection, ClientCase *client_case)
{
    char head[128];

    snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nContent-Length: 16777217\r\n\r\n",
             client_case->status);
    peer_puts(connection, head);
}

static void test_too_big(void **state)
{
    ClientCase *client_case = *state;

    client_case->serve = serve_too_big;
    client_case_ask_list(client_case);
    assert_int_equal(client_case->answer.kind, ANSWER_ODD);
    client_case_assert_has(client_case->answer.message, "larger than 16 MiB");
    client_case->status = 503;
    client_case_ask_list(client_case);
    assert_int_equal(client_case->answer.kind, ANSWER_HTTP);
    assert_int_equal(client_case->answer.http, 503);
}

static void serve_truncated(PeerConnection *connection, ClientCase *client_case)
{
    (void)client_case;
    peer_puts(connection, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" ONE_MEMBER);
    peer_close(connection);
}

static void test_truncated(void **state)
{
    ClientCase *client_case = *state;

    client_case->serve = serve_truncated;
    client_case_ask_list(client_case);
    assert_int_equal(client_case->answer.kind, ANSWER_LOST);
    assert_int_equal(client_case->answer.http, 0);
    client_case_assert_has(client_case->answer.message, "127.0.0.1");
}

static void test_no_secret_in_messages(void **state)
{
    ClientCase *client_case = *state;

    client_case->status = 401;
    client_case->body = "{\"error_code\":\"APIG.0301\",\"error_msg\":\"bad " TOKEN " and " TOKEN
                        "\",\"request_id\":\"" TOKEN "\"}";
    client_case_ask_list(client_case);
    assert_string_equal(client_case->answer.message, "bad *** and ***");
    assert_string_equal(client_case->answer.request_id, "***");
    client_case->body = "{\"error_msg\":\"token MIITtokentokentoken... is bad\"}";
    client_case_ask_list(client_case);
    assert_string_equal(client_case->answer.message, "token ***... is bad");
}

static void test_no_secret_key_in_messages(void **state)
{
    ClientCase *client_case = *state;

    client_case_use_keys(client_case);
    client_case->status = 401;
    client_case->body = "{\"error_msg\":\"ak:" ACCESS_KEY " sk:" SECRET_KEY "\\n\"}";
    client_case_ask_list(client_case);
    assert_string_equal(client_case->answer.message, "ak:" ACCESS_KEY " sk:*** ");
}

/* The service's clock is so far from ours. */
static void set_date(ClientCase *client_case, int64_t apart_usec)
{
    static char line[64];
    time_t seconds = time(NULL) + apart_usec / (int64_t)USEC_PER_SEC;
    struct tm parts;

    gmtime_r(&seconds, &parts);
    strftime(line, sizeof(line), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    client_case->headers = line;
}

static void test_clock_is_named(void **state)
{
    ClientCase *client_case = *state;
    char ours[CLOCK_RFC3339_SIZE], expected[64];

    client_case_use_keys(client_case);
    client_case->status = 401;
    client_case->headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    client_case->body = "{\"error_code\":\"APIG.0303\",\"error_msg\":\"refused\"}";
    client_case_ask_list(client_case);
    client_case_assert_has(client_case->answer.message,
                           "refused; the service's clock says 1994-11-06T08:49:37Z");
    clock_format_rfc3339(clock_realtime_usec(), ours);
    ours[strlen("2026-11-24T")] = '\0';
    snprintf(expected, sizeof(expected), "37Z, this host's %s", ours);
    client_case_assert_has(client_case->answer.message, expected);
    client_case_assert_has(client_case->answer.message, "apart: correct this host's clock");
    /* A signature is refused beyond a quarter of an hour. */
    set_date(client_case, -16 * (int64_t)USEC_PER_MINUTE);
    client_case_ask_list(client_case);
    client_case_assert_has(client_case->answer.message, "16 min 0 s apart");
    set_date(client_case, 14 * (int64_t)USEC_PER_MINUTE);
    client_case_ask_list(client_case);
    client_case_assert_has_not(client_case->answer.message, "apart");
    /* A token does not go by it. */
    client_case->headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    client_case->instance.auth = (Auth){.method = AUTH_TOKEN, .token_file = "token"};
    roma_client_free(client_case->client);
    client_case->client = NULL;
    client_case_ask_list(client_case);
    client_case_assert_has_not(client_case->answer.message, "apart");
}

static void test_unreachable(void **state)
{
    ClientCase *client_case = *state;

    client_case->instance.endpoint = "http://127.0.0.1:1";
    client_case_ask_delete(client_case);
    assert_int_equal(client_case->answer.kind, ANSWER_NOT_SENT);
    assert_string_equal(client_case->answer.message,
                        "cannot connect to 127.0.0.1 port 1: connection refused");
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, client_case_setup, client_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_refusal),
        TEST(test_retry_after),
        TEST(test_a_failure_brings_a_new_connection),
        TEST(test_odd_lists),
        TEST(test_status_of_a_deletion_counts),
        TEST(test_an_error_under_a_success),
        TEST(test_too_big),
        TEST(test_truncated),
        TEST(test_no_secret_in_messages),
        TEST(test_no_secret_key_in_messages),
        TEST(test_clock_is_named),
        TEST(test_unreachable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
