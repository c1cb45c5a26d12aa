/* SPDX-License-Identifier: MIT */
/* Keys of the metadata service: by a session where the service knows them, and for how long. */
#include "tests/unit/client_case.h"

#include <errno.h>
#include <stdio.h>

#include "daemon/base/str.h"
#include "daemon/roma/client.h"

#define KEYS_UNTIL(access, until)                                                                  \
    "{\"credential\":{\"access\":\"" access "\",\"secret\":\"S\",\"securitytoken\":\"T\","         \
    "\"expires_at\":\"" until "\"}}"
#define KEYS(access) KEYS_UNTIL(access, "2099-01-03T03:04:05.000000Z")

static struct {
    int session_status, key_status;
    const char *session, *key_headers, *keys;
    int refusals; /* so many requests for keys are refused before */
    int sessions, key_requests;
    bool is_silent;
    char session_request[8192], key_request[8192]; /* the last */
} metadata;

static void serve(PeerConnection *connection, ClientCase *client_case)
{
    if (str_has_prefix(client_case->request, "PUT ")) {
        metadata.sessions++;
        if (metadata.is_silent)
            return;
        str_copy(metadata.session_request, sizeof(metadata.session_request), client_case->request);
        peer_answer(connection, metadata.session_status, "", metadata.session);
    } else if (str_has_prefix(client_case->request, "GET /openstack/latest/securitykey ")) {
        metadata.key_requests++;
        str_copy(metadata.key_request, sizeof(metadata.key_request), client_case->request);
        if (metadata.refusals > 0) {
            metadata.refusals--;
            peer_answer(connection, 401, "", "{}");
            return;
        }
        peer_answer(connection, metadata.key_status, metadata.key_headers, metadata.keys);
    } else {
        peer_answer(connection, 200, "", ONE_MEMBER);
    }
}

static int setup(void **state)
{
    ClientCase *client_case;

    assert_int_equal(client_case_setup(state), 0);
    client_case = *state;
    memset(&metadata, 0, sizeof(metadata));
    metadata.session_status = metadata.key_status = 200;
    metadata.session = "session-1";
    metadata.key_headers = "";
    metadata.keys = KEYS("A1");
    client_case->serve = serve;
    client_case->instance.auth =
        (Auth){.method = AUTH_AGENCY, .metadata_endpoint = client_case->endpoint};
    client_case->config.retry = (Retry){.attempts = 2, .base_usec = 1, .cap_usec = 1};
    client_case_start(client_case, false);
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

static int submit_list(ClientCase *client_case)
{
    Request request = client_case_list_request(client_case);

    return roma_client_submit(client_case->client, &request);
}

static void assert_header(const char *request, const char *name, const char *expected)
{
    char value[128];

    peer_header(request, name, value, sizeof(value));
    assert_string_equal(value, expected);
}

static void assert_fails(ClientCase *client_case, const char *why)
{
    assert_int_equal(renew(client_case), RENEWAL_FAILED);
    client_case_assert_has(client_case->renewal_err.text, why);
    assert_int_equal(submit_list(client_case), -EKEYEXPIRED);
}

/* ---- with a session ---- */

static void test_keys_by_a_session(void **state)
{
    ClientCase *client_case = *state;

    metadata.session = "session-1\r\n";
    assert_int_equal(renew(client_case), RENEWAL_DONE);
    client_case_assert_has(metadata.session_request,
                           "PUT /meta-data/latest/api/token HTTP/1.1\r\n");
    assert_header(metadata.session_request, "X-Metadata-Token-Ttl-Seconds", "21600");
    assert_header(metadata.session_request, "User-Agent", "rosterd/" ROSTERD_VERSION);
    assert_header(metadata.key_request, "X-Metadata-Token", "session-1");
    assert_header(metadata.key_request, "User-Agent", "rosterd/" ROSTERD_VERSION);
    client_case_ask_list(client_case);
    client_case_assert_has(client_case->request, "Access=A1,");
    client_case_assert_header(client_case, "X-Security-Token", "T");
    client_case_assert_header(client_case, "X-Auth-Token", "");
}

static void test_a_session_is_used_again(void **state)
{
    ClientCase *client_case = *state;

    assert_int_equal(renew(client_case), RENEWAL_DONE);
    metadata.keys = KEYS("A2");
    assert_int_equal(renew(client_case), RENEWAL_DONE);
    assert_int_equal(metadata.sessions, 1);
    assert_int_equal(metadata.key_requests, 2);
    assert_header(metadata.key_request, "X-Metadata-Token", "session-1");
    client_case_ask_list(client_case);
    client_case_assert_has(client_case->request, "Access=A2,");
}

/* Once: what is refused by a new session is refused. */
static void test_a_refused_session_is_renewed(void **state)
{
    ClientCase *client_case = *state;

    assert_int_equal(renew(client_case), RENEWAL_DONE);
    metadata.session = "session-2";
    metadata.refusals = 1;
    assert_int_equal(renew(client_case), RENEWAL_DONE);
    assert_int_equal(metadata.sessions, 2);
    assert_header(metadata.key_request, "X-Metadata-Token", "session-2");
    metadata.refusals = 5;
    assert_int_equal(renew(client_case), RENEWAL_FAILED);
    client_case_assert_has(client_case->renewal_err.text, "getting keys from the metadata service");
    assert_int_equal(client_case->renewal_err.http, 401);
    assert_int_equal(metadata.refusals, 3);
    assert_int_equal(metadata.sessions, 3);
}

static void test_a_refusal_of_the_first_session_is_one(void **state)
{
    metadata.refusals = 1;
    assert_fails(*state, "getting keys from the metadata service");
    assert_int_equal(metadata.sessions, 1);
    assert_int_equal(metadata.refusals, 0);
}

static void test_what_is_no_session(void **state)
{
    ClientCase *client_case = *state;

    metadata.session = "{\"a\":1}";
    assert_fails(client_case, "getting a session of the metadata service: the answer is JSON "
                              "instead of a session token");
    metadata.session = "two\nlines";
    assert_fails(client_case, "getting a session of the metadata service: ");
    client_case_assert_has(client_case->renewal_err.text, "the session token");
    metadata.session = "\n";
    assert_fails(client_case, "getting a session of the metadata service: ");
    metadata.session_status = 500;
    assert_fails(client_case, "getting a session of the metadata service: ");
    assert_int_equal(metadata.sessions, 5); /* 500 twice */
    assert_int_equal(metadata.key_requests, 0);
}

/* ---- without one ---- */

static void test_a_service_without_sessions(void **state)
{
    ClientCase *client_case = *state;

    metadata.session_status = 404;
    assert_int_equal(renew(client_case), RENEWAL_DONE);
    assert_header(metadata.key_request, "X-Metadata-Token", "");
    assert_header(metadata.key_request, "User-Agent", "rosterd/" ROSTERD_VERSION);
    metadata.session_status = 405;
    assert_int_equal(renew(client_case), RENEWAL_DONE);
    assert_int_equal(metadata.key_requests, 2);
    metadata.session_status = 403;
    assert_int_equal(renew(client_case), RENEWAL_FAILED);
    assert_int_equal(metadata.key_requests, 2);
    /* Keys that are refused without a session are not asked for with one. */
    metadata.session_status = 404;
    metadata.refusals = 1;
    assert_int_equal(renew(client_case), RENEWAL_FAILED);
    assert_int_equal(metadata.sessions, 4);
}

/* ---- keys ---- */

static void test_what_are_no_keys(void **state)
{
    ClientCase *client_case = *state;

    metadata.keys = "{\"credential\":{\"access\":\"A\",\"secret\":\"S\"}}";
    assert_fails(client_case, "getting keys from the metadata service: the answer has no "
                              "credential.securitytoken");
    metadata.keys = "<html>";
    assert_fails(client_case, "getting keys from the metadata service: the answer is not the JSON "
                              "that it should be");
    metadata.key_status = 404;
    metadata.keys = "{}";
    assert_fails(client_case, "getting keys from the metadata service: ");
    assert_int_equal(client_case->renewal_err.http, 404);
}

static void test_a_host_without_an_agency(void **state)
{
    metadata.key_status = 401;
    metadata.keys = "agency must be configured for this host";
    assert_fails(*state, "this host has no agency: bind one with access to ROMA Connect to it");
    assert_int_equal(metadata.sessions, 1);
    assert_int_equal(metadata.key_requests, 1);
}

/* Their end is told by the service's clock: what this host's says does not matter. */
static void test_how_long_keys_are_good(void **state)
{
    ClientCase *client_case = *state;

    metadata.keys = KEYS_UNTIL("A1", "1994-11-06T09:49:37.000000Z");
    metadata.key_headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    assert_int_equal(renew(client_case), RENEWAL_DONE);
    client_case_ask_list(client_case);
    assert_int_equal(client_case->answer.http, 200);
    assert_int_equal(metadata.key_requests, 1);
    metadata.key_headers = "Date: Sun, 06 Nov 1994 09:49:38 GMT\r\n";
    metadata.keys = KEYS_UNTIL("A2", "1994-11-06T09:49:38.000001Z");
    assert_int_equal(renew(client_case), RENEWAL_DONE);
    assert_int_equal(submit_list(client_case), -EKEYEXPIRED);
    /* An end that is not known, or has passed, is left for the service to refuse. */
    metadata.keys = KEYS_UNTIL("A3", "soon");
    assert_int_equal(renew(client_case), RENEWAL_DONE);
    client_case_ask_list(client_case);
    metadata.keys = KEYS_UNTIL("A4", "1994-11-06T09:49:37.000000Z");
    assert_int_equal(renew(client_case), RENEWAL_DONE);
    client_case_ask_list(client_case);
    client_case_assert_has(client_case->request, "Access=A4,");
    metadata.key_headers = "";
    metadata.keys = KEYS("A5");
    assert_int_equal(renew(client_case), RENEWAL_DONE);
    client_case_ask_list(client_case);
    client_case_assert_has(client_case->request, "Access=A5,");
    assert_int_equal(metadata.key_requests, 5);
}

/* Where the service does not tell its clock, this host's is all there is. */
static void test_how_long_keys_are_good_without_a_date(void **state)
{
    ClientCase *client_case = *state;
    char keys[256], until[CLOCK_RFC3339_SIZE];
    uint64_t before_usec, start_usec = clock_realtime_usec();

    clock_format_rfc3339(start_usec + USEC_PER_DAY, until);
    snprintf(keys, sizeof(keys), KEYS_UNTIL("A1", "%s"), until);
    metadata.keys = keys;
    before_usec = clock_monotonic_usec();
    assert_int_equal(renew(client_case), RENEWAL_DONE);
    assert_in_range(roma_client_credential(client_case->client, 0).expires_usec,
                    before_usec + USEC_PER_DAY - USEC_PER_SEC -
                        (clock_realtime_usec() - start_usec),
                    clock_monotonic_usec() + USEC_PER_DAY);
}

/* The settings need not say where the service is: it is at one place in every host. */
static void test_the_usual_place_needs_no_setting(void **state)
{
    ClientCase *client_case = *state;

    roma_client_free(client_case->client);
    client_case->client = NULL;
    client_case->instance.auth.metadata_endpoint = NULL;
    client_case_start(client_case, false);
    assert_int_equal(submit_list(client_case), -EKEYEXPIRED);
    assert_int_equal(metadata.sessions, 0);
}

/* ---- what ends in the middle ---- */

static void test_it_is_cancelled_and_begun_anew(void **state)
{
    ClientCase *client_case = *state;
    uint64_t now_usec = clock_monotonic_usec(), timeout_usec = 3 * USEC_PER_SEC;

    metadata.is_silent = true;
    assert_int_equal(roma_client_renewal_due_usec(client_case->client, 0), 0);
    assert_int_equal(roma_client_renew(client_case->client, 0), 0);
    assert_in_range(roma_client_renewal_due_usec(client_case->client, 0), now_usec + timeout_usec,
                    clock_monotonic_usec() + timeout_usec);
    alarm(30);
    while (metadata.sessions == 0)
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0);
    alarm(0);
    assert_int_equal(roma_client_renew(client_case->client, 0), -EALREADY);
    roma_client_cancel_instance(client_case->client, 0);
    assert_int_equal(roma_client_renewal_due_usec(client_case->client, 0), 0);
    metadata.is_silent = false;
    assert_int_equal(client_case->renewals, 0);
    assert_int_equal(renew(client_case), RENEWAL_DONE);
    assert_int_equal(client_case->renewals, 1);
    assert_int_equal(metadata.sessions, 2);
}

/* The keys, not the session. */
static void test_a_reload_goes_on_with_the_keys(void **state)
{
    ClientCase *client_case = *state;
    RomaClient *old = client_case->client;

    assert_int_equal(renew(client_case), RENEWAL_DONE);
    client_case_start(client_case, false);
    assert_int_equal(submit_list(client_case), -EKEYEXPIRED);
    roma_client_take_over(client_case->client, 0, old, 0);
    roma_client_free(old);
    client_case_ask_list(client_case);
    assert_int_equal(client_case->answer.http, 200);
    assert_int_equal(metadata.key_requests, 1);
    assert_int_equal(renew(client_case), RENEWAL_DONE);
    assert_int_equal(metadata.sessions, 2);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, client_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_keys_by_a_session),
        TEST(test_a_session_is_used_again),
        TEST(test_a_refused_session_is_renewed),
        TEST(test_a_refusal_of_the_first_session_is_one),
        TEST(test_what_is_no_session),
        TEST(test_a_service_without_sessions),
        TEST(test_what_are_no_keys),
        TEST(test_a_host_without_an_agency),
        TEST(test_how_long_keys_are_good),
        TEST(test_how_long_keys_are_good_without_a_date),
        TEST(test_the_usual_place_needs_no_setting),
        TEST(test_it_is_cancelled_and_begun_anew),
        TEST(test_a_reload_goes_on_with_the_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
