/* SPDX-License-Identifier: MIT */
/* What a request that got no whole answer is taken for, and one whose answer was too big. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/roma/wire/response.h"

static ResponseReader reader;
static ResponsePage page;

static int setup(void **state)
{
    (void)state;
    return response_reader_init(&reader);
}

static int teardown(void **state)
{
    (void)state;
    response_page_done(&page);
    response_reader_done(&reader);
    return 0;
}

static Answer read_as(RequestKind kind, HttpResult result, int status)
{
    const HttpAnswer http = {
        .result = result, .status = status, .body = "", .message = "what went wrong"};
    Answer answer;

    response_read(&reader, &page, kind, NULL, &http, &answer);
    assert_string_equal(answer.message, "what went wrong");
    return answer;
}

static void test_what_ended_without_an_answer(void **state)
{
    static const struct {
        HttpResult result;
        AnswerKind kind;
    } rows[] = {
        {HTTP_NOT_SENT, ANSWER_NOT_SENT}, {HTTP_LOST, ANSWER_LOST},
        {HTTP_TIMEOUT, ANSWER_TIMEOUT},   {HTTP_UNTRUSTED, ANSWER_UNTRUSTED},
        {HTTP_WITHHELD, ANSWER_WITHHELD},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const HttpAnswer http = {
            .result = rows[i].result, .body = "", .message = "what went wrong"};
        Answer answer = read_as(REQUEST_LIST_MEMBERS, rows[i].result, 0);

        assert_int_equal(answer.kind, rows[i].kind);
        assert_int_equal(answer.http, 0);
        response_read_plain(&reader, NULL, &http, &answer);
        assert_int_equal(answer.kind, rows[i].kind);
        assert_string_equal(answer.message, "what went wrong");
    }
}

/* Of a change and of a refusal the status counts, of a list the rows. */
static void test_what_was_too_big(void **state)
{
    static const RequestKind changes[] = {REQUEST_DELETE_MEMBER, REQUEST_ADD_MEMBERS,
                                          REQUEST_DISABLE_MEMBER, REQUEST_ENABLE_MEMBER};

    (void)state;
    assert_int_equal(read_as(REQUEST_LIST_MEMBERS, HTTP_TOO_BIG, 200).kind, ANSWER_ODD);
    assert_int_equal(read_as(REQUEST_LIST_CHANNELS, HTTP_TOO_BIG, 299).kind, ANSWER_ODD);
    for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
        assert_int_equal(read_as(changes[i], HTTP_TOO_BIG, 204).kind, ANSWER_HTTP);
        assert_int_equal(read_as(changes[i], HTTP_TOO_BIG, 204).http, 204);
        assert_int_equal(read_as(changes[i], HTTP_TOO_BIG, 199).kind, ANSWER_LOST);
        assert_int_equal(read_as(changes[i], HTTP_TOO_BIG, 199).http, 0);
        assert_int_equal(read_as(changes[i], HTTP_TOO_BIG, 200).kind, ANSWER_HTTP);
    }
}

static void test_who_did_not_answer(void **state)
{
    static const struct {
        HttpResult result;
        int status;
        bool is_nobody;
    } rows[] = {
        {HTTP_ANSWERED, 200, false}, {HTTP_ANSWERED, 500, false}, {HTTP_ANSWERED, 501, false},
        {HTTP_ANSWERED, 502, true},  {HTTP_ANSWERED, 503, true},  {HTTP_ANSWERED, 504, true},
        {HTTP_ANSWERED, 505, false}, {HTTP_NOT_SENT, 0, true},    {HTTP_LOST, 0, true},
        {HTTP_TIMEOUT, 0, true},     {HTTP_UNTRUSTED, 0, false},  {HTTP_WITHHELD, 0, false},
        {HTTP_TOO_BIG, 200, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const HttpAnswer http = {.result = rows[i].result, .status = rows[i].status};

        assert_int_equal(response_is_of_nobody(&http), rows[i].is_nobody);
    }
}

/* Seconds, or a date, which counts from the answer's own where that has one. */
static void test_how_long_to_wait(void **state)
{
    static const char now[] = "Tue, 24 Nov 2026 15:04:05 GMT",
                      later[] = "Tue, 24 Nov 2026 15:04:35 GMT";
    static const uint64_t now_usec = UINT64_C(1795532645000000);
    static const struct {
        const char *text, *date;
        bool says;
        uint64_t usec;
    } rows[] = {
        {"0", "", true, 0},
        {"00", "", true, 0},
        {"1", "", true, 1000000},
        {"007", "", true, 7000000},
        {"18446744073709", "", true, UINT64_C(18446744073709000000)},
        {"18446744073710", "", true, UINT64_MAX},
        {"99999999999999999999999", "", true, UINT64_MAX},
        {later, now, true, 30000000},
        {later, "", true, 31000000},
        {later, "no date", true, 31000000},
        {now, later, true, 0},
        {now, now, true, 0},
        {now, "", true, 1000000},
        {"", "", false, 77},
        {"-1", "", false, 77},
        {"1.5", "", false, 77},
        {"1 ", "", false, 77},
        {"soon", now, false, 77},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        uint64_t usec = 77;

        assert_int_equal(
            response_parse_retry_after(rows[i].text, rows[i].date, now_usec - 1000000, &usec),
            rows[i].says);
        assert_true(usec == rows[i].usec);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_ended_without_an_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_was_too_big, setup, teardown),
        cmocka_unit_test(test_who_did_not_answer),
        cmocka_unit_test(test_how_long_to_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
