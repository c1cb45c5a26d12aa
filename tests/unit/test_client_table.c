/* SPDX-License-Identifier: MIT */
/* Whole answers of the client, as a pass is given them, for what a service may say. */
#include "tests/unit/iam_case.h"

#include <stdio.h>

#include "daemon/base/mem.h"

/* "KIND HTTP code=CODE id=REQUEST_ID told=HTTP retry=SECONDS rows=COUNT: MESSAGE", of which only
 * what is told is put. */
static const char *describe(const ClientCase *client_case)
{
    static const char *const kinds[] = {
        [ANSWER_HTTP] = "http",         [ANSWER_ODD] = "odd",
        [ANSWER_TIMEOUT] = "timeout",   [ANSWER_LOST] = "lost",
        [ANSWER_NOT_SENT] = "not sent", [ANSWER_UNTRUSTED] = "untrusted",
        [ANSWER_REFUSED] = "refused",   [ANSWER_WITHHELD] = "withheld",
    };
    static char text[1024];
    const Answer *answer = &client_case->answer;
    char *at = text, *end = text + sizeof(text);

    at += snprintf(at, (size_t)(end - at), "%s %d", kinds[answer->kind], answer->http);
    if (answer->code[0])
        at += snprintf(at, (size_t)(end - at), " code=%s", answer->code);
    if (answer->request_id[0])
        at += snprintf(at, (size_t)(end - at), " id=%s", answer->request_id);
    if (answer->tells_error)
        at += snprintf(at, (size_t)(end - at), " told=%d", answer->told_http);
    if (answer->has_retry_after)
        at += snprintf(at, (size_t)(end - at), " retry=%llu",
                       (unsigned long long)(answer->retry_after_usec / USEC_PER_SEC));
    if (answer->members)
        at += snprintf(at, (size_t)(end - at), " rows=%zu", client_case->rows);
    snprintf(at, (size_t)(end - at), ": %s", answer->message);
    return text;
}

typedef struct Row {
    int status;
    const char *headers, *body, *expected;
} Row;

#define KEYSTONE "{\"error\":{\"code\":403,\"message\":\"not you\",\"title\":\"Forbidden\"}}"
#define TOLD(code, message) "{\"error_code\":\"" code "\",\"error_msg\":\"" message "\"}"
#define TOLD_WITH_ID                                                                               \
    "{\"error_code\":\"APIG.1\",\"error_msg\":\"m\",\"request_id\":\"of-the-body\"}"

static const Row lists[] = {
    {200, "", ONE_MEMBER, "http 200 rows=1: "},
    {200, "X-Request-Id: r1\r\n", ONE_MEMBER, "http 200 id=r1 rows=1: "},
    {200, "Retry-After: 9\r\n", ONE_MEMBER, "http 200 rows=1: "},
    {201, "", ONE_MEMBER, "odd 201: a list is answered with 200"},
    {299, "", ONE_MEMBER, "odd 299: a list is answered with 200"},
    {200, "", TOLD("APIG.0106", "no"), "http 200 code=APIG.0106 told=0: no"},
    {200, "", "{}", "odd 200: total: should be a whole number from 0, is missing"},
    {200, "", "", "odd 200: an empty body instead of JSON"},
    {200, "", "[]", "odd 200: JSON, but an array instead of an object"},
    {200, "Retry-After: 3\r\n", KEYSTONE, "http 200 told=403 retry=3: not you (Forbidden)"},
    {300, "", ONE_MEMBER,
     "http 300: JSON without error_code and error_msg; a redirect, which is not followed: correct "
     "the endpoint"},
    {300, "", "plain",
     "http 300: no valid JSON (5 bytes: unexpected character, at byte 0); a redirect, which is not "
     "followed: correct the endpoint"},
    {302, "Location: https://elsewhere/\r\n", "",
     "http 302: a redirect, which is not followed: correct the endpoint"},
    {399, "", TOLD("A.1", "moved"),
     "http 399 code=A.1 told=0: moved; a redirect, which is not followed: correct the endpoint"},
    {400, "", "plain", "http 400: no valid JSON (5 bytes: unexpected character, at byte 0)"},
    {400, "", TOLD("APIG.2011", "bad"), "http 400 code=APIG.2011 told=0: bad"},
    {401, "", TOLD("APIG.0301", "who"), "http 401 code=APIG.0301 told=0: who"},
    {403, "", KEYSTONE, "http 403 told=403: not you (Forbidden)"},
    {404, "X-Request-Id: of-the-header\r\n", TOLD_WITH_ID,
     "http 404 code=APIG.1 id=of-the-body told=0: m"},
    {404, "X-Request-Id: of-the-header\r\n", TOLD("APIG.1", "m"),
     "http 404 code=APIG.1 id=of-the-header told=0: m"},
    {429, "Retry-After: 12\r\n", TOLD("APIG.0308", "slow"),
     "http 429 code=APIG.0308 told=0 retry=12: slow"},
    {500, "", "<html><body>oops</body></html>", "http 500: HTML instead of JSON"},
    {500, "", "", "http 500: "},
    {503, "Retry-After: soon\r\n", "{}", "http 503: JSON without error_code and error_msg"},
    {400, "", TOLD("APIG.1", "\\u0001a\\nb\\u007fc\\td\\u001fe"),
     "http 400 code=APIG.1 told=0:  a b c d e"},
    {400, "", "\"text\"", "http 400: JSON, but a string instead of an object"},
    {400, "", "{\"error_msg\":\"alone\"}", "http 400 told=0: alone"},
    {400, "", "{\"error_code\":\"APIG.1\"}", "http 400 code=APIG.1 told=0: "},
};

static const Row deletions[] = {
    {204, "X-Request-Id: r1\r\n", "", "http 204 id=r1: "},
    {200, "", "", "http 200: "},
    {200, "", "{}", "http 200: JSON without error_code and error_msg"},
    {200, "", TOLD("APIG.1", "m"), "http 200 code=APIG.1 told=0: m"},
    {201, "", ONE_MEMBER, "http 201: JSON without error_code and error_msg"},
    {202, "", KEYSTONE, "http 202 told=403: not you (Forbidden)"},
    {300, "", "", "http 300: a redirect, which is not followed: correct the endpoint"},
    {302, "", "plain",
     "http 302: no valid JSON (5 bytes: unexpected character, at byte 0); a redirect, which is not "
     "followed: correct the endpoint"},
    {404, "", TOLD("APIG.3024", "gone"), "http 404 code=APIG.3024 told=0: gone"},
    {429, "Retry-After: 0\r\n", "", "http 429 retry=0: "},
    {500, "", TOLD("APIG.9999", "not now"), "http 500 code=APIG.9999 told=0: not now"},
};

static void test_lists(void **state)
{
    ClientCase *client_case = *state;

    for (size_t i = 0; i < ELEMENTS(lists); i++) {
        client_case->status = lists[i].status;
        client_case->headers = lists[i].headers;
        client_case->body = lists[i].body;
        client_case_ask_list(client_case);
        assert_string_equal(describe(client_case), lists[i].expected);
    }
}

static void test_deletions(void **state)
{
    ClientCase *client_case = *state;

    for (size_t i = 0; i < ELEMENTS(deletions); i++) {
        client_case->status = deletions[i].status;
        client_case->headers = deletions[i].headers;
        client_case->body = deletions[i].body;
        client_case_ask_delete(client_case);
        assert_string_equal(describe(client_case), deletions[i].expected);
    }
}

/* What IAM says when it gives no token. */
static void test_logins(void **state)
{
    static const Row logins[] = {
        {201, "", "plain", "getting a token from IAM: the answer has no X-Subject-Token"},
        {299, "", "plain", "getting a token from IAM: the answer has no X-Subject-Token"},
        {300, "", "plain",
         "getting a token from IAM: the service answered 300: no valid JSON (5 bytes: unexpected "
         "character, at byte 0); a redirect, which is not followed: correct the endpoint"},
        {301, "", "",
         "getting a token from IAM: the service answered 301: a redirect, which is not followed: "
         "correct the endpoint"},
        {403, "X-Request-Id: r1\r\n", "{\"error_code\":\"IAM.0002\",\"error_msg\":\"m\"}",
         "getting a token from IAM: the service answered 403 IAM.0002: m"},
        {404, "X-Request-Id: r1\r\n", KEYSTONE,
         "getting a token from IAM: the service answered 404: not you (Forbidden)"},
    };
    ClientCase *client_case = *state;

    iam_case_start(client_case);
    for (size_t i = 0; i < ELEMENTS(logins); i++) {
        iam.status = logins[i].status;
        iam.headers = logins[i].headers;
        iam.body = logins[i].body;
        assert_int_equal(iam_case_renew(client_case), RENEWAL_FAILED);
        assert_string_equal(client_case->renewal_err.text, logins[i].expected);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, client_case_setup, client_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lists),
        TEST(test_deletions),
        cmocka_unit_test_setup_teardown(test_logins, iam_case_setup, client_case_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
