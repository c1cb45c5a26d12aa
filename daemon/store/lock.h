/* SPDX-License-Identifier: MIT */
/* The state directory and the lock on it: one rosterd to a directory. */
#pragma once

#include "daemon/base/err.h"

#define LOCK_FILE_NAME "lock"

/*
 * Held by flock(2) on two things until it is released or the process dies: the file "lock" in the
 * directory, and the directory itself, which still tells of a running rosterd where somebody has
 * removed or replaced the files in it.
 */
typedef struct Lock {
    int directory_fd; /* -1 without one */
    int file_fd;      /* likewise */
} Lock;

#define LOCK_NONE ((Lock){-1, -1})

/*
 * Makes the directory where only its parent exists (mode 0700) and locks it; release it with
 * lock_release(). A file system that locks no directories is no error. Errors: -EWOULDBLOCK when
 * another rosterd holds it, -ENOTDIR, those of mkdir(2) and open(2).
 */
int lock_take(const char *state_dir, Lock *ret_lock, Err *err);

/* LOCK_NONE is fine, and what it is left as. */
void lock_release(Lock *lock);
