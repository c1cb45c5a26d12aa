/* SPDX-License-Identifier: MIT */
/* A Store's connection to its database. */
#pragma once

#include <stdbool.h>

#include "daemon/base/err.h"
#include "daemon/store/store.h"

/* Opens it (a path or URI, sqlite3_open_v2()'s flags), distrusting what is in the file, and so that
 * closing it does not move the write-ahead log into the database. */
int database_open(Store *store, const char *name, int flags, Err *err);

/* Runs statements whose rows do not matter. */
int database_run(Store *store, const char *sql, Err *err);

/* For writing: a write-ahead log, durable commits; in a new one, which has no tables yet, what it
 * takes to give free pages back. */
int database_set_up(Store *store, bool is_new, Err *err);

/* Gives a database of an earlier rosterd, unless it is large, what it takes to give free pages
 * back. Where that fails it is as good as before. */
void database_learn_to_shrink(Store *store);

/* Prepares every statement. -EBADMSG when the database lacks a table or column. */
int database_prepare(Store *store, Err *err);

/* Closes it with its statements, if it is open. Whether that ended well. */
bool database_close(Store *store);
