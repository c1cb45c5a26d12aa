/* SPDX-License-Identifier: MIT */
/* When passes begin, and when one that is under way is stuck. */
#include "reconcile/schedule/progress.h"
#include "tests/unit/schedule_case.h"

#define MINUTE USEC_PER_MINUTE

/* ---- the next pass ---- */

static void test_passes_follow_each_other_with_jitter(void **state)
{
    uint64_t low = UINT64_MAX, high = 0;

    (void)state;
    for (uint64_t random = 0; random < 10000; random++) {
        uint64_t delay_usec = schedule_delay_usec(MINUTE, 0, random * 7919);

        assert_in_range(delay_usec, MINUTE * 9 / 10, MINUTE * 11 / 10);
        low = delay_usec < low ? delay_usec : low;
        high = delay_usec > high ? delay_usec : high;
    }
    assert_true(low < MINUTE * 91 / 100);
    assert_true(high > MINUTE * 109 / 100);
}

static void test_a_schedule_asks_chance_for_each_pass(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 1);
    fake.random = 0;
    fake_end_pass(&fake, 0, true);
    assert_int_equal(fake.wake_usec[0], fake.now_usec + MINUTE * 9 / 10);
    fake_wake(&fake, 0);
    fake.random = MINUTE / 10;
    fake_end_pass(&fake, 0, true);
    assert_int_equal(fake.wake_usec[0], fake.now_usec + MINUTE);
    fake_done(&fake);
}

static void test_backing_off_doubles_up_to_its_cap(void **state)
{
    (void)state;
    for (uint64_t random = 0; random < 1000; random++) {
        uint64_t mixed = random * UINT64_C(0x9e3779b97f4a7c15);

        for (uint32_t failures = 0; failures < 4; failures++)
            assert_in_range(schedule_delay_usec(MINUTE, failures, mixed),
                            (MINUTE << failures) * 9 / 10, (MINUTE << failures) * 11 / 10);
        for (uint32_t failures = 4; failures < 100; failures++)
            assert_in_range(schedule_delay_usec(MINUTE, failures, mixed), 14 * MINUTE, 15 * MINUTE);
        assert_true(schedule_delay_usec(MINUTE, UINT32_MAX, mixed) <= 15 * MINUTE);
        /* 14.9 minutes with all their jitter are above it. */
        assert_true(schedule_delay_usec(447 * USEC_PER_SEC, 1, mixed) <= 15 * MINUTE);
        /* An interval of its own is never shortened. */
        assert_true(schedule_delay_usec(USEC_PER_HOUR, 5, mixed) >= USEC_PER_HOUR * 9 / 10);
    }
}

static void test_it_backs_off_while_nothing_can_be_read_alone(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 1);
    for (int i = 0; i < 3; i++) {
        fake_end_pass(&fake, 0, false);
        fake_wake(&fake, 0);
        assert_true(fake.is_probe[0]);
    }
    assert_int_equal(fake_schedule(&fake, 0)->failures, 3);
    fake_end_pass(&fake, 0, true);
    assert_true(fake.wake_usec[0] - fake.now_usec <= MINUTE * 11 / 10);
    fake_wake(&fake, 0);
    assert_false(fake.is_probe[0]);
    fake_end_pass(&fake, 0, true);
    assert_true(fake.wake_usec[0] - fake.now_usec <= MINUTE * 11 / 10);
    fake_done(&fake);
}

/* Where a change window opens before the interval is over, the pass begins then; backing off or
 * not. */
static void test_a_window_that_opens_makes_a_pass_due(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 1);
    fake.due_in_usec = 5 * USEC_PER_SEC;
    fake_end_pass(&fake, 0, true);
    assert_int_equal(fake.wake_usec[0] - fake.now_usec, 5 * USEC_PER_SEC);
    fake_wake(&fake, 0);
    fake_end_pass(&fake, 0, false);
    assert_int_equal(fake.wake_usec[0] - fake.now_usec, 5 * USEC_PER_SEC);
    fake_wake(&fake, 0);
    fake.due_in_usec = MINUTE * 60;
    fake_end_pass(&fake, 0, true);
    assert_true(fake.wake_usec[0] - fake.now_usec <= MINUTE * 11 / 10);
    fake_done(&fake);
}

static void test_without_work_there_is_no_pass(void **state)
{
    Fake fake;

    (void)state;
    fake_init(&fake, 1);
    fake.has_no_work = true;
    fake.wake_usec[0] = USEC_NEVER;
    lifecycle_begin(&fake.lifecycle);
    assert_int_equal(fake.wake_usec[0], USEC_NEVER);
    fake.has_no_work = false;
    schedule_ask(fake_schedule(&fake, 0));
    fake_wake(&fake, 0);
    assert_int_equal(fake.begun, 1);
    fake.has_no_work = true;
    fake_end_pass(&fake, 0, true);
    assert_int_equal(fake.wake_usec[0], USEC_NEVER);
    fake_done(&fake);
}

/* ---- asked for ---- */

static void test_asked_for_between_passes_one_begins_at_once(void **state)
{
    Fake fake;
    uint64_t wanted;

    (void)state;
    fake_begin(&fake, 1);
    fake_end_pass(&fake, 0, true);
    wanted = schedule_ask(fake_schedule(&fake, 0));
    assert_int_equal(fake.wake_usec[0], fake.now_usec);
    fake_wake(&fake, 0);
    assert_int_equal(fake.begun, 2);
    assert_true(fake_schedule(&fake, 0)->done_count < wanted);
    fake_end_pass(&fake, 0, true);
    assert_int_equal(fake_schedule(&fake, 0)->done_count, wanted);
    fake_done(&fake);
}

static void test_asked_for_in_a_pass_another_follows_at_once(void **state)
{
    Fake fake;
    uint64_t wanted;

    (void)state;
    fake_begin(&fake, 1);
    wanted = schedule_ask(fake_schedule(&fake, 0));
    fake_end_pass(&fake, 0, false);
    assert_true(fake_schedule(&fake, 0)->done_count < wanted);
    assert_int_equal(fake.wake_usec[0], fake.now_usec);
    fake_wake(&fake, 0);
    fake_end_pass(&fake, 0, true);
    assert_int_equal(fake_schedule(&fake, 0)->done_count, wanted);
    assert_true(fake.wake_usec[0] > fake.now_usec);
    fake_done(&fake);
}

static void test_asked_for_while_backing_off_it_is_tried_soon(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 1);
    for (int i = 0; i < 6; i++) {
        fake_end_pass(&fake, 0, false);
        fake_wake(&fake, 0);
    }
    fake_end_pass(&fake, 0, false);
    fake.begin_error = -28;
    schedule_ask(fake_schedule(&fake, 0));
    fake_wake(&fake, 0);
    assert_true(fake.wake_usec[0] - fake.now_usec <= SCHEDULE_RETRY_USEC);
    fake.begin_error = 0;
    fake_wake(&fake, 0);
    assert_true(fake.is_passing[0]);
    fake_done(&fake);
}

/* An instance that three passes could not read; the next one waits. */
static void begin_backed_off(Fake *fake)
{
    fake_begin(fake, 1);
    fake_end_pass(fake, 0, false);
    for (int i = 0; i < 2; i++) {
        fake_wake(fake, 0);
        fake_end_pass(fake, 0, false);
    }
}

/* One minute later somebody asks, in vain. */
static void ask_in_vain(Fake *fake)
{
    fake->now_usec += MINUTE;
    schedule_ask(fake_schedule(fake, 0));
    fake_wake(fake, 0);
    fake_end_pass(fake, 0, false);
}

static void test_asked_for_in_vain_the_next_pass_stays_where_it_was(void **state)
{
    uint64_t due_usec;
    Fake fake;

    (void)state;
    begin_backed_off(&fake);
    due_usec = fake.wake_usec[0];
    for (int i = 0; i < 5; i++) {
        ask_in_vain(&fake);
        assert_int_equal(fake.wake_usec[0], due_usec);
    }
    assert_int_equal(fake_schedule(&fake, 0)->failures, 8); /* all are told */
    fake_wake(&fake, 0);
    fake_end_pass(&fake, 0, false);
    assert_in_range(fake.wake_usec[0] - fake.now_usec, 14 * MINUTE, 15 * MINUTE);
    /* One that can read ends it. */
    schedule_ask(fake_schedule(&fake, 0));
    fake_wake(&fake, 0);
    fake_end_pass(&fake, 0, true);
    assert_in_range(fake.wake_usec[0] - fake.now_usec, MINUTE * 9 / 10, MINUTE * 11 / 10);
    fake_done(&fake);
}

/* It lasts until the moment when the next was due, and takes its place. */
static void test_asked_for_just_before_its_time_it_is_the_next_pass(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 1);
    fake_end_pass(&fake, 0, false);
    schedule_ask(fake_schedule(&fake, 0));
    fake_wake(&fake, 0);
    fake.now_usec += 3 * MINUTE;
    fake_end_pass(&fake, 0, false);
    assert_in_range(fake.wake_usec[0] - fake.now_usec, 4 * MINUTE * 9 / 10, 4 * MINUTE * 11 / 10);
    fake_done(&fake);
}

static void test_asked_for_in_a_pass_that_fails_one_back_off_is_added(void **state)
{
    uint64_t ended_usec;
    Fake fake;

    (void)state;
    fake_begin(&fake, 1);
    schedule_ask(fake_schedule(&fake, 0));
    fake_end_pass(&fake, 0, false);
    ended_usec = fake.now_usec;
    fake_wake(&fake, 0);
    fake.now_usec += USEC_PER_SEC;
    fake_end_pass(&fake, 0, false);
    assert_in_range(fake.wake_usec[0] - ended_usec, 2 * MINUTE * 9 / 10, 2 * MINUTE * 11 / 10);
    fake_done(&fake);
}

static void test_asked_for_and_not_begun_the_next_pass_is_not_put_off(void **state)
{
    uint64_t due_usec;
    Fake fake;

    (void)state;
    begin_backed_off(&fake);
    due_usec = fake.wake_usec[0];
    fake.now_usec = due_usec - USEC_PER_SEC;
    fake.begin_error = -28;
    schedule_ask(fake_schedule(&fake, 0));
    fake_wake(&fake, 0);
    assert_int_equal(fake.wake_usec[0], due_usec);
    fake_done(&fake);
}

static void test_asked_for_in_a_pass_and_not_begun_it_is_tried_soon(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 1);
    schedule_ask(fake_schedule(&fake, 0));
    fake_end_pass(&fake, 0, true);
    fake.begin_error = -28;
    fake_wake(&fake, 0);
    assert_true(fake.wake_usec[0] - fake.now_usec <= SCHEDULE_RETRY_USEC);
    fake_done(&fake);
}

static void test_a_pass_is_stuck_once_what_it_waits_for_is_overdue(void **state)
{
    const uint64_t timeout = MINUTE, slack = SCHEDULE_OVERDUE_USEC;
    Progress progress;

    (void)state;
    progress_init(&progress, 1000);
    /* It waits for nothing at all. */
    assert_false(progress_is_stuck(&progress, timeout, 0, 1000 + slack));
    assert_true(progress_is_stuck(&progress, timeout, 0, 1001 + slack));
    progress_on_submit(&progress, REQUEST_DELETE_MEMBER);
    assert_true(progress_is_changing(&progress));
    assert_false(progress_is_stuck(&progress, timeout, 0, 1000 + timeout + slack));
    assert_true(progress_is_stuck(&progress, timeout, 0, 1001 + timeout + slack));
    progress_note(&progress, 2000);
    assert_false(progress_is_stuck(&progress, timeout, 0, 1001 + timeout + slack));
    progress.is_renewing = true;
    assert_false(progress_is_stuck(&progress, timeout, USEC_PER_HOUR, USEC_PER_HOUR + slack));
    assert_true(progress_is_stuck(&progress, timeout, USEC_PER_HOUR, USEC_PER_HOUR + slack + 1));
    progress.is_renewing = false;
    progress_on_answer(&progress, REQUEST_DELETE_MEMBER);
    assert_false(progress_is_changing(&progress));
    progress_on_intend(&progress);
    assert_false(progress_is_stuck(&progress, 1, 0, 2000 + PROGRESS_INTENT_USEC + slack));
    assert_true(progress_is_stuck(&progress, 1, 0, 2001 + PROGRESS_INTENT_USEC + slack));
    progress_on_intended(&progress);
    progress.wake_usec = USEC_PER_HOUR;
    assert_false(progress_is_stuck(&progress, timeout, 0, USEC_PER_HOUR + slack));
    assert_true(progress_is_stuck(&progress, timeout, 0, USEC_PER_HOUR + slack + 1));
}

static void test_what_is_abandoned_is_not_waited_for(void **state)
{
    Progress progress;

    (void)state;
    progress_init(&progress, 1000);
    progress_on_submit(&progress, REQUEST_LIST_MEMBERS);
    assert_false(progress_is_changing(&progress));
    progress_on_submit(&progress, REQUEST_ADD_MEMBERS);
    progress.is_renewing = true;
    progress_on_intend(&progress);
    progress_on_abandon(&progress);
    assert_false(progress_is_changing(&progress));
    assert_int_equal(progress.in_flight, 0);
    progress_on_intended(&progress); /* as it is called off */
    assert_false(progress_is_stuck(&progress, MINUTE, USEC_PER_HOUR, 1000 + SCHEDULE_OVERDUE_USEC));
    assert_true(progress_is_stuck(&progress, MINUTE, USEC_PER_HOUR, 1001 + SCHEDULE_OVERDUE_USEC));
}

/* However many passes fail, the next comes no sooner for it. */
static void test_failures_are_counted_to_an_end(void **state)
{
    Fake fake;
    Schedule *schedule;

    (void)state;
    fake_begin(&fake, 1);
    schedule = fake_schedule(&fake, 0);
    schedule->failures = schedule->backoffs = UINT32_MAX - 1;
    for (size_t i = 0; i < 3; i++) {
        fake_end_pass(&fake, 0, false);
        assert_true(schedule->failures == UINT32_MAX);
        assert_true(schedule->backoffs == UINT32_MAX);
        assert_true(schedule->next_usec - fake.now_usec >= 14 * MINUTE);
        fake_wake(&fake, 0);
    }
    fake_end_pass(&fake, 0, true);
    assert_int_equal(schedule->failures, 0);
    assert_int_equal(schedule->backoffs, 0);
    fake_done(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failures_are_counted_to_an_end),
        cmocka_unit_test(test_what_is_abandoned_is_not_waited_for),
        cmocka_unit_test(test_passes_follow_each_other_with_jitter),
        cmocka_unit_test(test_a_schedule_asks_chance_for_each_pass),
        cmocka_unit_test(test_backing_off_doubles_up_to_its_cap),
        cmocka_unit_test(test_it_backs_off_while_nothing_can_be_read_alone),
        cmocka_unit_test(test_without_work_there_is_no_pass),
        cmocka_unit_test(test_asked_for_between_passes_one_begins_at_once),
        cmocka_unit_test(test_asked_for_in_a_pass_another_follows_at_once),
        cmocka_unit_test(test_asked_for_while_backing_off_it_is_tried_soon),
        cmocka_unit_test(test_asked_for_in_vain_the_next_pass_stays_where_it_was),
        cmocka_unit_test(test_asked_for_just_before_its_time_it_is_the_next_pass),
        cmocka_unit_test(test_asked_for_in_a_pass_that_fails_one_back_off_is_added),
        cmocka_unit_test(test_asked_for_and_not_begun_the_next_pass_is_not_put_off),
        cmocka_unit_test(test_asked_for_in_a_pass_and_not_begun_it_is_tried_soon),
        cmocka_unit_test(test_a_window_that_opens_makes_a_pass_due),
        cmocka_unit_test(test_a_pass_is_stuck_once_what_it_waits_for_is_overdue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
