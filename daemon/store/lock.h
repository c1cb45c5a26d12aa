/* SPDX-License-Identifier: MIT */
/* The state directory and the lock on it: one rosterd to a directory. */
#pragma once

#include "daemon/base/err.h"

/*
 * Makes the directory where only its parent exists (mode 0700) and locks it (flock(2) on the file
 * "lock" in it) until the descriptor returned is closed; the kernel unlocks when a process dies.
 * Errors: -EWOULDBLOCK when another rosterd holds it, -ENOTDIR, those of mkdir(2) and open(2).
 */
int lock_take(const char *state_dir, Err *err);
