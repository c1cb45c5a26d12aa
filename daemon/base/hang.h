/* SPDX-License-Identifier: MIT */
/*
 * DOC: calls that may not come back
 *
 * A file system whose server is gone holds whoever touches it. What cannot be done aside (aside.h),
 * as the state's database and the control socket, is entered here first: a thread of its own tells
 * what does not answer, and ends a program that can do nothing without it. The thread sleeps while
 * nothing is entered.
 *
 * Called by the main thread alone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* How long one call may take: longer than a slow disk takes for a commit. */
#define HANG_USEC UINT64_C(20000000)

typedef enum HangMode {
    HANG_UNWATCHED, /* at first */
    HANG_ENDS,      /* tells, and ends the program with the exit status given */
    HANG_WAITS,     /* tells once, and again when it answers */
} HangMode;

void hang_watch(HangMode mode, int exit_status);

/* What was entered before. */
typedef struct Hang {
    const char *path;
    bool was_entered;
} Hang;

/* `path` is about to be touched, and lives until hang_leave(); of several, the innermost is told.
 */
Hang hang_enter(const char *path);
void hang_leave(Hang *before);

/* Within one that was entered: `path` is touched now, and is copied. Else it does nothing. */
void hang_touch(const char *path);

#define _cleanup_hang_ __attribute__((cleanup(hang_leave), unused))
