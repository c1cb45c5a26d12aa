/* What people asked of the daemon, for the log: who changes something by hand is told there. */
#pragma once

#include "daemon/control/channel_ref.h"
#include "daemon/http/server.h"

/* What was asked; NULL where there is none. */
typedef struct AuditEntry {
    const char *action;      /* "pause", as in the path */
    const ChannelRef *found; /* NULL: all channels */
    const char *pass;
    const char *digest;
    const char *reason;
} AuditEntry;

/* Logs it at notice, once it takes effect: where, what, by whom, why. */
void audit_log_log(const ServerCall *call, const AuditEntry *asked, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
