/* SPDX-License-Identifier: MIT */
/* A token of IAM for a password: what is sent for it, what becomes of the answer, and what is not
 * sent again. */
#include "tests/unit/iam_case.h"

#include <errno.h>
#include <stdio.h>

#include "daemon/base/str.h"
#include "daemon/roma/client.h"
#include "daemon/roma/provider/provider_iam.h"

/* ---- what is sent ---- */

static void test_a_login(void **state)
{
    ClientCase *client_case = *state;
    char value[64];

    iam_case_start(client_case);
    assert_int_equal(iam_case_submit_list(client_case), -EKEYEXPIRED);
    assert_int_equal(iam_case_renew(client_case), RENEWAL_DONE);
    client_case_assert_has(iam.request, "POST /v3/auth/tokens?nocatalog=true HTTP/1.1\r\n");
    peer_header(iam.request, "Content-Type", value, sizeof(value));
    assert_string_equal(value, "application/json;charset=utf8");
    peer_header(iam.request, "User-Agent", value, sizeof(value));
    assert_string_equal(value, "rosterd/" ROSTERD_VERSION);
    assert_string_equal(
        strstr(iam.request, "\r\n\r\n") + 4,
        "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{\"name\":"
        "\"ops\",\"password\":\"pass\\u0022wo\\u005crd\",\"domain\":{\"name\":\"dom\"}}}},"
        "\"scope\":{\"project\":{\"id\":\"" PROJECT "\"}}}}");
    client_case_ask_list(client_case);
    client_case_assert_header(client_case, "X-Auth-Token", "MIIissued");
    assert_int_equal(iam.logins, 1);
}

static void test_a_project_by_its_name(void **state)
{
    ClientCase *client_case = *state;

    client_case->instance.auth.project_name = "cn-north-4";
    iam_case_start(client_case);
    assert_int_equal(iam_case_renew(client_case), RENEWAL_DONE);
    client_case_assert_has(iam.request, "\"scope\":{\"project\":{\"name\":\"cn-north-4\"}}}}");
}

/* ---- what comes ---- */

static void assert_lifetime(const char *body, uint64_t expected_usec)
{
    JsonParser parser = {0};

    assert_int_equal(json_parser_init(&parser), 0);
    assert_int_equal(provider_iam_lifetime_usec(&parser, body, strlen(body)), expected_usec);
    json_parser_done(&parser);
}

static void test_how_long_a_token_is_good(void **state)
{
    (void)state;
    assert_lifetime(IAM_LIFE, USEC_PER_DAY);
    assert_lifetime(IAM_SHORT_LIFE, 1);
    assert_lifetime("", 0);
    assert_lifetime("{}", 0);
    assert_lifetime("{\"token\":{\"expires_at\":\"2025-01-03T03:04:05.000000Z\"}}", 0);
    assert_lifetime("{\"token\":{\"issued_at\":\"2025-01-03T03:04:05.000000Z\"}}", 0);
    assert_lifetime("{\"token\":{\"issued_at\":\"2025-01-03T03:04:05.000000Z\","
                    "\"expires_at\":\"2025-01-02T03:04:05.000000Z\"}}",
                    0);
    assert_lifetime("{\"token\":{\"issued_at\":\"2025-01-03\",\"expires_at\":7}}", 0);
}

static void test_what_is_expired_is_not_sent(void **state)
{
    ClientCase *client_case = *state;

    iam.body = IAM_SHORT_LIFE;
    iam_case_start(client_case);
    assert_int_equal(iam_case_renew(client_case), RENEWAL_DONE);
    assert_int_equal(iam_case_submit_list(client_case), -EKEYEXPIRED);
    /* Without a known end it is good until it is refused. */
    iam.body = "{}";
    assert_int_equal(iam_case_renew(client_case), RENEWAL_DONE);
    client_case_ask_list(client_case);
    assert_int_equal(client_case->answer.http, 200);
    assert_int_equal(iam.logins, 2);
}

static void test_an_answer_without_a_token(void **state)
{
    ClientCase *client_case = *state;

    iam.headers = "";
    iam_case_start(client_case);
    assert_int_equal(iam_case_renew(client_case), RENEWAL_FAILED);
    client_case_assert_has(client_case->renewal_err.text,
                           "getting a token from IAM: the answer has no X-Subject-Token");
    iam.headers = "X-Subject-Token: a b\r\n";
    assert_int_equal(iam_case_renew(client_case), RENEWAL_FAILED);
    client_case_assert_has(client_case->renewal_err.text, "getting a token from IAM: ");
    client_case_assert_has(client_case->renewal_err.text, "IAM's token");
    assert_int_equal(iam_case_submit_list(client_case), -EKEYEXPIRED);
}

/* ---- what is sent again ---- */

static void test_a_failure_is_tried_again(void **state)
{
    ClientCase *client_case = *state;

    iam.failures = 2;
    iam_case_start(client_case);
    assert_int_equal(iam_case_renew(client_case), RENEWAL_DONE);
    assert_int_equal(iam.logins, 3);
    assert_int_equal(iam.waits, 2);
    iam.waits = 0;
    iam.failures = 3;
    assert_int_equal(iam_case_renew(client_case), RENEWAL_FAILED);
    client_case_assert_has(client_case->renewal_err.text, "getting a token from IAM");
    assert_int_equal(client_case->renewal_err.http, 500);
    assert_int_equal(iam.logins, 6);
    assert_int_equal(iam.waits, 2);
    client_case_ask_list(client_case);
    client_case_assert_header(client_case, "X-Auth-Token", "MIIissued");
}

static void test_a_refused_password_is_sent_once(void **state)
{
    ClientCase *client_case = *state;

    iam.status = 401;
    iam.body = "{\"error\":{\"code\":401,\"message\":\"wrong pass\\\"wo\\\\rd given\"}}";
    iam_case_start(client_case);
    assert_int_equal(iam_case_renew(client_case), RENEWAL_FAILED);
    client_case_assert_has(client_case->renewal_err.text, "not tried again by this run");
    client_case_assert_has_not(client_case->renewal_err.text, "wo\\rd");
    assert_int_equal(iam_case_renew(client_case), RENEWAL_FAILED);
    client_case_assert_has(client_case->renewal_err.text, "still holds what was refused");
    assert_int_equal(iam.logins, 1);
    iam.status = 201;
    iam.body = IAM_LIFE;
    client_case_write_secret(client_case, "password", "right");
    assert_int_equal(iam_case_renew(client_case), RENEWAL_DONE);
    assert_int_equal(iam.logins, 2);
    client_case_remove_secret(client_case, "password");
    assert_int_equal(iam_case_renew(client_case), RENEWAL_FAILED);
    client_case_assert_has(client_case->renewal_err.text, "password_file: no such file");
    client_case_write_secret(client_case, "password", "caf\xe9");
    assert_int_equal(iam_case_renew(client_case), RENEWAL_FAILED);
    client_case_assert_has(client_case->renewal_err.text, "not UTF-8");
    client_case_write_secret(client_case, "password", "caf\xc3\xa9");
    assert_int_equal(iam_case_renew(client_case), RENEWAL_DONE);
    assert_int_equal(iam.logins, 3);
}

/* A token that the service refuses is asked for once more, and used no more where IAM gives it. */
static void test_a_refused_token_is_asked_for_anew(void **state)
{
    ClientCase *client_case = *state;

    iam_case_start(client_case);
    assert_int_equal(iam_case_renew(client_case), RENEWAL_DONE);
    /* One that was taken is not refused: the same again is as good. */
    client_case_ask_list(client_case);
    assert_int_equal(iam_case_renew(client_case), RENEWAL_DONE);
    assert_int_equal(iam.logins, 2);
    iam.list_status = 401;
    client_case_ask_list(client_case);
    assert_int_equal(client_case->answer.http, 401);
    assert_int_equal(iam_case_renew(client_case), RENEWAL_UNCHANGED);
    assert_int_equal(iam.logins, 3);
    iam.headers = "X-Subject-Token: MIIanother\r\n";
    assert_int_equal(iam_case_renew(client_case), RENEWAL_DONE);
    assert_int_equal(iam.logins, 4);
    /* Another request of the same time was refused too: there is a newer one already. */
    assert_int_equal(iam_case_renew(client_case), RENEWAL_DONE);
    assert_int_equal(iam.logins, 4);
    iam.list_status = 200;
    client_case_ask_list(client_case);
    client_case_assert_header(client_case, "X-Auth-Token", "MIIanother");
}

static void test_a_login_is_given_up(void **state)
{
    ClientCase *client_case = *state;
    uint64_t due_usec;

    iam.status = 0; /* no answer */
    iam_case_start(client_case);
    assert_int_equal(roma_client_renew(client_case->client, 0), 0);
    due_usec = roma_client_renewal_due_usec(client_case->client, 0);
    assert_in_range(due_usec, clock_monotonic_usec() + USEC_PER_SEC,
                    clock_monotonic_usec() + client_case->config.limits.timeout_usec);
    alarm(30);
    while (iam.logins == 0)
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0);
    roma_client_cancel_all(client_case->client);
    assert_int_equal(roma_client_renewal_due_usec(client_case->client, 0), 0);
    iam.status = 201;
    assert_int_equal(iam_case_renew(client_case), RENEWAL_DONE);
    assert_int_equal(client_case->renewals, 1);
    alarm(0);
}

/* ---- a reload ---- */

static RomaClient *next_client(ClientCase *client_case)
{
    RomaClient *next = NULL;
    Err err = {0};

    assert_int_equal(roma_client_new(client_case->event, &client_case->config, false,
                                     client_case_on_answer, client_case_on_renewed, client_case,
                                     &next, &err),
                     0);
    roma_client_take_over(next, 0, client_case->client, 0);
    return next;
}

static void test_a_reload_keeps_the_token(void **state)
{
    ClientCase *client_case = *state;
    RomaClient *next;

    iam_case_start(client_case);
    assert_int_equal(iam_case_renew(client_case), RENEWAL_DONE);
    next = next_client(client_case);
    roma_client_free(client_case->client);
    client_case->client = next;
    client_case_ask_list(client_case);
    client_case_assert_header(client_case, "X-Auth-Token", "MIIissued");
    assert_int_equal(iam.logins, 1);
}

static void test_a_reload_keeps_no_other_user_s_token(void **state)
{
    ClientCase *client_case = *state;
    Instance instance = client_case->instance;
    RomaClient *next;

    iam_case_start(client_case);
    assert_int_equal(iam_case_renew(client_case), RENEWAL_DONE);
    /* The old client keeps what it was made with. */
    instance.auth.user = "dev";
    client_case->config.instances = &instance;
    next = next_client(client_case);
    client_case->config.instances = &client_case->instance;
    roma_client_free(client_case->client);
    client_case->client = next;
    client_case->config.instances = &instance;
    assert_int_equal(iam_case_submit_list(client_case), -EKEYEXPIRED);
    roma_client_free(client_case->client);
    client_case->client = NULL;
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, iam_case_setup, client_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_login),
        TEST(test_a_project_by_its_name),
        TEST(test_how_long_a_token_is_good),
        TEST(test_what_is_expired_is_not_sent),
        TEST(test_an_answer_without_a_token),
        TEST(test_a_failure_is_tried_again),
        TEST(test_a_refused_password_is_sent_once),
        TEST(test_a_refused_token_is_asked_for_anew),
        TEST(test_a_login_is_given_up),
        TEST(test_a_reload_keeps_the_token),
        TEST(test_a_reload_keeps_no_other_user_s_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
