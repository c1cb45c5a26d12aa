/* SPDX-License-Identifier: MIT */
/* When a credential that is issued is renewed, in hours that this test's clock lets pass. */
#include "tests/unit/client_case.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/str.h"

static uint64_t shift_usec; /* by which the clock is ahead */

static bool is_of_life(clockid_t clock)
{
    return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_BOOTTIME;
}

/* Both stand before the C library's, for the libraries as well. */
int clock_gettime(clockid_t clock, struct timespec *time)
{
    if (syscall(SYS_clock_gettime, clock, time) < 0)
        return -1;
    if (is_of_life(clock))
        time->tv_sec += (time_t)(shift_usec / USEC_PER_SEC);
    return 0;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *time, struct itimerspec *old)
{
    struct itimerspec real = *time;
    time_t seconds = (time_t)(shift_usec / USEC_PER_SEC);

    if (real.it_value.tv_sec > seconds)
        real.it_value.tv_sec -= seconds;
    return (int)syscall(SYS_timerfd_settime, fd, flags, &real, old);
}

/* Whole seconds, never past it. */
static void go_to(uint64_t monotonic_usec)
{
    uint64_t now_usec = clock_monotonic_usec();

    assert_true(now_usec <= monotonic_usec);
    shift_usec += (monotonic_usec - now_usec) / USEC_PER_SEC * USEC_PER_SEC;
}

/* ---- the services ---- */

static struct {
    int logins, sessions, keys;
    int status; /* of what issues them */
    const char *body;
    bool refuses_list;
} issuer;

static void serve(PeerConnection *connection, ClientCase *client_case)
{
    if (str_has_prefix(client_case->request, "POST /v3/auth/tokens")) {
        issuer.logins++;
        peer_answer(connection, issuer.status, "X-Subject-Token: MIIissued\r\n", issuer.body);
    } else if (str_has_prefix(client_case->request, "PUT ")) {
        issuer.sessions++;
        peer_answer(connection, 200, "", "session-1");
    } else if (str_has_prefix(client_case->request, "GET /openstack/latest/securitykey ")) {
        issuer.keys++;
        peer_answer(connection, issuer.status, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
                    "{\"credential\":{\"access\":\"A\",\"secret\":\"S\",\"securitytoken\":\"T\","
                    "\"expires_at\":\"1994-11-07T08:49:37.000000Z\"}}");
    } else {
        peer_answer(connection, issuer.refuses_list ? 401 : 200, "",
                    issuer.refuses_list ? "{}" : ONE_MEMBER);
    }
}

static int setup(void **state)
{
    ClientCase *client_case;

    assert_int_equal(client_case_setup(state), 0);
    client_case = *state;
    memset(&issuer, 0, sizeof(issuer));
    issuer.status = 201;
    issuer.body = "{\"token\":{\"issued_at\":\"2025-01-02T03:04:05.000000Z\","
                  "\"expires_at\":\"2025-01-03T03:04:05.000000Z\"}}";
    client_case->serve = serve;
    client_case->config.retry = (Retry){.attempts = 2, .base_usec = 1, .cap_usec = 1};
    return 0;
}

static Renewal renew(ClientCase *client_case)
{
    size_t renewals = client_case->renewals;

    assert_int_equal(roma_client_renew(client_case->client, 0), 0);
    alarm(30);
    while (client_case->renewals == renewals)
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0);
    alarm(0);
    return client_case->renewal;
}

static void start(ClientCase *client_case, AuthMethod method)
{
    client_case->instance.auth = (Auth){
        .method = method,
        .iam_endpoint = client_case->endpoint,
        .metadata_endpoint = client_case->endpoint,
        .domain = "D",
        .user = "U",
        .password_file = "sk",
    };
    issuer.status = method == AUTH_PASSWORD ? 201 : 200;
    client_case_start(client_case, false);
    assert_int_equal(renew(client_case), RENEWAL_DONE);
}

/* One more request, and all that it begins. */
static void ask_list(ClientCase *client_case)
{
    client_case_ask_list(client_case);
    assert_int_equal(client_case->answer.http, 200);
    alarm(30);
    while (roma_client_renewal_due_usec(client_case->client, 0) != 0)
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0);
    alarm(0);
}

static void ask_list_a_minute_later(ClientCase *client_case)
{
    go_to(clock_monotonic_usec() + 61 * USEC_PER_SEC);
    ask_list(client_case);
}

static uint64_t expires_usec(const ClientCase *client_case)
{
    return roma_client_credential(client_case->client, 0).expires_usec;
}

/* ---- the tests ---- */

/* At a moment that chance says, so that not all hosts come at once. */
static void test_when_it_is_renewed(void **state)
{
    static const struct {
        AuthMethod method;
        uint64_t earliest_usec, latest_usec; /* before the end */
    } rows[] = {
        {AUTH_PASSWORD, 75 * USEC_PER_MINUTE, 60 * USEC_PER_MINUTE},
        {AUTH_AGENCY, 9 * USEC_PER_MINUTE, 5 * USEC_PER_MINUTE},
    };
    ClientCase *client_case = *state;

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        uint64_t end_usec;

        roma_client_free(client_case->client);
        client_case->client = NULL;
        start(client_case, rows[i].method);
        end_usec = expires_usec(client_case);
        go_to(end_usec - rows[i].earliest_usec - USEC_PER_MINUTE);
        ask_list(client_case);
        assert_int_equal(issuer.logins + issuer.keys, 1);
        go_to(end_usec - rows[i].latest_usec + USEC_PER_SEC);
        ask_list(client_case);
        assert_int_equal(issuer.logins + issuer.keys, 2);
        assert_in_range(expires_usec(client_case), end_usec + USEC_PER_DAY - rows[i].earliest_usec,
                        clock_monotonic_usec() + USEC_PER_DAY);
        ask_list(client_case);
        assert_int_equal(issuer.logins + issuer.keys, 2);
        issuer.logins = issuer.keys = 0;
    }
}

/* What is good is asked with meanwhile, to its end. */
static void test_a_renewal_that_fails_is_tried_again_in_a_minute(void **state)
{
    ClientCase *client_case = *state;
    Request request = client_case_list_request(client_case);
    uint64_t end_usec;

    start(client_case, AUTH_AGENCY);
    end_usec = expires_usec(client_case);
    go_to(end_usec - 4 * USEC_PER_MINUTE);
    issuer.status = 503;
    ask_list(client_case);
    assert_int_equal(issuer.keys, 3); /* two attempts */
    ask_list(client_case);
    assert_int_equal(issuer.keys, 3);
    ask_list_a_minute_later(client_case);
    assert_int_equal(issuer.keys, 5);
    assert_int_equal(roma_client_credential(client_case->client, 0).failure_count, 2);
    assert_int_equal(expires_usec(client_case), end_usec);
    go_to(end_usec + USEC_PER_SEC);
    assert_int_equal(roma_client_submit(client_case->client, &request), -EKEYEXPIRED);
}

/* No login can even be begun: that is a failure as well, and what is good is asked with. */
static void test_a_password_that_cannot_be_read_is_tried_again_in_a_minute(void **state)
{
    ClientCase *client_case = *state;

    start(client_case, AUTH_PASSWORD);
    go_to(expires_usec(client_case) - 59 * USEC_PER_MINUTE);
    client_case_write_secret(client_case, "sk", "");
    for (size_t i = 0; i < 2; i++) {
        ask_list(client_case);
        assert_int_equal(roma_client_credential(client_case->client, 0).failure_count, 1);
    }
    ask_list_a_minute_later(client_case);
    assert_int_equal(roma_client_credential(client_case->client, 0).failure_count, 2);
    assert_int_equal(issuer.logins, 1);
    client_case_write_secret(client_case, "sk", "password");
    ask_list(client_case);
    assert_int_equal(issuer.logins, 1);
    ask_list_a_minute_later(client_case);
    assert_int_equal(issuer.logins, 2);
    assert_int_equal(roma_client_credential(client_case->client, 0).failure_count, 2);
}

/* Sessions of the metadata service live 6 hours. */
static void test_how_long_a_session_is_used(void **state)
{
    ClientCase *client_case = *state;
    uint64_t begun_usec = clock_monotonic_usec();

    start(client_case, AUTH_AGENCY);
    go_to(begun_usec + 6 * USEC_PER_HOUR - 6 * USEC_PER_MINUTE);
    assert_int_equal(renew(client_case), RENEWAL_DONE);
    assert_int_equal(issuer.sessions, 1);
    go_to(begun_usec + 6 * USEC_PER_HOUR - 4 * USEC_PER_MINUTE);
    assert_int_equal(renew(client_case), RENEWAL_DONE);
    assert_int_equal(issuer.sessions, 2);
    assert_int_equal(issuer.keys, 3);
}

/* Until then nobody is asked. */
static void test_how_long_a_user_is_locked(void **state)
{
    ClientCase *client_case = *state;
    uint64_t begun_usec;

    start(client_case, AUTH_PASSWORD);
    issuer.status = 401;
    issuer.body = "{\"error_code\":\"IAM.0061\",\"error_msg\":\"the user is locked\"}";
    begun_usec = clock_monotonic_usec();
    assert_int_equal(renew(client_case), RENEWAL_FAILED);
    assert_int_equal(issuer.logins, 2);
    go_to(begun_usec + 14 * USEC_PER_MINUTE);
    assert_int_equal(renew(client_case), RENEWAL_FAILED);
    client_case_assert_has(client_case->renewal_err.text, "no login for another ");
    client_case_assert_has(client_case->renewal_err.text, ", the user is locked");
    assert_int_equal(issuer.logins, 2);
    go_to(begun_usec + 16 * USEC_PER_MINUTE);
    assert_int_equal(renew(client_case), RENEWAL_FAILED);
    assert_int_equal(issuer.logins, 3);
}

/* From the client before, with what is known of it, unless it is another's. */
static void test_what_is_taken_over(void **state)
{
    ClientCase *client_case = *state;
    Request request = client_case_list_request(client_case);
    RomaClient *old;

    start(client_case, AUTH_AGENCY);
    for (size_t i = 0; i < 2; i++) { /* each knows what was refused there */
        old = client_case->client;
        issuer.refuses_list = true;
        client_case_ask_list(client_case);
        start(client_case, AUTH_AGENCY);
        client_case_ask_list(client_case);
        assert_int_equal(client_case->answer.http, 401);
        issuer.refuses_list = false;
        roma_client_take_over(client_case->client, 0, old, 0);
        roma_client_free(old);
        ask_list(client_case);
    }
    assert_int_equal(issuer.keys, 3);
    old = client_case->client;
    client_case->instance.auth.method = AUTH_PASSWORD;
    client_case_start(client_case, false);
    roma_client_take_over(client_case->client, 0, old, 0);
    roma_client_free(old);
    assert_int_equal(roma_client_submit(client_case->client, &request), -EKEYEXPIRED);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, client_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_when_it_is_renewed),
        TEST(test_a_renewal_that_fails_is_tried_again_in_a_minute),
        TEST(test_a_password_that_cannot_be_read_is_tried_again_in_a_minute),
        TEST(test_how_long_a_session_is_used),
        TEST(test_how_long_a_user_is_locked),
        TEST(test_what_is_taken_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
