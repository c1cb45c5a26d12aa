/* SPDX-License-Identifier: MIT */
/* Passes, deletions and their outcomes in the state. */
#include "daemon/store/newest.h"
#include "tests/unit/test_store_common.h"

#include "daemon/store/store_internal.h"

/* One value out of the database, as the tables promise it to whoever reads them. */
static void assert_value(Store *store, const char *sql, const char *expected)
{
    sqlite3_stmt *statement = NULL;
    const char *text;

    assert_int_equal(sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    text = (const char *)sqlite3_column_text(statement, 0);
    assert_string_equal(text ? text : "NULL", expected);
    sqlite3_finalize(statement);
}

static void test_pass_names_are_unique(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    char id[STORE_PASS_ID_SIZE];
    uint64_t action;

    folder_begin(folder, store);
    assert_string_equal(folder->pass, "2026-11-24T15:04:05Z-1");
    folder_begin(folder, store);
    assert_string_equal(folder->pass, "2026-11-24T15:04:05Z-2");
    record_one(folder, store, NOW, &action);
    assert_int_equal(store_end_pass(store, folder->pass, "converged", NOW + 7, &folder->err), 0);
    assert_value(store,
                 "SELECT group_concat(id || ' ' || result || ' ' || finished_usec) FROM pass",
                 "2026-11-24T15:04:05Z-2 converged 1795532645000007");
    store_free(store);

    store = folder_open(folder);
    assert_int_equal(store_begin_pass(store, NOW + 1, id, NULL), 0);
    assert_string_equal(id, "2026-11-24T15:04:05Z-3");
    assert_int_equal(store_begin_pass(store, NOW + USEC_PER_SEC, id, NULL), 0);
    assert_string_equal(id, "2026-11-24T15:04:06Z-1");
    store_free(store);
}

static void test_record_and_decide(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change deletions[3];
    Batch batch = folder_batch(folder, deletions, 3);
    Answer answer = {.http = 404, .code = "APIG.3024", .request_id = "r-1"};

    folder_begin(folder, store);
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), 0);
    assert_true(deletions[0].action > 0 && deletions[1].action != deletions[0].action);
    assert_int_equal(
        store_decide(store, deletions[0].action, OUTCOME_GONE, 1, NULL, &answer, NOW + 5, NULL), 0);
    assert_int_equal(
        store_decide(store, deletions[1].action, OUTCOME_SKIPPED, 0, NULL, NULL, NOW + 6, NULL), 0);
    assert_int_equal(
        store_decide(store, deletions[1].action, OUTCOME_DELETED, 1, NULL, NULL, NOW, NULL),
        -ENOENT);
    assert_int_equal(store_decide(store, 999, OUTCOME_DELETED, 1, NULL, NULL, NOW, NULL), -ENOENT);
    assert_int_equal(store_end_pass(store, folder->pass, "failed", NOW + 9, NULL), 0);
    assert_int_equal(
        store_decide(store, deletions[1].action, OUTCOME_DELETED, 1, NULL, NULL, NOW, NULL),
        -ENOENT);
    store_free(store);

    store = folder_open(folder);
    assert_value(
        store,
        "SELECT group_concat(pass || name || channel_id || channel_name || kind || member_id "
        "|| hex(identity) || member || substr(digest, 1, 2) || mode || recorded_usec || "
        "outcome || http || code || request_id || attempts || decided_usec) "
        "FROM action JOIN instance ON instance.id = instance WHERE member_id = 'm1'",
        "2026-11-24T15:04:05Z-1prodc1paymentsdeletem16D31{\"host\":\"10.1.0.9\"}aaprune"
        "1795532645000000gone404APIG.3024r-111795532645000005");
    assert_value(store,
                 "SELECT outcome || coalesce(http, '-') || coalesce(code, '-') || "
                 "coalesce(request_id, '-') FROM action WHERE member_id = 'm2'",
                 "skipped---");
    assert_value(store, "SELECT outcome FROM action WHERE member_id = 'm3'", "NULL");
    store_free(store);
}

/* A deletion that failed, and whose member the next list does not show: somebody else's. */
static void test_what_failed_may_be_found_gone(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change deletions[2];
    Batch batch = folder_batch(folder, deletions, 2);
    uint64_t action;

    folder_begin(folder, store);
    assert_int_equal(store_record(store, &batch, 1, NOW, NULL), 0);
    for (size_t i = 0; i < 2; i++) {
        action = deletions[i].action;
        assert_int_equal(store_decide(store, action, OUTCOME_FAILED, 1, NULL, NULL, NOW, NULL), 0);
        if (i == 1)
            assert_int_equal(store_flush(store, NULL), 0);
        assert_int_equal(store_decide(store, action, OUTCOME_DELETED, 1, NULL, NULL, NOW, NULL),
                         -ENOENT);
        assert_int_equal(store_decide(store, action, OUTCOME_GONE, 1, NULL, NULL, NOW, NULL), 0);
        assert_int_equal(store_decide(store, action, OUTCOME_FAILED, 1, NULL, NULL, NOW, NULL),
                         -ENOENT);
    }
    assert_int_equal(store_flush(store, NULL), 0);
    assert_value(store, "SELECT count(*) FROM action WHERE outcome = 'gone'", "2");
    store_free(store);
}

/* No number of ours is negative: one that is, was written by somebody else. */
static void test_a_negative_number_is_none(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StoreActions actions = {0};
    uint64_t action;

    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
    assert_int_equal(sqlite3_exec(store->db,
                                  "UPDATE action SET recorded_usec = -5, steady_usec = 1", NULL,
                                  NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(store_history(store, &(StoreFilter){.action = action}, &actions, NULL), 0);
    assert_int_equal(actions.count, 0);
    assert_int_equal(store_undecided(store, KEY, "c1", &actions, NULL), 0);
    assert_int_equal(actions.count, 1);
    assert_int_equal(actions.items[0].recorded_usec, 0);
    assert_int_equal(actions.items[0].recorded_steady_usec, 1);
    store_actions_done(&actions);
    store_free(store);
}

static void test_undecided_are_told_and_settled(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change deletions[2], other;
    Batch batch = folder_batch(folder, deletions, 2), second = folder_batch(folder, &other, 1);
    StoreActions actions = {0};

    second.channel_id = "c2";
    folder_begin(folder, store);
    assert_int_equal(store_record(store, &batch, 1, NOW, NULL), 0);
    assert_int_equal(store_record(store, &second, 1, NOW, NULL), 0);
    assert_int_equal(
        store_decide(store, deletions[0].action, OUTCOME_DELETED, 1, NULL, NULL, NOW, NULL), 0);
    assert_int_equal(store_undecided(store, NULL, NULL, &actions, NULL), 0);
    assert_int_equal(actions.count, 2);
    store_actions_done(&actions);
    store_free(store);

    store = folder_open(folder);
    assert_int_equal(store_undecided(store, KEY, "c1", &actions, NULL), 0);
    assert_int_equal(actions.count, 1);
    assert_int_equal(actions.items[0].action, deletions[1].action);
    assert_string_equal(actions.items[0].member_id, "m2");
    assert_string_equal(actions.items[0].before, "{\"host\":\"10.1.0.9\"}");
    assert_memory_equal(actions.items[0].identity, "m2", 2);
    assert_int_equal(actions.items[0].identity_size, 2);
    assert_int_equal(actions.items[0].recorded_usec, NOW);
    assert_null(actions.items[0].outcome);
    assert_int_equal(
        store_decide(store, actions.items[0].action, OUTCOME_DELETED, 1, NULL, NULL, NOW, NULL), 0);
    store_actions_done(&actions);
    assert_int_equal(store_undecided(store, KEY, "c1", &actions, NULL), 0);
    assert_int_equal(actions.count, 0);
    store_actions_done(&actions);
    store_free(store);
}

static void test_batch_of_another_pass_is_refused(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change deletion;
    Batch batch = folder_batch(folder, &deletion, 1);

    folder_begin(folder, store);
    batch.pass = "2020-01-01T00:00:00Z-1";
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), -EINVAL);
    assert_says(&folder->err, "nothing was deleted");
    assert_int_equal(deletion.action, 0);
    store_free(store);
}

/* One bad row: none of the batch is there, what was buffered before still goes in. */
static void test_batch_is_whole_or_absent(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Change deletions[2];
    Batch batch;
    uint64_t action;

    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
    assert_int_equal(store_decide(store, action, OUTCOME_DELETED, 2, NULL, NULL, NOW, NULL), 0);
    batch = folder_batch(folder, deletions, 2);
    deletions[1].before = NULL;
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), -EINVAL);
    assert_says(&folder->err, "nothing was deleted");
    assert_int_equal(deletions[0].action, 0);
    assert_int_equal(store_end_pass(store, folder->pass, "failed", NOW, NULL), 0);
    store_free(store);

    store = folder_open(folder);
    assert_value(store, "SELECT group_concat(member_id || outcome || attempts) FROM action",
                 "m1deleted2");
    store_free(store);
}

/* SQLite rolls back by itself when memory or disk run out, even in a statement that reads. */
static void test_outcomes_survive_a_rollback(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StoreActions actions = {0};
    uint64_t action;

    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
    assert_int_equal(store_decide(store, action, OUTCOME_DELETED, 1, NULL, NULL, NOW, NULL), 0);
    assert_int_equal(sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(store_undecided(store, NULL, NULL, &actions, NULL), 0);
    assert_int_equal(actions.count, 0);
    store_actions_done(&actions);
    assert_int_equal(store_flush(store, &folder->err), 0);
    assert_value(store, "SELECT outcome FROM action", "deleted");
    store_free(store);
}

/* The notes of what was sent do not grow for ever; what they told of is not known any more. */
static void test_long_notes_are_begun_anew(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t action;
    Buf notes;

    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
    store->sent_size = (1 << 20) + 1;
    store_note_sent(store, action);
    notes = folder_bytes(folder, "lock");
    assert_true(notes.size < 200);
    assert_int_equal(store->sent_size, notes.size);
    assert_int_equal(store->sent_first, action + 1);
    buf_done(&notes);
    store_free(store);
}

static int count_commit(void *count)
{
    ++*(unsigned int *)count;
    return 0;
}

/* What a commit returns for survives a loss of power: 2 is FULL. */
static void test_commits_are_durable(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    assert_value(store, "PRAGMA synchronous", "2");
    assert_value(store, "PRAGMA journal_mode", "wal");
    assert_value(store, "PRAGMA foreign_keys", "1");
    store_free(store);
}

static void test_commits_are_few(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    unsigned int commits = 0;
    Change deletions[10];
    char channel[16];

    folder_begin(folder, store);
    sqlite3_commit_hook(store->db, count_commit, &commits);
    for (int i = 0; i < 200; i++) {
        Batch batch = folder_batch(folder, deletions, 10);
        const Sighting sighting = {"m1", 1};
        ChannelRecord record = recall_at(folder, store, NOW);

        channel_record_done(&record);
        snprintf(channel, sizeof(channel), "channel-%d", i);
        batch.channel_id = channel;
        assert_int_equal(store_remember(store, KEY, channel, &sighting, 1, NULL), 0);
        assert_int_equal(store_record(store, &batch, 1, NOW, NULL), 0);
        for (int j = 0; j < 10; j++)
            assert_int_equal(
                store_decide(store, deletions[j].action, OUTCOME_DELETED, 1, NULL, NULL, NOW, NULL),
                0);
    }
    assert_int_equal(store_end_pass(store, folder->pass, "converged", NOW, NULL), 0);
    assert_int_equal(commits, 201);
    assert_value(store, "SELECT count(*) FROM action WHERE outcome = 'deleted'", "2000");

    commits = 0;
    folder_begin(folder, store);
    assert_int_equal(store_remember(store, KEY, "in-sync", NULL, 0, NULL), 0);
    assert_int_equal(store_end_pass(store, folder->pass, "in_sync", NOW, NULL), 0);
    assert_int_equal(commits, 0);
    assert_value(store, "SELECT count(*) FROM pass", "1");
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

static void on_newest(void *userdata, uint64_t recorded_usec, const char *kind, const char *outcome)
{
    Buf *told = userdata;

    buf_printf(told, "%llu %s %s, ", (unsigned long long)((recorded_usec - NOW) / USEC_PER_SEC),
               kind, outcome ? outcome : "-");
}

static void assert_newest(Folder *folder, Store *store, uint64_t since_usec, uint64_t limit,
                          int more, const char *expected)
{
    Buf told = {0};

    assert_int_equal(store_newest(store, since_usec, limit, on_newest, &told, &folder->err), more);
    assert_string_equal(buf_text(&told), expected);
    buf_done(&told);
}

static void test_the_newest_changes_are_told_in_passing(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t actions[3];

    folder_begin(folder, store);
    assert_newest(folder, store, 0, 10, 0, "");
    for (size_t i = 0; i < 3; i++)
        record_one(folder, store, NOW + i * USEC_PER_SEC, &actions[i]);
    assert_int_equal(
        store_decide(store, actions[0], OUTCOME_FAILED, 4, NULL, NULL, NOW, &folder->err), 0);
    assert_int_equal(store_flush(store, &folder->err), 0);
    /* Of this one no commit knows yet. */
    assert_int_equal(
        store_decide(store, actions[2], OUTCOME_DELETED, 1, NULL, NULL, NOW, &folder->err), 0);
    assert_newest(folder, store, 0, 10, 0, "2 delete deleted, 1 delete -, 0 delete failed, ");
    assert_newest(folder, store, 0, 3, 0, "2 delete deleted, 1 delete -, 0 delete failed, ");
    assert_newest(folder, store, 0, 2, 1, "2 delete deleted, 1 delete -, ");
    assert_newest(folder, store, NOW + USEC_PER_SEC, 10, 0, "2 delete deleted, 1 delete -, ");
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pass_names_are_unique),
        TEST(test_record_and_decide),
        TEST(test_what_failed_may_be_found_gone),
        TEST(test_a_negative_number_is_none),
        TEST(test_undecided_are_told_and_settled),
        TEST(test_batch_of_another_pass_is_refused),
        TEST(test_batch_is_whole_or_absent),
        TEST(test_outcomes_survive_a_rollback),
        TEST(test_long_notes_are_begun_anew),
        TEST(test_commits_are_durable),
        TEST(test_commits_are_few),
        TEST(test_the_newest_changes_are_told_in_passing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
