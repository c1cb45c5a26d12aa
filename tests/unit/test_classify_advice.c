/* SPDX-License-Identifier: MIT */
/* Advice: who is told what to check, and that it never overflows what is told. */
#include "tests/world/world.h"

#include <string.h>

#include "daemon/base/str.h"
#include "reconcile/request/classify.h"

static Err explain(AuthMethod method, RequestKind kind, Verdict verdict, int http, const char *code)
{
    Instance instance = {.auth = {.method = method}};
    Answer answer = {.kind = http ? ANSWER_HTTP : ANSWER_LOST, .http = http};
    Err err = {0};

    str_copy(answer.code, sizeof(answer.code), code);
    err_set(&err, -1, "it failed");
    classify_advise(&instance, kind, verdict, &answer, &err);
    return err;
}

static void expect(AuthMethod method, RequestKind kind, Verdict verdict, int http, const char *code,
                   const char *text)
{
    Err err = explain(method, kind, verdict, http, code);

    assert_string_equal(err.text, text);
}

static void test_a_refused_credential_names_its_settings(void **state)
{
    static const struct {
        AuthMethod method;
        const char *text;
    } rows[] = {
        {AUTH_TOKEN, "it failed; put a token that is valid for this project into token_file"},
        {AUTH_PASSWORD, "it failed; check domain, user, password_file and the project"},
        {AUTH_AKSK, "it failed; check access_key_file, secret_key_file and, for temporary keys, "
                    "security_token_file"},
        {AUTH_AGENCY, "it failed; check the agency of this host"},
        {AUTH_ENVIRONMENT, "it failed; check HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK and, for "
                           "temporary keys, HUAWEICLOUD_SDK_SECURITY_TOKEN"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        expect(rows[i].method, REQUEST_LIST_MEMBERS, VERDICT_RENEW, 401, "APIG.1001", rows[i].text);
        expect(rows[i].method, REQUEST_LIST_CHANNELS, VERDICT_RENEW, 401, "", rows[i].text);
    }
}

static void test_a_refused_clock_is_no_matter_of_keys(void **state)
{
    (void)state;
    expect(AUTH_AKSK, REQUEST_LIST_MEMBERS, VERDICT_RENEW, 401, "APIGW.0303", "it failed");
    expect(AUTH_AGENCY, REQUEST_LIST_MEMBERS, VERDICT_RENEW, 401, "APIG.0301",
           "it failed; check the agency of this host");
}

static void test_a_full_channel_names_its_quota(void **state)
{
    (void)state;
    expect(AUTH_TOKEN, REQUEST_ADD_MEMBERS, VERDICT_CHANNEL, 403, "APIG.3110",
           "it failed; the channel holds as many members as it may: have its quota raised, or "
           "delete a member that nobody needs");
    expect(AUTH_TOKEN, REQUEST_DELETE_MEMBER, VERDICT_CHANNEL, 403, "APIG.3110", "it failed");
}

static void test_a_channel_list_that_is_not_found_points_at_the_address(void **state)
{
    (void)state;
    expect(AUTH_TOKEN, REQUEST_LIST_CHANNELS, VERDICT_CHANNEL, 404, "APIG.0101",
           "it failed; check endpoint, api, project_id and instance_id of this instance in the "
           "settings");
    expect(AUTH_TOKEN, REQUEST_LIST_MEMBERS, VERDICT_CHANNEL, 404, "APIG.3023", "it failed");
    expect(AUTH_TOKEN, REQUEST_DELETE_MEMBER, VERDICT_GONE, 404, "APIG.3024", "it failed");
}

static void test_other_answers_get_none(void **state)
{
    (void)state;
    expect(AUTH_TOKEN, REQUEST_LIST_CHANNELS, VERDICT_RETRY, 500, "APIG.9999", "it failed");
    expect(AUTH_TOKEN, REQUEST_LIST_CHANNELS, VERDICT_RETRY, 0, "", "it failed");
    expect(AUTH_TOKEN, REQUEST_DELETE_MEMBER, VERDICT_CHANNEL, 403, "APIG.1005", "it failed");
}

/* With exactly enough room it is given, with a byte less it is not. */
static void test_there_is_advice_only_where_it_fits(void **state)
{
    static const char advice[] = "; check the agency of this host";
    Instance instance = {.auth = {.method = AUTH_AGENCY}};
    Answer answer = {.kind = ANSWER_HTTP, .http = 401};

    (void)state;
    for (size_t room = sizeof(advice) - 2; room <= sizeof(advice) + 1; room++) {
        Err err = {0};
        size_t size = sizeof(err.text) - room;

        memset(err.text, 'x', size);
        classify_advise(&instance, REQUEST_LIST_MEMBERS, VERDICT_RENEW, &answer, &err);
        assert_int_equal(strlen(err.text), room >= sizeof(advice) ? size + strlen(advice) : size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_refused_credential_names_its_settings),
        cmocka_unit_test(test_a_refused_clock_is_no_matter_of_keys),
        cmocka_unit_test(test_a_channel_list_that_is_not_found_points_at_the_address),
        cmocka_unit_test(test_other_answers_get_none),
        cmocka_unit_test(test_a_full_channel_names_its_quota),
        cmocka_unit_test(test_there_is_advice_only_where_it_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
