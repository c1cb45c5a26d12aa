/* SPDX-License-Identifier: MIT */
/* Changes that may begin no more, or may take only so long; and what is cancelled of one instance
 * alone. */
#include "tests/unit/client_case.h"

#include <errno.h>
#include <unistd.h>

#define ASKED_MAX 8

/* What a change leaves of the time that the gate allows. */
#define SLACK_USEC (10 * USEC_PER_MSEC)

static uint64_t allowed_usec[ASKED_MAX]; /* what the gate answers, one after the other */
static uint64_t asked_usec[ASKED_MAX];   /* what it is asked for */
static size_t asked;

static uint64_t gate(void *userdata, size_t instance, uint64_t timeout_usec)
{
    assert_non_null(userdata);
    assert_int_equal(instance, 0);
    assert_true(asked < ASKED_MAX);
    asked_usec[asked] = timeout_usec;
    timeout_usec = allowed_usec[asked] < timeout_usec ? allowed_usec[asked] : timeout_usec;
    asked++;
    return timeout_usec;
}

static void start(ClientCase *client_case)
{
    client_case_start(client_case, false);
    roma_client_guard(client_case->client, gate);
    assert_int_equal(roma_client_permit(client_case->client, 0, CHANNEL, MEMBER), 0);
    client_case->status = 204;
    client_case->body = "";
    asked = 0;
    for (size_t i = 0; i < ASKED_MAX; i++)
        allowed_usec[i] = UINT64_MAX;
}

static void test_a_change_has_the_time_that_is_left(void **state)
{
    ClientCase *client_case = *state;
    uint64_t timeout_usec = client_case->config.limits.timeout_usec;

    start(client_case);
    client_case_ask_delete(client_case);
    assert_int_equal(client_case->answer.http, 204);
    assert_int_equal(asked, 2);
    assert_int_equal(asked_usec[0], timeout_usec + SLACK_USEC);
    assert_in_range(asked_usec[1], 1, timeout_usec);
}

/* A lease that ends, between two looks at the clock. */
static uint64_t lease_end_usec;

static uint64_t lease_gate(void *userdata, size_t instance, uint64_t timeout_usec)
{
    uint64_t left_usec;

    (void)userdata;
    (void)instance;
    usleep(200);
    left_usec = lease_end_usec - clock_monotonic_usec();
    return left_usec < timeout_usec ? left_usec : timeout_usec;
}

static void test_a_change_that_ends_with_the_lease_is_sent(void **state)
{
    ClientCase *client_case = *state;
    uint64_t timeout_usec = client_case->config.limits.timeout_usec;

    start(client_case);
    roma_client_guard(client_case->client, lease_gate);
    lease_end_usec = clock_monotonic_usec() + timeout_usec;
    client_case_ask_delete(client_case);
    assert_int_equal(client_case->answer.kind, ANSWER_HTTP);
    assert_int_equal(client_case->answer.http, 204);
}

static void serve_nothing(PeerConnection *connection, ClientCase *client_case)
{
    (void)connection;
    (void)client_case;
}

static void test_the_gate_shortens_the_timeout(void **state)
{
    ClientCase *client_case = *state;

    start(client_case);
    client_case->serve = serve_nothing;
    allowed_usec[0] = 300 * USEC_PER_MSEC + SLACK_USEC;
    client_case_ask_delete(client_case);
    assert_int_equal(asked, 2);
    assert_in_range(asked_usec[1], 1, 300 * USEC_PER_MSEC);
    assert_int_equal(client_case->answer.kind, ANSWER_TIMEOUT);
    client_case_assert_has(client_case->answer.message, "no whole answer within 300 ms");
}

static void test_no_change_begins_behind_a_closed_gate(void **state)
{
    ClientCase *client_case = *state;
    Request request = client_case_delete_request(client_case);

    start(client_case);
    allowed_usec[0] = 0;
    assert_int_equal(roma_client_submit(client_case->client, &request), -ESTALE);
    allowed_usec[1] = SLACK_USEC; /* nothing is left */
    assert_int_equal(roma_client_submit(client_case->client, &request), -ESTALE);
    client_case->status = 200;
    client_case->body = ONE_MEMBER;
    client_case_ask_list(client_case); /* which asks no gate */
    assert_int_equal(asked, 2);
    assert_int_equal(client_case->rows, 1);
    assert_int_equal(peer_requests(client_case->peer), 1);
}

/* On a connection that is kept, and on a new one. */
static void test_the_gate_closes_before_bytes_leave(void **state)
{
    ClientCase *client_case = *state;

    start(client_case);
    client_case_ask_delete(client_case);
    allowed_usec[3] = 0;
    client_case_ask_delete(client_case);
    assert_int_equal(client_case->answer.kind, ANSWER_WITHHELD);
    client_case_assert_has(client_case->answer.message, "was not sent to 127.0.0.1");
    allowed_usec[5] = USEC_PER_MSEC; /* less than what its answer may still take */
    client_case_ask_delete(client_case);
    assert_int_equal(client_case->answer.kind, ANSWER_WITHHELD);
    assert_int_equal(asked, 6);
    assert_int_equal(peer_requests(client_case->peer), 1);
    client_case_ask_delete(client_case);
    assert_int_equal(client_case->answer.http, 204);
    assert_int_equal(peer_requests(client_case->peer), 2);
}

static void test_one_instance_alone_is_cancelled(void **state)
{
    ClientCase *client_case = *state;
    Instance instances[2] = {client_case->instance, client_case->instance};
    RosterChannel channels[2] = {client_case->channel, client_case->channel};
    Request request = client_case_list_request(client_case);
    void *kept = &channels[1];

    channels[1].instance = 1;
    client_case->config.instances = instances;
    client_case->config.instance_count = 2;
    client_case_start(client_case, false);
    for (size_t i = 0; i < 5; i++) {
        request.instance = i % 2;
        request.channel = &channels[i % 2];
        request.tag = &channels[i % 2];
        assert_int_equal(roma_client_submit(client_case->client, &request), 0);
    }
    assert_int_equal(roma_client_renew(client_case->client, 0), 0);
    roma_client_cancel_instance(client_case->client, 0);
    alarm(30);
    while (client_case->answers < 2) {
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0);
        assert_true(client_case->answers == 0 || client_case->tag == kept);
    }
    alarm(0);
    assert_int_equal(client_case->renewals, 0);
    client_case_ask(client_case, &request); /* nothing of the others comes before this one's */
    assert_int_equal(client_case->answers, 3);
    assert_ptr_equal(client_case->tag, &channels[0]);
    roma_client_free(TAKE_PTR(client_case->client));
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, client_case_setup, client_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_change_has_the_time_that_is_left),
        TEST(test_a_change_that_ends_with_the_lease_is_sent),
        TEST(test_the_gate_shortens_the_timeout),
        TEST(test_no_change_begins_behind_a_closed_gate),
        TEST(test_the_gate_closes_before_bytes_leave),
        TEST(test_one_instance_alone_is_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
