/* SPDX-License-Identifier: MIT */
#include "daemon/store/migrate.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "daemon/base/str.h"
#include "daemon/store/store_internal.h"

#define APPLICATION_ID 1919906916 /* "rost", so that file(1) and we know it */

/* The steps from version N to N + 1. A released step must not be edited. */
static const char *const migrate_steps[] = {
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
    /* An instance goes by its key, its name is what people see; of version 1 only names are known,
     * until a pass over the instance of that name. A pause is one row, of all (instance 0), an
     * instance or a channel. Times that decide something have a second one, of the steady clock. */
    "CREATE TABLE instance ("
    "  id INTEGER PRIMARY KEY,"
    "  key TEXT UNIQUE NOT NULL,"
    "  name TEXT NOT NULL"
    ");"
    "INSERT INTO instance (key, name) SELECT 'name:' || instance, instance FROM"
    "  (SELECT instance FROM action UNION SELECT instance FROM sighting"
    "   UNION SELECT instance FROM pause);"
    "CREATE TABLE clock ("
    "  one INTEGER PRIMARY KEY CHECK (one = 1),"
    "  boot TEXT NOT NULL,"
    "  boottime_usec INTEGER NOT NULL,"
    "  steady_usec INTEGER NOT NULL,"
    "  began_usec INTEGER NOT NULL,"
    "  offset_usec INTEGER NOT NULL"
    ");"
    "CREATE TABLE action_2 ("
    "  id INTEGER PRIMARY KEY,"
    "  pass TEXT NOT NULL REFERENCES pass (id),"
    "  instance INTEGER NOT NULL REFERENCES instance (id),"
    "  channel_id TEXT NOT NULL,"
    "  channel_name TEXT NOT NULL,"
    "  kind TEXT NOT NULL,"
    "  member_id TEXT NOT NULL,"
    "  identity BLOB NOT NULL,"
    "  member TEXT NOT NULL,"
    "  digest TEXT NOT NULL,"
    "  mode TEXT NOT NULL,"
    "  recorded_usec INTEGER NOT NULL,"
    "  steady_usec INTEGER NOT NULL,"
    "  outcome TEXT,"
    "  http INTEGER,"
    "  code TEXT,"
    "  request_id TEXT,"
    "  attempts INTEGER,"
    "  decided_usec INTEGER,"
    "  vanished_usec INTEGER"
    ");"
    "INSERT INTO action_2 (id, pass, instance, channel_id, channel_name, kind, member_id, identity,"
    "  member, digest, mode, recorded_usec, steady_usec, outcome, http, code, request_id, attempts,"
    "  decided_usec)"
    "  SELECT action.id, pass, instance.id, channel_id, channel_name, 'delete', member_id, "
    "identity,"
    "  member, digest, mode, recorded_usec, 0, outcome, http, code, request_id, attempts,"
    "  decided_usec FROM action JOIN instance ON instance.name = action.instance;"
    "DROP TABLE action;"
    "ALTER TABLE action_2 RENAME TO action;"
    "CREATE INDEX action_channel ON action (instance, channel_id);"
    "CREATE INDEX action_pass ON action (pass);"
    "CREATE INDEX action_undecided ON action (id) WHERE outcome IS NULL;"
    "CREATE INDEX action_added ON action (instance, channel_id) WHERE kind = 'add';"
    "CREATE TABLE sighting_2 ("
    "  instance INTEGER NOT NULL REFERENCES instance (id),"
    "  channel_id TEXT NOT NULL,"
    "  member_id TEXT NOT NULL,"
    "  count INTEGER NOT NULL,"
    "  PRIMARY KEY (instance, channel_id, member_id)"
    ") WITHOUT ROWID;"
    "INSERT INTO sighting_2 SELECT instance.id, channel_id, member_id, count"
    "  FROM sighting JOIN instance ON instance.name = sighting.instance;"
    "DROP TABLE sighting;"
    "ALTER TABLE sighting_2 RENAME TO sighting;"
    "CREATE TABLE pause_2 ("
    "  id INTEGER PRIMARY KEY,"
    "  instance INTEGER NOT NULL,"
    "  channel_id TEXT,"
    "  channel_name TEXT,"
    "  reason TEXT NOT NULL,"
    "  created_usec INTEGER NOT NULL,"
    "  until_usec INTEGER,"
    "  set_steady_usec INTEGER NOT NULL,"
    "  until_steady_usec INTEGER"
    ");"
    /* Version 1 had two rows for a channel of which both were known, made in the same moment. */
    "INSERT INTO pause_2 (instance, channel_id, channel_name, reason, created_usec, until_usec,"
    "  set_steady_usec, until_steady_usec)"
    "  SELECT instance.id, channel_id, (SELECT substr(other.channel_id, 6) FROM pause AS other"
    "    WHERE other.instance = pause.instance AND other.channel_id LIKE 'name:%'"
    "    AND other.created_usec = pause.created_usec AND other.reason = pause.reason),"
    "  reason, created_usec, until_usec, 0, until_usec"
    "  FROM pause JOIN instance ON instance.name = pause.instance"
    "  WHERE channel_id NOT LIKE 'name:%';"
    "INSERT INTO pause_2 (instance, channel_id, channel_name, reason, created_usec, until_usec,"
    "  set_steady_usec, until_steady_usec)"
    "  SELECT instance.id, NULL, substr(channel_id, 6), reason, created_usec, until_usec, 0,"
    "  until_usec FROM pause JOIN instance ON instance.name = pause.instance"
    "  WHERE channel_id LIKE 'name:%' AND NOT EXISTS (SELECT 1 FROM pause_2 AS other"
    "    WHERE other.instance = instance.id AND other.channel_name = substr(pause.channel_id, 6)"
    "    AND other.created_usec = pause.created_usec AND other.reason = pause.reason);"
    "DROP TABLE pause;"
    "ALTER TABLE pause_2 RENAME TO pause;"
    "ALTER TABLE approval ADD COLUMN given_steady_usec INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE approval ADD COLUMN spent_steady_usec INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE refusal ADD COLUMN set_steady_usec INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE refusal ADD COLUMN until_steady_usec INTEGER;"
    "UPDATE refusal SET until_steady_usec = until_usec;",
    /* A pass tells which set of rosters it went by, and which pass it undid. */
    "ALTER TABLE pass ADD COLUMN roster_digest TEXT;"
    "ALTER TABLE pass ADD COLUMN roster_head TEXT;"
    "ALTER TABLE pass ADD COLUMN undo_of TEXT;",
    /* A pause tells who set it: 4294967295 is (uid_t)-1, not known. */
    "ALTER TABLE pause ADD COLUMN uid INTEGER NOT NULL DEFAULT 4294967295;",
    /* An approval may open a closed change window. */
    "ALTER TABLE approval ADD COLUMN opens_window INTEGER NOT NULL DEFAULT 0;",
    /* An action tells the member as it was before and as it was sent; each may be missing. */
    ("ALTER TABLE action ADD COLUMN after TEXT;"
     "UPDATE action SET after = member, member = '' WHERE kind = 'add';"),
    /* An addition tells the weight that the service gave the member. */
    "ALTER TABLE action ADD COLUMN weight INTEGER;",
    /* Members in quarantine: `action` disabled them, NULL where somebody else had; is_open: it is
     * not decided. `passed_usec` is their time in it up to the moment `base`, by both clocks. A
     * deletion keeps what the member was before it was disabled. */
    "CREATE TABLE quarantine ("
    "  instance INTEGER NOT NULL REFERENCES instance (id),"
    "  channel_id TEXT NOT NULL,"
    "  channel_name TEXT NOT NULL,"
    "  member_id TEXT NOT NULL,"
    "  identity BLOB NOT NULL,"
    "  original TEXT,"
    "  action INTEGER,"
    "  is_open INTEGER NOT NULL,"
    "  span_usec INTEGER NOT NULL,"
    "  passed_usec INTEGER NOT NULL,"
    "  base_usec INTEGER NOT NULL,"
    "  base_steady_usec INTEGER NOT NULL,"
    "  is_told INTEGER NOT NULL DEFAULT 0,"
    "  PRIMARY KEY (instance, channel_id, member_id)"
    ") WITHOUT ROWID;"
    "ALTER TABLE action ADD COLUMN original TEXT;",
    /* Samples; the numbers are NULL where the channel was not read. */
    "CREATE TABLE sample_channel ("
    "  id INTEGER PRIMARY KEY,"
    "  instance INTEGER NOT NULL REFERENCES instance (id),"
    "  channel_id TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  UNIQUE (instance, channel_id)"
    ");"
    "CREATE TABLE sample ("
    "  id INTEGER PRIMARY KEY,"
    "  channel INTEGER NOT NULL REFERENCES sample_channel (id),"
    "  steady_usec INTEGER NOT NULL,"
    "  time_usec INTEGER NOT NULL,"
    "  result TEXT NOT NULL,"
    "  desired INTEGER NOT NULL,"
    "  live INTEGER,"
    "  extra INTEGER,"
    "  missing INTEGER,"
    "  changed INTEGER,"
    "  ignored INTEGER,"
    "  quarantined INTEGER"
    ");"
    "CREATE INDEX sample_of_channel ON sample (channel, steady_usec);",
    /* What people are told of, and what was not taken yet. */
    "CREATE TABLE condition ("
    "  notifier TEXT NOT NULL,"
    "  kind TEXT NOT NULL,"
    "  instance TEXT NOT NULL,"
    "  channel TEXT NOT NULL,"
    "  instance_name TEXT NOT NULL,"
    "  channel_name TEXT NOT NULL,"
    "  since_usec INTEGER NOT NULL,"
    "  is_open INTEGER NOT NULL,"
    "  passes INTEGER NOT NULL,"
    "  told_steady_usec INTEGER NOT NULL,"
    "  PRIMARY KEY (notifier, instance, channel, kind)"
    ") WITHOUT ROWID;"
    "CREATE TABLE notice ("
    "  id INTEGER PRIMARY KEY,"
    "  notifier TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  created_steady_usec INTEGER NOT NULL,"
    "  kind TEXT NOT NULL,"
    "  phase TEXT NOT NULL,"
    "  instance_name TEXT NOT NULL,"
    "  channel_name TEXT NOT NULL,"
    "  body TEXT NOT NULL"
    ");"
    "CREATE INDEX notice_of_notifier ON notice (notifier, id);",
    /* What the history is asked by: a channel's id or its name, newest first, and a time. A pass
     * tells its last action. */
    "ALTER TABLE pass ADD COLUMN last_action INTEGER NOT NULL DEFAULT 0;"
    "UPDATE pass SET last_action ="
    "  coalesce((SELECT max(id) FROM action WHERE action.pass = pass.id), 0);"
    "CREATE INDEX pass_last ON pass (last_action);"
    "DROP INDEX action_channel;"
    "DROP INDEX action_undecided;"
    "CREATE INDEX action_channel ON action (channel_id);"
    "CREATE INDEX action_name ON action (channel_name);"
    "CREATE INDEX action_time ON action (recorded_usec);"
    "CREATE INDEX action_undecided ON action (channel_id) WHERE outcome IS NULL;",
};

#define SCHEMA_VERSION ((int)ELEMENTS(migrate_steps))

bool migrate_is_current(int version)
{
    return version == SCHEMA_VERSION;
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
    if (version > SCHEMA_VERSION)
        return err_set(err, -EPROTO,
                       "the database %s has version %d and was written by a newer rosterd, this "
                       "one knows versions up to %d: install the newer one again",
                       store->path, version, SCHEMA_VERSION);
    if (version < SCHEMA_VERSION && store->is_read_only)
        return err_set(err, -EPROTO,
                       "the database %s has version %d, of an older rosterd: start rosterd once, "
                       "which brings it to version %d",
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

    assert(version >= 0 && version <= SCHEMA_VERSION && !store->is_read_only);
    if (version == SCHEMA_VERSION)
        return 0;
    snprintf(stamp, sizeof(stamp), "PRAGMA application_id = %d; PRAGMA user_version = %d",
             APPLICATION_ID, SCHEMA_VERSION);
    rc = sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    for (; version < SCHEMA_VERSION && rc == SQLITE_OK; version++)
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
