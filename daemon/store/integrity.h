/* SPDX-License-Identifier: MIT */
/*
 * Whether the state on the disk is still the one that is open, and holds what was committed. SQLite
 * by itself goes on in files that were removed or replaced, and in its cache above pages that were
 * destroyed: a deletion recorded there is recorded nowhere.
 */
#pragma once

#include <stddef.h>

#include "daemon/base/err.h"
#include "reconcile/ops.h"

typedef struct Store Store;

enum { OPEN_FILE_DATABASE, OPEN_FILE_LOG, OPEN_FILE_INDEX, OPEN_FILE_LOCK, OPEN_FILE_COUNT };

/* The files as they were opened; the lock holds the directory. */
typedef struct OpenFiles {
    int fds[OPEN_FILE_COUNT]; /* O_PATH, so that no inode number is used again; -1 without one */
    char *paths[OPEN_FILE_COUNT];
} OpenFiles;

#define OPEN_FILES_NONE ((OpenFiles){.fds = {-1, -1, -1, -1}})

/* Takes hold of the files of the database just opened for writing. 0, -ENOMEM, or why a file is
 * not there. */
int integrity_hold(Store *store, Err *err);

/* After the database is closed. OPEN_FILES_NONE is fine. */
void integrity_done(OpenFiles *files);

/* As store_check(). Before integrity_hold(): 0. */
int integrity_check(Store *store, Err *err);

/*
 * Reads deletions just committed back out of the files, not out of the cache, and checks that they
 * are what was recorded. 0, or as store_check(); what cannot be read back is damage from then on.
 */
int integrity_read_back(Store *store, const Batch *batches, size_t count, Err *err);

/* The database is damaged from now on (`what`): -EBADMSG with the remedy. */
int integrity_say_damaged(Store *store, const char *what, Err *err);
