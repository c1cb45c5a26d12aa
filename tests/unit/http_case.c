/* SPDX-License-Identifier: MIT */
#include "tests/unit/http_case.h"

#include <stdio.h>
#include <unistd.h>

#include "daemon/base/str.h"

static void http_case_on_request(PeerConnection *connection, const char *request, void *userdata)
{
    HttpCase *http_case = userdata;

    str_copy(http_case->sent, sizeof(http_case->sent), request);
    http_case->serve(connection, request, http_case);
}

void http_case_on_answer(void *userdata, const HttpAnswer *answer)
{
    HttpCase *http_case = userdata;

    http_case->answers++;
    http_case->result = answer->result;
    http_case->status = answer->status;
    http_case->body_size = answer->body_size;
    if (answer->result == HTTP_ANSWERED) {
        assert_int_equal(answer->body[answer->body_size], '\0');
        str_copy(http_case->body, sizeof(http_case->body), answer->body);
    }
    str_copy(http_case->message, sizeof(http_case->message), answer->message);
    str_copy(http_case->retry_after, sizeof(http_case->retry_after),
             http_answer_header(answer, "retry-after"));
    if (http_case->to_cancel)
        http_cancel(TAKE_PTR(http_case->to_cancel));
    for (; http_case->to_submit > 0; http_case->to_submit--)
        http_case_submit(http_case);
}

void http_case_serve_ok(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_answer(connection, 200, "", "fine");
}

int http_case_setup(void **state)
{
    HttpCase *http_case = test_calloc(1, sizeof(*http_case));

    assert_true(sd_event_new(&http_case->event) >= 0);
    http_case->peer = peer_new(http_case->event, http_case_on_request, http_case);
    assert_int_equal(http_new(http_case->event, &http_case->http), 0);
    http_case->serve = http_case_serve_ok;
    snprintf(http_case->url, sizeof(http_case->url), "http://127.0.0.1:%u/path",
             peer_port(http_case->peer));
    http_case->request = (HttpRequest){
        .method = "GET",
        .url = http_case->url,
        .connect_timeout_usec = 10 * USEC_PER_SEC,
        .timeout_usec = 25 * USEC_PER_SEC,
        .body_size_max = HTTP_BODY_SIZE_MAX,
        .plain_allowed = true,
    };
    *state = http_case;
    return 0;
}

int http_case_teardown(void **state)
{
    HttpCase *http_case = *state;

    http_free(http_case->http);
    peer_free(http_case->peer);
    sd_event_unref(http_case->event);
    test_free(http_case);
    return 0;
}

void http_case_submit(HttpCase *http_case)
{
    assert_int_equal(
        http_submit(http_case->http, &http_case->request, http_case_on_answer, http_case, NULL), 0);
}

/* Turns the loop until so many answers came; alarm(2) ends a test that hangs. */
void http_case_await(HttpCase *http_case, size_t answers)
{
    alarm(60);
    while (http_case->answers < answers)
        assert_true(sd_event_run(http_case->event, UINT64_MAX) >= 0);
    alarm(0);
}

void http_case_await_requests(HttpCase *http_case, size_t requests)
{
    alarm(60);
    while (peer_requests(http_case->peer) < requests)
        assert_true(sd_event_run(http_case->event, UINT64_MAX) >= 0);
    alarm(0);
}

/* One request, and how it must end. */
void http_case_ask(HttpCase *http_case, HttpResult result)
{
    size_t answers = http_case->answers;

    http_case_submit(http_case);
    assert_int_equal(http_case->answers, answers);
    http_case_await(http_case, answers + 1);
    if (http_case->result != result)
        fail_msg("result %d: status %d %s %s", http_case->result, http_case->status,
                 http_case->message, http_case->body);
    assert_int_equal(http_case->message[0] == '\0', result == HTTP_ANSWERED);
}

void http_case_assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

void http_case_serve_nothing(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)connection;
    (void)request;
    (void)http_case;
}

void http_case_serve_half(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_puts(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
}
