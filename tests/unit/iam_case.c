/* SPDX-License-Identifier: MIT */
#include "tests/unit/iam_case.h"

#include <errno.h>

#include "daemon/base/str.h"

IamService iam;

static void serve(PeerConnection *connection, ClientCase *client_case)
{
    if (!str_has_prefix(client_case->request, "POST /v3/auth/tokens")) {
        peer_answer(connection, iam.list_status, "", iam.list_status == 200 ? ONE_MEMBER : "{}");
        return;
    }
    iam.logins++;
    str_copy(iam.request, sizeof(iam.request), client_case->request);
    if (iam.failures > 0) {
        iam.failures--;
        peer_answer(connection, 500, "", "{}");
        return;
    }
    if (iam.status != 0)
        peer_answer(connection, iam.status, iam.headers, iam.body);
}

int iam_case_setup(void **state)
{
    ClientCase *client_case;

    assert_int_equal(client_case_setup(state), 0);
    client_case = *state;
    memset(&iam, 0, sizeof(iam));
    iam.status = 201;
    iam.headers = IAM_TOKEN_HEADER;
    iam.body = IAM_LIFE;
    iam.list_status = 200;
    client_case->serve = serve;
    client_case_write_secret(client_case, "password", "pass\"wo\\rd\n");
    client_case->instance.auth = (Auth){
        .method = AUTH_PASSWORD,
        .iam_endpoint = client_case->endpoint,
        .domain = "dom",
        .user = "ops",
        .password_file = "password",
    };
    client_case->config.retry = (Retry){.attempts = 3, .base_usec = 1, .cap_usec = 1};
    return 0;
}

static void on_wait(void *userdata, size_t instance, uint64_t wait_usec, uint32_t attempts,
                    const Err *err)
{
    (void)userdata;
    (void)wait_usec;
    assert_int_equal(instance, 0);
    iam.waits++;
    assert_int_equal(attempts, iam.waits);
    client_case_assert_has(err->text, "getting a token from IAM");
}

void iam_case_start(ClientCase *client_case)
{
    client_case_start(client_case, false);
    roma_client_tell_waits(client_case->client, on_wait);
}

static void iam_case_wait(ClientCase *client_case, size_t renewals)
{
    alarm(30);
    while (client_case->renewals < renewals)
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0);
    alarm(0);
    assert_int_equal(client_case->renewals, renewals);
    assert_int_equal(roma_client_renewal_due_usec(client_case->client, 0), 0);
}

Renewal iam_case_renew(ClientCase *client_case)
{
    size_t renewals = client_case->renewals;

    assert_int_equal(roma_client_renew(client_case->client, 0), 0);
    assert_int_equal(roma_client_renew(client_case->client, 0), -EALREADY);
    iam_case_wait(client_case, renewals + 1);
    assert_int_equal(err_is_set(&client_case->renewal_err), client_case->renewal == RENEWAL_FAILED);
    return client_case->renewal;
}

int iam_case_submit_list(ClientCase *client_case)
{
    Request request = client_case_list_request(client_case);

    return roma_client_submit(client_case->client, &request);
}
