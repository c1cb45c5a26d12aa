/* SPDX-License-Identifier: MIT */
/* What killed runs left undecided, and the history read back. */
#include "tests/unit/test_store_common.h"

static int lists_only_m1(void *list, const char *member_id)
{
    ++*(unsigned int *)list;
    return strcmp(member_id, "m1") == 0 ? SETTLEMENT_FAILED : SETTLEMENT_GONE;
}

static int lists_out_of_memory(void *list, const char *member_id)
{
    (void)list;
    (void)member_id;
    return -ENOMEM;
}

static int lists_too_early(void *list, const char *member_id)
{
    (void)list;
    (void)member_id;
    return SETTLEMENT_LATER;
}

static int settle(Store *store, const char *channel_id, SettleMember settle_member, void *list,
                  uint64_t at_usec, Err *err)
{
    const StoreSettling settling = {
        .list = {settle_member, find_nobody, find_nobody_corrected, list, NULL}};

    return store_settle(store, KEY, channel_id, &settling, at_usec, err);
}

static void record(Folder *folder, Store *store, const char *channel_id, Change *deletions,
                   size_t count, uint64_t at_usec)
{
    Batch batch = folder_batch(folder, deletions, count);

    batch.channel_id = channel_id;
    batch.pass = folder->pass;
    assert_int_equal(store_record(store, &batch, 1, at_usec, &folder->err), 0);
    for (size_t i = 0; i < count; i++)
        store_note_sent(store, deletions[i].action);
}

static int lists_nobody(void *list, const char *member_id)
{
    (void)list;
    (void)member_id;
    return SETTLEMENT_GONE;
}

static void assert_outcomes(Store *store, const char *const outcomes[static 3])
{
    StoreActions history = {0};

    assert_int_equal(store_history(store, &(StoreFilter){0}, &history, NULL), 0);
    assert_int_equal(history.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(history.items[i].outcome, outcomes[i]);
    store_actions_done(&history);
}

/* Three were recorded, one was sent, then the run was killed, and somebody else took all away. */
static void killed_after_the_first(Folder *folder, Store *store)
{
    Change deletions[3];
    Batch batch = folder_batch(folder, deletions, 3);

    folder_begin(folder, store);
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), 0);
    store_note_sent(store, deletions[0].action);
    store_free(store);
}

static void test_what_was_never_sent_went_otherwise(void **state)
{
    Folder *folder = *state;
    Store *store;

    killed_after_the_first(folder, folder_open(folder));
    store = folder_open(folder);
    assert_int_equal(settle(store, "c1", lists_nobody, NULL, NOW, NULL), 0);
    assert_outcomes(store, (const char *const[]){"deleted", "gone", "gone"});
    store_free(store);
}

/* After a loss of power, or without the notes, nobody knows: ours, so that it can be undone. */
static void test_what_nobody_knows_counts_as_deleted(void **state)
{
    static const SteadySource other_boot = {boottime_fake, realtime_fake, "/proc/version"};
    Folder *folder = *state;
    Store *store;

    killed_after_the_first(folder, folder_open(folder));
    steady_source = &other_boot;
    store = folder_open(folder);
    assert_int_equal(settle(store, "c1", lists_nobody, NULL, NOW, NULL), 0);
    assert_outcomes(store, (const char *const[]){"deleted", "deleted", "deleted"});
    store_free(store);
}

static void test_notes_that_are_destroyed_tell_nothing(void **state)
{
    Folder *folder = *state;
    Store *store;

    killed_after_the_first(folder, folder_open(folder));
    folder_write(folder, "lock", "sent since boot", 15);
    store = folder_open(folder);
    assert_int_equal(settle(store, "c1", lists_nobody, NULL, NOW, NULL), 0);
    assert_outcomes(store, (const char *const[]){"deleted", "deleted", "deleted"});
    store_free(store);
}

/* Somebody cuts the file while it is written to: what was noted before is lost. */
static void test_notes_that_are_cut_meanwhile_tell_nothing(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change deletions[3];
    Batch batch = folder_batch(folder, deletions, 3);

    folder_begin(folder, store);
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), 0);
    store_note_sent(store, deletions[0].action);
    folder_write(folder, "lock", "", 0);
    store_note_sent(store, deletions[1].action);
    assert_int_equal(store_end_pass(store, folder->pass, "failed", NOW, NULL), 0);
    assert_int_equal(settle(store, "c1", lists_nobody, NULL, NOW, NULL), 0);
    assert_outcomes(store, (const char *const[]){"deleted", "deleted", "deleted"});
    store_free(store);
}

static void assert_undecided(Store *store, const char *channel_id, size_t count)
{
    StoreActions actions = {0};

    assert_int_equal(store_undecided(store, channel_id ? KEY : NULL, channel_id, &actions, NULL),
                     0);
    assert_int_equal(actions.count, count);
    store_actions_done(&actions);
}

static void test_killed_run_is_settled_by_the_next(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change deletions[3], other;
    StoreActions history = {0};
    unsigned int asked = 0;

    folder_begin(folder, store);
    record(folder, store, "c1", deletions, 3, NOW);
    record(folder, store, "c2", &other, 1, NOW);
    assert_int_equal(settle(store, "nobody", lists_only_m1, &asked, NOW + 1, &folder->err), 0);
    store_free(store);

    store = folder_open(folder);
    assert_int_equal(settle(store, "c1", lists_only_m1, &asked, NOW + 9, &folder->err), 0);
    assert_int_equal(asked, 3);
    assert_undecided(store, "c1", 0);
    assert_undecided(store, NULL, 1);
    assert_int_equal(store_flush(store, &folder->err), 0);
    store_free(store);

    store = folder_open_read_only(folder);
    assert_int_equal(store_history(store, &(StoreFilter){.channel = "c1"}, &history, &folder->err),
                     0);
    assert_int_equal(history.count, 3);
    assert_string_equal(history.items[0].outcome, "failed");
    assert_string_equal(history.items[1].outcome, "deleted");
    assert_string_equal(history.items[2].outcome, "deleted");
    assert_int_equal(history.items[2].decided_usec, NOW + 9);
    store_actions_done(&history);
    store_free(store);
}

static int lists_no_channel(void *list, const char *member_id)
{
    (void)list;
    (void)member_id;
    return SETTLEMENT_ABSENT;
}

/* A channel that is not listed is one that is no more only when that lasts, and was seen before. */
static void test_an_absent_channel_decides_nothing_for_a_day(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StoreActions history = {0};
    Change deletion;

    folder_begin(folder, store);
    record(folder, store, "c1", &deletion, 1, NOW);
    store_free(store);
    time_pass(30 * USEC_PER_DAY);
    store = folder_open(folder);
    assert_int_equal(settle(store, "c1", lists_no_channel, NULL, NOW, NULL), 0);
    assert_undecided(store, "c1", 1);
    time_pass(USEC_PER_DAY - 1);
    assert_int_equal(settle(store, "c1", lists_no_channel, NULL, NOW, NULL), 0);
    assert_undecided(store, "c1", 1);
    time_pass(1);
    assert_int_equal(settle(store, "c1", lists_no_channel, NULL, NOW, NULL), 0);
    assert_int_equal(store_history(store, &(StoreFilter){0}, &history, NULL), 0);
    assert_string_equal(history.items[0].outcome, "gone");
    store_actions_done(&history);
    store_free(store);
}

/* Where nothing is in doubt, nothing is asked; a pass that leaves a doubt raises it again. */
static void test_settling_costs_nothing_without_a_doubt(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    unsigned int asked = 0;
    Change deletion;

    folder_begin(folder, store);
    record(folder, store, "c1", &deletion, 1, NOW);
    assert_int_equal(settle(store, "c1", lists_only_m1, &asked, NOW, NULL), 0);
    assert_int_equal(asked, 0);
    assert_int_equal(store_end_pass(store, folder->pass, "failed", NOW, NULL), 0);
    assert_int_equal(settle(store, "c1", lists_out_of_memory, NULL, NOW, NULL), -ENOMEM);
    assert_undecided(store, "c1", 1);
    assert_int_equal(settle(store, "c1", lists_too_early, NULL, NOW, NULL), 0);
    assert_undecided(store, "c1", 1);
    assert_int_equal(settle(store, "c1", lists_only_m1, &asked, NOW, NULL), 0);
    assert_int_equal(asked, 1);
    store_free(store);
}

static void test_history_is_filtered(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change first[3], second[2];
    StoreActions history = {0};
    char pass[STORE_PASS_ID_SIZE];

    folder_begin(folder, store);
    memcpy(pass, folder->pass, sizeof(pass));
    record(folder, store, "c1", first, 3, NOW);
    assert_int_equal(store_end_pass(store, folder->pass, "failed", NOW, NULL), 0);
    folder_begin(folder, store);
    record(folder, store, "c2", second, 2, NOW + 7);

    assert_int_equal(store_history(store, &(StoreFilter){.pass = pass}, &history, NULL), 0);
    assert_int_equal(history.count, 3);
    store_actions_done(&history);
    assert_int_equal(store_history(store, &(StoreFilter){.since_usec = NOW + 7}, &history, NULL),
                     0);
    assert_int_equal(history.count, 2);
    store_actions_done(&history);
    assert_int_equal(store_history(store, &(StoreFilter){.channel = "payments"}, &history, NULL),
                     0);
    assert_int_equal(history.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(history.items[i].action, i < 3 ? first[i].action : second[i - 3].action);
    store_actions_done(&history);
    assert_int_equal(store_history(store,
                                   &(StoreFilter){.instance = "other", .channel = "payments"},
                                   &history, NULL),
                     0);
    assert_int_equal(history.count, 0);
    store_actions_done(&history);
    assert_int_equal(store_history(store, &(StoreFilter){.before = second[1].action, .limit = 2},
                                   &history, NULL),
                     0);
    assert_int_equal(history.count, 2);
    assert_int_equal(history.items[0].action, first[2].action);
    assert_int_equal(history.items[1].action, second[0].action);
    store_actions_done(&history);
    assert_int_equal(
        store_history(store, &(StoreFilter){.action = first[1].action}, &history, NULL), 0);
    assert_int_equal(history.count, 1);
    assert_string_equal(history.items[0].member_id, "m2");
    store_actions_done(&history);
    store_free(store);
}

/* Undo begins at the last pass that changed something, which a pass that only failed is not, nor
 * an undo. */
static void test_last_pass_that_changed_something(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    char pass[STORE_PASS_ID_SIZE] = "", first[STORE_PASS_ID_SIZE];
    Change deletion;

    assert_int_equal(store_find_last_changing(store, NULL, NULL, pass, &folder->err), -ENOENT);
    folder_begin(folder, store);
    memcpy(first, folder->pass, sizeof(first));
    record(folder, store, "c1", &deletion, 1, NOW);
    assert_int_equal(
        store_decide(store, deletion.action, OUTCOME_DELETED, 1, NULL, NULL, NOW, NULL), 0);
    folder_begin(folder, store);
    record(folder, store, "c1", &deletion, 1, NOW);
    assert_int_equal(store_decide(store, deletion.action, OUTCOME_FAILED, 1, NULL, NULL, NOW, NULL),
                     0);
    assert_int_equal(store_find_last_changing(store, NULL, NULL, pass, &folder->err), 0);
    assert_string_equal(pass, first);
    folder_begin(folder, store);
    store_set_origin(store, folder->pass, &(StoreOrigin){.undo_of = first});
    record(folder, store, "c1", &deletion, 1, NOW);
    assert_int_equal(
        store_decide(store, deletion.action, OUTCOME_DELETED, 1, NULL, NULL, NOW, NULL), 0);
    assert_int_equal(store_find_last_changing(store, NULL, NULL, pass, &folder->err), 0);
    assert_string_equal(pass, first);
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_killed_run_is_settled_by_the_next),
        TEST(test_what_was_never_sent_went_otherwise),
        TEST(test_notes_that_are_cut_meanwhile_tell_nothing),
        TEST(test_what_nobody_knows_counts_as_deleted),
        TEST(test_notes_that_are_destroyed_tell_nothing),
        TEST(test_an_absent_channel_decides_nothing_for_a_day),
        TEST(test_settling_costs_nothing_without_a_doubt),
        TEST(test_history_is_filtered),
        TEST(test_last_pass_that_changed_something),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
