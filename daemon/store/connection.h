/* A Store's connection to its database. */
#pragma once

#include "daemon/base/err.h"
#include "daemon/store/store.h"

/* Opens it (a path or URI, sqlite3_open_v2()'s flags), distrusting what is in the file, and so that
 * closing it does not move the write-ahead log into the database. */
int connection_open(Store *store, const char *name, int flags, Err *err);

/* Runs statements whose rows do not matter. */
int connection_run(Store *store, const char *sql, Err *err);

/* For writing: a write-ahead log, durable commits. */
int connection_set_up(Store *store, Err *err);

/* Prepares every statement. -EBADMSG when the database lacks a table or column. */
int connection_prepare(Store *store, Err *err);

/* Closes it with its statements, if it is open. */
void connection_close(Store *store);
