/* SPDX-License-Identifier: MIT */
/* A password that was refused, as far as a later run may know of it: no word of what it was. */
#pragma once

#include <stdint.h>

#include "daemon/base/err.h"

#define LOCKOUT_MARK_SIZE 96

typedef struct Lockout {
    char mark[LOCKOUT_MARK_SIZE]; /* of the file that held it: another once the file is written */
    uint64_t until_usec;          /* realtime: the user is locked; 0: until the file changes */
    uint64_t refused_usec;        /* realtime */
    Err said;                     /* what the service said to it */
} Lockout;

/* Where lockouts are kept from run to run; `subject` names who was refused, and where. Either may
 * be NULL. */
typedef struct LockoutStore {
    int (*recall)(void *userdata, const char *subject, Lockout *ret_lockout); /* 1, or 0: none */
    int (*keep)(void *userdata, const char *subject,
                const Lockout *lockout); /* negative: not kept */
    void *userdata;
} LockoutStore;
