/* SPDX-License-Identifier: MIT */
#include "daemon/log/audit_log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "daemon/base/log.h"
#include "daemon/log/message_ids.h"

void audit_log_write(const AuditEntry *entry, const char *format, ...)
{
    char what[512], who[32] = "";
    LogFields fields = {
        .message_id = MESSAGE_AUDIT,
        .pass = entry->pass,
        .action = entry->action,
        .digest = entry->digest,
        .uid = who,
        .reason = entry->reason,
        .instance = entry->instance,
        .channel = entry->channel,
    };
    va_list arguments;

    if (entry->uid != (uid_t)-1)
        snprintf(who, sizeof(who), "%ju", (uintmax_t)entry->uid);
    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    log_event(LOG_LEVEL_NOTICE, &fields, "%s%s%s%s%s by uid %s%s%s",
              entry->instance ? entry->instance : "", entry->channel ? "/" : "",
              entry->channel ? entry->channel : "", entry->instance ? ": " : "", what,
              who[0] ? who : "unknown", entry->reason ? ": " : "",
              entry->reason ? entry->reason : "");
}
