/* SPDX-License-Identifier: MIT */
/* What the history tells of a change: all that was recorded and decided, before a commit has it as
 * after. */
#include "tests/unit/test_store_common.h"

#include "daemon/store/store_internal.h"

#define BEFORE "{\"host\":\"10.1.0.9\"}"
#define AFTER "{\"host\":\"10.1.0.9\",\"weight\":5}"
#define HEAD "0123456789abcdef0123456789abcdef01234567"

static const RosterChannel roster = {.name = "payments", .mode = MODE_SYNC};

static uint64_t record(Folder *folder, Store *store, ChangeKind kind)
{
    Change change;
    Batch batch = folder_batch(folder, &change, 1);

    batch.channel = &roster;
    change.kind = kind;
    change.before = kind == CHANGE_ADD ? NULL : BEFORE;
    change.after = kind == CHANGE_DELETE ? NULL : AFTER;
    assert_int_equal(store_record(store, &batch, 1, NOW + 5, &folder->err), 0);
    return change.action;
}

static void assert_text(const char *text, const char *expected)
{
    if (!expected)
        assert_null(text);
    else
        assert_string_equal(text ? text : "nothing", expected);
}

static void assert_recorded(const Folder *folder, const StoreAction *action, uint64_t number,
                            ChangeKind kind)
{
    assert_int_equal(action->action, number);
    assert_text(action->pass, folder->pass);
    assert_text(action->kind, change_kind_text(kind));
    assert_text(action->instance_key, KEY);
    assert_text(action->instance_name, "prod");
    assert_text(action->channel_id, "c1");
    assert_text(action->channel_name, "payments");
    assert_int_equal(action->identity_size, 2);
    assert_memory_equal(action->identity, "m1", 2);
    assert_text(action->before, kind == CHANGE_ADD ? NULL : BEFORE);
    assert_text(action->after, kind == CHANGE_DELETE ? NULL : AFTER);
    assert_text(action->original, NULL);
    assert_text(action->digest, DIGEST_A);
    assert_text(action->mode, "sync");
    assert_int_equal(action->recorded_usec, NOW + 5);
    assert_text(action->roster_digest, DIGEST_B);
    assert_text(action->roster_head, HEAD);
    assert_text(action->undo_of, "an earlier pass");
    assert_int_equal(action->vanished_usec, 0);
}

static void assert_history(Folder *folder, Store *store, const uint64_t *numbers)
{
    const StoreFilter all = {0};
    StoreActions actions = {0};
    const StoreAction *action;

    assert_int_equal(store_history(store, &all, &actions, &folder->err), 0);
    assert_int_equal(actions.count, 4);

    action = &actions.items[0];
    assert_recorded(folder, action, numbers[0], CHANGE_DELETE);
    assert_text(action->outcome, "gone");
    assert_text(action->member_id, "m1");
    assert_int_equal(action->http, 404);
    assert_text(action->code, "APIG.3024");
    assert_text(action->request_id, "r-1");
    assert_int_equal(action->attempts, 3);
    assert_int_equal(action->decided_usec, NOW + 9);
    assert_int_equal(action->weight, OPS_WEIGHT_NONE);

    action = &actions.items[1];
    assert_recorded(folder, action, numbers[1], CHANGE_ADD);
    assert_text(action->outcome, "added");
    assert_text(action->member_id, "m7");
    assert_int_equal(action->http, 0);
    assert_text(action->code, NULL);
    assert_text(action->request_id, NULL);
    assert_int_equal(action->attempts, 1);
    assert_int_equal(action->weight, 8);

    action = &actions.items[2];
    assert_recorded(folder, action, numbers[2], CHANGE_CORRECT);
    assert_text(action->outcome, "failed");
    assert_text(action->member_id, "m1");

    action = &actions.items[3];
    assert_recorded(folder, action, numbers[3], CHANGE_DELETE);
    assert_text(action->outcome, NULL);
    assert_text(action->code, NULL);
    assert_int_equal(action->attempts, 0);
    assert_int_equal(action->decided_usec, 0);
    store_actions_done(&actions);
}

static void test_all_that_is_known_is_told(void **state)
{
    const StoreOrigin origin = {DIGEST_B, HEAD, "an earlier pass"};
    const Answer answer = {.http = 404, .code = "APIG.3024", .request_id = "r-1"};
    const ListedMember listed = {"m7", 8};
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t numbers[4];

    folder_begin(folder, store);
    store_set_origin(store, folder->pass, &origin);
    numbers[0] = record(folder, store, CHANGE_DELETE);
    numbers[1] = record(folder, store, CHANGE_ADD);
    numbers[2] = record(folder, store, CHANGE_CORRECT);
    numbers[3] = record(folder, store, CHANGE_DELETE);
    assert_int_equal(store_decide(store, numbers[0], OUTCOME_GONE, 3, NULL, &answer, NOW + 9, NULL),
                     0);
    assert_int_equal(
        store_decide_listed(store, numbers[1], OUTCOME_ADDED, 1, &listed, NULL, NOW + 9, NULL), 0);
    assert_int_equal(store_decide(store, numbers[2], OUTCOME_FAILED, 1, NULL, NULL, NOW + 9, NULL),
                     0);
    assert_history(folder, store, numbers);
    /* SQLite takes the transaction back: what was decided is told all the same. */
    assert_int_equal(sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_history(folder, store, numbers);
    assert_int_equal(store_flush(store, &folder->err), 0);
    assert_history(folder, store, numbers);
    store_free(store);
    store = folder_open_read_only(folder);
    assert_history(folder, store, numbers);
    store_free(store);
}

/* Of a deletion of one that was in quarantine the member as it was before it was disabled. */
static void test_a_deletion_after_quarantine_has_the_original(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    StoreActions actions = {0};
    uint64_t disabled, deleted;

    folder_begin(folder, store);
    disabled = record(folder, store, CHANGE_DISABLE);
    assert_int_equal(
        store_decide(store, disabled, OUTCOME_DISABLED, 1, NULL, NULL, NOW, &folder->err), 0);
    deleted = record(folder, store, CHANGE_DELETE);
    assert_int_equal(store_history(store, &(StoreFilter){.action = deleted}, &actions, NULL), 0);
    assert_int_equal(actions.count, 1);
    assert_text(actions.items[0].original, BEFORE);
    store_actions_done(&actions);
    store_free(store);
}

/* ---- part by part ---- */

static void assert_page(Store *store, const StoreFilter *filter, const uint64_t *numbers,
                        size_t count, uint64_t expected_next)
{
    StoreActions actions = {0};
    uint64_t next = 7777;
    Err err = {0};

    assert_int_equal(store_history_page(store, filter, &actions, &next, &err), 0);
    assert_int_equal(actions.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(actions.items[i].action, numbers[i]);
    assert_int_equal(next, expected_next);
    store_actions_done(&actions);
}

static void test_pages_follow_each_other_to_the_end(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t numbers[5], after;

    assert_page(store, &(StoreFilter){.limit = 2}, NULL, 0, 0);
    folder_begin(folder, store);
    for (size_t i = 0; i < 5; i++)
        numbers[i] = record(folder, store, CHANGE_DELETE);
    assert_page(store, &(StoreFilter){.limit = 2}, numbers, 2, numbers[1]);
    assert_page(store, &(StoreFilter){.limit = 2, .after = numbers[1]}, numbers + 2, 2, numbers[3]);
    assert_page(store, &(StoreFilter){.limit = 2, .after = numbers[3]}, numbers + 4, 1, 0);
    assert_page(store, &(StoreFilter){.limit = 2, .after = numbers[4]}, NULL, 0, 0);
    assert_page(store, &(StoreFilter){.after = numbers[0], .before = numbers[3]}, numbers + 1, 2,
                0);
    assert_page(store, &(StoreFilter){.channel = "payments"}, numbers, 5, 0);
    assert_page(store, &(StoreFilter){.channel = "orders"}, NULL, 0, 0);

    assert_int_equal(store_history_start(store, &(StoreFilter){.limit = 2}, &after, NULL), 0);
    assert_page(store, &(StoreFilter){.after = after}, numbers + 3, 2, 0);
    assert_int_equal(store_history_start(store, &(StoreFilter){.limit = 6}, &after, NULL), 0);
    assert_int_equal(after, 0);
    store_free(store);
}

/* However few fit, no page looks through more than it may, and none is left out. */
static void test_a_page_looks_through_so_many_and_no_more(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t far;
    char sql[128];

    folder_begin(folder, store);
    far = record(folder, store, CHANGE_DELETE);
    record(folder, store, CHANGE_DELETE);
    snprintf(sql, sizeof(sql), "UPDATE action SET id = id + %u WHERE id = %llu",
             2 * STORE_HISTORY_SCAN, (unsigned long long)far + 1);
    assert_int_equal(sqlite3_exec(store->db, sql, NULL, NULL, NULL), SQLITE_OK);
    far += 1 + 2 * (uint64_t)STORE_HISTORY_SCAN;
    assert_page(store, &(StoreFilter){.channel = "orders"}, NULL, 0, STORE_HISTORY_SCAN);
    assert_page(store, &(StoreFilter){.channel = "orders", .after = STORE_HISTORY_SCAN}, NULL, 0,
                0);
    assert_page(store, &(StoreFilter){.after = STORE_HISTORY_SCAN}, &far, 1, 0);
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_that_is_known_is_told),
        TEST(test_a_deletion_after_quarantine_has_the_original),
        TEST(test_pages_follow_each_other_to_the_end),
        TEST(test_a_page_looks_through_so_many_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
