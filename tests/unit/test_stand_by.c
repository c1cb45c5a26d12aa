/* SPDX-License-Identifier: MIT */
/* How passes give way to another host that owns their instance, and begin again. */
#include "tests/unit/schedule_case.h"

static void test_who_stands_by_begins_no_pass(void **state)
{
    Fake fake;

    (void)state;
    fake_init(&fake, 2);
    lifecycle_stand_by(&fake.lifecycle, 0, false, "another host's");
    lifecycle_begin(&fake.lifecycle);
    assert_true(fake.wake_usec[0] == 0 || fake.wake_usec[0] == USEC_NEVER);
    assert_int_equal(fake.wake_usec[1], fake.now_usec);
    lifecycle_ask(&fake.lifecycle);
    assert_int_equal(schedule_ask(fake_schedule(&fake, 0)), 0);
    assert_int_not_equal(schedule_ask(fake_schedule(&fake, 1)), 0);
    fake_wake(&fake, 1);
    assert_false(fake.is_passing[0]);
    assert_false(lifecycle_is_stuck(&fake.lifecycle, fake.now_usec + USEC_PER_HOUR));
    lifecycle_take_up(&fake.lifecycle, 0);
    fake_wake(&fake, 0);
    assert_true(fake.is_passing[0]);
    fake_end_pass(&fake, 0, true);
    assert_true(fake.wake_usec[0] > fake.now_usec);
    lifecycle_stand_by(&fake.lifecycle, 0, false, "another host's");
    assert_int_equal(fake.wake_usec[0], USEC_NEVER);
    fake_done(&fake);
}

/* A set whose turn has not come: the one before may still have a pass under way. */
static void test_a_set_that_has_not_begun_takes_up_without_a_pass(void **state)
{
    Fake fake;

    (void)state;
    fake_init(&fake, 1);
    lifecycle_stand_by(&fake.lifecycle, 0, false, "another host's");
    lifecycle_take_up(&fake.lifecycle, 0);
    assert_true(fake.wake_usec[0] == 0 || fake.wake_usec[0] == USEC_NEVER);
    lifecycle_begin(&fake.lifecycle);
    fake_wake(&fake, 0);
    assert_true(fake.is_passing[0]);
    fake_done(&fake);
}

/* What it found and left undone is of no account, and it begins anew once it is this host's again.
 */
static void test_a_pass_gives_way_to_another_host(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 2);
    lifecycle_stand_by(&fake.lifecycle, 0, false, "it is given away");
    lifecycle_stand_by(&fake.lifecycle, 0, false, "it is given away");
    assert_true(fake.is_stopped[0]);
    assert_false(fake.is_abandoned[0] || fake.is_stopped[1]);
    fake_end_pass(&fake, 0, false);
    assert_int_equal(fake.wake_usec[0], USEC_NEVER);
    assert_int_equal(fake_schedule(&fake, 0)->done_count, 0);
    assert_int_equal(fake_schedule(&fake, 0)->failures, 0);
    lifecycle_take_up(&fake.lifecycle, 0);
    fake_wake(&fake, 0);
    lifecycle_stand_by(&fake.lifecycle, 0, true, "its lease has lapsed");
    assert_true(fake.is_abandoned[0] && !fake.is_stopped[0]); /* which would complete a change */
    lifecycle_take_up(&fake.lifecycle, 0);                    /* before that pass has ended */
    fake_end_pass(&fake, 0, true);
    assert_int_equal(fake.wake_usec[0], fake.now_usec);
    fake_done(&fake);
}

/* It had been stopped for another reason. */
static void test_an_instance_that_is_lost_abandons_a_pass_that_gives_way(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 1);
    lifecycle_stand_by(&fake.lifecycle, 0, false, "a test");
    lifecycle_stand_by(&fake.lifecycle, 0, true, "a test");
    assert_true(fake.is_abandoned[0]);
    fake_end_pass(&fake, 0, true);
    fake_done(&fake);

    fake_begin(&fake, 1);
    lifecycle_stop(&fake.lifecycle, "a test");
    lifecycle_stand_by(&fake.lifecycle, 0, true, "a test");
    assert_true(fake.is_abandoned[0]);
    fake_end_pass(&fake, 0, true);
    assert_true(lifecycle_is_over(&fake.lifecycle));
    fake_done(&fake);
}

static void test_an_undo_may_read_what_another_host_has(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 1);
    lifecycle_stand_by(&fake.lifecycle, 0, false, "it is given away");
    lifecycle_ask_undo(&fake.lifecycle, true);
    lifecycle_step(&fake.lifecycle);
    fake_end_pass(&fake, 0, false);
    assert_true(fake.undo_runs);
    lifecycle_take_up(&fake.lifecycle, 0);
    assert_int_equal(fake.wake_usec[0], USEC_NEVER);
    fake_end_undo(&fake);
    assert_int_equal(fake.wake_usec[0], fake.now_usec);
    fake_done(&fake);
}

static void test_a_set_that_ends_takes_nothing_up(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 2);
    lifecycle_stand_by(&fake.lifecycle, 0, false, "it is given away");
    lifecycle_stop(&fake.lifecycle, "stopped");
    lifecycle_take_up(&fake.lifecycle, 0);
    fake_end_pass(&fake, 0, true);
    lifecycle_take_up(&fake.lifecycle, 0);
    fake_end_pass(&fake, 1, true);
    lifecycle_step(&fake.lifecycle);
    assert_true(lifecycle_is_over(&fake.lifecycle));
    assert_int_equal(fake.wake_usec[0], USEC_NEVER);
    fake_done(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_stands_by_begins_no_pass),
        cmocka_unit_test(test_a_set_that_has_not_begun_takes_up_without_a_pass),
        cmocka_unit_test(test_a_pass_gives_way_to_another_host),
        cmocka_unit_test(test_an_instance_that_is_lost_abandons_a_pass_that_gives_way),
        cmocka_unit_test(test_an_undo_may_read_what_another_host_has),
        cmocka_unit_test(test_a_set_that_ends_takes_nothing_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
