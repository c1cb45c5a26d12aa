/* SPDX-License-Identifier: MIT */
/* What SQLite's failures are for callers, and in words for people. */
#include "tests/unit/test_store_common.h"

#include "daemon/store/store_internal.h"

static void test_each_failure_has_its_errno_and_its_words(void **state)
{
    static const struct {
        int rc, error;
        const char *words;
    } rows[] = {
        {SQLITE_FULL, -ENOSPC, "cannot be written: disk full ("},
        {SQLITE_READONLY, -EROFS, ": read-only ("},
        {SQLITE_READONLY_DBMOVED, -EROFS, ": read-only ("},
        {SQLITE_READONLY_CANTLOCK, -EBUSY, ": in use by another program ("},
        {SQLITE_READONLY_RECOVERY, -EBUSY, ": in use by another program ("},
        {SQLITE_CORRUPT, -EBADMSG, ": damaged database ("},
        {SQLITE_CORRUPT_INDEX, -EBADMSG, ": damaged database ("},
        {SQLITE_NOTADB, -EBADMSG, ": damaged database ("},
        {SQLITE_ERROR, -EBADMSG, ": damaged database ("},
        {SQLITE_BUSY, -EBUSY, ": in use by another program ("},
        {SQLITE_LOCKED, -EBUSY, ": in use by another program ("},
        {SQLITE_PROTOCOL, -EBUSY, ": in use by another program ("},
        {SQLITE_NOMEM, -ENOMEM, ": out of memory ("},
        {SQLITE_IOERR_NOMEM, -ENOMEM, ": out of memory ("},
        {SQLITE_PERM, -EACCES, ": permission denied ("},
        {SQLITE_CONSTRAINT, -EINVAL, ": refused by the database ("},
        {SQLITE_TOOBIG, -EINVAL, ": refused by the database ("},
        {SQLITE_MISUSE, -EINVAL, ": refused by the database ("},
        {SQLITE_RANGE, -EINVAL, ": refused by the database ("},
        {SQLITE_IOERR_READ, -EIO, ": input/output error ("},
        {SQLITE_CANTOPEN, -EIO, ": input/output error ("},
    };
    Folder *folder = *state;
    Store *store = folder_open(folder);

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        Err err = {0};

        if (sql_error(store, rows[i].rc, "written", &err) != rows[i].error)
            fail_msg("%d: %s", rows[i].rc, err.text);
        assert_says(&err, rows[i].words);
        assert_says(&err, "the state in ");
        assert_says(&err, folder->state);
    }
    store_free(store);
}

static int system_errno; /* behind SQLite's newest failure */

/* In the place of SQLite's. */
int sqlite3_system_errno(sqlite3 *db)
{
    (void)db;
    return system_errno;
}

/* What the system said counts where SQLite only says that it did. */
static void test_what_the_system_said(void **state)
{
    static const struct {
        int said, error;
        const char *words;
    } rows[] = {
        {ENOSPC, -ENOSPC, ": disk full ("},
        {EDQUOT, -ENOSPC, ": disk full ("},
        {EFBIG, -ENOSPC, ": disk full ("},
        {EROFS, -EROFS, ": read-only ("},
        {EACCES, -EACCES, ": permission denied ("},
        {EPERM, -EACCES, ": permission denied ("},
        {EMFILE, -EMFILE, ": Too many open files in this process ("},
        {ENFILE, -EMFILE, ": Too many open files in this process ("},
        {EIO, -EIO, ": input/output error ("},
        {0, -EIO, ": input/output error ("},
    };
    Folder *folder = *state;
    Store *store = folder_open(folder);

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        Err err = {0};

        system_errno = rows[i].said;
        assert_int_equal(sql_error(store, SQLITE_IOERR_WRITE, "written", &err), rows[i].error);
        assert_says(&err, rows[i].words);
        assert_int_equal(sql_error(store, SQLITE_CANTOPEN, "written", &err), rows[i].error);
        assert_int_equal(sql_error(store, SQLITE_IOERR_NOMEM, "written", &err), -ENOMEM);
        assert_int_equal(sql_error(store, SQLITE_BUSY, "written", &err), -EBUSY);
    }
    system_errno = 0;
    store_free(store);
}

/* SQLite's own words are of its newest failure alone. */
static void test_the_words_are_of_that_failure(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    Err err = {0};

    assert_int_equal(sqlite3_exec(store->db, "SELECT 1 FROM nowhere", NULL, NULL, NULL),
                     SQLITE_ERROR);
    assert_int_equal(sql_error(store, SQLITE_ERROR, "read", &err), -EBADMSG);
    assert_says(&err, "cannot be read: damaged database (no such table: nowhere)");
    assert_int_equal(sql_error(store, SQLITE_FULL, "read", &err), -ENOSPC);
    assert_says(&err, "(database or disk is full)");
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_failure_has_its_errno_and_its_words),
        TEST(test_what_the_system_said),
        TEST(test_the_words_are_of_that_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
