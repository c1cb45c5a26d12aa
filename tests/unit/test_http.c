/* Requests against a server that does what the wire can do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/http/http.h"
#include "tests/unit/peer.h"

typedef struct Fixture Fixture;

typedef void (*Serve)(PeerConnection *connection, const char *request, Fixture *fixture);

struct Fixture {
    sd_event *event;
    Peer *peer;
    Http *http;
    Serve serve;
    char url[64];
    HttpRequest request;
    size_t answers;
    HttpResult result;
    int status;
    size_t body_size;
    char body[64]; /* its start */
    char message[HTTP_MESSAGE_SIZE];
    char retry_after[64];
    char sent[1024]; /* the last request that the server got, its start */
    HttpTransfer *to_cancel;
    size_t to_submit; /* from within callbacks */
};

static void serve(PeerConnection *connection, const char *request, void *userdata)
{
    Fixture *fixture = userdata;

    str_copy(fixture->sent, sizeof(fixture->sent), request);
    fixture->serve(connection, request, fixture);
}

static void submit(Fixture *fixture);

static void on_answer(void *userdata, const HttpAnswer *answer)
{
    Fixture *fixture = userdata;

    fixture->answers++;
    fixture->result = answer->result;
    fixture->status = answer->status;
    fixture->body_size = answer->body_size;
    if (answer->result == HTTP_ANSWERED) {
        assert_int_equal(answer->body[answer->body_size], '\0');
        str_copy(fixture->body, sizeof(fixture->body), answer->body);
    }
    str_copy(fixture->message, sizeof(fixture->message), answer->message);
    str_copy(fixture->retry_after, sizeof(fixture->retry_after),
             http_answer_header(answer, "retry-after"));
    if (fixture->to_cancel)
        http_cancel(TAKE_PTR(fixture->to_cancel));
    for (; fixture->to_submit > 0; fixture->to_submit--)
        submit(fixture);
}

static void serve_ok(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    peer_answer(connection, 200, "", "fine");
}

static int setup(void **state)
{
    Fixture *fixture = test_calloc(1, sizeof(*fixture));

    assert_true(sd_event_new(&fixture->event) >= 0);
    fixture->peer = peer_new(fixture->event, serve, fixture);
    assert_int_equal(http_new(fixture->event, &fixture->http), 0);
    fixture->serve = serve_ok;
    snprintf(fixture->url, sizeof(fixture->url), "http://127.0.0.1:%u/path",
             peer_port(fixture->peer));
    fixture->request = (HttpRequest){
        .method = "GET",
        .url = fixture->url,
        .connect_timeout_usec = 10 * USEC_PER_SEC,
        .timeout_usec = 25 * USEC_PER_SEC,
        .body_size_max = HTTP_BODY_SIZE_MAX,
        .plain_allowed = true,
    };
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    Fixture *fixture = *state;

    http_free(fixture->http);
    peer_free(fixture->peer);
    sd_event_unref(fixture->event);
    test_free(fixture);
    return 0;
}

static void submit(Fixture *fixture)
{
    assert_int_equal(http_submit(fixture->http, &fixture->request, on_answer, fixture, NULL), 0);
}

/* Turns the loop until so many answers came; alarm(2) ends a test that hangs. */
static void await(Fixture *fixture, size_t answers)
{
    alarm(60);
    while (fixture->answers < answers)
        assert_true(sd_event_run(fixture->event, UINT64_MAX) >= 0);
    alarm(0);
}

static void await_requests(Fixture *fixture, size_t requests)
{
    alarm(60);
    while (peer_requests(fixture->peer) < requests)
        assert_true(sd_event_run(fixture->event, UINT64_MAX) >= 0);
    alarm(0);
}

/* One request, and how it must end. */
static void ask(Fixture *fixture, HttpResult result)
{
    size_t answers = fixture->answers;

    submit(fixture);
    assert_int_equal(fixture->answers, answers);
    await(fixture, answers + 1);
    if (fixture->result != result)
        fail_msg("result %d: status %d %s %s", fixture->result, fixture->status, fixture->message,
                 fixture->body);
    assert_int_equal(fixture->message[0] == '\0', result == HTTP_ANSWERED);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

/* ---- answers ---- */

static void test_answer(void **state)
{
    static const char *const headers[] = {"X-One: 1", "X-Two: 2"};
    Fixture *fixture = *state;

    fixture->request.headers = headers;
    fixture->request.header_count = 2;
    ask(fixture, HTTP_ANSWERED);
    assert_int_equal(fixture->status, 200);
    assert_string_equal(fixture->body, "fine");
    assert_has(fixture->sent, "GET /path HTTP/1.1\r\n");
    assert_has(fixture->sent, "\r\nX-One: 1\r\n");
    assert_has(fixture->sent, "\r\nX-Two: 2\r\n");
}

static void test_too_many_headers(void **state)
{
    Fixture *fixture = *state;

    fixture->request.header_count = HTTP_HEADERS_MAX + 1;
    assert_int_equal(http_submit(fixture->http, &fixture->request, on_answer, fixture, NULL),
                     -EINVAL);
    fixture->request.header_count = 0;
    ask(fixture, HTTP_ANSWERED);
}

static void test_connection_is_used_again(void **state)
{
    Fixture *fixture = *state;

    for (size_t i = 0; i < 50; i++)
        ask(fixture, HTTP_ANSWERED);
    assert_int_equal(peer_requests(fixture->peer), 50);
    assert_int_equal(peer_connections(fixture->peer), 1);
}

static void test_many_at_once(void **state)
{
    Fixture *fixture = *state;

    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 64; i++)
            submit(fixture);
        await(fixture, 64 * (round + 1));
    }
    assert_int_equal(peer_requests(fixture->peer), 192);
    assert_int_equal(peer_connections(fixture->peer), 64);
}

static void test_submit_from_callback(void **state)
{
    Fixture *fixture = *state;

    fixture->to_submit = 3;
    submit(fixture);
    await(fixture, 4);
    assert_int_equal(peer_requests(fixture->peer), 4);
}

static void test_body_is_sent(void **state)
{
    Fixture *fixture = *state;

    fixture->request.method = "POST";
    fixture->request.body = "{\"a\":1}";
    fixture->request.body_size = 7;
    ask(fixture, HTTP_ANSWERED);
    assert_has(fixture->sent, "POST /path HTTP/1.1\r\n");
    assert_has(fixture->sent, "\r\nContent-Length: 7\r\n");
    assert_has(fixture->sent, "\r\n\r\n{\"a\":1}");
    fixture->request.method = "DELETE";
    fixture->request.body = NULL;
    ask(fixture, HTTP_ANSWERED);
    assert_has(fixture->sent, "DELETE /path HTTP/1.1\r\n");
    assert_null(strstr(fixture->sent, "Content-Length"));
}

static void serve_large(PeerConnection *connection, const char *request, Fixture *fixture)
{
    Buf body = {0};

    (void)request;
    (void)fixture;
    for (size_t i = 0; i < 3 * 1024 * 1024 / 16; i++)
        buf_puts(&body, "0123456789abcdef");
    peer_answer(connection, 200, "", body.data);
    buf_done(&body);
}

static void test_large_body(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_large;
    for (size_t i = 0; i < 3; i++) {
        ask(fixture, HTTP_ANSWERED);
        assert_int_equal(fixture->body_size, 3 * 1024 * 1024);
    }
}

static void serve_chunked(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    peer_puts(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "4\r\nfine\r\n5\r\n, too\r\n0\r\nRetry-After: 5\r\n\r\n");
}

static void test_chunks_and_trailers(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_chunked;
    ask(fixture, HTTP_ANSWERED);
    assert_string_equal(fixture->body, "fine, too");
    assert_string_equal(fixture->retry_after, "");
    ask(fixture, HTTP_ANSWERED);
    assert_int_equal(peer_connections(fixture->peer), 1);
}

static void serve_interim(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    peer_puts(connection, "HTTP/1.1 100 Continue\r\n\r\n"
                          "HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n"
                          "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine");
}

static void test_interim_answers(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_interim;
    ask(fixture, HTTP_ANSWERED);
    assert_int_equal(fixture->status, 200);
    assert_string_equal(fixture->body, "fine");
    assert_string_equal(fixture->retry_after, "");
}

static void serve_headers(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    peer_answer(connection, 429, "Retry-After: 17\r\nContent-Type: text/html\r\n", "");
}

static void test_headers(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_headers;
    ask(fixture, HTTP_ANSWERED);
    assert_int_equal(fixture->status, 429);
    assert_string_equal(fixture->retry_after, "17");
    fixture->serve = serve_ok;
    ask(fixture, HTTP_ANSWERED);
    assert_string_equal(fixture->retry_after, "");
}

static void serve_redirect(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    peer_answer(connection, 302, "Location: /elsewhere\r\n", "");
}

static void test_redirect_is_not_followed(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_redirect;
    ask(fixture, HTTP_ANSWERED);
    assert_int_equal(fixture->status, 302);
    assert_int_equal(peer_requests(fixture->peer), 1);
}

static void test_proxies_of_the_environment_are_ignored(void **state)
{
    Fixture *fixture = *state;

    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    ask(fixture, HTTP_ANSWERED);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
}

static void serve_drip(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    peer_drip(connection);
    peer_answer(connection, 200, "", "fine");
}

static void test_drip(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_drip;
    ask(fixture, HTTP_ANSWERED);
    assert_string_equal(fixture->body, "fine");
}

/* ---- failures ---- */

static void serve_nothing(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)connection;
    (void)request;
    (void)fixture;
}

static void test_stall_is_a_timeout(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_nothing;
    fixture->request.timeout_usec = 200 * USEC_PER_MSEC;
    ask(fixture, HTTP_TIMEOUT);
    assert_has(fixture->message, "127.0.0.1");
    assert_int_equal(peer_requests(fixture->peer), 1);
}

static void serve_half(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    peer_puts(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
}

static void test_stall_in_the_body_is_a_timeout(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_half;
    fixture->request.timeout_usec = 200 * USEC_PER_MSEC;
    ask(fixture, HTTP_TIMEOUT);
    fixture->serve = serve_ok;
    ask(fixture, HTTP_ANSWERED);
    assert_string_equal(fixture->body, "fine");
}

static void test_refused_connection(void **state)
{
    Fixture *fixture = *state;

    fixture->request.url = "http://127.0.0.1:1/";
    ask(fixture, HTTP_NOT_SENT);
    assert_string_equal(fixture->message, "cannot connect to 127.0.0.1 port 1: connection refused");
}

static void test_plain_is_not_allowed(void **state)
{
    Fixture *fixture = *state;

    fixture->request.plain_allowed = false;
    ask(fixture, HTTP_NOT_SENT);
    assert_int_equal(peer_connections(fixture->peer), 0);
    fixture->request.plain_allowed = true;
    ask(fixture, HTTP_ANSWERED);
}

/* The server accepts and says nothing, so that TLS never comes about. */
static void test_connecting_takes_too_long(void **state)
{
    Fixture *fixture = *state;
    char url[64];

    snprintf(url, sizeof(url), "https://127.0.0.1:%u/", peer_port(fixture->peer));
    fixture->request.url = url;
    fixture->request.connect_timeout_usec = 200 * USEC_PER_MSEC;
    ask(fixture, HTTP_NOT_SENT);
    assert_has(fixture->message, "no connection within");
    fixture->request.connect_timeout_usec = 10 * USEC_PER_SEC;
    fixture->request.timeout_usec = 200 * USEC_PER_MSEC;
    ask(fixture, HTTP_NOT_SENT);
}

static void serve_reset(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    peer_reset(connection);
}

static void serve_close(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    peer_close(connection);
}

static void test_no_answer_is_lost(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_reset;
    ask(fixture, HTTP_LOST);
    assert_has(fixture->message, "lost the connection to 127.0.0.1 port");
    fixture->serve = serve_close;
    ask(fixture, HTTP_LOST);
    assert_has(fixture->message, "closed without an answer");
    assert_int_equal(peer_requests(fixture->peer), 2);
}

/* libcurl by itself would send the second request again on a new connection. */
static void check_death_of_a_used_connection(Fixture *fixture, Serve death)
{
    fixture->request.method = "DELETE";
    ask(fixture, HTTP_ANSWERED);
    fixture->serve = death;
    ask(fixture, HTTP_LOST);
    assert_int_equal(peer_requests(fixture->peer), 2);
    fixture->serve = serve_ok;
    ask(fixture, HTTP_ANSWERED);
    assert_int_equal(peer_requests(fixture->peer), 3);
}

static void test_one_submit_is_one_send_when_closed(void **state)
{
    check_death_of_a_used_connection(*state, serve_close);
}

static void test_one_submit_is_one_send_when_reset(void **state)
{
    check_death_of_a_used_connection(*state, serve_reset);
}

static void serve_ok_and_close(PeerConnection *connection, const char *request, Fixture *fixture)
{
    serve_ok(connection, request, fixture);
    peer_close(connection);
}

static void test_closed_while_idle_is_noticed(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_ok_and_close;
    for (size_t i = 0; i < 3; i++) {
        ask(fixture, HTTP_ANSWERED);
        while (sd_event_run(fixture->event, 0) > 0)
            ;
    }
    assert_int_equal(peer_requests(fixture->peer), 3);
    assert_int_equal(peer_connections(fixture->peer), 3);
}

static void serve_half_and_close(PeerConnection *connection, const char *request, Fixture *fixture)
{
    serve_half(connection, request, fixture);
    peer_close(connection);
}

static void serve_half_and_reset(PeerConnection *connection, const char *request, Fixture *fixture)
{
    serve_half(connection, request, fixture);
    peer_reset(connection);
}

static void serve_half_chunked(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    peer_puts(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n");
    peer_close(connection);
}

static void serve_half_head(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    peer_puts(connection, "HTTP/1.1 200 OK\r\nContent-Le");
    peer_close(connection);
}

static void serve_interim_only(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    peer_puts(connection, "HTTP/1.1 100 Continue\r\n\r\n");
    peer_close(connection);
}

static void serve_garbage(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    peer_puts(connection, "SSH-2.0-OpenSSH_9.2\r\n");
    peer_close(connection);
}

static void serve_bad_length(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    peer_puts(connection, "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nfine");
    peer_close(connection);
}

static void serve_bad_chunk(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    peer_puts(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nfine\r\n");
}

static void test_broken_answers_are_lost(void **state)
{
    static const Serve broken[] = {
        serve_half_and_close, serve_half_and_reset, serve_half_chunked, serve_half_head,
        serve_interim_only,   serve_garbage,        serve_bad_length,   serve_bad_chunk,
    };
    Fixture *fixture = *state;

    for (size_t i = 0; i < ELEMENTS(broken); i++) {
        fixture->serve = broken[i];
        ask(fixture, HTTP_LOST);
        assert_int_equal(peer_requests(fixture->peer), i + 1);
    }
    fixture->serve = serve_ok;
    ask(fixture, HTTP_ANSWERED);
}

/* ---- bounds ---- */

static void test_announced_body_over_the_bound(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_half;
    fixture->request.body_size_max = 99;
    ask(fixture, HTTP_TOO_BIG);
    assert_int_equal(fixture->status, 200);
    assert_has(fixture->message, "larger than 99 bytes");
}

static void serve_endless(PeerConnection *connection, const char *request, Fixture *fixture)
{
    char chunk[4096 + 16];

    (void)request;
    (void)fixture;
    memset(chunk, 'x', sizeof(chunk));
    memcpy(chunk, "1000\r\n", 6);
    memcpy(chunk + 6 + 4096, "\r\n", 2);
    peer_puts(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (size_t i = 0; i < 512; i++)
        peer_send(connection, chunk, 6 + 4096 + 2);
}

static void test_counted_body_over_the_bound(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_endless;
    fixture->request.body_size_max = 1024 * 1024;
    ask(fixture, HTTP_TOO_BIG);
    assert_has(fixture->message, "larger than 1 MiB");
    fixture->serve = serve_ok;
    ask(fixture, HTTP_ANSWERED);
}

static void test_body_just_within_the_bound(void **state)
{
    Fixture *fixture = *state;

    fixture->request.body_size_max = 4;
    ask(fixture, HTTP_ANSWERED);
    fixture->request.body_size_max = 3;
    ask(fixture, HTTP_TOO_BIG);
}

static void serve_header_flood(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    peer_puts(connection, "HTTP/1.1 200 OK\r\n");
    for (size_t i = 0; i < 40000; i++)
        peer_puts(connection, "X-Flood: 0123456789\r\n");
}

static void serve_interim_flood(PeerConnection *connection, const char *request, Fixture *fixture)
{
    (void)request;
    (void)fixture;
    for (size_t i = 0; i < 40000; i++)
        peer_puts(connection, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void test_header_floods(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_header_flood;
    ask(fixture, HTTP_TOO_BIG);
    assert_has(fixture->message, "headers");
    assert_int_equal(fixture->status, 0);
    fixture->serve = serve_interim_flood;
    ask(fixture, HTTP_TOO_BIG);
    assert_true(fixture->status < 200);
}

/* ---- cancelling ---- */

static HttpTransfer *begin(Fixture *fixture)
{
    HttpTransfer *transfer = NULL;

    assert_int_equal(http_submit(fixture->http, &fixture->request, on_answer, fixture, &transfer),
                     0);
    assert_non_null(transfer);
    return transfer;
}

static void assert_still_works(Fixture *fixture)
{
    assert_int_equal(fixture->answers, 0);
    fixture->serve = serve_ok;
    ask(fixture, HTTP_ANSWERED);
    assert_int_equal(fixture->answers, 1);
}

static void test_cancel_at_once(void **state)
{
    Fixture *fixture = *state;

    http_cancel(begin(fixture));
    assert_still_works(fixture);
    assert_int_equal(peer_requests(fixture->peer), 1);
}

static void test_cancel_while_connecting(void **state)
{
    Fixture *fixture = *state;
    HttpTransfer *transfer;

    for (size_t turns = 1; turns < 6; turns++) {
        transfer = begin(fixture);
        fixture->serve = serve_nothing;
        for (size_t i = 0; i < turns; i++)
            sd_event_run(fixture->event, 0);
        http_cancel(transfer);
    }
    assert_still_works(fixture);
}

static void test_cancel_while_waiting(void **state)
{
    Fixture *fixture = *state;
    HttpTransfer *transfer = begin(fixture);

    fixture->serve = serve_nothing;
    await_requests(fixture, 1);
    http_cancel(transfer);
    assert_still_works(fixture);
    assert_int_equal(peer_connections(fixture->peer), 2);
}

static void test_cancel_in_the_body(void **state)
{
    Fixture *fixture = *state;
    HttpTransfer *transfer = begin(fixture);

    fixture->serve = serve_half;
    await_requests(fixture, 1);
    while (sd_event_run(fixture->event, 0) > 0)
        ;
    http_cancel(transfer);
    assert_still_works(fixture);
}

static void serve_first_only(PeerConnection *connection, const char *request, Fixture *fixture)
{
    if (peer_requests(fixture->peer) == 2)
        serve_ok(connection, request, fixture);
}

static void test_cancel_from_the_callback_of_another(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_first_only;
    fixture->to_cancel = begin(fixture);
    await_requests(fixture, 1);
    submit(fixture);
    await(fixture, 1);
    fixture->serve = serve_ok;
    ask(fixture, HTTP_ANSWERED);
    assert_int_equal(fixture->answers, 2);
}

static void test_free_with_requests_in_every_state(void **state)
{
    Fixture *fixture = *state;

    fixture->serve = serve_nothing;
    for (size_t i = 0; i < 4; i++)
        submit(fixture);
    await_requests(fixture, 2);
    for (size_t i = 0; i < 4; i++)
        submit(fixture);
    http_free(TAKE_PTR(fixture->http));
    while (sd_event_run(fixture->event, 0) > 0)
        ;
    assert_int_equal(fixture->answers, 0);
}

static void test_dates(void **state)
{
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
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answer),
        TEST(test_too_many_headers),
        TEST(test_connection_is_used_again),
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
        TEST(test_announced_body_over_the_bound),
        TEST(test_counted_body_over_the_bound),
        TEST(test_body_just_within_the_bound),
        TEST(test_header_floods),
        TEST(test_cancel_at_once),
        TEST(test_cancel_while_connecting),
        TEST(test_cancel_while_waiting),
        TEST(test_cancel_in_the_body),
        TEST(test_cancel_from_the_callback_of_another),
        TEST(test_free_with_requests_in_every_state),
        TEST(test_dates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
