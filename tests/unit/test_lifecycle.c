/* SPDX-License-Identifier: MIT */
/* How passes give way: to an undo, to a newer set, to a stop; and changes that are held. */
#include "tests/unit/schedule_case.h"

/* ---- undo ---- */

static void test_passes_stand_aside_for_an_undo_on_its_instances(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 2);
    lifecycle_ask_undo(&fake.lifecycle, false);
    lifecycle_step(&fake.lifecycle);
    assert_true(fake.is_stopped[0]);
    assert_false(fake.is_stopped[1] || fake.undo_runs);
    fake_end_pass(&fake, 0, false);
    assert_true(fake.undo_runs);
    assert_int_equal(fake.wake_usec[0], USEC_NEVER);
    assert_int_equal(fake_schedule(&fake, 0)->done_count, 0); /* what was cut says nothing */
    assert_int_equal(fake_schedule(&fake, 0)->failures, 0);
    schedule_ask(fake_schedule(&fake, 0));
    assert_int_equal(fake.wake_usec[0], USEC_NEVER);
    fake_end_undo(&fake);
    assert_int_equal(fake.wake_usec[0], fake.now_usec);
    fake_done(&fake);
}

/* Neither an undo nor a newer set, before and after which a pass is made at once, puts off the next
 * pass of an instance that cannot be read. */
static void test_giving_way_puts_no_pass_off(void **state)
{
    uint64_t due_usec;
    Schedule old;
    Fake fake;

    (void)state;
    fake_begin(&fake, 1);
    fake_end_pass(&fake, 0, false);
    due_usec = fake.wake_usec[0];
    lifecycle_ask_undo(&fake.lifecycle, false);
    lifecycle_step(&fake.lifecycle);
    fake_end_undo(&fake);
    fake_wake(&fake, 0);
    fake_end_pass(&fake, 0, false);
    assert_int_equal(fake.wake_usec[0], due_usec);
    lifecycle_replace(&fake.lifecycle, "a newer set");
    old = *fake_schedule(&fake, 0);
    fake_done(&fake);
    fake_init(&fake, 1);
    schedule_take_over(fake_schedule(&fake, 0), &old);
    lifecycle_begin(&fake.lifecycle);
    fake_wake(&fake, 0);
    fake_end_pass(&fake, 0, false);
    assert_int_equal(fake.wake_usec[0], due_usec);
    assert_int_equal(fake_schedule(&fake, 0)->failures, 3);
    fake_done(&fake);
}

static void test_every_instance_is_asked(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 2);
    fake_end_pass(&fake, 0, true);
    fake_end_pass(&fake, 1, true);
    assert_true(fake.wake_usec[0] > fake.now_usec && fake.wake_usec[1] > fake.now_usec);
    lifecycle_ask(&fake.lifecycle);
    assert_int_equal(fake.wake_usec[0], fake.now_usec);
    assert_int_equal(fake.wake_usec[1], fake.now_usec);
    fake_done(&fake);
}

static void test_a_dry_undo_awaits_the_pass(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 1);
    lifecycle_hold(&fake.lifecycle, "a test");
    lifecycle_ask_undo(&fake.lifecycle, true);
    lifecycle_step(&fake.lifecycle);
    assert_false(fake.is_stopped[0] || fake.undo_runs);
    fake_end_pass(&fake, 0, true);
    assert_true(fake.undo_runs);
    assert_int_equal(fake_schedule(&fake, 0)->done_count, 1);
    fake_done(&fake);
}

static void test_an_undo_that_cannot_begin_lets_passes_go_on(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 1);
    fake_end_pass(&fake, 0, true);
    fake.undo_error = -12;
    lifecycle_ask_undo(&fake.lifecycle, false);
    lifecycle_step(&fake.lifecycle);
    assert_int_equal(fake.lifecycle.undo, UNDO_NONE);
    assert_int_equal(fake.wake_usec[0], fake.now_usec);
    fake_done(&fake);
}

static void test_an_undo_given_up_in_mid_pass_has_another_pass_follow(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 1);
    lifecycle_ask_undo(&fake.lifecycle, false);
    lifecycle_step(&fake.lifecycle);
    lifecycle_on_undone(&fake.lifecycle);
    fake_end_pass(&fake, 0, true);
    assert_int_equal(fake.wake_usec[0], fake.now_usec);
    fake_done(&fake);
}

/* ---- changes held ---- */

static void test_changes_are_held_in_passes_of_now_and_later(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 2);
    fake_end_pass(&fake, 1, true);
    lifecycle_hold(&fake.lifecycle, "a test");
    assert_true(fake.is_held[0]);
    fake_wake(&fake, 1);
    assert_true(fake.is_held[1]);
    lifecycle_allow(&fake.lifecycle);
    assert_false(fake.is_held[0] || fake.is_held[1]);
    fake_done(&fake);
}

static void test_an_undo_does_not_begin_while_changes_are_held_and_passes_go_on(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 1);
    lifecycle_hold(&fake.lifecycle, "a test");
    lifecycle_ask_undo(&fake.lifecycle, false);
    lifecycle_step(&fake.lifecycle);
    assert_false(fake.is_stopped[0]);
    fake_end_pass(&fake, 0, true);
    fake_wake(&fake, 0);
    assert_int_equal(fake.begun, 2);
    lifecycle_allow(&fake.lifecycle);
    lifecycle_step(&fake.lifecycle);
    assert_true(fake.is_stopped[0]);
    lifecycle_hold(&fake.lifecycle, "a test"); /* while it waits */
    fake_end_pass(&fake, 0, true);
    assert_false(fake.undo_runs);
    assert_int_equal(fake.wake_usec[0], fake.now_usec);
    lifecycle_allow(&fake.lifecycle);
    lifecycle_step(&fake.lifecycle);
    assert_true(fake.undo_runs);
    lifecycle_hold(&fake.lifecycle, "a test"); /* while it runs */
    lifecycle_step(&fake.lifecycle);
    assert_true(fake.undo_runs && !fake.undo_stopped);
    fake_done(&fake);
}

/* ---- replaced ---- */

static void test_a_newer_set_awaits_changes_and_no_reads(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 2);
    fake.is_changing[1] = true;
    lifecycle_replace(&fake.lifecycle, "a test");
    assert_true(fake.is_stopped[0] && fake.is_stopped[1]);
    lifecycle_step(&fake.lifecycle);
    assert_false(fake.is_abandoned[0] || fake.is_abandoned[1]);
    fake.is_changing[1] = false;
    lifecycle_step(&fake.lifecycle);
    assert_true(fake.is_abandoned[0] && fake.is_abandoned[1]);
    fake_end_pass(&fake, 0, true);
    assert_false(lifecycle_is_over(&fake.lifecycle));
    fake_end_pass(&fake, 1, true);
    assert_true(lifecycle_is_over(&fake.lifecycle));
    assert_int_equal(fake.wake_usec[0], USEC_NEVER);
    schedule_ask(fake_schedule(&fake, 0));
    assert_int_equal(fake.wake_usec[0], USEC_NEVER);
    fake_done(&fake);
}

static void test_a_newer_set_awaits_the_undo_under_way_and_no_other(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 1);
    fake_end_pass(&fake, 0, true);
    lifecycle_ask_undo(&fake.lifecycle, false);
    lifecycle_step(&fake.lifecycle);
    lifecycle_replace(&fake.lifecycle, "a test");
    lifecycle_step(&fake.lifecycle);
    assert_false(fake.undo_stopped || fake.undo_abandoned || lifecycle_is_over(&fake.lifecycle));
    fake_end_undo(&fake);
    assert_true(lifecycle_is_over(&fake.lifecycle));
    fake_done(&fake);

    fake_begin(&fake, 1);
    lifecycle_ask_undo(&fake.lifecycle, false);
    lifecycle_step(&fake.lifecycle);
    lifecycle_replace(&fake.lifecycle, "a test");
    fake_end_pass(&fake, 0, true);
    assert_true(lifecycle_is_over(&fake.lifecycle) && !fake.undo_runs);
    fake_done(&fake);
}

/* Files that were looked at again prove nothing for a set that a newer one has replaced. */
static void test_what_a_newer_set_holds_back_stays_held(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 2);
    fake.is_changing[0] = fake.is_changing[1] = true;
    lifecycle_replace(&fake.lifecycle, "a newer set");
    lifecycle_hold(&fake.lifecycle, "files change");
    lifecycle_allow(&fake.lifecycle);
    assert_true(fake.is_held[0] && fake.is_held[1]);
    lifecycle_stop(&fake.lifecycle, "a test");
    lifecycle_allow(&fake.lifecycle);
    assert_true(fake.is_held[0] && fake.is_held[1]);
    fake_end_pass(&fake, 0, true);
    fake_end_pass(&fake, 1, true);
    fake_done(&fake);
}

/* ---- stop ---- */

static void test_a_stop_awaits_what_is_in_flight_for_its_grace(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 2);
    fake.undo_covers[0] = false;
    lifecycle_ask_undo(&fake.lifecycle, false);
    lifecycle_step(&fake.lifecycle);
    assert_true(fake.undo_runs);
    lifecycle_stop(&fake.lifecycle, "a test");
    assert_true(fake.is_stopped[0] && fake.is_stopped[1] && fake.undo_stopped);
    fake.now_usec += 4 * USEC_PER_SEC - 1;
    lifecycle_step(&fake.lifecycle);
    assert_false(fake.is_abandoned[0] || fake.undo_abandoned);
    assert_int_equal(lifecycle_next_usec(&fake.lifecycle), ++fake.now_usec);
    lifecycle_step(&fake.lifecycle);
    assert_true(fake.is_abandoned[0] && fake.is_abandoned[1] && fake.undo_abandoned);
    fake_end_pass(&fake, 0, true);
    fake_end_pass(&fake, 1, true);
    assert_false(lifecycle_is_over(&fake.lifecycle));
    fake_end_undo(&fake);
    assert_true(lifecycle_is_over(&fake.lifecycle));
    fake_done(&fake);
}

/* ---- stuck ---- */

static void test_a_pass_that_is_overdue_is_stuck(void **state)
{
    Fake fake;

    (void)state;
    fake_begin(&fake, 1);
    assert_false(lifecycle_is_stuck(&fake.lifecycle, fake.now_usec + USEC_PER_DAY));
    fake_end_pass(&fake, 0, true);
    assert_false(lifecycle_is_stuck(&fake.lifecycle, fake.wake_usec[0] + SCHEDULE_OVERDUE_USEC));
    assert_true(lifecycle_is_stuck(&fake.lifecycle, fake.wake_usec[0] + SCHEDULE_OVERDUE_USEC + 1));
    fake_done(&fake);
}

static void test_standing_aside_for_nothing_is_stuck(void **state)
{
    Fake fake;
    uint64_t later_usec;

    (void)state;
    fake_begin(&fake, 1);
    lifecycle_ask_undo(&fake.lifecycle, false);
    lifecycle_step(&fake.lifecycle);
    fake_end_pass(&fake, 0, true);
    later_usec = fake.now_usec + SCHEDULE_OVERDUE_USEC + 1;
    assert_false(lifecycle_is_stuck(&fake.lifecycle, later_usec));
    fake.lifecycle.undo = UNDO_WAITING; /* nobody looks */
    assert_true(lifecycle_is_stuck(&fake.lifecycle, later_usec));
    fake_done(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_instance_is_asked),
        cmocka_unit_test(test_passes_stand_aside_for_an_undo_on_its_instances),
        cmocka_unit_test(test_giving_way_puts_no_pass_off),
        cmocka_unit_test(test_a_dry_undo_awaits_the_pass),
        cmocka_unit_test(test_an_undo_that_cannot_begin_lets_passes_go_on),
        cmocka_unit_test(test_an_undo_given_up_in_mid_pass_has_another_pass_follow),
        cmocka_unit_test(test_changes_are_held_in_passes_of_now_and_later),
        cmocka_unit_test(test_an_undo_does_not_begin_while_changes_are_held_and_passes_go_on),
        cmocka_unit_test(test_a_newer_set_awaits_changes_and_no_reads),
        cmocka_unit_test(test_a_newer_set_awaits_the_undo_under_way_and_no_other),
        cmocka_unit_test(test_what_a_newer_set_holds_back_stays_held),
        cmocka_unit_test(test_a_stop_awaits_what_is_in_flight_for_its_grace),
        cmocka_unit_test(test_a_pass_that_is_overdue_is_stuck),
        cmocka_unit_test(test_standing_aside_for_nothing_is_stuck),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
