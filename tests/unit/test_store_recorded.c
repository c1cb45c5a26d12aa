/* SPDX-License-Identifier: MIT */
/* What is recorded is read back out of the files: where anything of it is not as it was written,
 * nothing may be sent. A trigger in the database stands for what destroys it. */
#include "tests/unit/test_store_common.h"

#include "daemon/store/store_internal.h"

static const RosterChannel channel = {
    .name = "payments", .mode = MODE_PRUNE, .quarantine_usec = USEC_PER_HOUR};

static void destroy_by(Store *store, const char *statement)
{
    char sql[256];

    sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL);
    snprintf(sql, sizeof(sql), "CREATE TRIGGER wrong AFTER INSERT ON action BEGIN %s; END",
             statement);
    assert_int_equal(sqlite3_exec(store->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* Two changes, a deletion or a switch and an addition; the statement concerns the second alone. */
static int record_changes(Folder *folder, Store *store, ChangeKind kind)
{
    Change changes[2];
    Batch batch = folder_batch(folder, changes, 2);
    int r;

    folder_begin(folder, store);
    batch.channel = &channel;
    changes[0].kind = CHANGE_ADD;
    changes[0].before = NULL;
    changes[0].after = "{\"host\":\"10.1.0.8\"}";
    changes[1].kind = kind;
    r = store_record(store, &batch, 1, NOW, &folder->err);
    assert_int_equal(changes[0].action > 0, r == 0);
    assert_int_equal(changes[1].action > 0, r == 0);
    return r;
}

static void test_a_record_that_is_not_what_was_written(void **state)
{
    static const struct {
        ChangeKind kind;
        const char *statement; /* NULL: nothing is wrong */
    } cases[] = {
        {CHANGE_DELETE, NULL},
        {CHANGE_DISABLE, NULL},
        {CHANGE_DELETE, "UPDATE action SET member_id = 'm9' WHERE member_id = 'm2'"},
        {CHANGE_DELETE, "UPDATE action SET member_id = 'm9' WHERE member_id = 'm1'"},
        {CHANGE_DELETE, "UPDATE action SET channel_id = 'c9'"},
        {CHANGE_DELETE, "UPDATE action SET kind = 'correct' WHERE kind = 'delete'"},
        {CHANGE_DELETE, "UPDATE action SET member = '{}' WHERE kind = 'delete'"},
        {CHANGE_DELETE, "UPDATE action SET member = '{}' WHERE kind = 'add'"},
        {CHANGE_DELETE, "UPDATE action SET after = '{}' WHERE kind = 'add'"},
        {CHANGE_DELETE, "UPDATE action SET after = NULL WHERE kind = 'add'"},
        {CHANGE_DELETE, "UPDATE action SET after = '{}' WHERE kind = 'delete'"},
        {CHANGE_DELETE, "DELETE FROM action WHERE member_id = 'm2'"},
        {CHANGE_DELETE, "DELETE FROM action WHERE member_id = 'm1' AND new.member_id = 'm2'"},
        {CHANGE_DELETE, "UPDATE action SET id = id + 10 WHERE member_id = 'm2'"},
        {CHANGE_DISABLE, "UPDATE quarantine SET is_open = 0"},
    };

    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        Folder *folder = *state;
        Store *store = folder_open(folder);
        int r;

        if (cases[i].statement)
            destroy_by(store, cases[i].statement);
        if (cases[i].kind == CHANGE_DISABLE && cases[i].statement)
            assert_int_equal(sqlite3_exec(store->db,
                                          "CREATE TRIGGER lost AFTER INSERT ON quarantine BEGIN "
                                          "UPDATE quarantine SET is_open = 0; END",
                                          NULL, NULL, NULL),
                             SQLITE_OK);
        r = record_changes(folder, store, cases[i].kind);
        if (r != (cases[i].statement ? -EBADMSG : 0))
            fail_msg("%s: %d", cases[i].statement ? cases[i].statement : "nothing", r);
        if (r < 0) {
            assert_says(&folder->err, "is damaged");
            assert_int_equal(store_check(store, &folder->err), -EBADMSG);
        }
        store_free(store);
        folder_teardown(state);
        folder_setup(state);
    }
}

static void test_a_pass_that_is_not_there(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    assert_int_equal(sqlite3_exec(store->db, "PRAGMA foreign_keys = OFF", NULL, NULL, NULL),
                     SQLITE_OK);
    destroy_by(store, "DELETE FROM pass");
    assert_int_equal(record_changes(folder, store, CHANGE_DELETE), -EBADMSG);
    assert_says(&folder->err, "is damaged");
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_record_that_is_not_what_was_written),
        TEST(test_a_pass_that_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
