/* SPDX-License-Identifier: MIT */
/* What SQLite's failures mean. */
#include <errno.h>

#include "daemon/store/sql.h"
#include "daemon/store/store_internal.h"

static const char *sql_reason(int error)
{
    switch (error) {
    case -ENOSPC:
        return "disk full";
    case -EROFS:
        return "read-only";
    case -EBADMSG:
        return "damaged database";
    case -EBUSY:
        return "in use by another program";
    case -ENOMEM:
        return "out of memory";
    case -EACCES:
        return "permission denied";
    case -EINVAL:
        return "refused by the database";
    case -EMFILE:
        return err_reason(EMFILE);
    default:
        return "input/output error";
    }
}

/* The errno behind an SQLite code that only says that the system reported an error. */
static int sql_system_errno(const Store *store)
{
    int error = sqlite3_system_errno(store->db);

    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return -ENOSPC;
    case EROFS:
        return -EROFS;
    case EACCES:
    case EPERM:
        return -EACCES;
    case EMFILE:
    case ENFILE:
        return -EMFILE;
    default:
        return -EIO;
    }
}

static int sql_errno(const Store *store, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_READONLY:
        return rc == SQLITE_READONLY_CANTLOCK || rc == SQLITE_READONLY_RECOVERY ? -EBUSY : -EROFS;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* our own texts are right: a table or column is not there */
        return -EBADMSG;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return -EBUSY;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
        return -EINVAL;
    case SQLITE_PERM:
        return -EACCES;
    case SQLITE_IOERR:
        return rc == SQLITE_IOERR_NOMEM ? -ENOMEM : sql_system_errno(store);
    default:
        return sql_system_errno(store);
    }
}

int sql_error(const Store *store, int rc, const char *verb, Err *err)
{
    int error = sql_errno(store, rc);
    bool is_newest = store->db && sqlite3_extended_errcode(store->db) == rc;

    return err_set(err, error, "the state in %s cannot be %s: %s (%s)", store->directory, verb,
                   sql_reason(error), is_newest ? sqlite3_errmsg(store->db) : sqlite3_errstr(rc));
}
