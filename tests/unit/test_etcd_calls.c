/* SPDX-License-Identifier: MIT */
/* What calls of etcd make of each answer: what they ask next and where, and how they end. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/fleet/etcd_internal.h"
#include "tests/unit/etcd_script.h"

/* ---- one answer ---- */

#define CN_REFUSED                                                                                 \
    "CommonName of client sending a request against gateway will be ignored and not used as "      \
    "expected"

static void test_an_answer_that_ends_a_call(void **state)
{
    static const struct {
        int status;
        const char *body, *says;
    } rows[] = {
        {200, "{\"a\":1}", "answered 0 {\"a\":1}"},
        {200, "{}", "answered 0 {}"},
        {404, "{\"code\":5,\"message\":\"lease not found\"}",
         "refused 5 etcd at etcd-0: lease not found"},
        {400, "{\"code\":0,\"message\":\"m\"}", "refused 0 etcd at etcd-0: m"},
        {400, "{\"code\":2147483647,\"message\":\"m\"}", "refused 2147483647 etcd at etcd-0: m"},
        {400, "{\"code\":2147483648,\"message\":\"m\"}", "refused 0 etcd at etcd-0: m"},
        {400, "{\"code\":-1,\"message\":\"m\"}", "refused 0 etcd at etcd-0: m"},
        {400, "{\"code\":\"x\",\"message\":\"m\"}", "refused 0 etcd at etcd-0: m"},
        {401, "{\"code\":16,\"message\":\"no user\"}", "refused 16 etcd at etcd-0: no user"},
        {403, "{\"code\":7}", "refused 7 etcd at etcd-0: HTTP 403"},
        {499, "{\"message\":\"\"}", "refused 0 etcd at etcd-0: HTTP 499"},
        {404, "page not found",
         "refused 0 etcd at etcd-0: HTTP 404 without an error of etcd: is it etcd 3.4 or newer?"},
        {405, "",
         "refused 0 etcd at etcd-0: HTTP 405 without an error of etcd: is it etcd 3.4 or newer?"},
        {400, CN_REFUSED,
         "refused 0 etcd at etcd-0: it takes no certificate with a common name while it asks for "
         "users: issue one for rosterd with subject alternative names alone, and no CN"},
        {400, "{\"code\":3,\"message\":\"" CN_REFUSED "\"}",
         "refused 0 etcd at etcd-0: it takes no certificate with a common name while it asks for "
         "users: issue one for rosterd with subject alternative names alone, and no CN"},
    };
    EtcdScript *script = *state;
    char lines[512];

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        etcd_script_begin(script, "kv/range", "{\"n\":2}");
        etcd_script_expect(script, "kv/range {\"n\":2}\n");
        etcd_script_answer(script, rows[i].status, rows[i].body);
        snprintf(lines, sizeof(lines), "%s\n", rows[i].says);
        etcd_script_expect(script, lines);
        assert_int_equal(etcd_get_endpoint(script->etcd), 0);
        assert_int_equal(script->etcd->under_way, 0);
        assert_null(script->etcd->calls);
    }
}

static void test_an_answer_that_is_too_big_ends_it(void **state)
{
    EtcdScript *script = *state;
    PeerConnection *connection;
    char head[128];

    etcd_script_begin(script, "kv/range", "{}");
    connection = etcd_script_take(script);
    snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n{",
             ETCD_ANSWER_SIZE_MAX + 1);
    peer_puts(connection, head);
    etcd_script_await(script, 0);
    while (!strstr(buf_text(&script->said), "refused"))
        assert_true(sd_event_run(script->event, USEC_PER_SEC) >= 0);
    assert_non_null(strstr(buf_text(&script->said), "refused 8 etcd at etcd-0: "));
}

/* ---- tries ---- */

/* What settles nothing is asked again at the next endpoint; who comes later begins there. */
static void test_what_settles_nothing_is_asked_elsewhere(void **state)
{
    static const struct {
        int status;
        const char *body;
    } rows[] = {{200, "no JSON"},
                {200, "[]"},
                {200, ""},
                {201, "{}"},
                {302, "{}"},
                {500, "{}"},
                {503, "{\"code\":14,\"message\":\"no leader\"}"}};
    EtcdScript *script = *state;

    script->settings.endpoint_count = 2;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        size_t from = etcd_get_endpoint(script->etcd), other = 1 - from;
        size_t before[] = {peer_requests(script->peers[0]), peer_requests(script->peers[1])};

        assert_int_equal(from, i % 2);
        etcd_script_begin(script, "kv/txn", "{}");
        etcd_script_expect(script, "kv/txn {}\n");
        assert_int_equal(peer_requests(script->peers[from]), before[from] + 1);
        etcd_script_answer(script, rows[i].status, rows[i].body);
        etcd_script_expect(script, "kv/txn {}\n");
        assert_int_equal(peer_requests(script->peers[other]), before[other] + 1);
        assert_int_equal(etcd_get_endpoint(script->etcd), other);
        etcd_script_answer(script, 200, "{\"a\":1}");
        etcd_script_expect(script, "answered 0 {\"a\":1}\n");
        assert_int_equal(etcd_get_endpoint(script->etcd), other);
        assert_int_equal(peer_requests(script->peers[from]), before[from] + 1);
    }
}

/* The one that answered last is asked first, though another call has left it meanwhile. */
static void test_who_answers_late_is_asked_first(void **state)
{
    EtcdScript *script = *state;

    script->settings.endpoint_count = 3;
    etcd_script_begin(script, "kv/range", "{\"n\":1}");
    etcd_script_await(script, 1);
    etcd_script_begin(script, "kv/range", "{\"n\":2}");
    etcd_script_expect(script, "kv/range {\"n\":1}\nkv/range {\"n\":2}\n");
    etcd_script_answer(script, 503, "");
    etcd_script_expect(script, "kv/range {\"n\":1}\n");
    assert_int_equal(etcd_get_endpoint(script->etcd), 1);
    etcd_script_answer(script, 503, ""); /* of the second one, at the endpoint that is left */
    etcd_script_expect(script, "kv/range {\"n\":2}\n");
    assert_int_equal(etcd_get_endpoint(script->etcd), 1);
    etcd_script_answer(script, 503, "");
    etcd_script_expect(script, "kv/range {\"n\":1}\n");
    assert_int_equal(etcd_get_endpoint(script->etcd), 2);
    etcd_script_answer(script, 200, "{\"n\":2}");
    etcd_script_expect(script, "answered 0 {\"n\":2}\n");
    assert_int_equal(etcd_get_endpoint(script->etcd), 1);
    etcd_script_answer(script, 200, "{\"n\":1}");
    etcd_script_expect(script, "answered 0 {\"n\":1}\n");
    assert_int_equal(etcd_get_endpoint(script->etcd), 2);
    assert_int_equal(peer_requests(script->peers[0]), 2);
    assert_int_equal(peer_requests(script->peers[1]), 2);
    assert_int_equal(peer_requests(script->peers[2]), 1);
}

/* At once at the next endpoint; after the last one a moment later. */
static void test_a_round_is_followed_by_a_pause(void **state)
{
    EtcdScript *script = *state;
    uint64_t before_usec;
    EtcdCall *call;

    script->settings.endpoint_count = 2;
    call = etcd_script_begin(script, "kv/range", "{}");
    for (size_t round = 0; round < 2; round++) {
        etcd_script_answer(script, 503, "");
        etcd_script_await(script, 1);
        before_usec = clock_monotonic_usec();
        etcd_script_answer(script, 503, "");
        while (call->tries < 2 * (round + 1))
            assert_true(sd_event_run(script->event, USEC_PER_SEC) >= 0);
        assert_in_range(etcd_script_due_of(call), before_usec + 250 * USEC_PER_MSEC,
                        clock_monotonic_usec() + 250 * USEC_PER_MSEC);
        etcd_call_wake_in(call, 0); /* its time comes */
    }
    etcd_script_answer(script, 200, "{}");
    etcd_script_expect(script, "kv/range {}\nkv/range {}\nkv/range {}\nkv/range {}\nkv/range {}\n"
                               "answered 0 {}\n");
}

static void test_a_try_has_its_part_of_the_time(void **state)
{
    static const struct {
        size_t endpoints;
        uint64_t timeout_usec, try_usec;
    } rows[] = {
        {1, USEC_PER_SEC, USEC_PER_SEC},         {1, 2 * USEC_PER_SEC - 1, 2 * USEC_PER_SEC - 1},
        {1, 2 * USEC_PER_SEC, 2 * USEC_PER_SEC}, {1, 10 * USEC_PER_SEC, 2 * USEC_PER_SEC},
        {2, USEC_PER_SEC, USEC_PER_SEC / 2},     {3, 4 * USEC_PER_SEC - 2, 2 * USEC_PER_SEC - 1},
        {2, 4 * USEC_PER_SEC, 2 * USEC_PER_SEC}, {2, 10 * USEC_PER_SEC, 2 * USEC_PER_SEC},
    };
    EtcdScript *script = *state;

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        uint64_t before_usec = clock_monotonic_usec();
        EtcdCall *call;

        script->settings.endpoint_count = rows[i].endpoints;
        call = etcd_script_begin_for(script, "kv/range", "{}", rows[i].timeout_usec);
        assert_int_equal(call->try_usec, rows[i].try_usec);
        assert_in_range(call->due_usec, before_usec + rows[i].timeout_usec,
                        clock_monotonic_usec() + rows[i].timeout_usec);
        etcd_cancel(call);
    }
    etcd_script_begin_for(script, "kv/range", "{}", 0);
    etcd_script_expect(script, "unanswered 0 etcd was not asked in time\n");
}

static void test_a_call_whose_time_is_over_says_what_was_last(void **state)
{
    EtcdScript *script = *state;
    EtcdCall *call = etcd_script_begin(script, "kv/range", "{}");

    etcd_script_await(script, 1);
    call->due_usec = clock_monotonic_usec();
    etcd_script_answer(script, 503, "");
    etcd_script_expect(script, "kv/range {}\nunanswered 0 etcd at etcd-0: HTTP 503\n");
    call = etcd_script_begin(script, "kv/range", "{}");
    etcd_script_await(script, 1);
    call->due_usec = clock_monotonic_usec();
    peer_reset(etcd_script_take(script));
    while (!strchr(buf_text(&script->said), ':') || !strstr(buf_text(&script->said), "unanswered"))
        assert_true(sd_event_run(script->event, USEC_PER_SEC) >= 0);
    assert_non_null(strstr(buf_text(&script->said), "unanswered 0 etcd at etcd-0: "));
}

/* ---- turns ---- */

static void test_so_many_calls_are_under_way_at_once(void **state)
{
    EtcdScript *script = *state;
    EtcdCall *waiting[3];

    for (size_t i = 0; i < ETCD_CALLS_MAX; i++)
        etcd_script_begin(script, "kv/range", "{}");
    etcd_script_await(script, ETCD_CALLS_MAX);
    buf_reset(&script->said);
    for (size_t i = 0; i < ELEMENTS(waiting); i++) {
        static const char *const bodies[] = {"{\"n\":1}", "{\"n\":2}", "{\"n\":3}"};

        waiting[i] = etcd_script_begin(script, "kv/txn", bodies[i]);
    }
    etcd_script_begin(script, "lease/keepalive", "{}");
    etcd_script_expect(script, "lease/keepalive {}\n");
    for (size_t i = 0; i < ELEMENTS(waiting); i++) {
        assert_true(waiting[i]->waits_for_turn);
        assert_in_range(etcd_script_due_of(waiting[i]), waiting[i]->due_usec - USEC_PER_SEC,
                        waiting[i]->due_usec + USEC_PER_SEC);
    }
    etcd_cancel(waiting[1]);
    /* One is over: of 17, 16 are left, and nobody's turn has come. */
    etcd_script_answer(script, 200, "{}");
    etcd_script_expect(script, "answered 0 {}\n");
    etcd_script_answer(script, 200, "{}");
    etcd_script_expect(script, "answered 0 {}\nkv/txn {n:1}\n");
    etcd_script_answer(script, 200, "{}");
    etcd_script_expect(script, "answered 0 {}\nkv/txn {n:3}\n");
    assert_int_equal(script->etcd->under_way, ETCD_CALLS_MAX);
}

/* One that is cancelled leaves its turn to the next. */
static void test_what_is_cancelled_is_not_told(void **state)
{
    EtcdScript *script = *state;
    EtcdCall *calls[ETCD_CALLS_MAX];

    for (size_t i = 0; i < ETCD_CALLS_MAX; i++)
        calls[i] = etcd_script_begin(script, "kv/range", "{}");
    etcd_script_await(script, ETCD_CALLS_MAX);
    buf_reset(&script->said);
    etcd_script_begin(script, "kv/txn", "{}");
    etcd_script_expect(script, "");
    etcd_cancel(calls[3]);
    etcd_script_expect(script, "kv/txn {}\n");
    for (size_t i = 0; i < ETCD_CALLS_MAX; i++) {
        if (i != 3)
            etcd_cancel(calls[i]);
    }
    assert_int_equal(script->etcd->under_way, 1);
    while (script->asked_count > 1)
        etcd_script_take(script);
    etcd_script_answer(script, 200, "{\"a\":1}");
    etcd_script_expect(script, "answered 0 {\"a\":1}\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, etcd_script_setup, etcd_script_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_answer_that_ends_a_call),
        TEST(test_an_answer_that_is_too_big_ends_it),
        TEST(test_what_settles_nothing_is_asked_elsewhere),
        TEST(test_who_answers_late_is_asked_first),
        TEST(test_a_round_is_followed_by_a_pause),
        TEST(test_a_try_has_its_part_of_the_time),
        TEST(test_a_call_whose_time_is_over_says_what_was_last),
        TEST(test_so_many_calls_are_under_way_at_once),
        TEST(test_what_is_cancelled_is_not_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
