/* SPDX-License-Identifier: MIT */
/* The HTTP layer under siege: connections that end at every byte of an answer, and hundreds of
 * transfers torn down wherever they are. Nothing is left open. */
#include "tests/unit/http_case.h"

#include <dirent.h>

#define SIDE_BY_SIDE 200

static const char answer[] = "HTTP/1.1 200 OK\r\nX-Request-Id: 0123456789\r\n"
                             "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n"
                             "{\"total\": 10}";
static const char chunked[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "5\r\n{\"tot\r\n8\r\nal\": 10}\r\n0\r\nX-Trailer: 1\r\n\r\n";

static size_t count_open(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* ---- an answer that ends too soon ---- */

static const char *cut_text;
static size_t cut_at;
static bool cut_by_reset;

static void serve_cut(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    (void)http_case;
    peer_send(connection, cut_text, cut_at);
    if (cut_by_reset)
        peer_reset(connection);
    else
        peer_close(connection);
}

/* Whatever is shorter than `whole` is lost, however it ends. */
static void cut_everywhere(HttpCase *http_case, const char *text, size_t whole)
{
    size_t requests = peer_requests(http_case->peer);

    cut_text = text;
    http_case->serve = serve_cut;
    for (cut_at = 0; cut_at < whole; cut_at++) {
        for (int by_reset = 0; by_reset < 2; by_reset++) {
            cut_by_reset = by_reset;
            http_case_ask(http_case, HTTP_LOST);
            assert_int_equal(peer_requests(http_case->peer), ++requests);
        }
    }
    cut_by_reset = false;
    cut_at = strlen(text);
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_string_equal(http_case->body, "{\"total\": 10}");
}

static void test_an_answer_that_ends_at_any_byte_is_lost(void **state)
{
    HttpCase *http_case = *state;

    cut_everywhere(http_case, answer, sizeof(answer) - 1);
    /* libcurl does not wait for the last line feed after the trailers. */
    cut_everywhere(http_case, chunked, sizeof(chunked) - 2);
    http_case->serve = http_case_serve_ok;
    http_case_ask(http_case, HTTP_ANSWERED);
}

/* ---- many at once, torn down ---- */

static void serve_all_sorts(PeerConnection *connection, const char *request, HttpCase *http_case)
{
    (void)request;
    switch (peer_requests(http_case->peer) % 5) {
    case 0:
        peer_puts(connection, answer);
        break;
    case 1:
        peer_send(connection, answer, sizeof(answer) / 2);
        break;
    case 2:
        peer_drip(connection);
        peer_puts(connection, answer);
        break;
    case 3:
        peer_reset(connection);
        break;
    default:
        break;
    }
}

/* How far each has come differs; none ends twice, none after the client is gone. */
static void tear_down_after(uint64_t turns)
{
    void *state = NULL;
    HttpCase *http_case;
    size_t answers;

    assert_int_equal(http_case_setup(&state), 0);
    http_case = state;
    http_case->serve = serve_all_sorts;
    for (size_t i = 0; i < SIDE_BY_SIDE; i++)
        http_case_submit(http_case);
    for (uint64_t i = 0; i < turns; i++)
        assert_true(sd_event_run(http_case->event, USEC_PER_MSEC) >= 0);
    assert_true(http_case->answers <= SIDE_BY_SIDE);
    answers = http_case->answers;
    http_free(TAKE_PTR(http_case->http));
    while (sd_event_run(http_case->event, 0) > 0)
        ;
    assert_int_equal(http_case->answers, answers);
    assert_int_equal(http_case_teardown(&state), 0);
}

static void test_two_hundred_transfers_are_torn_down_in_flight(void **state)
{
    static const uint64_t turns[] = {0, 1, 5, 50, 200, 500, 1000, 2000};
    size_t open_before;

    (void)state;
    tear_down_after(1);
    open_before = count_open();
    for (size_t i = 0; i < ELEMENTS(turns); i++) {
        tear_down_after(turns[i]);
        assert_int_equal(count_open(), open_before);
    }
}

static void test_two_hundred_are_cancelled_one_by_one(void **state)
{
    HttpCase *http_case = *state;
    HttpTransfer *transfers[SIDE_BY_SIDE];

    http_case->serve = http_case_serve_half;
    for (size_t i = 0; i < SIDE_BY_SIDE; i++)
        assert_int_equal(http_submit(http_case->http, &http_case->request, http_case_on_answer,
                                     http_case, &transfers[i]),
                         0);
    http_case_await_requests(http_case, SIDE_BY_SIDE / 2);
    for (size_t i = 0; i < SIDE_BY_SIDE; i++)
        http_cancel(transfers[(i * 37) % SIDE_BY_SIDE]);
    assert_int_equal(http_case->answers, 0);
    http_case->serve = http_case_serve_ok;
    http_case_ask(http_case, HTTP_ANSWERED);
    assert_int_equal(http_case->answers, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_answer_that_ends_at_any_byte_is_lost,
                                        http_case_setup, http_case_teardown),
        cmocka_unit_test(test_two_hundred_transfers_are_torn_down_in_flight),
        cmocka_unit_test_setup_teardown(test_two_hundred_are_cancelled_one_by_one, http_case_setup,
                                        http_case_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
