/* SPDX-License-Identifier: MIT */
/* What a login's answers mean: the table and the retry policy of passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "reconcile/request/attempts.h"

static const Retry policy = {
    .attempts = 3,
    .base_usec = USEC_PER_SEC,
    .cap_usec = 30 * USEC_PER_SEC,
    .throttle_base_usec = 5 * USEC_PER_SEC,
};

static AttemptStep answer(Attempts *attempts, int http, const char *code, uint64_t *ret_delay_usec)
{
    Answer it = {.kind = ANSWER_HTTP, .http = http};
    Err err = {0};
    AttemptStep step;

    str_copy(it.code, sizeof(it.code), code);
    step = attempts_on_answer(attempts, &policy, &it, "getting a token", 0, ret_delay_usec, &err);
    assert_int_equal(err.text[0] != '\0', step != ATTEMPT_DONE);
    return step;
}

/* A 2xx that tells an error is none; a code that nobody knows may mean a wrong password, which is
 * not to be sent again. */
static void test_an_error_under_a_success(void **state)
{
    static const struct {
        const char *code;
        int told_http;
        AttemptStep step;
    } rows[] = {
        {"IAM.0062", 0, ATTEMPT_REFUSED}, {"IAM.0061", 0, ATTEMPT_REFUSED},
        {"", 401, ATTEMPT_REFUSED},       {"IAM.0002", 0, ATTEMPT_FAILED},
        {"IAM.0012", 0, ATTEMPT_AGAIN},   {"IAM.0006", 0, ATTEMPT_AGAIN},
        {"APIG.0308", 0, ATTEMPT_AGAIN},  {"IAM.4711", 0, ATTEMPT_FAILED},
        {"", 500, ATTEMPT_FAILED},        {"", 0, ATTEMPT_FAILED},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        Answer it = {
            .kind = ANSWER_HTTP, .http = 201, .tells_error = true, .told_http = rows[i].told_http};
        Attempts attempts = {0};
        uint64_t delay_usec;
        Err err = {0};

        str_copy(it.code, sizeof(it.code), rows[i].code);
        assert_int_equal(
            attempts_on_answer(&attempts, &policy, &it, "getting a token", 0, &delay_usec, &err),
            rows[i].step);
        assert_non_null(strstr(err.text, "201"));
    }
}

static void test_the_table(void **state)
{
    static const struct {
        int http;
        const char *code;
        AttemptStep step;
    } rows[] = {
        {200, "", ATTEMPT_DONE},
        {201, "", ATTEMPT_DONE},
        {204, "", ATTEMPT_DONE},
        {300, "", ATTEMPT_FAILED},
        {301, "", ATTEMPT_FAILED},
        {400, "IAM.0011", ATTEMPT_FAILED},
        {401, "IAM.0062", ATTEMPT_REFUSED},
        {401, "IAM.0061", ATTEMPT_REFUSED},
        {401, "", ATTEMPT_REFUSED},
        {401, "APIG.1010", ATTEMPT_AGAIN},
        {403, "IAM.0002", ATTEMPT_FAILED},
        {404, "IAM.0004", ATTEMPT_FAILED},
        {405, "", ATTEMPT_FAILED},
        {408, "", ATTEMPT_AGAIN},
        {429, "IAM.0012", ATTEMPT_AGAIN},
        {429, "APIG.0308", ATTEMPT_AGAIN},
        {500, "IAM.0006", ATTEMPT_AGAIN},
        {501, "", ATTEMPT_FAILED},
        {502, "", ATTEMPT_AGAIN},
        {503, "", ATTEMPT_AGAIN},
        {504, "", ATTEMPT_AGAIN},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        Attempts attempts = {0};
        uint64_t delay_usec = 0;
        AttemptStep step = answer(&attempts, rows[i].http, rows[i].code, &delay_usec);

        if (step != rows[i].step)
            fail_msg("%d %s: %d", rows[i].http, rows[i].code, step);
        assert_int_equal(delay_usec != 0, step == ATTEMPT_AGAIN);
    }
}

static void test_waits_grow_and_end(void **state)
{
    Attempts attempts = {0};
    uint64_t delay_usec = 0;

    (void)state;
    assert_int_equal(answer(&attempts, 503, "", &delay_usec), ATTEMPT_AGAIN);
    assert_int_equal(delay_usec, USEC_PER_SEC / 2);
    assert_int_equal(answer(&attempts, 429, "", &delay_usec), ATTEMPT_AGAIN);
    assert_int_equal(delay_usec, 5 * USEC_PER_SEC);
    assert_int_equal(answer(&attempts, 503, "", &delay_usec), ATTEMPT_FAILED);
}

static void test_retry_after_is_obeyed_up_to_five_minutes(void **state)
{
    Answer it = {.kind = ANSWER_HTTP, .http = 429, .has_retry_after = true};
    Attempts attempts = {0};
    uint64_t delay_usec = 0;
    Err err = {0};

    (void)state;
    it.retry_after_usec = 40 * USEC_PER_SEC;
    assert_int_equal(attempts_on_answer(&attempts, &policy, &it, "x", 0, &delay_usec, &err),
                     ATTEMPT_AGAIN);
    assert_int_equal(delay_usec, 40 * USEC_PER_SEC);
    it.retry_after_usec = USEC_PER_HOUR;
    assert_int_equal(attempts_on_answer(&attempts, &policy, &it, "x", 0, &delay_usec, &err),
                     ATTEMPT_AGAIN);
    assert_int_equal(delay_usec, 5 * USEC_PER_MINUTE);
}

static void test_without_an_answer(void **state)
{
    static const struct {
        AnswerKind kind;
        AttemptStep step;
    } rows[] = {
        {ANSWER_TIMEOUT, ATTEMPT_AGAIN},    {ANSWER_LOST, ATTEMPT_AGAIN},
        {ANSWER_NOT_SENT, ATTEMPT_AGAIN},   {ANSWER_ODD, ATTEMPT_FAILED},
        {ANSWER_UNTRUSTED, ATTEMPT_FAILED}, {ANSWER_REFUSED, ATTEMPT_FAILED},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        Answer it = {.kind = rows[i].kind};
        Attempts attempts = {0};
        uint64_t delay_usec = 0;
        Err err = {0};

        assert_int_equal(attempts_on_answer(&attempts, &policy, &it, "x", 0, &delay_usec, &err),
                         rows[i].step);
    }
}

static void test_how_often_it_was_tried_is_told(void **state)
{
    static const struct {
        uint32_t attempts;
        const char *says;
    } rows[] = {
        {1, "given up after 1 attempt: x: the service answered 503: without a message"},
        {2, "given up after 2 attempts: x: the service answered 503: without a message"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        const Answer it = {.kind = ANSWER_HTTP, .http = 503};
        Retry few = policy;
        Attempts attempts = {0};
        uint64_t delay_usec;
        Err err = {0};

        few.attempts = rows[i].attempts;
        for (uint32_t j = 1; j < few.attempts; j++)
            assert_int_equal(attempts_on_answer(&attempts, &few, &it, "x", 0, &delay_usec, &err),
                             ATTEMPT_AGAIN);
        assert_int_equal(attempts_on_answer(&attempts, &few, &it, "x", 0, &delay_usec, &err),
                         ATTEMPT_FAILED);
        assert_string_equal(err.text, rows[i].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table),
        cmocka_unit_test(test_how_often_it_was_tried_is_told),
        cmocka_unit_test(test_an_error_under_a_success),
        cmocka_unit_test(test_waits_grow_and_end),
        cmocka_unit_test(test_retry_after_is_obeyed_up_to_five_minutes),
        cmocka_unit_test(test_without_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
