/* SPDX-License-Identifier: MIT */
/* Thousands of requests that wait for one renewal of the credential they share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "reconcile/request/dispatch.h"

#define CALLS 2000

typedef struct RenewalCase {
    Instance instance;
    Config config;
    Throttle throttle;
    Dispatch dispatch;
    Call calls[CALLS];
    uint32_t renewals, failures;
    CallEnd ends[CALLS];
    uint32_t end_counts[CALLS];
} RenewalCase;

static uint64_t now(void *context)
{
    (void)context;
    return 1;
}

static int submit(void *context, const Request *request)
{
    (void)context;
    (void)request;
    return 0;
}

static int renew(void *context, size_t instance)
{
    RenewalCase *renewal_case = context;

    (void)instance;
    renewal_case->renewals++;
    return 0;
}

static void tell(void *context, const Event *event)
{
    RenewalCase *renewal_case = context;

    renewal_case->failures += event->kind == EVENT_INSTANCE_FAILED;
}

static const Ops ops = {
    .now_usec = now,
    .realtime_usec = now,
    .random = now,
    .submit = submit,
    .renew = renew,
    .tell = tell,
};

static void on_end(Call *call, CallEnd end, const Answer *answer, const Err *err)
{
    RenewalCase *renewal_case = call->owner;
    size_t number = (size_t)(call - renewal_case->calls);

    (void)answer;
    (void)err;
    renewal_case->ends[number] = end;
    renewal_case->end_counts[number]++;
}

static void answer_all(RenewalCase *renewal_case, int http, const char *code)
{
    Answer answer = {.kind = ANSWER_HTTP, .http = http};

    snprintf(answer.code, sizeof(answer.code), "%s", code);
    for (size_t i = 0; i < CALLS; i++) {
        assert_true(renewal_case->calls[i].is_in_flight);
        dispatch_on_answer(&renewal_case->dispatch, &renewal_case->calls[i], &answer);
    }
}

static int setup(void **state)
{
    static RenewalCase renewal_case;

    renewal_case = (RenewalCase){
        .instance = {.name = "prod"},
        .config = {.instance_count = 1, .limits = {.concurrency = CALLS}, .retry = {.attempts = 4}},
    };
    renewal_case.config.instances = &renewal_case.instance;
    assert_int_equal(throttle_init(&renewal_case.throttle, 0), 0);
    dispatch_init(&renewal_case.dispatch, &renewal_case.config, &ops, &renewal_case, 0, "pass-1",
                  &renewal_case.throttle);
    for (size_t i = 0; i < CALLS; i++) {
        renewal_case.calls[i] = (Call){
            .request = {.kind = REQUEST_LIST_MEMBERS, .channel_id = "c"},
            .doing = "reading the members",
            .on_end = on_end,
            .owner = &renewal_case,
        };
        dispatch_begin(&renewal_case.dispatch, &renewal_case.calls[i], 0);
    }
    dispatch_pump(&renewal_case.dispatch);
    *state = &renewal_case;
    return 0;
}

static int teardown(void **state)
{
    throttle_done(&((RenewalCase *)*state)->throttle);
    return 0;
}

static void expect_ends(const RenewalCase *renewal_case, CallEnd end, uint32_t attempts)
{
    for (size_t i = 0; i < CALLS; i++) {
        assert_int_equal(renewal_case->end_counts[i], 1);
        assert_int_equal(renewal_case->ends[i], end);
        assert_int_equal(renewal_case->calls[i].attempts, attempts);
    }
}

static void test_all_wait_for_one_and_are_sent_once_more(void **state)
{
    RenewalCase *renewal_case = *state;

    answer_all(renewal_case, 401, "APIG.0301");
    assert_int_equal(renewal_case->renewals, 1);
    dispatch_pump(&renewal_case->dispatch);
    assert_int_equal(renewal_case->dispatch.in_flight, 0);
    dispatch_on_renewed(&renewal_case->dispatch, RENEWAL_DONE, NULL);
    dispatch_pump(&renewal_case->dispatch);
    answer_all(renewal_case, 200, "");
    assert_int_equal(renewal_case->renewals, 1);
    expect_ends(renewal_case, CALL_DONE, 2);
}

static void test_without_a_new_one_all_end_and_it_is_told_once(void **state)
{
    RenewalCase *renewal_case = *state;

    answer_all(renewal_case, 401, "APIG.0301");
    dispatch_on_renewed(&renewal_case->dispatch, RENEWAL_UNCHANGED, NULL);
    dispatch_pump(&renewal_case->dispatch);
    assert_int_equal(renewal_case->dispatch.in_flight, 0);
    assert_int_equal(renewal_case->failures, 1);
    expect_ends(renewal_case, CALL_INSTANCE, 1);
}

/* Refusals that come after the renewal are of the old credential: it is not renewed again. */
static void test_a_late_refusal_asks_for_no_other(void **state)
{
    RenewalCase *renewal_case = *state;
    Answer refused = {.kind = ANSWER_HTTP, .http = 401, .code = "APIG.0301"};

    for (size_t i = 0; i < CALLS / 2; i++)
        dispatch_on_answer(&renewal_case->dispatch, &renewal_case->calls[i], &refused);
    dispatch_on_renewed(&renewal_case->dispatch, RENEWAL_DONE, NULL);
    for (size_t i = CALLS / 2; i < CALLS; i++)
        dispatch_on_answer(&renewal_case->dispatch, &renewal_case->calls[i], &refused);
    dispatch_pump(&renewal_case->dispatch);
    answer_all(renewal_case, 200, "");
    assert_int_equal(renewal_case->renewals, 1);
    expect_ends(renewal_case, CALL_DONE, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_wait_for_one_and_are_sent_once_more, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_without_a_new_one_all_end_and_it_is_told_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_late_refusal_asks_for_no_other, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
