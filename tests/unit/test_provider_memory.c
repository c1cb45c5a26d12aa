/* SPDX-License-Identifier: MIT */
/*
 * Every allocation fails once, in turn, while a credential is got of IAM or of the metadata
 * service: nothing crashes, each renewal ends, and one that fails says why.
 */
#include "daemon/base/str.h"
#include "tests/unit/failing.h"
#include "tests/unit/memory_case.h"

#define ALLOCATIONS_MIN 10
#define ALLOCATIONS_MAX 2000

static const char iam_body[] = "{\"token\":{\"issued_at\":\"2025-01-02T03:04:05.000000Z\","
                               "\"expires_at\":\"2025-01-03T03:04:05.000000Z\"}}";
static const char key_body[] =
    "{\"credential\":{\"access\":\"A\",\"secret\":\"S\",\"securitytoken\":"
    "\"T\",\"expires_at\":\"2099-01-03T03:04:05.000000Z\"}}";

static void serve(PeerConnection *connection, ClientCase *client_case)
{
    if (str_has_prefix(client_case->request, "POST /v3/auth/tokens"))
        peer_answer(connection, 201, "X-Subject-Token: MIItoken\r\n", iam_body);
    else if (str_has_prefix(client_case->request, "PUT /meta-data"))
        peer_answer(connection, 200, "", "session");
    else
        peer_answer(connection, 200, "", key_body);
}

static void renew(ClientCase *client_case, const void *argument)
{
    int r;

    (void)argument;
    if (!memory_case_start(client_case))
        return;
    r = roma_client_renew(client_case->client, 0);
    assert_true(r == 0 || failing_did());
    while (r == 0 && client_case->renewals == 0)
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0 || failing_did());
    if (failing_stop() && client_case->renewals > 0 && client_case->renewal != RENEWAL_DONE) {
        assert_int_equal(client_case->renewal, RENEWAL_FAILED);
        assert_true(err_is_set(&client_case->renewal_err));
    }
}

static void check(ClientCase *client_case, AuthMethod method)
{
    pid_t service;

    client_case->serve = serve;
    service = memory_case_begin(client_case);
    client_case->instance.auth = (Auth){
        .method = method,
        .iam_endpoint = client_case->endpoint,
        .metadata_endpoint = client_case->endpoint,
        .domain = "D",
        .user = "U",
        .password_file = "sk",
    };
    client_case->config.retry = (Retry){.attempts = 2, .base_usec = 1, .cap_usec = 1};
    memory_case_turn(client_case, renew, NULL, ALLOCATIONS_MIN, ALLOCATIONS_MAX);
    assert_int_equal(client_case->renewals, 1);
    assert_int_equal(client_case->renewal, RENEWAL_DONE);
    memory_case_end(client_case, service);
}

static void test_login(void **state)
{
    check(*state, AUTH_PASSWORD);
}

static void test_agency(void **state)
{
    check(*state, AUTH_AGENCY);
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, client_case_setup, client_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_login), TEST(test_agency)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
