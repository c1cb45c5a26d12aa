/* SPDX-License-Identifier: MIT */
#include "daemon/log/event_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/log/message_ids.h"
#include "reconcile/report/report.h"

static const char *const message_ids[] = {
    [EVENT_RETRY] = MESSAGE_RETRY,
    [EVENT_DELETED] = MESSAGE_DELETED,
    [EVENT_DELETE_FAILED] = MESSAGE_DELETE_FAILED,
    [EVENT_ADDED] = MESSAGE_ADDED,
    [EVENT_ADD_FAILED] = MESSAGE_ADD_FAILED,
    [EVENT_CORRECTED] = MESSAGE_CORRECTED,
    [EVENT_CORRECT_FAILED] = MESSAGE_CORRECT_FAILED,
    [EVENT_DISABLED] = MESSAGE_DISABLED,
    [EVENT_DISABLE_FAILED] = MESSAGE_DISABLE_FAILED,
    [EVENT_ENABLED] = MESSAGE_ENABLED,
    [EVENT_ENABLE_FAILED] = MESSAGE_ENABLE_FAILED,
    [EVENT_VANISHED] = MESSAGE_VANISHED,
    [EVENT_HELD] = MESSAGE_HELD,
    [EVENT_CHANNEL_FAILED] = MESSAGE_CHANNEL_FAILED,
    [EVENT_INSTANCE_FAILED] = MESSAGE_INSTANCE_FAILED,
    [EVENT_RENEWED] = MESSAGE_RENEWED,
};

/* "prod/payments", "prod" for what concerns the instance. */
static void event_log_subject(const Event *event, char *ret_text, size_t size)
{
    const char *channel = event->channel_name[0] ? event->channel_name : event->channel_id;

    snprintf(ret_text, size, "%s%s%s", event->instance_name, channel[0] ? "/" : "", channel);
}

/* What puts a member back has a message of its own; a deletion is one whoever asked for it. */
static const char *event_log_message_id(const Event *event)
{
    if (event->is_undo && (event->kind == EVENT_ADDED || event->kind == EVENT_CORRECTED))
        return MESSAGE_RESTORED;
    if (event->is_undo && (event->kind == EVENT_ADD_FAILED || event->kind == EVENT_CORRECT_FAILED))
        return MESSAGE_RESTORE_FAILED;
    return message_ids[event->kind];
}

static LogLevel event_log_level(const Event *event, bool is_new)
{
    static const LogLevel levels[] = {
        [EVENT_RETRY] = LOG_LEVEL_INFO,
        [EVENT_DELETED] = LOG_LEVEL_NOTICE,
        [EVENT_DELETE_FAILED] = LOG_LEVEL_WARNING,
        [EVENT_ADDED] = LOG_LEVEL_NOTICE,
        [EVENT_ADD_FAILED] = LOG_LEVEL_WARNING,
        [EVENT_CORRECTED] = LOG_LEVEL_NOTICE,
        [EVENT_CORRECT_FAILED] = LOG_LEVEL_WARNING,
        [EVENT_DISABLED] = LOG_LEVEL_NOTICE,
        [EVENT_DISABLE_FAILED] = LOG_LEVEL_WARNING,
        [EVENT_ENABLED] = LOG_LEVEL_NOTICE,
        [EVENT_ENABLE_FAILED] = LOG_LEVEL_WARNING,
        [EVENT_VANISHED] = LOG_LEVEL_WARNING,
        [EVENT_HELD] = LOG_LEVEL_WARNING,
        [EVENT_CHANNEL_FAILED] = LOG_LEVEL_WARNING,
        [EVENT_INSTANCE_FAILED] = LOG_LEVEL_ERR,
        [EVENT_RENEWED] = LOG_LEVEL_INFO,
    };

    return is_new ? levels[event->kind] : LOG_LEVEL_DEBUG;
}

/* A member that is switched. */
static void event_log_send_switch(const Event *event, LogLevel level, const LogFields *fields,
                                  const char *subject)
{
    const char *undo = event->is_undo ? "undo: " : "", *why = event->err ? event->err->text : "";
    bool disables = event->kind == EVENT_DISABLED || event->kind == EVENT_DISABLE_FAILED;

    if (event->kind == EVENT_DISABLE_FAILED || event->kind == EVENT_ENABLE_FAILED)
        log_event(level, fields, "%s: %scould not %s %s (%s)%s: %s", subject, undo,
                  disables ? "disable" : "enable", event->member, event->member_id,
                  disables ? "" : " again", why);
    else
        log_event(level, fields, "%s: %s%s %s (%s)%s%s%s", subject, undo,
                  disables ? "disabled" : "enabled", event->member, event->member_id,
                  disables ? ", which is in quarantine now" : " again", why[0] ? ": " : "", why);
}

static void event_log_send(const Event *event, LogLevel level, const LogFields *fields,
                           const char *subject)
{
    const char *why = event->err ? event->err->text : "";
    const char *undo = event->is_undo ? "undo: " : "", *back = event->is_undo ? "back " : "";
    char wait[32];

    switch (event->kind) {
    case EVENT_RETRY:
        clock_format_duration(event->wait_usec, wait, sizeof(wait));
        log_event(level, fields, "%s: %s%s%s; sending again in %s (attempt %" PRIu32 ")", subject,
                  event->member, event->member[0] ? ": " : "", why, wait, event->attempt + 1);
        return;
    case EVENT_DELETED:
        log_event(level, fields, "%s: %sdeleted %s (%s)%s%s%s", subject, undo, event->member,
                  event->member_id,
                  event->outcome == OUTCOME_GONE ? ", which was gone already" : "",
                  why[0] ? ": " : "", why);
        return;
    case EVENT_DELETE_FAILED:
        log_event(level, fields, "%s: %scould not delete %s (%s): %s", subject, undo, event->member,
                  event->member_id, why);
        return;
    case EVENT_ADDED:
        log_event(level, fields, "%s: %sadded %s%s (%s)%s%s", subject, undo, back, event->member,
                  event->member_id, why[0] ? ": " : "", why);
        return;
    case EVENT_ADD_FAILED:
        log_event(level, fields, "%s: %scould not add %s%s: %s", subject, undo, back, event->member,
                  why);
        return;
    case EVENT_CORRECTED:
        log_event(level, fields, "%s: %scorrected %s%s (%s)%s%s", subject, undo, back,
                  event->member, event->member_id, why[0] ? ": " : "", why);
        return;
    case EVENT_CORRECT_FAILED:
        log_event(level, fields, "%s: %scould not correct %s%s (%s): %s", subject, undo, back,
                  event->member, event->member_id, why);
        return;
    case EVENT_DISABLED:
    case EVENT_DISABLE_FAILED:
    case EVENT_ENABLED:
    case EVENT_ENABLE_FAILED:
        event_log_send_switch(event, level, fields, subject);
        return;
    case EVENT_VANISHED:
        log_event(
            level, fields,
            "%s: another writer: %s (%s), which an undo added back, is gone again, and rosterd "
            "did not delete it",
            subject, event->member, event->member_id);
        return;
    case EVENT_HELD:
        log_event(level, fields, "%s: held: %s: %s%s%s", subject, why, event->digest,
                  event->members && event->members[0] ? "; members: " : "",
                  event->members ? event->members : "");
        return;
    case EVENT_CHANNEL_FAILED:
        log_event(level, fields, "%s: failed: %s", subject, why);
        return;
    case EVENT_INSTANCE_FAILED:
        log_event(level, fields, "%s: nothing more is sent to it in this pass: %s", subject, why);
        return;
    case EVENT_RENEWED:
        log_event(level, fields, "%s: the credential was refused and has been renewed", subject);
        return;
    }
}

static bool event_log_tells_outcome(EventKind kind)
{
    switch (kind) {
    case EVENT_DELETED:
    case EVENT_DELETE_FAILED:
    case EVENT_ADDED:
    case EVENT_ADD_FAILED:
    case EVENT_CORRECTED:
    case EVENT_CORRECT_FAILED:
    case EVENT_DISABLED:
    case EVENT_DISABLE_FAILED:
    case EVENT_ENABLED:
    case EVENT_ENABLE_FAILED:
        return true;
    case EVENT_RETRY:
    case EVENT_VANISHED:
    case EVENT_HELD:
    case EVENT_CHANNEL_FAILED:
    case EVENT_INSTANCE_FAILED:
    case EVENT_RENEWED:
        break;
    }
    return false;
}

void event_log_write(const Event *event, bool is_new)
{
    LogLevel level = event_log_level(event, is_new);
    char subject[256], status[16] = "", attempt[16] = "";
    const char *outcome =
        event_log_tells_outcome(event->kind) ? ops_outcome_text(event->outcome) : "";
    LogFields fields = {
        .message_id = event_log_message_id(event),
        .pass = event->pass,
        .instance = event->instance_name,
        .channel = event->channel_name[0] ? event->channel_name : event->channel_id,
        .member = event->member,
        .action = outcome,
        .http_status = status,
        .error_code = event->err ? event->err->code : "",
        .request_id = event->err ? event->err->request_id : "",
        .attempt = attempt,
        .digest = event->digest,
    };

    if (!log_is_wanted(level))
        return;
    if (event->err && event->err->http)
        snprintf(status, sizeof(status), "%d", event->err->http);
    if (event->attempt)
        snprintf(attempt, sizeof(attempt), "%" PRIu32, event->attempt);
    event_log_subject(event, subject, sizeof(subject));
    event_log_send(event, level, &fields, subject);
}
