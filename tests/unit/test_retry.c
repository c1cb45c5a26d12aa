/* SPDX-License-Identifier: MIT */
/* The retry policy and the rate, as numbers. */
#include "tests/world/world.h"

#include "reconcile/request/retry.h"
#include "reconcile/request/throttle.h"

#define SECOND USEC_PER_SEC

/* Half of d is fixed and half random: over all of chance, from d - d/2 to d. */
static void expect_span(uint64_t base, uint64_t cap, uint32_t n, uint64_t delay)
{
    World *world = world_new(1);
    uint64_t least = UINT64_MAX, most = 0;

    for (int i = 0; i < 2000; i++) {
        uint64_t found = retry_delay_usec(base, cap, n, world_random(world));

        least = found < least ? found : least;
        most = found > most ? found : most;
    }
    assert_int_equal(retry_delay_usec(base, cap, n, 0), delay - delay / 2);
    assert_int_equal(retry_delay_usec(base, cap, n, delay / 2), delay);
    assert_in_range(least, delay - delay / 2, delay - delay / 2 + delay / 100);
    assert_in_range(most, delay - delay / 100, delay);
    world_free(world);
}

static void test_the_delay_doubles_up_to_the_cap(void **state)
{
    (void)state;
    expect_span(SECOND, 30 * SECOND, 0, SECOND);
    expect_span(SECOND, 30 * SECOND, 1, 2 * SECOND);
    expect_span(SECOND, 30 * SECOND, 4, 16 * SECOND);
    expect_span(SECOND, 30 * SECOND, 5, 30 * SECOND);
    expect_span(SECOND, 30 * SECOND, 6, 30 * SECOND);
}

static void test_a_cap_below_the_base_caps_the_base(void **state)
{
    (void)state;
    expect_span(5 * SECOND, SECOND, 0, SECOND);
    expect_span(5 * SECOND, SECOND, 3, SECOND);
    expect_span(5 * SECOND, 5 * SECOND, 0, 5 * SECOND);
}

static void test_no_number_of_retries_overflows(void **state)
{
    (void)state;
    expect_span(1000, USEC_PER_HOUR, 63, USEC_PER_HOUR);
    expect_span(1000, USEC_PER_HOUR, 64, USEC_PER_HOUR);
    expect_span(1000, USEC_PER_HOUR, UINT32_MAX, USEC_PER_HOUR);
    expect_span(USEC_PER_HOUR, USEC_PER_HOUR, UINT32_MAX, USEC_PER_HOUR);
}

static void test_the_least_delay_is_not_nothing(void **state)
{
    (void)state;
    assert_int_equal(retry_delay_usec(1, 1, 0, 12345), 1);
    assert_in_range(retry_delay_usec(1000, 1000, 0, UINT64_MAX), 500, 1000);
}

/* Of a throttled request by its own base; Retry-After is obeyed for five minutes at the most. */
static void test_what_the_service_asks_for(void **state)
{
    static const Retry policy = {
        .base_usec = SECOND, .throttle_base_usec = 4 * SECOND, .cap_usec = 16 * SECOND};
    static const struct {
        Verdict verdict;
        bool has_retry_after;
        uint64_t retry_after_usec;
        uint32_t n;
        uint64_t delay_usec; /* without chance: half of the greatest */
    } rows[] = {
        {VERDICT_RETRY, false, 0, 0, SECOND / 2},
        {VERDICT_RETRY, false, USEC_PER_HOUR, 1, SECOND},
        {VERDICT_RETRY_SLOW, false, 0, 0, 2 * SECOND},
        {VERDICT_THROTTLE, false, 0, 1, 4 * SECOND},
        {VERDICT_THROTTLE, false, 0, 5, 8 * SECOND},
        {VERDICT_THROTTLE, true, 2 * SECOND, 0, 2 * SECOND},
        {VERDICT_THROTTLE, true, 2 * SECOND + 1, 0, 2 * SECOND + 1},
        {VERDICT_THROTTLE, true, 2 * SECOND - 1, 0, 2 * SECOND},
        {VERDICT_RETRY, true, 0, 0, SECOND / 2},
        {VERDICT_RETRY, true, 300 * SECOND, 0, 300 * SECOND},
        {VERDICT_RETRY, true, 300 * SECOND + 1, 0, 300 * SECOND},
        {VERDICT_RETRY, true, UINT64_MAX, 0, 300 * SECOND},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        const Answer answer = {.has_retry_after = rows[i].has_retry_after,
                               .retry_after_usec = rows[i].retry_after_usec};

        assert_int_equal(retry_delay_after_usec(rows[i].verdict, &answer, &policy, rows[i].n, 0),
                         rows[i].delay_usec);
    }
}

/* ---- the rate ---- */

/* Begins as many requests as early as the rate lets it; no second may hold more than the limit. */
static void expect_rate(uint32_t limit, size_t requests)
{
    uint64_t begun[400], now = 77;
    Throttle throttle;

    assert_int_equal(throttle_init(&throttle, limit), 0);
    for (size_t i = 0; i < requests; i++) {
        now = throttle_next_usec(&throttle, now);
        begun[i] = now;
        throttle_note(&throttle, now);
        if (i >= limit)
            assert_true(begun[i] - begun[i - limit] >= SECOND);
    }
    /* Not slower than a twentieth below the limit either. */
    assert_true(begun[requests - 1] - begun[0] <= (requests / limit) * (SECOND + SECOND / 20));
    throttle_done(&throttle);
}

static void test_no_second_holds_more_than_the_limit(void **state)
{
    (void)state;
    expect_rate(1, 20);
    expect_rate(3, 100);
    expect_rate(20, 400);
}

static void test_a_burst_after_a_rest_counts_from_its_own_beginning(void **state)
{
    uint64_t now = 100 * SECOND;
    Throttle throttle;

    (void)state;
    assert_int_equal(throttle_init(&throttle, 2), 0);
    throttle_note(&throttle, now - 900000);
    throttle_note(&throttle, now);
    assert_in_range(throttle_next_usec(&throttle, now), now + 100000, now + 150000);
    throttle_note(&throttle, now + 150000);
    assert_true(throttle_next_usec(&throttle, now + 150000) >= now + SECOND);
    throttle_done(&throttle);
}

/* What is held waits, and a later reload knows of what was begun before, the newest first. */
static void test_what_was_begun_and_held_is_taken_over(void **state)
{
    const uint64_t window = SECOND + 20 * USEC_PER_MSEC, now = 100 * SECOND;
    Throttle old, less, more;

    (void)state;
    assert_int_equal(throttle_init(&old, 3), 0);
    throttle_hold(&old, now + 5);
    throttle_hold(&old, now + 4);
    assert_int_equal(throttle_next_usec(&old, now), now + 5);
    assert_int_equal(throttle_next_usec(&old, now + 6), now + 6);
    for (uint64_t i = 0; i < 5; i++)
        throttle_note(&old, now + i);
    assert_int_equal(throttle_next_usec(&old, now), now + 2 + window);
    throttle_hold(&old, now + 2 + window + 1);
    assert_int_equal(throttle_next_usec(&old, now), now + 2 + window + 1);
    assert_int_equal(throttle_init(&less, 2), 0);
    assert_int_equal(throttle_init(&more, 4), 0);
    throttle_take_over(&less, &old);
    assert_int_equal(old.held_until_usec, 0);
    assert_int_equal(throttle_next_usec(&less, now), now + 3 + window);
    throttle_take_over(&more, &old);
    assert_int_equal(throttle_next_usec(&more, now), now);
    throttle_note(&more, now + 7);
    assert_int_equal(throttle_next_usec(&more, now), now + 2 + window);
    throttle_done(&old);
    throttle_done(&less);
    throttle_done(&more);
}

static void test_no_limit_never_waits(void **state)
{
    Throttle throttle;

    (void)state;
    assert_int_equal(throttle_init(&throttle, 0), 0);
    for (uint64_t i = 0; i < 50000; i++) {
        assert_int_equal(throttle_next_usec(&throttle, 5), 5);
        throttle_note(&throttle, 5);
    }
    throttle_done(&throttle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_delay_doubles_up_to_the_cap),
        cmocka_unit_test(test_a_cap_below_the_base_caps_the_base),
        cmocka_unit_test(test_no_number_of_retries_overflows),
        cmocka_unit_test(test_the_least_delay_is_not_nothing),
        cmocka_unit_test(test_what_the_service_asks_for),
        cmocka_unit_test(test_no_second_holds_more_than_the_limit),
        cmocka_unit_test(test_a_burst_after_a_rest_counts_from_its_own_beginning),
        cmocka_unit_test(test_what_was_begun_and_held_is_taken_over),
        cmocka_unit_test(test_no_limit_never_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
