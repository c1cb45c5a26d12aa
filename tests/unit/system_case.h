/* SPDX-License-Identifier: MIT */
/* System calls that fail on demand, in the whole test program, its libraries included: one of a
 * kind, at files whose path ends so. */
#pragma once

typedef enum SystemCall {
    SYSTEM_NONE,
    SYSTEM_OPEN,
    SYSTEM_STAT,
    SYSTEM_FSTAT,
    SYSTEM_LSTAT,
    SYSTEM_FLOCK,
    SYSTEM_FSYNC,
    SYSTEM_FTRUNCATE,
    SYSTEM_WRITE,
    SYSTEM_PWRITE,
} SystemCall;

/* From now on each such call fails with that errno. */
void system_fail(SystemCall call, const char *ending, int error);

/* Takes that back. How many have failed. */
int system_mend(void);
