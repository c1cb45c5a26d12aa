/* What people asked: see asked.h. */
#include "daemon/log/audit_log.h"

#include <stdarg.h>
#include <stdio.h>

#include "daemon/base/log.h"
#include "daemon/log/message_ids.h"

void audit_log_log(const ServerCall *call, const AuditEntry *asked, const char *format, ...)
{
    uid_t uid = server_call_uid(call);
    char what[512], who[32] = "";
    LogFields fields = {
        .message_id = MESSAGE_AUDIT,
        .pass = asked->pass,
        .action = asked->action,
        .digest = asked->digest,
        .uid = who,
        .reason = asked->reason,
    };
    va_list arguments;

    if (asked->found) {
        fields.instance = asked->found->instance_name;
        fields.channel = channel_ref_name(asked->found);
    }
    if (uid != (uid_t)-1)
        snprintf(who, sizeof(who), "%ju", (uintmax_t)uid);
    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    log_event(
        LOG_LEVEL_NOTICE, &fields, "%s%s%s%s%s by uid %s%s%s", asked->found ? fields.instance : "",
        asked->found ? "/" : "", asked->found ? fields.channel : "", asked->found ? ": " : "", what,
        who[0] ? who : "unknown", asked->reason ? ": " : "", asked->reason ? asked->reason : "");
}
