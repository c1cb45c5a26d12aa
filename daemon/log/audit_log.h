/* SPDX-License-Identifier: MIT */
/* What people asked of the daemon, for the log: who changes something by hand is told there. */
#pragma once

#include <sys/types.h>

/* What was asked; NULL where there is none. */
typedef struct AuditEntry {
    const char *action;   /* "pause", as in the path */
    uid_t uid;            /* who asked; (uid_t)-1: not known */
    const char *instance; /* NULL: all */
    const char *channel;  /* with `instance`; NULL: all of it */
    const char *pass;
    const char *digest;
    const char *reason;
} AuditEntry;

/* Logs it at notice, once it takes effect: where, what, by whom, why. */
void audit_log_write(const AuditEntry *entry, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
