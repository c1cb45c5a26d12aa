/* SPDX-License-Identifier: MIT */
/* An error in the body under the status of a success: triage as if it had come with its own. */
#include "tests/world/world.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "reconcile/request/classify.h"

static const RequestKind kinds[] = {REQUEST_LIST_CHANNELS, REQUEST_LIST_MEMBERS,
                                    REQUEST_DELETE_MEMBER, REQUEST_ADD_MEMBERS};
static const int statuses[] = {200, 201, 202, 204, 206};

static void expect(const char *code, int told_http, Verdict verdict, Verdict of_deletion)
{
    for (size_t i = 0; i < ELEMENTS(kinds) * ELEMENTS(statuses); i++) {
        RequestKind kind = kinds[i % ELEMENTS(kinds)];
        Answer answer = {
            .kind = ANSWER_HTTP,
            .http = statuses[i / ELEMENTS(kinds)],
            .tells_error = true,
            .told_http = told_http,
        };

        str_copy(answer.code, sizeof(answer.code), code);
        assert_int_equal(classify(kind, &answer),
                         kind == REQUEST_DELETE_MEMBER ? of_deletion : verdict);
        assert_true(classify_is_ambiguous(&answer));
    }
}

static void test_by_its_code(void **state)
{
    static const struct {
        const char *code;
        Verdict verdict;
    } rows[] = {
        {"APIG.0101", VERDICT_CHANNEL},    {"APIGW.0308", VERDICT_THROTTLE},
        {"APIG.0301", VERDICT_RENEW},      {"APIG.1001", VERDICT_RENEW},
        {"APIG.1000", VERDICT_INSTANCE},   {"APIG.1005", VERDICT_CHANNEL},
        {"APIG.1010", VERDICT_RETRY},      {"APIG.2012", VERDICT_PERMANENT},
        {"APIG.3023", VERDICT_CHANNEL},    {"APIG.3718", VERDICT_RETRY_SLOW},
        {"APIG.9008", VERDICT_THROTTLE},   {"APIG.9999", VERDICT_RETRY},
        {"APIC.7701", VERDICT_RETRY_SLOW}, {"IAM.0062", VERDICT_RENEW},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++)
        expect(rows[i].code, 0, rows[i].verdict, rows[i].verdict);
    expect("APIG.3024", 0, VERDICT_CHANNEL, VERDICT_GONE);
}

static void test_without_a_known_code(void **state)
{
    (void)state;
    expect("", 0, VERDICT_RETRY, VERDICT_RETRY);
    expect("APIG.4711", 0, VERDICT_RETRY, VERDICT_RETRY);
    expect("APIG.0201", 0, VERDICT_RETRY, VERDICT_RETRY);
    expect("", 401, VERDICT_RENEW, VERDICT_RENEW);
    expect("", 403, VERDICT_CHANNEL, VERDICT_CHANNEL);
    expect("", 404, VERDICT_CHANNEL, VERDICT_CHANNEL);
    expect("", 429, VERDICT_THROTTLE, VERDICT_THROTTLE);
    expect("", 400, VERDICT_PERMANENT, VERDICT_PERMANENT);
}

/* Each number of IAM that there is, and the others by their status. */
static void test_what_iam_says(void **state)
{
    static const struct {
        unsigned first, last;
        Verdict verdict;
    } rows[] = {
        {1, 1, VERDICT_RENEW},      {2, 4, VERDICT_CHANNEL}, {6, 6, VERDICT_RETRY},
        {12, 12, VERDICT_THROTTLE}, {61, 67, VERDICT_RENEW}, {80, 82, VERDICT_CHANNEL},
    };

    (void)state;
    for (unsigned number = 0; number < 10000; number++) {
        Answer answer = {.kind = ANSWER_HTTP, .http = 400};
        Verdict verdict = VERDICT_PERMANENT;
        bool is_known = false;

        for (size_t i = 0; i < ELEMENTS(rows); i++) {
            if (number < rows[i].first || number > rows[i].last)
                continue;
            verdict = rows[i].verdict;
            is_known = true;
        }
        snprintf(answer.code, sizeof(answer.code), "IAM.%04u", number);
        assert_int_equal(classify(REQUEST_LIST_MEMBERS, &answer), verdict);
        assert_int_equal(classify_knows(answer.code), is_known);
    }
}

/* An ECS that is not there is one member's fault, where that was to be added. */
static void test_an_ecs_that_does_not_exist(void **state)
{
    const Answer answer = {.kind = ANSWER_HTTP, .http = 404, .code = "APIG.3092"};

    (void)state;
    assert_int_equal(classify(REQUEST_ADD_MEMBERS, &answer), VERDICT_PERMANENT);
    assert_int_equal(classify(REQUEST_DISABLE_MEMBER, &answer), VERDICT_CHANNEL);
    assert_int_equal(classify(REQUEST_ENABLE_MEMBER, &answer), VERDICT_CHANNEL);
    assert_int_equal(classify(REQUEST_DELETE_MEMBER, &answer), VERDICT_CHANNEL);
    assert_int_equal(classify(REQUEST_LIST_MEMBERS, &answer), VERDICT_CHANNEL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_ecs_that_does_not_exist),
        cmocka_unit_test(test_by_its_code),
        cmocka_unit_test(test_what_iam_says),
        cmocka_unit_test(test_without_a_known_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
