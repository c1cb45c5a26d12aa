/* SPDX-License-Identifier: MIT */
#include "daemon/store/database.h"

#include <assert.h>
#include <errno.h>

#include "daemon/base/hang.h"
#include "daemon/base/str.h"
#include "daemon/store/migrate.h"
#include "daemon/store/store_internal.h"

/* So many pages (16 MiB) are written anew at once: a larger database, of an earlier rosterd, gives
 * no pages back, and uses them again. */
#define VACUUM_PAGES_MAX 4096

/* What one statement may have to take back is kept in memory up to this size: a record of 16
 * changes touches about a dozen pages, and would write each of them to a file of its own. */
#define STATEMENT_JOURNAL_MAX (120 * 1024)

#define BUSY_TIMEOUT_MSEC 200 /* readers hold nothing for long, and must not hold up a pass */

int database_open(Store *store, const char *name, int flags, Err *err)
{
    int rc;

    assert(!store->db);
    /* Counts of its memory that nobody asks for would cost a lock with each allocation. It may be
     * set before the first database alone, and stays. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, STATEMENT_JOURNAL_MAX);
    rc = sqlite3_open_v2(name, &store->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                         NULL);
    if (rc == SQLITE_OK) {
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
        rc = sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MSEC);
    }
    if (rc != SQLITE_OK)
        return sql_error(store, rc, store->is_read_only ? "read" : "written", err);
    return 0;
}

int database_run(Store *store, const char *sql, Err *err)
{
    int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? 0
                           : sql_error(store, rc, store->is_read_only ? "read" : "written", err);
}

static int database_use_log(Store *store, Err *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(store->db, "PRAGMA journal_mode = WAL", -1, &statement, NULL);
    int r = 0;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc != SQLITE_ROW)
        r = sql_error(store, rc, "written", err);
    else if (!str_equal((const char *)sqlite3_column_text(statement, 0), "wal"))
        r = err_set(err, -EIO,
                    "the state in %s cannot be written: its file system cannot keep SQLite's "
                    "write-ahead log",
                    store->directory);
    sqlite3_finalize(statement);
    return r;
}

/* The log holds up to 8 MiB before it is written back, which waits for the disk twice. */
int database_set_up(Store *store, bool is_new, Err *err)
{
    int r = is_new ? database_run(store, "PRAGMA auto_vacuum = INCREMENTAL", err) : 0;

    if (r == 0)
        r = database_use_log(store, err);
    if (r == 0)
        r = database_run(store,
                         "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
                         "PRAGMA cache_size = -2048; PRAGMA journal_size_limit = 4194304; "
                         "PRAGMA wal_autocheckpoint = 2000",
                         err);
    return r;
}

static int database_number(const Store *store, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int number = -1;

    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

void database_learn_to_shrink(Store *store)
{
    int pages = database_number(store, "PRAGMA page_count");

    if (database_number(store, "PRAGMA auto_vacuum") == 0 && pages >= 0 &&
        pages <= VACUUM_PAGES_MAX)
        database_run(store,
                     "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA temp_store = MEMORY; VACUUM; "
                     "PRAGMA temp_store = DEFAULT",
                     NULL);
}

int database_prepare(Store *store, Err *err)
{
    assert(store->db && !store->is_read_only);
    for (QueryId id = 0; id < QUERY_COUNT; id++) {
        Query query = sql_begin(store, id);
        int r;

        if (query.rc == SQLITE_OK)
            continue;
        r = sql_error(store, query.rc, "read", err);
        return r == -EBADMSG ? migrate_damaged(store, sqlite3_errmsg(store->db), err) : r;
    }
    return 0;
}

bool database_close(Store *store)
{
    _cleanup_hang_ Hang hang = hang_enter(store->path);
    bool is_closed;

    for (size_t i = 0; i < QUERY_COUNT; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
    is_closed = sqlite3_close(store->db) == SQLITE_OK;
    store->db = NULL;
    return is_closed;
}
