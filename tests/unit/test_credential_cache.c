/* SPDX-License-Identifier: MIT */
/* A credential that is issued is renewed before it expires, beside what is asked meanwhile. */
#include "tests/unit/iam_case.h"

#include <errno.h>

#define IAM_BRIEF_LIFE                                                                             \
    "{\"token\":{\"issued_at\":\"2025-01-02T03:04:05.000000Z\","                                   \
    "\"expires_at\":\"2025-01-02T03:04:05.400000Z\"}}"

/* Turns the loop until what was begun beside a request is over, and that as well. */
static void wait_for_logins(ClientCase *client_case, int logins)
{
    size_t answers = client_case->answers;

    alarm(30);
    while (iam.logins < logins || roma_client_renewal_due_usec(client_case->client, 0) != 0 ||
           client_case->answers == answers)
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0);
    alarm(0);
}

/* A token of which half its life is over is good, and another is asked for. Where this machine is
 * so slow that it has expired by then, it is asked for anew. */
static void ask_in_the_second_half(ClientCase *client_case)
{
    for (size_t i = 0; i < 50; i++) {
        uint64_t expires_usec;

        assert_int_equal(iam_case_renew(client_case), RENEWAL_DONE);
        expires_usec = roma_client_credential(client_case->client, 0).expires_usec;
        iam.logins = 0;
        while (clock_monotonic_usec() < expires_usec - 190 * USEC_PER_MSEC)
            assert_true(sd_event_run(client_case->event, 10 * USEC_PER_MSEC) >= 0);
        if (iam_case_submit_list(client_case) == 0)
            return;
    }
    fail_msg("no list could be asked for in the second half of a token's life");
}

static void test_a_token_is_renewed_before_it_expires(void **state)
{
    ClientCase *client_case = *state;

    iam.body = IAM_BRIEF_LIFE;
    iam_case_start(client_case);
    assert_int_equal(roma_client_credential(client_case->client, 0).failure_count, 0);
    ask_in_the_second_half(client_case);
    iam.headers = "X-Subject-Token: MIInext\r\n";
    iam.body = IAM_LIFE;
    wait_for_logins(client_case, 1);
    client_case_ask_list(client_case);
    client_case_assert_header(client_case, "X-Auth-Token", "MIInext");
    assert_int_equal(iam.logins, 1);
    assert_int_equal(client_case->renewals > 0, 1);
    assert_int_equal(roma_client_credential(client_case->client, 0).failure_count, 0);
}

static void test_a_renewal_that_fails_in_time_is_counted(void **state)
{
    ClientCase *client_case = *state;
    size_t renewals;

    iam.body = IAM_BRIEF_LIFE;
    iam_case_start(client_case);
    ask_in_the_second_half(client_case);
    renewals = client_case->renewals;
    iam.status = 503;
    wait_for_logins(client_case, 3);
    assert_int_equal(roma_client_credential(client_case->client, 0).failure_count, 1);
    assert_int_equal(client_case->renewals, renewals); /* nobody awaits it */
}

static void wake_nobody(void *userdata)
{
    (void)userdata;
}

/* A login is a request as any other: it takes its turn, and gives its permit back. */
static void test_a_login_waits_for_its_turn(void **state)
{
    ClientCase *client_case = *state;
    static Limiter limiter = {.total = 1}; /* outlives the client */
    const LimiterPeer peer = {0};
    LimiterUser other = {0};
    size_t renewals;

    client_case->config.limits.pass_deadline_usec = USEC_PER_MINUTE;
    iam_case_start(client_case);
    roma_client_limit(client_case->client, &limiter);
    limiter_join(&limiter, &other, &peer, wake_nobody, NULL);
    assert_true(limiter_take(&other, false, clock_monotonic_usec()));
    renewals = client_case->renewals;
    assert_int_equal(roma_client_renew(client_case->client, 0), 0);
    for (size_t i = 0; i < 5; i++)
        assert_true(sd_event_run(client_case->event, 1000) >= 0);
    assert_int_equal(iam.logins, 0);
    assert_int_equal(client_case->renewals, renewals);
    assert_true(roma_client_renewal_due_usec(client_case->client, 0) > clock_monotonic_usec());
    limiter_end(&other);
    limiter_rest(&other, false);
    alarm(30);
    while (client_case->renewals == renewals)
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0);
    alarm(0);
    assert_int_equal(iam.logins, 1);
    assert_int_equal(limiter.held, 0);
    limiter_leave(&other);
}

/* What is called off is begun anew by whoever asks next, and nobody is told twice. */
static void test_a_login_that_is_called_off(void **state)
{
    ClientCase *client_case = *state;
    size_t renewals;

    iam_case_start(client_case);
    renewals = client_case->renewals;
    assert_int_equal(roma_client_renew(client_case->client, 0), 0);
    assert_int_equal(roma_client_renew(client_case->client, 0), -EALREADY);
    assert_true(roma_client_renewal_due_usec(client_case->client, 0) > 0);
    roma_client_cancel_all(client_case->client);
    assert_int_equal(roma_client_renewal_due_usec(client_case->client, 0), 0);
    assert_int_equal(iam_case_renew(client_case), RENEWAL_DONE);
    assert_int_equal(client_case->renewals, renewals + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, iam_case_setup, client_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_token_is_renewed_before_it_expires),
        TEST(test_a_renewal_that_fails_in_time_is_counted),
        TEST(test_a_login_waits_for_its_turn),
        TEST(test_a_login_that_is_called_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
