/* SPDX-License-Identifier: MIT */
/* Who is in quarantine, by whose hand, and for how long: by time that really passed. */
#include "tests/unit/test_store_quarantine.h"

static void test_the_time_runs_from_the_answer(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t action = record_switch(folder, store, CHANGE_DISABLE);

    time_pass(USEC_PER_HOUR);
    expect_left(folder, store, SPAN_USEC, SPAN_USEC);
    assert_int_equal(store_quarantine_due_usec(store, KEY), SPAN_USEC);
    decide(folder, store, action, OUTCOME_DISABLED);
    time_pass(4 * USEC_PER_HOUR);
    expect_left(folder, store, SPAN_USEC, 6 * USEC_PER_HOUR);
    assert_int_equal(store_quarantine_due_usec(store, KEY), 6 * USEC_PER_HOUR);
    assert_int_equal(store_quarantine_due_usec(store, "https://elsewhere p i"), USEC_NEVER);
    time_pass(7 * USEC_PER_HOUR);
    expect_left(folder, store, SPAN_USEC, 0);
    assert_int_equal(store_quarantine_due_usec(store, KEY), USEC_NEVER);
    store_free(store);
}

static void test_a_clock_that_is_set_ends_nothing(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    disable(folder, store);
    realtime_now += 3650 * 24 * USEC_PER_HOUR;
    expect_left(folder, store, SPAN_USEC, SPAN_USEC);
    realtime_now -= 7300 * 24 * USEC_PER_HOUR;
    time_pass(USEC_PER_HOUR);
    expect_left(folder, store, SPAN_USEC, 9 * USEC_PER_HOUR);
    store_free(store);
}

static void test_another_run_and_another_boot_go_on(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    disable(folder, store);
    time_pass(USEC_PER_HOUR);
    store_free(store);
    store = folder_open(folder);
    time_pass(USEC_PER_HOUR);
    expect_left(folder, store, SPAN_USEC, 8 * USEC_PER_HOUR);
    folder_reboot(folder, &store, 3 * USEC_PER_HOUR, 1);
    expect_left(folder, store, SPAN_USEC, 5 * USEC_PER_HOUR);
    time_pass(USEC_PER_HOUR);
    expect_left(folder, store, SPAN_USEC, 4 * USEC_PER_HOUR);
    store_free(store);
}

static void test_a_longer_one_counts_at_once_and_a_shorter_one_not(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    disable(folder, store);
    time_pass(USEC_PER_HOUR);
    expect_left(folder, store, 20 * USEC_PER_HOUR, 19 * USEC_PER_HOUR);
    expect_left(folder, store, USEC_PER_HOUR, 9 * USEC_PER_HOUR);
    store_free(store);
}

static void test_whatever_ends_it_takes_the_member_out(void **state)
{
    static const struct {
        ChangeKind kind;
        Outcome outcome;
        bool stays;
    } ends[] = {
        {CHANGE_ENABLE, OUTCOME_ENABLED, false},  {CHANGE_ENABLE, OUTCOME_GONE, false},
        {CHANGE_ENABLE, OUTCOME_FAILED, true},    {CHANGE_ENABLE, OUTCOME_SKIPPED, true},
        {CHANGE_DELETE, OUTCOME_DELETED, false},  {CHANGE_DELETE, OUTCOME_GONE, false},
        {CHANGE_DELETE, OUTCOME_FAILED, true},    {CHANGE_DELETE, OUTCOME_SKIPPED, true},
        {CHANGE_DISABLE, OUTCOME_DISABLED, true},
    };
    Folder *folder = *state;
    Store *store = folder_open(folder);

    for (size_t i = 0; i < ELEMENTS(ends); i++) {
        Quarantine quarantine;

        disable(folder, store);
        decide(folder, store, record_switch(folder, store, ends[i].kind), ends[i].outcome);
        quarantine = recall(folder, store, SPAN_USEC);
        assert_int_equal(quarantine.count, ends[i].stays);
        quarantine_done(&quarantine);
    }
    store_free(store);
}

static void test_one_that_was_not_disabled_never_entered(void **state)
{
    static const Outcome outcomes[] = {OUTCOME_FAILED, OUTCOME_SKIPPED, OUTCOME_GONE};
    Folder *folder = *state;
    Store *store = folder_open(folder);

    for (size_t i = 0; i < ELEMENTS(outcomes); i++) {
        decide(folder, store, record_switch(folder, store, CHANGE_DISABLE), outcomes[i]);
        expect_nobody(folder, store);
    }
    store_free(store);
}

static void test_those_of_somebody_else_wait_and_are_not_ours(void **state)
{
    static const char *const ids[] = {"m7", "m8"};
    const StoreScope channel = {KEY, "prod", "c1", "payments"};
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StoreQuarantine ours = {0};
    Quarantine quarantine;

    folder_begin(folder, store);
    assert_int_equal(
        store_quarantine_enter(store, &channel, SPAN_USEC, ids, 2, realtime_now, &folder->err), 0);
    assert_int_equal(store_flush(store, &folder->err), 0);
    time_pass(USEC_PER_HOUR);
    quarantine = recall(folder, store, SPAN_USEC);
    assert_int_equal(quarantine.count, 2);
    assert_false(quarantine.rows[0].is_ours || quarantine.rows[1].is_ours);
    assert_int_equal(quarantine.rows[1].left_usec, 9 * USEC_PER_HOUR);
    quarantine_done(&quarantine);
    assert_int_equal(store_quarantine(store, &ours, &folder->err), 0);
    assert_int_equal(ours.count, 0);
    store_quarantine_done(&ours);
    assert_int_equal(store_quarantine_leave(store, KEY, "c1", ids, 2, &folder->err), 0);
    expect_nobody(folder, store);
    store_free(store);
}

static void test_who_is_disabled_by_us_can_be_named(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StoreQuarantine ours = {0};

    disable(folder, store);
    assert_int_equal(store_quarantine(store, &ours, &folder->err), 0);
    assert_int_equal(ours.count, 1);
    assert_string_equal(ours.items[0].instance_name, "prod");
    assert_string_equal(ours.items[0].channel_id, "c1");
    assert_string_equal(ours.items[0].channel_name, "payments");
    assert_string_equal(ours.items[0].member_id, "m1");
    assert_false(ours.items[0].is_told);
    store_quarantine_done(&ours);
    assert_int_equal(store_quarantine_tell(store, KEY, "c1", true, &folder->err), 0);
    assert_int_equal(store_quarantine(store, &ours, &folder->err), 0);
    assert_true(ours.items[0].is_told);
    store_quarantine_done(&ours);
    store_free(store);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_time_runs_from_the_answer),
        TEST(test_a_clock_that_is_set_ends_nothing),
        TEST(test_another_run_and_another_boot_go_on),
        TEST(test_a_longer_one_counts_at_once_and_a_shorter_one_not),
        TEST(test_whatever_ends_it_takes_the_member_out),
        TEST(test_one_that_was_not_disabled_never_entered),
        TEST(test_those_of_somebody_else_wait_and_are_not_ours),
        TEST(test_who_is_disabled_by_us_can_be_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
