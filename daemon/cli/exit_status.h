/* SPDX-License-Identifier: MIT */
/* Exit statuses that scripts rely on, besides those of a report. */
#pragma once

enum {
    EXIT_IN_SYNC = 0,
    EXIT_FAILED = 1,
    EXIT_DRIFT = 2,
    EXIT_GUARD = 3,      /* a guard holds changes back */
    EXIT_USAGE = 64,     /* EX_USAGE of <sysexits.h> */
    EXIT_NO_DAEMON = 69, /* EX_UNAVAILABLE */
    EXIT_LOCKED = 75,    /* EX_TEMPFAIL: another rosterd holds the state directory */
    EXIT_INVALID = 78,   /* EX_CONFIG: settings, rosters or secrets */
};
