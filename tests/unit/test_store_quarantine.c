/* SPDX-License-Identifier: MIT */
/* Who is in quarantine, by whose hand, and for how long: by time that really passed. */
#include "tests/unit/test_store_common.h"

#include "daemon/store/quarantine.h"

#define SPAN_USEC (10 * USEC_PER_HOUR)

static const RosterChannel roster = {
    .name = "payments", .mode = MODE_PRUNE, .quarantine_usec = SPAN_USEC};

/* Records that m1 is disabled, or enabled; what comes of it is decided later. */
static uint64_t record_switch(Folder *folder, Store *store, ChangeKind kind)
{
    Change change;
    Batch batch = folder_batch(folder, &change, 1);

    folder_begin(folder, store);
    batch.channel = &roster;
    change.kind = kind;
    assert_int_equal(store_record(store, &batch, 1, realtime_now, &folder->err), 0);
    return change.action;
}

static void decide(Folder *folder, Store *store, uint64_t action, Outcome outcome)
{
    assert_int_equal(
        store_decide(store, action, outcome, 1, NULL, NULL, realtime_now, &folder->err), 0);
    assert_int_equal(store_flush(store, &folder->err), 0);
}

static void disable(Folder *folder, Store *store)
{
    decide(folder, store, record_switch(folder, store, CHANGE_DISABLE), OUTCOME_DISABLED);
}

/* What the state says of channel c1, of which a roster has that quarantine. */
static Quarantine recall(Folder *folder, Store *store, uint64_t span_usec)
{
    Quarantine quarantine = {0};

    assert_int_equal(store_quarantine_recall(store, KEY, "c1", span_usec, realtime_now, &quarantine,
                                             &folder->err),
                     0);
    return quarantine;
}

static void expect_left(Folder *folder, Store *store, uint64_t span_usec, uint64_t left_usec)
{
    Quarantine quarantine = recall(folder, store, span_usec);

    assert_int_equal(quarantine.count, 1);
    assert_string_equal(quarantine.rows[0].member_id, "m1");
    assert_true(quarantine.rows[0].is_ours);
    assert_int_equal(quarantine.rows[0].left_usec, left_usec);
    assert_int_equal(quarantine.rows[0].until_usec, realtime_now + left_usec);
    quarantine_done(&quarantine);
}

static void expect_nobody(Folder *folder, Store *store)
{
    Quarantine quarantine = recall(folder, store, SPAN_USEC);

    assert_int_equal(quarantine.count, 0);
    quarantine_done(&quarantine);
}

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
    };

    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        assert_string_equal(settled(*state, cases[i].kind, cases[i].look, cases[i].after_usec),
                            cases[i].told);
        folder_teardown(state);
        folder_setup(state);
    }
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
        TEST(test_a_list_decides_what_a_killed_run_switched),
        TEST(test_those_of_somebody_else_wait_and_are_not_ours),
        TEST(test_who_is_disabled_by_us_can_be_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
