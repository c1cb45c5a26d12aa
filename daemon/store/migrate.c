/* SPDX-License-Identifier: MIT */
#include "daemon/store/migrate.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "daemon/base/str.h"
#include "daemon/store/store_internal.h"

#define APPLICATION_ID 1919906916 /* "rost", so that file(1) and we know it */

bool migrate_is_current(int version)
{
    return version == MIGRATE_VERSION;
}

int migrate_damaged(const Store *store, const char *what, Err *err)
{
    return err_set(err, -EBADMSG,
                   "the database %s is damaged (%s) and was left as it is; nothing is deleted "
                   "without it. To begin anew, stop rosterd and move %s* aside by hand: history, "
                   "undo, pauses, approvals and sightings are lost thereby",
                   store->path, what, store->path);
}

/* Runs a statement of one number. A damaged database is told of with its remedy. */
static int migrate_number(const Store *store, const char *sql, int *ret_number, Err *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    int r = 0;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *ret_number = sqlite3_column_int(statement, 0);
    else
        r = sql_error(store, rc, "read", err);
    if (r == -EBADMSG)
        r = migrate_damaged(store, sqlite3_errmsg(store->db), err);
    sqlite3_finalize(statement);
    return r;
}

/* Reads all in one transaction: another rosterd may be making the tables. */
static int migrate_look(const Store *store, int *ret_tables, int *ret_version, int *ret_application,
                        Err *err)
{
    int r = sqlite3_exec(store->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK ? 0 : err_memory(err);

    if (r == 0)
        r = migrate_number(store, "SELECT count(*) FROM sqlite_schema", ret_tables, err);
    if (r == 0)
        r = migrate_number(store, "PRAGMA user_version", ret_version, err);
    if (r == 0)
        r = migrate_number(store, "PRAGMA application_id", ret_application, err);
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return r;
}

int migrate_check(Store *store, int *ret_version, Err *err)
{
    int version = 0, application = 0, tables = 0;
    int r = migrate_look(store, &tables, &version, &application, err);

    if (r < 0)
        return r;
    if (version == 0 && application == 0 && tables == 0) {
        *ret_version = 0;
        return 0;
    }
    if (application != APPLICATION_ID || version <= 0 || tables == 0)
        return migrate_damaged(store, "it is not a database of rosterd", err);
    if (version > MIGRATE_VERSION)
        return err_set(err, -EPROTO,
                       "the database %s has version %d and was written by a newer rosterd, this "
                       "one knows versions up to %d: install the newer one again",
                       store->path, version, MIGRATE_VERSION);
    if (version < MIGRATE_VERSION && store->is_read_only)
        return err_set(err, -EPROTO,
                       "the database %s has version %d, of an older rosterd: start rosterd once, "
                       "which brings it to version %d",
                       store->path, version, MIGRATE_VERSION);
    *ret_version = version;
    return 0;
}

int migrate_check_pages(Store *store, Err *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &statement, NULL);
    int r = 0;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc != SQLITE_ROW) {
        r = sql_error(store, rc, "read", err);
        if (r == -EBADMSG)
            r = migrate_damaged(store, sqlite3_errmsg(store->db), err);
    } else if (!str_equal((const char *)sqlite3_column_text(statement, 0), "ok")) {
        r = migrate_damaged(store, "its pages do not fit together", err);
    }
    sqlite3_finalize(statement);
    return r;
}

int migrate_migrate(Store *store, int version, Err *err)
{
    char stamp[96];
    int rc = SQLITE_OK;

    assert(version >= 0 && version <= MIGRATE_VERSION && !store->is_read_only);
    if (version == MIGRATE_VERSION)
        return 0;
    snprintf(stamp, sizeof(stamp), "PRAGMA application_id = %d; PRAGMA user_version = %d",
             APPLICATION_ID, MIGRATE_VERSION);
    rc = sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    for (; version < MIGRATE_VERSION && rc == SQLITE_OK; version++)
        rc = sqlite3_exec(store->db, migrate_steps[version], NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(store->db, stamp, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
    if (rc != SQLITE_OK) {
        int r = sql_error(store, rc, "written", err);

        if (!sqlite3_get_autocommit(store->db))
            sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
        return r;
    }
    return 0;
}
