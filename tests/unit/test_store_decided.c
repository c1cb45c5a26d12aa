/* SPDX-License-Identifier: MIT */
/* A change that is decided twice while nothing can be written: what is kept until the disk is back
 * takes a second outcome only where the database would, which is that a failed one is gone. */
#include "tests/unit/test_store_common.h"

#include "daemon/store/store_internal.h"

static void let_write(Store *store, bool can_write)
{
    assert_int_equal(sqlite3_exec(store->db,
                                  can_write ? "PRAGMA query_only = OFF" : "PRAGMA query_only = ON",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
}

static int decide(Folder *folder, Store *store, uint64_t action, Outcome outcome)
{
    folder->err = (Err){0};
    return store_decide(store, action, outcome, 1, NULL, NULL, NOW, &folder->err);
}

static void assert_outcome(Store *store, uint64_t action, Outcome outcome)
{
    sqlite3_stmt *statement = NULL;

    assert_int_equal(sqlite3_prepare_v2(store->db, "SELECT outcome FROM action WHERE id = ?", -1,
                                        &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_bind_int64(statement, 1, (sqlite3_int64)action), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), ops_outcome_text(outcome));
    sqlite3_finalize(statement);
}

static void test_a_second_outcome_while_nothing_can_be_written(void **state)
{
    static const struct {
        Outcome first, second;
        int second_r;
        Outcome recorded;
    } cases[] = {
        {OUTCOME_DELETED, OUTCOME_DELETED, -ENOENT, OUTCOME_DELETED},
        {OUTCOME_DELETED, OUTCOME_GONE, -ENOENT, OUTCOME_DELETED},
        {OUTCOME_GONE, OUTCOME_FAILED, -ENOENT, OUTCOME_GONE},
        {OUTCOME_FAILED, OUTCOME_DELETED, -ENOENT, OUTCOME_FAILED},
        {OUTCOME_FAILED, OUTCOME_FAILED, -ENOENT, OUTCOME_FAILED},
        {OUTCOME_FAILED, OUTCOME_GONE, -EROFS, OUTCOME_GONE},
    };
    Folder *folder = *state;
    Store *store = folder_open(folder);

    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        char decided[64], none_waits[64];
        uint64_t action, other;

        folder_begin(folder, store);
        record_one(folder, store, NOW, &other);
        record_one(folder, store, NOW, &action);
        snprintf(decided, sizeof(decided), "change %llu is decided already",
                 (unsigned long long)action);
        snprintf(none_waits, sizeof(none_waits), "no change %llu waits for its outcome",
                 (unsigned long long)action);
        let_write(store, false);
        assert_int_equal(decide(folder, store, action, cases[i].first), -EROFS);
        assert_int_equal(decide(folder, store, action, cases[i].second), cases[i].second_r);
        if (cases[i].second_r == -ENOENT)
            assert_string_equal(folder->err.text, decided);
        /* Another change is not decided by it. */
        assert_int_equal(decide(folder, store, other, OUTCOME_DELETED), -EROFS);
        let_write(store, true);
        assert_int_equal(store_flush(store, &folder->err), 0);
        assert_outcome(store, action, cases[i].recorded);
        assert_outcome(store, other, OUTCOME_DELETED);
        assert_int_equal(decide(folder, store, action, OUTCOME_DELETED), -ENOENT);
        assert_string_equal(folder->err.text, none_waits);
        assert_int_equal(store_end_pass(store, folder->pass, "failed", NOW, &folder->err), 0);
        assert_int_equal(store_flush(store, &folder->err), 0);
        time_pass(USEC_PER_MINUTE);
    }
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_second_outcome_while_nothing_can_be_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
