/* SPDX-License-Identifier: MIT */
/* What a list of the members decides of those who are in quarantine, or may be. */
#include "tests/unit/test_store_quarantine.h"

/* ---- a run that was killed with a switch under way ---- */

static SwitchLook shown;

static SwitchLook look_shown(const void *list, const char *member_id)
{
    (void)list;
    assert_string_equal(member_id, "m1");
    return shown;
}

static int settle_none(void *list, const char *member_id)
{
    (void)list;
    (void)member_id;
    return SETTLEMENT_LATER;
}

static const char *find_none(const void *list, const void *identity, size_t identity_size)
{
    (void)list;
    (void)identity;
    (void)identity_size;
    return NULL;
}

static void on_settled(void *userdata, const StoreAction *action, Outcome outcome)
{
    assert_string_equal(action->member_id, "m1");
    *(const char **)userdata = ops_outcome_text(outcome);
}

/* What the next run tells of it by a list, so long after. */
static const char *settled(Folder *folder, ChangeKind kind, SwitchLook look, uint64_t after_usec)
{
    const char *told = "nothing";
    const StoreSettling settling = {
        .list = {.settle_member = settle_none, .find_listed = find_none, .look = look_shown},
        .on_settled = on_settled,
        .userdata = &told,
    };
    Store *store = folder_open(folder);

    store_note_sent(store, record_switch(folder, store, kind));
    store_free(store);
    store = folder_open(folder);
    time_pass(after_usec);
    shown = look;
    assert_int_equal(store_settle(store, KEY, "c1", &settling, realtime_now, &folder->err), 0);
    store_free(store);
    return told;
}

static void test_a_list_decides_what_a_killed_run_switched(void **state)
{
    static const struct {
        ChangeKind kind;
        SwitchLook look;
        uint64_t after_usec;
        const char *told;
    } cases[] = {
        {CHANGE_DISABLE, SWITCH_DISABLED, 0, "disabled"},
        {CHANGE_DISABLE, SWITCH_ABSENT, 0, "gone"},
        {CHANGE_DISABLE, SWITCH_ENABLED, 59 * USEC_PER_SEC, "nothing"},
        {CHANGE_DISABLE, SWITCH_ENABLED, 61 * USEC_PER_SEC, "failed"},
        {CHANGE_ENABLE, SWITCH_ENABLED, 0, "enabled"},
        {CHANGE_ENABLE, SWITCH_ABSENT, 0, "gone"},
        {CHANGE_ENABLE, SWITCH_DISABLED, 59 * USEC_PER_SEC, "nothing"},
        {CHANGE_ENABLE, SWITCH_DISABLED, 61 * USEC_PER_SEC, "failed"},
        {CHANGE_ENABLE, SWITCH_UNKNOWN, USEC_PER_HOUR, "nothing"},
        {CHANGE_DISABLE, SWITCH_ENABLED, 60 * USEC_PER_SEC, "failed"},
    };

    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        assert_string_equal(settled(*state, cases[i].kind, cases[i].look, cases[i].after_usec),
                            cases[i].told);
        folder_teardown(state);
        folder_setup(state);
    }
}

/* ---- what a list says of those who are in it ---- */

static void settle(Folder *folder, Store *store, SwitchLook look, uint64_t span_usec)
{
    const StoreSettling settling = {
        .list = {.settle_member = settle_none, .find_listed = find_none, .look = look_shown},
        .quarantine_usec = span_usec,
    };

    shown = look;
    assert_int_equal(store_settle(store, KEY, "c1", &settling, realtime_now, &folder->err), 0);
}

static void expect_count(Folder *folder, Store *store, size_t count)
{
    Quarantine quarantine = recall(folder, store, SPAN_USEC);

    assert_int_equal(quarantine.count, count);
    quarantine_done(&quarantine);
}

static void test_who_is_listed_otherwise_leaves(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    disable(folder, store);
    assert_int_equal(store_end_pass(store, folder->pass, "converged", realtime_now, NULL), 0);
    settle(folder, store, SWITCH_DISABLED, SPAN_USEC);
    settle(folder, store, SWITCH_UNKNOWN, SPAN_USEC);
    expect_count(folder, store, 1);
    /* The list may lag. */
    time_pass(60 * USEC_PER_SEC - 1);
    settle(folder, store, SWITCH_ENABLED, SPAN_USEC);
    expect_count(folder, store, 1);
    time_pass(1);
    settle(folder, store, SWITCH_ENABLED, SPAN_USEC);
    expect_nobody(folder, store);

    disable(folder, store);
    assert_int_equal(store_end_pass(store, folder->pass, "converged", realtime_now, NULL), 0);
    settle(folder, store, SWITCH_ABSENT, SPAN_USEC);
    expect_nobody(folder, store);
    store_free(store);
    store = folder_open(folder);
    expect_nobody(folder, store);
    store_free(store);
}

static void test_one_of_somebody_else_leaves_when_enabled(void **state)
{
    static const char *const one[] = {"m1"};
    const StoreScope channel = {KEY, "prod", "c1", "payments"};
    Folder *folder = *state;
    Store *store = folder_open(folder);

    folder_begin(folder, store);
    assert_int_equal(
        store_quarantine_enter(store, &channel, SPAN_USEC, one, 1, realtime_now, &folder->err), 0);
    settle(folder, store, SWITCH_DISABLED, SPAN_USEC);
    expect_count(folder, store, 1);
    settle(folder, store, SWITCH_ENABLED, SPAN_USEC);
    expect_nobody(folder, store);
    store_free(store);
}

/* What is not decided yet is the pass's that is under way. */
static void test_one_under_way_stays(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    disable(folder, store);
    assert_int_equal(store_end_pass(store, folder->pass, "converged", realtime_now, NULL), 0);
    record_switch(folder, store, CHANGE_DISABLE);
    settle(folder, store, SWITCH_ABSENT, SPAN_USEC);
    expect_count(folder, store, 1);
    store_free(store);
}

static void test_a_longer_one_is_kept_longer(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    disable(folder, store);
    settle(folder, store, SWITCH_DISABLED, SPAN_USEC - 1);
    expect_left(folder, store, 0, SPAN_USEC);
    settle(folder, store, SWITCH_DISABLED, SPAN_USEC + USEC_PER_HOUR);
    expect_left(folder, store, 0, SPAN_USEC + USEC_PER_HOUR);
    assert_int_equal(store_flush(store, &folder->err), 0);
    store_free(store);
    store = folder_open(folder);
    expect_left(folder, store, 0, SPAN_USEC + USEC_PER_HOUR);
    store_free(store);
}

/* Nobody can tell what became of a switch in a channel that is gone for a day. */
static void test_a_switch_in_a_channel_that_is_gone(void **state)
{
    const char *told = "nothing";
    const StoreSettling settling = {
        .list = {.settle_member = settle_none, .find_listed = find_none},
        .on_settled = on_settled,
        .userdata = &told,
    };
    Folder *folder = *state;
    Store *store = folder_open(folder);

    store_note_sent(store, record_switch(folder, store, CHANGE_ENABLE));
    store_free(store);
    store = folder_open(folder);
    assert_int_equal(store_settle(store, KEY, "c1", &settling, realtime_now, &folder->err), 0);
    assert_string_equal(told, "nothing");
    time_pass(USEC_PER_DAY - 1);
    assert_int_equal(store_settle(store, KEY, "c1", &settling, realtime_now, &folder->err), 0);
    assert_string_equal(told, "nothing");
    time_pass(1);
    assert_int_equal(store_settle(store, KEY, "c1", &settling, realtime_now, &folder->err), 0);
    assert_string_equal(told, "gone");
    store_free(store);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_list_decides_what_a_killed_run_switched),
        TEST(test_who_is_listed_otherwise_leaves),
        TEST(test_one_of_somebody_else_leaves_when_enabled),
        TEST(test_one_under_way_stays),
        TEST(test_a_longer_one_is_kept_longer),
        TEST(test_a_switch_in_a_channel_that_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
