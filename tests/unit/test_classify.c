/* SPDX-License-Identifier: MIT */
/* Triage: every row of API.md sections 3.2 and 3.3, for a deletion and for a read, under both
 * prefixes of the front gateway; and the statuses without a code. */
#include "tests/world/world.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "reconcile/request/classify.h"

typedef struct Row {
    int http;
    const char *number; /* with its family's prefix, but for the front gateway's */
    Verdict verdict;
} Row;

static const Row front_door_rows[] = {
    {404, "0101", VERDICT_CHANNEL},    {500, "0103", VERDICT_RETRY_SLOW},
    {500, "0104", VERDICT_RETRY_SLOW}, {500, "0105", VERDICT_RETRY_SLOW},
    {400, "0106", VERDICT_PERMANENT},  {500, "0107", VERDICT_RETRY},
    {400, "0201", VERDICT_PERMANENT},  {413, "0201", VERDICT_PERMANENT},
    {414, "0201", VERDICT_PERMANENT},  {494, "0201", VERDICT_PERMANENT},
    {502, "0201", VERDICT_RETRY},      {504, "0201", VERDICT_RETRY},
    {500, "0201", VERDICT_RETRY},      {502, "0202", VERDICT_RETRY},
    {504, "0203", VERDICT_RETRY},      {400, "0204", VERDICT_INSTANCE},
    {400, "0205", VERDICT_INSTANCE},   {401, "0301", VERDICT_RENEW},
    {403, "0302", VERDICT_CHANNEL},    {401, "0303", VERDICT_RENEW},
    {403, "0304", VERDICT_CHANNEL},    {401, "0305", VERDICT_INSTANCE},
    {403, "0306", VERDICT_CHANNEL},    {401, "0307", VERDICT_RENEW},
    {429, "0308", VERDICT_THROTTLE},   {403, "0310", VERDICT_CHANNEL},
    {403, "0401", VERDICT_CHANNEL},    {403, "0402", VERDICT_CHANNEL},
    {403, "0404", VERDICT_CHANNEL},    {403, "0405", VERDICT_CHANNEL},
    {405, "0501", VERDICT_PERMANENT},  {405, "0502", VERDICT_PERMANENT},
    {500, "0601", VERDICT_RETRY},      {400, "0602", VERDICT_PERMANENT},
    {500, "0605", VERDICT_RETRY},      {500, "0606", VERDICT_RETRY},
    {500, "0608", VERDICT_RETRY},      {500, "0609", VERDICT_RETRY},
    {502, "0610", VERDICT_RETRY},      {500, "0611", VERDICT_RETRY},
    {503, "0613", VERDICT_RETRY},      {403, "0802", VERDICT_CHANNEL},
};

static const Row service_rows[] = {
    {401, "APIG.1000", VERDICT_INSTANCE},   {401, "APIG.1001", VERDICT_RENEW},
    {401, "APIG.1002", VERDICT_RENEW},      {401, "APIG.1003", VERDICT_INSTANCE},
    {401, "APIG.1004", VERDICT_RENEW},      {403, "APIG.1006", VERDICT_CHANNEL},
    {401, "APIG.1005", VERDICT_CHANNEL},    {403, "APIG.1005", VERDICT_CHANNEL},
    {401, "APIG.1007", VERDICT_INSTANCE},   {401, "APIG.1008", VERDICT_INSTANCE},
    {401, "APIG.1009", VERDICT_INSTANCE},   {401, "APIG.1010", VERDICT_RETRY},
    {401, "APIG.1011", VERDICT_INSTANCE},   {401, "APIG.1012", VERDICT_INSTANCE},
    {401, "APIG.1013", VERDICT_INSTANCE},   {403, "APIG.1020", VERDICT_CHANNEL},
    {401, "APIG.1020", VERDICT_CHANNEL},    {500, "APIG.1029", VERDICT_RETRY},
    {403, "APIG.1113", VERDICT_CHANNEL},    {400, "APIG.1119", VERDICT_PERMANENT},
    {400, "APIG.1120", VERDICT_PERMANENT},  {400, "APIG.1201", VERDICT_PERMANENT},
    {403, "APIG.1136", VERDICT_CHANNEL},    {409, "APIG.1149", VERDICT_PERMANENT},
    {400, "APIG.2000", VERDICT_PERMANENT},  {400, "APIG.2001", VERDICT_PERMANENT},
    {400, "APIG.2002", VERDICT_PERMANENT},  {400, "APIG.2003", VERDICT_PERMANENT},
    {400, "APIG.2004", VERDICT_PERMANENT},  {400, "APIG.2005", VERDICT_PERMANENT},
    {400, "APIG.2006", VERDICT_PERMANENT},  {400, "APIG.2007", VERDICT_PERMANENT},
    {400, "APIG.2008", VERDICT_PERMANENT},  {400, "APIG.2009", VERDICT_PERMANENT},
    {400, "APIG.2010", VERDICT_PERMANENT},  {400, "APIG.2013", VERDICT_PERMANENT},
    {400, "APIG.2011", VERDICT_PERMANENT},  {400, "APIG.2012", VERDICT_PERMANENT},
    {400, "APIG.2015", VERDICT_PERMANENT},  {400, "APIG.2025", VERDICT_PERMANENT},
    {400, "APIG.2041", VERDICT_PERMANENT},  {400, "APIG.2042", VERDICT_PERMANENT},
    {400, "APIG.2108", VERDICT_PERMANENT},  {404, "APIG.3001", VERDICT_CHANNEL},
    {404, "APIG.3022", VERDICT_CHANNEL},    {404, "APIG.3023", VERDICT_CHANNEL},
    {404, "APIG.3025", VERDICT_CHANNEL},    {404, "APIG.3030", VERDICT_CHANNEL},
    {404, "APIG.3092", VERDICT_CHANNEL},    {403, "APIG.3100", VERDICT_CHANNEL},
    {403, "APIG.3109", VERDICT_CHANNEL},    {403, "APIG.3110", VERDICT_CHANNEL},
    {400, "APIG.3208", VERDICT_PERMANENT},  {400, "APIG.3306", VERDICT_PERMANENT},
    {400, "APIG.3309", VERDICT_PERMANENT},  {403, "APIG.3414", VERDICT_CHANNEL},
    {409, "APIG.3719", VERDICT_PERMANENT},  {403, "APIG.3471", VERDICT_CHANNEL},
    {412, "APIG.3458", VERDICT_PERMANENT},  {500, "APIG.3500", VERDICT_RETRY},
    {409, "APIG.3711", VERDICT_PERMANENT},  {409, "APIG.3718", VERDICT_RETRY_SLOW},
    {500, "APIG.9004", VERDICT_RETRY},      {500, "APIG.9005", VERDICT_RETRY},
    {500, "APIG.9006", VERDICT_RETRY},      {500, "APIG.9007", VERDICT_RETRY},
    {500, "APIG.9013", VERDICT_RETRY},      {500, "APIG.9008", VERDICT_THROTTLE},
    {500, "APIG.9999", VERDICT_RETRY},      {401, "APIC.7100", VERDICT_INSTANCE},
    {401, "APIC.7101", VERDICT_RENEW},      {401, "APIC.7102", VERDICT_RENEW},
    {401, "APIC.7103", VERDICT_INSTANCE},   {401, "APIC.7105", VERDICT_INSTANCE},
    {401, "APIC.7107", VERDICT_INSTANCE},   {403, "APIC.7106", VERDICT_CHANNEL},
    {403, "APIC.7109", VERDICT_CHANNEL},    {403, "APIC.7110", VERDICT_CHANNEL},
    {403, "APIC.7111", VERDICT_CHANNEL},    {403, "APIC.7130", VERDICT_CHANNEL},
    {403, "APIC.7300", VERDICT_CHANNEL},    {404, "APIC.7302", VERDICT_CHANNEL},
    {409, "APIC.7701", VERDICT_RETRY_SLOW}, {409, "APIC.7712", VERDICT_PERMANENT},
    {500, "APIC.9000", VERDICT_RETRY},      {500, "APIC.9100", VERDICT_RETRY},
    {500, "APIC.9999", VERDICT_RETRY},
};

/* What stands in no table, or under a status that is not its own. */
static const Row status_rows[] = {
    {400, "", VERDICT_PERMANENT},
    {401, "", VERDICT_RENEW},
    {403, "", VERDICT_CHANNEL},
    {404, "", VERDICT_CHANNEL},
    {405, "", VERDICT_PERMANENT},
    {408, "", VERDICT_RETRY},
    {409, "", VERDICT_PERMANENT},
    {410, "", VERDICT_PERMANENT},
    {413, "", VERDICT_PERMANENT},
    {429, "", VERDICT_THROTTLE},
    {500, "", VERDICT_RETRY},
    {501, "", VERDICT_PERMANENT},
    {502, "", VERDICT_RETRY},
    {503, "", VERDICT_RETRY},
    {504, "", VERDICT_RETRY},
    {505, "", VERDICT_PERMANENT},
    {301, "", VERDICT_PERMANENT},
    {300, "APIG.9999", VERDICT_RETRY},
    {302, "", VERDICT_PERMANENT},
    {500, "APIG.4242", VERDICT_RETRY},
    {400, "APIG.4242", VERDICT_PERMANENT},
    {403, "APIG.0403", VERDICT_CHANNEL},
    {500, "APIG.2014", VERDICT_RETRY},
    {500, "APIG.3307", VERDICT_RETRY},
    {503, "ROMA.00110002", VERDICT_RETRY},
    {500, "nonsense", VERDICT_RETRY},
    {500, "APIG.", VERDICT_RETRY},
    {500, "APIG.12", VERDICT_RETRY},
    {500, "APIG.030x", VERDICT_RETRY},
    {500, "APIGW.9008", VERDICT_RETRY},
    {200, "APIG.0308", VERDICT_DONE},
    {404, "APIG.9999", VERDICT_CHANNEL},
    {404, "APIG.2012", VERDICT_CHANNEL},
    {404, "APIGW.0101", VERDICT_CHANNEL},
    {403, "APIG.2011", VERDICT_CHANNEL},
    {503, "APIG.0308", VERDICT_THROTTLE},
    {400, "APIG.9008", VERDICT_THROTTLE},
};

static const char *const verdict_names[] = {
    "done",     "uncertain", "odd",       "gone",    "retry",    "retry slowly",
    "throttle", "renew",     "permanent", "channel", "instance",
};

static Verdict judge(RequestKind kind, int http, const char *code)
{
    Answer answer = {.kind = ANSWER_HTTP, .http = http};

    str_copy(answer.code, sizeof(answer.code), code);
    return classify(kind, &answer);
}

static void expect(RequestKind kind, int http, const char *code, Verdict verdict)
{
    Verdict found = judge(kind, http, code);

    if (found != verdict)
        fail_msg("%d %s to %s is %s and should be %s", http, code,
                 kind == REQUEST_DELETE_MEMBER ? "a deletion" : "a read", verdict_names[found],
                 verdict_names[verdict]);
}

static void expect_for_all(int http, const char *code, Verdict verdict)
{
    expect(REQUEST_DELETE_MEMBER, http, code, verdict);
    expect(REQUEST_LIST_MEMBERS, http, code, verdict);
    expect(REQUEST_LIST_CHANNELS, http, code, verdict);
}

static void test_each_row_of_the_front_door(void **state)
{
    char code[32];

    (void)state;
    for (size_t i = 0; i < ELEMENTS(front_door_rows); i++) {
        const Row *row = &front_door_rows[i];

        snprintf(code, sizeof(code), "APIG.%s", row->number);
        expect_for_all(row->http, code, row->verdict);
        snprintf(code, sizeof(code), "APIGW.%s", row->number);
        expect_for_all(row->http, code, row->verdict);
    }
}

static void test_each_row_of_the_service(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(service_rows); i++)
        expect_for_all(service_rows[i].http, service_rows[i].number, service_rows[i].verdict);
}

static void test_statuses_decide_where_codes_do_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(status_rows); i++) {
        const Row *row = &status_rows[i];

        if (row->http == 200) {
            expect(REQUEST_LIST_MEMBERS, 200, row->number, VERDICT_DONE);
            expect(REQUEST_DELETE_MEMBER, 200, row->number, VERDICT_UNCERTAIN);
        } else {
            expect_for_all(row->http, row->number, row->verdict);
        }
    }
}

/* ---- codes and numbers that stand for nothing ---- */

/* Whose status decides although the number is in the tables. */
static bool leaves_it_to_the_status(const char *number)
{
    return str_equal(number, "0201") || str_equal(number, "1004") || str_equal(number, "1006");
}

/* What a table says of a number, whatever the status: the code alone decides. */
static bool find_row(const char *family, unsigned number, Verdict *ret_verdict)
{
    bool is_apig = str_equal(family, "APIG");
    char text[16], code[32];

    snprintf(text, sizeof(text), "%04u", number);
    snprintf(code, sizeof(code), "%s.%s", family, text);
    if (leaves_it_to_the_status(text))
        return false;
    if (is_apig && ((number >= 2000 && number <= 2013) || (number >= 3001 && number <= 3022))) {
        *ret_verdict = number < 3000 ? VERDICT_PERMANENT : VERDICT_CHANNEL;
        return true;
    }
    for (size_t i = 0; is_apig && i < ELEMENTS(front_door_rows); i++) {
        *ret_verdict = front_door_rows[i].verdict;
        if (str_equal(front_door_rows[i].number, text))
            return true;
    }
    for (size_t i = 0; i < ELEMENTS(service_rows); i++) {
        *ret_verdict = service_rows[i].verdict;
        if (str_equal(service_rows[i].number, code))
            return true;
    }
    return false;
}

static void test_every_number_there_is(void **state)
{
    static const char *const families[] = {"APIG", "APIC"};
    char code[32];

    (void)state;
    for (size_t i = 0; i < ELEMENTS(families); i++) {
        for (unsigned number = 0; number < 10000; number++) {
            Verdict verdict = VERDICT_DONE;
            bool is_known = find_row(families[i], number, &verdict);

            snprintf(code, sizeof(code), "%s.%04u", families[i], number);
            expect_for_all(400, code, is_known ? verdict : VERDICT_PERMANENT);
            expect_for_all(500, code, is_known ? verdict : VERDICT_RETRY);
        }
    }
}

static void test_codes_that_are_none(void **state)
{
    static const char *const codes[] = {
        "APIG.999",  "APIG.99999", "APIG.999:",  "APIG.999/", "APIG.:999",
        "APIX.9008", "9008",       "APIGW.1000", ""};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(codes); i++) {
        /* What a code before it said must not be left over. */
        expect(REQUEST_LIST_MEMBERS, 400, "APIG.9008", VERDICT_THROTTLE);
        expect_for_all(400, codes[i], VERDICT_PERMANENT);
        expect(REQUEST_LIST_MEMBERS, 500, "APIC.7300", VERDICT_CHANNEL);
        expect_for_all(500, codes[i], VERDICT_RETRY);
    }
}

static void test_gone_is_only_a_404_with_3024_to_a_deletion(void **state)
{
    (void)state;
    expect(REQUEST_DELETE_MEMBER, 404, "APIG.3024", VERDICT_GONE);
    expect(REQUEST_LIST_MEMBERS, 404, "APIG.3024", VERDICT_CHANNEL);
    expect(REQUEST_LIST_CHANNELS, 404, "APIG.3024", VERDICT_CHANNEL);
    expect(REQUEST_DELETE_MEMBER, 400, "APIG.3024", VERDICT_PERMANENT);
    expect(REQUEST_DELETE_MEMBER, 500, "APIG.3024", VERDICT_RETRY);
    expect(REQUEST_DELETE_MEMBER, 404, "APIC.3024", VERDICT_CHANNEL);
    expect(REQUEST_DELETE_MEMBER, 404, "APIGW.3024", VERDICT_CHANNEL);
    expect(REQUEST_DELETE_MEMBER, 404, "APIG.30240", VERDICT_CHANNEL);
    expect(REQUEST_DELETE_MEMBER, 404, "3024", VERDICT_CHANNEL);
    expect(REQUEST_DELETE_MEMBER, 404, "", VERDICT_CHANNEL);
}

static void test_success_is_204_to_a_deletion_and_200_to_a_read(void **state)
{
    (void)state;
    expect(REQUEST_DELETE_MEMBER, 204, "", VERDICT_DONE);
    for (int http = 200; http < 300; http++) {
        if (http != 204)
            expect(REQUEST_DELETE_MEMBER, http, "", VERDICT_UNCERTAIN);
        if (http != 201)
            expect(REQUEST_ADD_MEMBERS, http, "", VERDICT_UNCERTAIN);
    }
    expect(REQUEST_ADD_MEMBERS, 201, "", VERDICT_DONE);
    expect(REQUEST_LIST_MEMBERS, 200, "", VERDICT_DONE);
    expect(REQUEST_LIST_MEMBERS, 204, "", VERDICT_PERMANENT);
    expect(REQUEST_LIST_CHANNELS, 206, "", VERDICT_PERMANENT);
}

static void test_answers_that_are_none(void **state)
{
    static const struct {
        AnswerKind kind;
        Verdict deletion, read;
        bool is_ambiguous;
    } rows[] = {
        {ANSWER_ODD, VERDICT_PERMANENT, VERDICT_ODD, true},
        {ANSWER_TIMEOUT, VERDICT_RETRY, VERDICT_RETRY, true},
        {ANSWER_LOST, VERDICT_RETRY, VERDICT_RETRY, true},
        {ANSWER_NOT_SENT, VERDICT_RETRY, VERDICT_RETRY, false},
        {ANSWER_UNTRUSTED, VERDICT_INSTANCE, VERDICT_INSTANCE, false},
        {ANSWER_REFUSED, VERDICT_CHANNEL, VERDICT_CHANNEL, false},
        {ANSWER_WITHHELD, VERDICT_WITHHELD, VERDICT_WITHHELD, false},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        Answer answer = {.kind = rows[i].kind};

        assert_int_equal(classify(REQUEST_DELETE_MEMBER, &answer), rows[i].deletion);
        assert_int_equal(classify(REQUEST_LIST_MEMBERS, &answer), rows[i].read);
        assert_int_equal(classify_is_ambiguous(&answer), rows[i].is_ambiguous);
    }
}

static void test_what_may_have_had_its_effect(void **state)
{
    static const int ambiguous[] = {200, 202, 301, 408, 500, 501, 502, 503, 504};
    static const int certain[] = {400, 401, 403, 404, 405, 409, 413, 429, 494};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(ambiguous); i++)
        assert_true(classify_is_ambiguous(&(Answer){.kind = ANSWER_HTTP, .http = ambiguous[i]}));
    for (size_t i = 0; i < ELEMENTS(certain); i++)
        assert_false(classify_is_ambiguous(&(Answer){.kind = ANSWER_HTTP, .http = certain[i]}));
}

/* A member whose deletion nobody answered is looked for more often before it counts as failed. */
static void test_what_is_no_word_of_the_service(void **state)
{
    (void)state;
    for (int http = 200; http < 600; http++) {
        const Answer answer = {.kind = ANSWER_HTTP, .http = http};

        assert_int_equal(classify_is_unheard(&answer), http == 408 || http == 504);
    }
    for (AnswerKind kind = ANSWER_HTTP; kind <= ANSWER_WITHHELD; kind++)
        assert_int_equal(classify_is_unheard(&(Answer){.kind = kind}),
                         kind == ANSWER_TIMEOUT || kind == ANSWER_LOST);
}

static void test_an_error_tells_what_the_service_said(void **state)
{
    Answer answer = {
        .kind = ANSWER_HTTP,
        .http = 403,
        .code = "APIG.1005",
        .message = "no permissions",
        .request_id = "abc",
    };
    Err err = {0};

    (void)state;
    classify_explain(&answer, "deleting a member", &err);
    assert_string_equal(err.text,
                        "deleting a member: the service answered 403 APIG.1005: no permissions");
    assert_int_equal(err.http, 403);
    assert_string_equal(err.code, "APIG.1005");
    assert_string_equal(err.request_id, "abc");
    classify_explain(&(Answer){.kind = ANSWER_LOST, .message = "the connection ended"},
                     "reading the members", &err);
    assert_string_equal(err.text, "reading the members: the connection ended");
    assert_int_equal(err.http, 0);
    assert_string_equal(err.code, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_row_of_the_front_door),
        cmocka_unit_test(test_each_row_of_the_service),
        cmocka_unit_test(test_statuses_decide_where_codes_do_not),
        cmocka_unit_test(test_every_number_there_is),
        cmocka_unit_test(test_codes_that_are_none),
        cmocka_unit_test(test_gone_is_only_a_404_with_3024_to_a_deletion),
        cmocka_unit_test(test_success_is_204_to_a_deletion_and_200_to_a_read),
        cmocka_unit_test(test_answers_that_are_none),
        cmocka_unit_test(test_what_may_have_had_its_effect),
        cmocka_unit_test(test_what_is_no_word_of_the_service),
        cmocka_unit_test(test_an_error_tells_what_the_service_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
