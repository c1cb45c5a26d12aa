/* SPDX-License-Identifier: MIT */
#include "daemon/store/migrate.h"

#include <errno.h>
#include <stdio.h>

#include "daemon/base/str.h"
#include "daemon/store/store_internal.h"

#define APPLICATION_ID 1919906916 /* "rost", so that file(1) and we know it */

/* What leads from version N to N + 1. A step that was ever released is never edited. */
static const char *const tables_steps[] = {
    "CREATE TABLE pass ("
    "  id TEXT PRIMARY KEY NOT NULL,"
    "  started_usec INTEGER NOT NULL,"
    "  finished_usec INTEGER,"
    "  result TEXT"
    ") WITHOUT ROWID;"
    "CREATE TABLE action ("
    "  id INTEGER PRIMARY KEY,"
    "  pass TEXT NOT NULL REFERENCES pass (id),"
    "  instance TEXT NOT NULL,"
    "  channel_id TEXT NOT NULL,"
    "  channel_name TEXT NOT NULL,"
    "  member_id TEXT NOT NULL,"
    "  identity BLOB NOT NULL,"
    "  member TEXT NOT NULL,"
    "  digest TEXT NOT NULL,"
    "  mode TEXT NOT NULL,"
    "  recorded_usec INTEGER NOT NULL,"
    "  outcome TEXT,"
    "  http INTEGER,"
    "  code TEXT,"
    "  request_id TEXT,"
    "  attempts INTEGER,"
    "  decided_usec INTEGER"
    ");"
    "CREATE INDEX action_recent ON action (instance, channel_id, recorded_usec);"
    "CREATE INDEX action_pass ON action (pass);"
    "CREATE INDEX action_undecided ON action (id) WHERE outcome IS NULL;"
    "CREATE TABLE sighting ("
    "  instance TEXT NOT NULL,"
    "  channel_id TEXT NOT NULL,"
    "  member_id TEXT NOT NULL,"
    "  count INTEGER NOT NULL,"
    "  PRIMARY KEY (instance, channel_id, member_id)"
    ") WITHOUT ROWID;"
    "CREATE TABLE approval ("
    "  digest TEXT PRIMARY KEY NOT NULL,"
    "  given_usec INTEGER NOT NULL,"
    "  spent_usec INTEGER"
    ") WITHOUT ROWID;"
    "CREATE TABLE pause ("
    "  instance TEXT NOT NULL,"
    "  channel_id TEXT NOT NULL,"
    "  reason TEXT NOT NULL,"
    "  created_usec INTEGER NOT NULL,"
    "  until_usec INTEGER,"
    "  PRIMARY KEY (instance, channel_id)"
    ") WITHOUT ROWID;"
    "CREATE TABLE refusal ("
    "  subject TEXT PRIMARY KEY NOT NULL,"
    "  mark TEXT NOT NULL,"
    "  until_usec INTEGER,"
    "  refused_usec INTEGER NOT NULL,"
    "  http INTEGER,"
    "  code TEXT NOT NULL,"
    "  request_id TEXT NOT NULL,"
    "  text TEXT NOT NULL"
    ") WITHOUT ROWID;",
};

#define SCHEMA_VERSION ((int)ELEMENTS(tables_steps))

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

int migrate_check(Store *store, int *ret_version, Err *err)
{
    int version, application, tables, r;

    r = migrate_number(store, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (r == 0)
        r = migrate_number(store, "PRAGMA user_version", &version, err);
    if (r == 0)
        r = migrate_number(store, "PRAGMA application_id", &application, err);
    if (r < 0)
        return r;
    if (version == 0 && application == 0 && tables == 0) {
        *ret_version = 0;
        return 0;
    }
    if (application != APPLICATION_ID || version <= 0 || tables == 0)
        return migrate_damaged(store, "it is not a database of rosterd", err);
    if (version > SCHEMA_VERSION)
        return err_set(err, -EPROTO,
                       "the database %s has version %d and was written by a newer rosterd, this "
                       "one knows versions up to %d: install the newer one again",
                       store->path, version, SCHEMA_VERSION);
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

    for (; version < SCHEMA_VERSION && rc == SQLITE_OK; version++) {
        snprintf(stamp, sizeof(stamp), "PRAGMA application_id = %d; PRAGMA user_version = %d",
                 APPLICATION_ID, version + 1);
        rc = sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            rc = sqlite3_exec(store->db, tables_steps[version], NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            rc = sqlite3_exec(store->db, stamp, NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            rc = sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
    }
    if (rc != SQLITE_OK) {
        int r = sql_error(store, rc, "written", err);

        if (!sqlite3_get_autocommit(store->db))
            sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
        return r;
    }
    return 0;
}
