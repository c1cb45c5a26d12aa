/* SPDX-License-Identifier: MIT */
/* What the client sends, what it refuses to send, and how it renews and ends. */
#include "tests/unit/client_case.h"

#include <unistd.h>

#include "daemon/roma/wire/request.h"

/* ---- what is sent ---- */

static void test_list_with_token(void **state)
{
    ClientCase *client_case = *state;

    client_case_ask_list(client_case);
    assert_int_equal(client_case->answer.kind, ANSWER_HTTP);
    assert_int_equal(client_case->answer.http, 200);
    assert_ptr_equal(client_case->tag, &client_case->rows);
    assert_int_equal(client_case->rows, 1);
    assert_int_equal(client_case->total, 1);
    assert_string_equal(client_case->row, MEMBER_ROW);
    assert_string_equal(client_case->host, "10.1.0.5");
    assert_string_equal(client_case->group, "blue");
    client_case_assert_has(client_case->request,
                           "GET " MEMBERS_PATH "?limit=500&offset=0 HTTP/1.1\r\n");
    client_case_assert_header(client_case, "X-Auth-Token", TOKEN);
    client_case_assert_header(client_case, "Authorization", "");
    client_case_assert_header(client_case, "X-Project-Id", "");
    client_case_assert_header(client_case, "Content-Type", "application/json");
    client_case_assert_header(client_case, "User-Agent", "rosterd/" ROSTERD_VERSION);
    client_case_assert_header(client_case, "Host", client_case->endpoint + strlen("http://"));
    client_case_assert_header(client_case, "Accept-Encoding", "");
    client_case_assert_header(client_case, "Expect", "");
}

static void test_list_channels(void **state)
{
    ClientCase *client_case = *state;
    Request request = {.kind = REQUEST_LIST_CHANNELS, .limit = 500, .offset = 1500};

    client_case->instance.api = API_APIGW;
    client_case->body = "{\"total\":1,\"size\":1,\"vpc_channels\":[{\"id\":\"c\",\"name\":\"n\"}]}";
    client_case_start(client_case, true);
    client_case_ask(client_case, &request);
    assert_int_equal(client_case->answer.kind, ANSWER_HTTP);
    assert_int_equal(client_case->rows, 1);
    client_case_assert_has(client_case->request,
                           "GET /v2/" PROJECT "/apigw/instances/" INSTANCE
                           "/vpc-channels?limit=500&offset=1500 HTTP/1.1\r\n");
}

/* The signature as the service would compute it from what came. */
static void assert_signed(const ClientCase *client_case, const SignPair *query, size_t query_count,
                          const char *path, const char *method, const char *security_token)
{
    _cleanup_(secret_freep) Secret *key = secret_new_copy(SECRET_KEY, strlen(SECRET_KEY));
    _cleanup_(buf_done) Buf scratch = {0}, expected = {0};
    char host[128], date[64], project[64];
    SignPair headers[] = {{"host", host},
                          {"x-project-id", project},
                          {"x-sdk-date", date},
                          {"x-security-token", security_token}};
    SignInput input = {.method = method,
                       .path = path,
                       .query = query,
                       .query_count = query_count,
                       .headers = headers,
                       .header_count = security_token ? 4 : 3};

    peer_header(client_case->request, "Host", host, sizeof(host));
    peer_header(client_case->request, "X-Project-Id", project, sizeof(project));
    peer_header(client_case->request, "X-Sdk-Date", date, sizeof(date));
    assert_string_equal(project, PROJECT);
    assert_int_equal(strlen(date), 16);
    assert_int_equal(sign_authorization(&input, ACCESS_KEY, key, &scratch, &expected), 0);
    client_case_assert_header(client_case, "Authorization", expected.data);
    client_case_assert_header(client_case, "X-Auth-Token", "");
}

static void test_list_signed(void **state)
{
    ClientCase *client_case = *state;
    SignPair query[] = {{"limit", "500"}, {"offset", "0"}};

    client_case_use_keys(client_case);
    client_case_ask_list(client_case);
    assert_int_equal(client_case->answer.http, 200);
    assert_signed(client_case, query, 2, MEMBERS_PATH, "GET", NULL);
    client_case_assert_header(client_case, "X-Security-Token", "");
}

static void test_delete_signed_with_security_token(void **state)
{
    ClientCase *client_case = *state;

    client_case_use_keys(client_case);
    client_case->instance.auth.security_token_file = "st";
    client_case_write_secret(client_case, "st", "security+token/with=stuff");
    client_case->status = 204;
    client_case->headers = "X-Request-Id: r-1\r\n";
    client_case->body = "";
    client_case_ask_delete(client_case);
    assert_int_equal(client_case->answer.kind, ANSWER_HTTP);
    assert_int_equal(client_case->answer.http, 204);
    assert_string_equal(client_case->answer.request_id, "r-1");
    client_case_assert_has(client_case->request, "DELETE " MEMBERS_PATH "/" MEMBER " HTTP/1.1\r\n");
    assert_signed(client_case, NULL, 0, MEMBERS_PATH "/" MEMBER, "DELETE",
                  "security+token/with=stuff");
    client_case_assert_header(client_case, "X-Security-Token", "security+token/with=stuff");
}

/* ---- what is not sent ---- */

static void assert_refused(ClientCase *client_case, const Request *request, int error)
{
    Request list = client_case_list_request(client_case);

    assert_int_equal(roma_client_submit(client_case->client, request), error);
    client_case_ask(client_case, &list);
    assert_int_equal(client_case->answers, 1);
    assert_int_equal(peer_requests(client_case->peer), 1);
}

static void test_no_deletion_without_permit(void **state)
{
    ClientCase *client_case = *state;
    Request request = client_case_delete_request(client_case);

    client_case_start(client_case, false);
    assert_int_equal(roma_client_permit(client_case->client, 0, CHANNEL, "another"), 0);
    assert_int_equal(roma_client_permit(client_case->client, 0, "another", MEMBER), 0);
    assert_refused(client_case, &request, -EPERM);
}

static void test_no_deletion_after_permits_are_forgotten(void **state)
{
    ClientCase *client_case = *state;
    Request request = client_case_delete_request(client_case);

    client_case_start(client_case, false);
    assert_int_equal(roma_client_permit(client_case->client, 0, CHANNEL, MEMBER), 0);
    roma_client_forget_permits(client_case->client, 0);
    assert_refused(client_case, &request, -EPERM);
}

static void test_no_deletion_when_read_only(void **state)
{
    ClientCase *client_case = *state;
    Request request = client_case_delete_request(client_case);

    client_case_start(client_case, true);
    assert_int_equal(roma_client_permit(client_case->client, 0, CHANNEL, MEMBER), 0);
    assert_refused(client_case, &request, -EPERM);
}

static void test_no_deletion_in_observe(void **state)
{
    ClientCase *client_case = *state;
    Request request = client_case_delete_request(client_case);

    client_case->channel.mode = MODE_OBSERVE;
    client_case_start(client_case, false);
    assert_int_equal(roma_client_permit(client_case->client, 0, CHANNEL, MEMBER), 0);
    assert_refused(client_case, &request, -EPERM);
}

static void test_no_deletion_without_channel(void **state)
{
    ClientCase *client_case = *state;
    Request request = client_case_delete_request(client_case);

    request.channel = NULL;
    client_case_start(client_case, false);
    assert_int_equal(roma_client_permit(client_case->client, 0, CHANNEL, MEMBER), 0);
    assert_refused(client_case, &request, -EPERM);
}

static void test_no_odd_id_in_a_path(void **state)
{
    ClientCase *client_case = *state;
    Request request = client_case_list_request(client_case);

    client_case_start(client_case, false);
    assert_int_equal(roma_client_permit(client_case->client, 0, CHANNEL, "../x"), -EINVAL);
    request.channel_id = "a/b";
    assert_refused(client_case, &request, -EINVAL);
}

static void renew(ClientCase *client_case)
{
    size_t renewals = client_case->renewals;

    assert_int_equal(roma_client_renew(client_case->client, 0), 0);
    assert_int_equal(roma_client_renew(client_case->client, 0), -EALREADY);
    assert_int_equal(client_case->renewals, renewals);
    alarm(30);
    while (client_case->renewals == renewals)
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0);
    alarm(0);
    assert_int_equal(client_case->renewals, renewals + 1);
}

static void test_renewal(void **state)
{
    ClientCase *client_case = *state;

    client_case_start(client_case, false);
    renew(client_case);
    assert_int_equal(client_case->renewal, RENEWAL_UNCHANGED);
    client_case_write_secret(client_case, "token", "another-token");
    renew(client_case);
    assert_int_equal(client_case->renewal, RENEWAL_DONE);
    client_case_ask_list(client_case);
    client_case_assert_header(client_case, "X-Auth-Token", "another-token");
    client_case_remove_secret(client_case, "token");
    renew(client_case);
    assert_int_equal(client_case->renewal, RENEWAL_FAILED);
    client_case_assert_has(client_case->renewal_err.text, "no such file");
    client_case_ask_list(client_case);
    client_case_assert_header(client_case, "X-Auth-Token", "another-token");
    /* What failed once is not told again where it works. */
    client_case_write_secret(client_case, "token", "a-third-token");
    renew(client_case);
    assert_int_equal(client_case->renewal, RENEWAL_DONE);
    assert_false(err_is_set(&client_case->renewal_err));
}

/* A file that was replaced is read before it is refused. */
static void test_a_rotated_file_is_noticed(void **state)
{
    ClientCase *client_case = *state;
    Request request = client_case_list_request(client_case);

    client_case_start(client_case, false);
    roma_client_refresh(client_case->client, 0);
    client_case_ask_list(client_case);
    client_case_assert_header(client_case, "X-Auth-Token", TOKEN);
    client_case_write_secret(client_case, "token", "rotated-token");
    roma_client_refresh(client_case->client, 0);
    client_case_ask_list(client_case);
    client_case_assert_header(client_case, "X-Auth-Token", "rotated-token");
    client_case_remove_secret(client_case, "token");
    roma_client_refresh(client_case->client, 0);
    client_case_ask_list(client_case);
    client_case_assert_header(client_case, "X-Auth-Token", "rotated-token");
    assert_int_equal(client_case->renewals, 0);
    request.instance = 1;
    assert_int_equal(roma_client_submit(client_case->client, &request), -EINVAL);
    assert_int_equal(roma_client_renew(client_case->client, 1), -EINVAL);
    assert_int_equal(roma_client_permit(client_case->client, 1, CHANNEL, MEMBER), -EINVAL);
    assert_int_equal(roma_client_permit_action(client_case->client, 1, CHANNEL, 7), -EINVAL);
    assert_int_equal(roma_client_permit_undone(client_case->client, 1, CHANNEL,
                                               &(Change){.kind = CHANGE_ADD, .action = 7}),
                     -EINVAL);
    client_case->channel.instance = 1;
    request.instance = 0;
    assert_int_equal(roma_client_submit(client_case->client, &request), -EINVAL);
}

static void serve_nothing(PeerConnection *connection, ClientCase *client_case)
{
    (void)connection;
    (void)client_case;
}

static void test_cancel_all(void **state)
{
    ClientCase *client_case = *state;
    Request request = client_case_list_request(client_case);

    client_case->serve = serve_nothing;
    client_case_start(client_case, false);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(roma_client_submit(client_case->client, &request), 0);
    assert_int_equal(roma_client_renew(client_case->client, 0), 0);
    alarm(30);
    while (peer_requests(client_case->peer) < 3)
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0);
    alarm(0);
    client_case->renewals = 0;
    roma_client_cancel_all(client_case->client);
    client_case->serve = NULL;
    client_case_ask_list(client_case);
    assert_int_equal(client_case->answers, 1);
    assert_int_equal(client_case->answer.http, 200);
}

static void test_free_under_way(void **state)
{
    ClientCase *client_case = *state;
    Request request = client_case_list_request(client_case);

    client_case->serve = serve_nothing;
    client_case_start(client_case, false);
    assert_int_equal(roma_client_submit(client_case->client, &request), 0);
    roma_client_free(client_case->client);
    client_case->client = NULL;
    assert_int_equal(client_case->answers, 0);
}

static void test_all_missing_credentials_are_named(void **state)
{
    ClientCase *client_case = *state;
    Instance instances[3] = {client_case->instance, client_case->instance, client_case->instance};
    Err err = {0};

    instances[0].name = "one";
    instances[0].auth.token_file = "missing-one";
    instances[2].name = "three";
    instances[2].auth = (Auth){.method = AUTH_PASSWORD,
                               .iam_endpoint = client_case->endpoint,
                               .domain = "d",
                               .user = "u",
                               .password_file = "missing-three"};
    client_case->config.instances = instances;
    client_case->config.instance_count = 3;
    assert_int_equal(roma_client_new(client_case->event, &client_case->config, false,
                                     client_case_on_answer, client_case_on_renewed, client_case,
                                     &client_case->client, &err),
                     -ENOENT);
    client_case_assert_has(err.text, "instance one: auth.token_file: ");
    client_case_assert_has(err.text, "/missing-one, and $CREDENTIALS_DIRECTORY");
    client_case_assert_has(err.text, "; instance three: auth.password_file: ");
    client_case_assert_has_not(err.text, "; ;"); /* the second is as it should be */
    client_case_assert_has_not(err.text, TOKEN);
    assert_null(client_case->client);
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, client_case_setup, client_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_list_with_token),
        TEST(test_list_channels),
        TEST(test_list_signed),
        TEST(test_delete_signed_with_security_token),
        TEST(test_no_deletion_without_permit),
        TEST(test_no_deletion_after_permits_are_forgotten),
        TEST(test_no_deletion_when_read_only),
        TEST(test_no_deletion_in_observe),
        TEST(test_no_deletion_without_channel),
        TEST(test_no_odd_id_in_a_path),
        TEST(test_renewal),
        TEST(test_a_rotated_file_is_noticed),
        TEST(test_cancel_all),
        TEST(test_free_under_way),
        TEST(test_all_missing_credentials_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
