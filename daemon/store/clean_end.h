/* SPDX-License-Identifier: MIT */
/*
 * Whether the database is exactly the one that the last rosterd closed in good order: then it need
 * not be read page by page before it is used, which takes longer with each deletion in the history.
 *
 * A file beside it says so: its inode, size and times, written after the database was closed, with
 * everything in it and durably. It is emptied, durably, before the first write of a run, so that no
 * crash leaves it; a copy of the database, one put back from a backup, and one that anybody has
 * written to have other times, which nobody can set (inode(7), ctime).
 */
#pragma once

#include <stdbool.h>

#include "daemon/base/err.h"

#define CLEAN_END_FILE_NAME "clean-end"

typedef struct Store Store;

/* Whether it ended well. Of an open connection that has read nothing yet. */
bool clean_end_is_told(Store *store);

/* Before the first write: empties the file. 0, also where there is none; or why it cannot be. */
int clean_end_revoke(Store *store, Err *err);

/* After the database was closed, by its path (sqlite3_db_filename()): says so, unless nothing was
 * written since the last time. Fails silently: the next start reads the database. */
void clean_end_tell(Store *store, const char *database);
