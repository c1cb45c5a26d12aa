/* SPDX-License-Identifier: MIT */
/* The state goes by an instance's key, whatever it is called; one of version 1 knew names alone. */
#include "tests/unit/test_store_common.h"

#include <sqlite3.h>

#define OTHER_KEY "https://roma.example p1 i2"
#define PAYMENTS "df384ae97c77ad3001626aab01f2eb2a"
#define ORDERS "1c168adb00d208e42f93314529f1fa9c"

static void make_version_1(const Folder *folder)
{
    Buf text = {0};
    char path[256];
    sqlite3 *db = NULL;

    assert_int_equal(mkdir(folder->state, 0700), 0);
    snprintf(path, sizeof(path), "%s/rosterd.db", folder->state);
    assert_int_equal(file_read("tests/vectors/state-version-1.sql", 1 << 20, &text, NULL), 0);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, buf_text(&text), NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    buf_done(&text);
}

static ChannelRecord recall(Folder *folder, Store *store, const char *key, const char *id,
                            const char *name)
{
    const StoreScope channel = {key, NULL, id, name};
    ChannelRecord record = {0};

    if (store_recall(store, &channel, realtime_now, &record, &folder->err) < 0)
        fail_msg("store_recall: %s", folder->err.text);
    return record;
}

static void assert_paused(Folder *folder, Store *store, const char *key, const char *id,
                          const char *name, const char *reason)
{
    ChannelRecord record = recall(folder, store, key, id, name);

    assert_int_equal(record.is_paused, reason != NULL);
    if (reason)
        assert_string_equal(record.pause_reason, reason);
    channel_record_done(&record);
}

static size_t count_history(Store *store, const char *instance)
{
    StoreActions history = {0};
    size_t count;

    assert_int_equal(store_history(store, &(StoreFilter){.instance = instance}, &history, NULL), 0);
    count = history.count;
    store_actions_done(&history);
    return count;
}

static void test_version_1_becomes_the_instance_of_its_name(void **state)
{
    Folder *folder = *state;
    StorePauses pauses = {0};
    ChannelRecord record;
    Store *store = NULL;

    make_version_1(folder);
    realtime_now = UINT64_C(1795970371) * USEC_PER_SEC;
    assert_int_equal(store_open_read_only(folder->state, &store, &folder->err), -EPROTO);
    assert_says(&folder->err, "of an older rosterd: start rosterd once");
    store = folder_open(folder);
    assert_int_equal(store_name_instance(store, KEY, "test", &folder->err), 0);
    assert_int_equal(count_history(store, "test"), 3);
    assert_int_equal(count_undecided(folder, store), 1);
    assert_int_equal(store_pauses(store, realtime_now, &pauses, &folder->err), 0);
    assert_int_equal(pauses.count, 3);
    store_pauses_done(&pauses);
    assert_paused(folder, store, KEY, PAYMENTS, NULL, "undo of 2026-11-29T16:39:28Z-1");
    assert_paused(folder, store, KEY, "new", "payments", "undo of 2026-11-29T16:39:28Z-1");
    assert_paused(folder, store, KEY, "some", "absent", "by name");
    assert_paused(folder, store, OTHER_KEY, PAYMENTS, "payments", NULL);
    record = recall(folder, store, KEY, ORDERS, "orders");
    assert_int_equal(record.pause_end_usec, UINT64_C(4102444800000000));
    assert_int_equal(record.sighting_count, 1);
    assert_int_equal(record.change_count, 2);
    assert_int_equal(store_is_approved(store, DIGEST_A, realtime_now, NULL, NULL), 1);
    channel_record_done(&record);
    store_free(store);
    store = folder_open(folder);
    assert_int_equal(count_history(store, "test"), 3);
    store_free(store);
}

static void pass_of(Folder *folder, Store *store, const char *key, const char *name)
{
    Change deletion;
    Batch batch = folder_batch(folder, &deletion, 1);

    batch.instance_key = key;
    assert_int_equal(store_name_instance(store, key, name, &folder->err), 0);
    assert_int_equal(store_begin_pass(store, NOW, folder->pass, &folder->err), 0);
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), 0);
    assert_int_equal(store_end_pass(store, folder->pass, "failed", NOW, NULL), 0);
}

static void test_a_new_name_for_an_instance(void **state)
{
    const StorePause pause = {.scope = {KEY, "test", "c1", "payments"}, .reason = "hold"};
    Folder *folder = *state;
    Store *store = folder_open(folder);
    ChannelRecord record;

    pass_of(folder, store, KEY, "test");
    assert_int_equal(store_pause(store, &pause, NOW, NULL, NULL), 0);
    assert_int_equal(store_name_instance(store, KEY, "prod", &folder->err), 0);
    assert_paused(folder, store, KEY, "c1", "payments", "hold");
    record = recall(folder, store, KEY, "c1", "payments");
    assert_int_equal(record.change_count, 1);
    channel_record_done(&record);
    assert_int_equal(count_history(store, "prod"), 1);
    assert_int_equal(count_history(store, "test"), 0);
    store_free(store);
}

static int gone(void *list, const char *member_id)
{
    (void)list;
    (void)member_id;
    return SETTLEMENT_GONE;
}

static int name_none(void *userdata, const char *channel_id)
{
    (void)userdata;
    fail_msg("unsettled: %s", channel_id);
    return 0;
}

/* Nothing of the old one is taken for the new: no pause, no doubt, no history. */
static void test_a_name_that_means_another_instance(void **state)
{
    const StoreSettling settling = {.list = {gone, find_nobody, find_nobody_corrected, NULL, NULL}};
    const StorePause pause = {.scope = {KEY, "prod", "c1", "payments"}, .reason = "hold"};
    Folder *folder = *state;
    Store *store = folder_open(folder);
    ChannelRecord record;

    pass_of(folder, store, KEY, "prod");
    assert_int_equal(store_pause(store, &pause, NOW, NULL, NULL), 0);
    assert_int_equal(store_name_instance(store, OTHER_KEY, "prod", &folder->err), 0);
    assert_paused(folder, store, OTHER_KEY, "c1", "payments", NULL);
    record = recall(folder, store, OTHER_KEY, "c1", "payments");
    assert_int_equal(record.change_count, 0);
    channel_record_done(&record);
    assert_int_equal(store_unsettled(store, OTHER_KEY, name_none, NULL, NULL), 0);
    assert_int_equal(store_settle(store, OTHER_KEY, "c1", &settling, NOW, NULL), 0);
    assert_int_equal(count_undecided(folder, store), 1);
    assert_int_equal(count_history(store, "prod"), 0);
    assert_int_equal(count_history(store, "prod (was i1)"), 1);
    /* And back. */
    assert_int_equal(store_name_instance(store, KEY, "prod", &folder->err), 0);
    assert_int_equal(count_history(store, "prod"), 1);
    assert_paused(folder, store, KEY, "c1", "payments", "hold");
    store_free(store);
}

static void test_two_instances_change_names(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    pass_of(folder, store, KEY, "a");
    pass_of(folder, store, OTHER_KEY, "b");
    pass_of(folder, store, OTHER_KEY, "b");
    assert_int_equal(store_name_instance(store, KEY, "b", &folder->err), 0);
    assert_int_equal(store_name_instance(store, OTHER_KEY, "a", &folder->err), 0);
    assert_int_equal(count_history(store, "b"), 1);
    assert_int_equal(count_history(store, "a"), 2);
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_version_1_becomes_the_instance_of_its_name),
        TEST(test_a_new_name_for_an_instance),
        TEST(test_a_name_that_means_another_instance),
        TEST(test_two_instances_change_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
