/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of a client's life fails once, in turn, those of libsystemd and libcrypto too
 * (libcurl has its memory from secure_alloc.h, whose reserve outlasts the system): nothing crashes,
 * a request that was taken has one answer, and no page comes out that the service did not send.
 */
#include <errno.h>

#include "tests/unit/failing.h"
#include "tests/unit/memory_case.h"

#define ALLOCATIONS_MIN 30
#define ALLOCATIONS_MAX 5000

static void ask(ClientCase *client_case, const void *argument)
{
    const Request *request = argument;
    int r;

    if (!memory_case_start(client_case))
        return;
    r = roma_client_permit(client_case->client, 0, CHANNEL, MEMBER);
    if (r == 0)
        r = roma_client_submit(client_case->client, request);
    assert_true(r == 0 || (failing_did() && r == -ENOMEM));
    /* The loop's own want of memory is an error of the loop; it can be turned again. */
    while (r == 0 && client_case->answers == 0)
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0 || failing_did());
    failing_stop();
    if (r == 0 && client_case->answer.kind == ANSWER_HTTP)
        assert_int_equal(client_case->answer.http, 200);
    if (r == 0 && client_case->answer.kind == ANSWER_HTTP && request->kind == REQUEST_LIST_MEMBERS)
        assert_int_equal(client_case->rows, 1);
}

static void check(ClientCase *client_case, const Request *request)
{
    pid_t service = memory_case_begin(client_case);

    memory_case_turn(client_case, ask, request, ALLOCATIONS_MIN, ALLOCATIONS_MAX);
    assert_int_equal(client_case->answer.kind, ANSWER_HTTP);
    memory_case_end(client_case, service);
}

static void test_list_with_token(void **state)
{
    Request request = client_case_list_request(*state);

    check(*state, &request);
}

static void test_signed_deletion(void **state)
{
    Request request = client_case_delete_request(*state);

    client_case_use_keys(*state);
    check(*state, &request);
}

#define TEST(function)                                                                             \
    cmocka_unit_test_setup_teardown(function, client_case_setup, client_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_list_with_token),
        TEST(test_signed_deletion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
