/* SPDX-License-Identifier: MIT */
/* A Store's connection to its database. */
#pragma once

#include "daemon/base/err.h"
#include "daemon/store/store.h"

/* Opens it (a path or URI, sqlite3_open_v2()'s flags), distrusting what is in the file, and so that
 * closing it does not move the write-ahead log into the database. */
int database_open(Store *store, const char *name, int flags, Err *err);

/* Runs statements whose rows do not matter. */
int database_run(Store *store, const char *sql, Err *err);

/* For writing: a write-ahead log, durable commits. */
int database_set_up(Store *store, Err *err);

/* Prepares every statement. -EBADMSG when the database lacks a table or column. */
int database_prepare(Store *store, Err *err);

/* Closes it with its statements, if it is open. */
void database_close(Store *store);
