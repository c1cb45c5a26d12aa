/* SPDX-License-Identifier: MIT */
#include "daemon/log/pass_log.h"

#include <stdio.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/log/event_log.h"
#include "daemon/log/message_ids.h"
#include "reconcile/plan/identity.h"
#include "reconcile/report/near_miss.h"

void pass_log_done(PassLog *log)
{
    log_once_done(&log->log_once);
    *log = (PassLog){0};
}

/* `what` is said of a roster's entry by itself: what it resolves to may change. Without a roster it
 * is of the whole instance. */
static void pass_log_subject(const char *what, const RosterChannel *roster, char *ret_subject,
                             size_t size)
{
    if (!roster)
        snprintf(ret_subject, size, "%sall channels", what);
    else
        snprintf(ret_subject, size, "%s%s%s", what, roster->name ? "name " : "id ",
                 roster->name ? roster->name : roster->id);
}

/* A channel's state is said when it changes; an instance's outage at its start and its end, and
 * what its channels suffer by it not at all. */
static bool pass_log_is_new(PassLog *log, const Event *event)
{
    char subject[256], text[sizeof(event->err->text) + DIGEST_HEX_SIZE + 1];

    if (event->kind == EVENT_INSTANCE_FAILED || event->kind == EVENT_RETRY)
        return log->outage_since_usec == 0;
    if (event->kind == EVENT_CHANNEL_FAILED && log->outage_since_usec)
        return false;
    if (event->kind != EVENT_CHANNEL_FAILED && event->kind != EVENT_HELD)
        return true;
    pass_log_subject("", event->roster, subject, sizeof(subject));
    snprintf(text, sizeof(text), "%s %s", event->topic ? event->topic : event->err->text,
             event->digest);
    return log_once_is_new(&log->log_once, subject, text);
}

void pass_log_event(PassLog *log, const Event *event)
{
    if (event->kind == EVENT_INSTANCE_FAILED)
        log->instance_failed = true;
    event_log_write(event, pass_log_is_new(log, event));
}

const char *pass_log_channel_name(const ChannelReport *report)
{
    if (report->name)
        return report->name;
    return report->id ? report->id : "";
}

static LogFields pass_log_fields(const PassLog *log, const ChannelReport *report,
                                 const char *message_id)
{
    return (LogFields){
        .message_id = message_id,
        .instance = log->instance_name,
        .channel = pass_log_channel_name(report),
        .digest = report->digest,
    };
}

void pass_log_recovered(PassLog *log, const ChannelReport *report)
{
    const LogFields fields = {
        .message_id = MESSAGE_CHANNEL_RECOVERED,
        .instance = log->instance_name,
        .channel = pass_log_channel_name(report),
    };
    char subject[256];

    if (report->result != RESULT_IN_SYNC && report->result != RESULT_CONVERGED)
        return;
    pass_log_subject("", report->channel, subject, sizeof(subject));
    if (log_once_forget(&log->log_once, subject))
        log_event(LOG_LEVEL_NOTICE, &fields, "%s/%s: is well again: %s", fields.instance,
                  fields.channel, report_result_text(report->result));
}

void pass_log_instance(PassLog *log, const InstanceReport *report)
{
    char subject[256];

    pass_log_subject("", NULL, subject, sizeof(subject));
    if (report->guard_count == 0)
        log_once_forget(&log->log_once, subject);
}

/* Unless the pass has said so itself. */
void pass_log_outage(PassLog *log, const Report *report)
{
    const LogFields fields = {.message_id = MESSAGE_OUTAGE, .instance = log->instance_name};

    if (!log->instance_failed)
        log_event(LOG_LEVEL_ERR, &fields, "%s: none of its channels can be read: %s",
                  fields.instance, report_error(&report->channels[0])->text);
}

void pass_log_recovery(const PassLog *log)
{
    const LogFields fields = {.message_id = MESSAGE_RECOVERED, .instance = log->instance_name};
    char duration[32];

    clock_format_duration(clock_monotonic_usec() - log->outage_since_usec, duration,
                          sizeof(duration));
    log_event(LOG_LEVEL_ERR, &fields, "%s: works again, after %s", fields.instance, duration);
}

/* "in group blue", "in no group", "at port 80", or both: what tells near_misses apart. */
static void pass_log_group_and_port(NearMissKind kind, const char *group, uint16_t port,
                                    char *ret_text, size_t size)
{
    char at_port[32] = "";

    if (kind != NEAR_MISS_GROUP)
        snprintf(at_port, sizeof(at_port), "at port %u", port);
    if (kind == NEAR_MISS_PORT)
        str_copy(ret_text, size, at_port);
    else
        snprintf(ret_text, size, "in %s%.200s%s%s", group[0] ? "group " : "no group", group,
                 at_port[0] ? " " : "", at_port);
}

static void pass_log_near_miss(const LogFields *fields, const MissingReport *missing,
                               const ExtraReport *extra, NearMissKind kind, size_t count)
{
    char wanted[256], live[256], address[256], others[48] = "";

    pass_log_group_and_port(kind, missing->group, missing->port, wanted, sizeof(wanted));
    pass_log_group_and_port(kind, extra->group, extra->port, live, sizeof(live));
    if (kind == NEAR_MISS_GROUP)
        identity_format("", missing->address, missing->port, address, sizeof(address));
    else
        str_copy(address, sizeof(address), missing->address);
    if (count > 1)
        snprintf(others, sizeof(others), "; likewise %zu more", count - 1);
    log_event(LOG_LEVEL_WARNING, fields,
              "%s/%s: %s is wanted, but %s: %s it is an extra (%s), see rosterd.yaml(5)%s",
              fields->instance, fields->channel, address, wanted, live,
              ops_outcome_text(extra->outcome), others);
}

/* Logs one line for a channel, however many members are meant, and once for each plan. */
static void pass_log_near_misses(PassLog *log, const ChannelReport *report)
{
    const LogFields fields = pass_log_fields(log, report, MESSAGE_NEAR_MISS);
    _cleanup_(near_miss_done) NearMisses near_misses = {0};
    const MissingReport *missing = NULL;
    const ExtraReport *extra = NULL;
    NearMissKind kind = NEAR_MISS_BOTH, other;
    char subject[256];
    size_t count = 0;

    pass_log_subject("near miss of ", report->channel, subject, sizeof(subject));
    /* To look for them takes its time where there are many. */
    if (report->missing_count == 0 || log_once_was_last(&log->log_once, subject, report->digest))
        return;
    near_miss_collect(&near_misses, report);
    for (size_t i = report->missing_count; i > 0; i--) {
        const ExtraReport *near_miss =
            near_miss_find(&near_misses, &report->missing[i - 1], &other);

        if (!near_miss)
            continue;
        count++;
        missing = &report->missing[i - 1];
        extra = near_miss;
        kind = other;
    }
    if (count > 0 && log_once_is_new(&log->log_once, subject, report->digest))
        pass_log_near_miss(&fields, missing, extra, kind, count);
}

enum { PASS_LOG_MEMBERS_MAX = 20 };

/* "10.1.0.7:8080, blue/10.1.0.8:8080 and 3 more". */
static void pass_log_append_missing(const ChannelReport *report, Buf *buf)
{
    size_t shown =
        report->missing_count < PASS_LOG_MEMBERS_MAX ? report->missing_count : PASS_LOG_MEMBERS_MAX;
    char member[256];

    for (size_t i = 0; i < shown; i++) {
        const MissingReport *missing = &report->missing[i];

        identity_format(missing->group, missing->address, missing->port, member, sizeof(member));
        buf_printf(buf, "%s%s", i > 0 ? ", " : "", member);
    }
    if (report->missing_count > shown)
        buf_printf(buf, " and %zu more", report->missing_count - shown);
}

/* A member missing at one pass may be on its way; at a second pass in a row it is a backend that
 * does not serve. Said once for each set of them. */
static void pass_log_missing(PassLog *log, const ChannelReport *report)
{
    const LogFields fields = pass_log_fields(log, report, MESSAGE_MISSING);
    _cleanup_(buf_done) Buf members = {0};
    char seen[256], told[256];

    if (!report->has_list)
        return;
    pass_log_subject("missing in ", report->channel, seen, sizeof(seen));
    pass_log_subject("told to be missing in ", report->channel, told, sizeof(told));
    if (report->missing_count == 0) {
        log_once_forget(&log->log_once, seen);
        log_once_forget(&log->log_once, told);
        return;
    }
    if (log_once_is_new(&log->log_once, seen, ""))
        return;
    pass_log_append_missing(report, &members);
    if (log_once_is_new(&log->log_once, told, buf_text(&members)))
        log_event(LOG_LEVEL_WARNING, &fields,
                  "%s/%s: %zu wanted %s missing for the second pass in a row and %s not serve: %s",
                  fields.instance, fields.channel, report->missing_count,
                  report->missing_count == 1 ? "member is" : "members are",
                  report->missing_count == 1 ? "does" : "do", buf_text(&members));
}

/* Drift that stays is said once, like a hold: an observing daemon has nothing else to say. */
void pass_log_drift(PassLog *log, const ChannelReport *report)
{
    const LogFields fields = pass_log_fields(log, report, MESSAGE_DRIFT);
    char subject[256], text[256], versioned[sizeof(text) + DIGEST_HEX_SIZE], changed[48] = "";

    pass_log_near_misses(log, report);
    pass_log_missing(log, report);
    if (report->result != RESULT_DRIFT && report->result != RESULT_PAUSED &&
        report->result != RESULT_QUARANTINED)
        return;
    pass_log_subject("", report->channel, subject, sizeof(subject));
    if (report->changed_count + report->enabled_count > 0)
        snprintf(changed, sizeof(changed), ", %zu changed",
                 report->changed_count + report->enabled_count);
    if (report->has_list)
        snprintf(text, sizeof(text), "%s: %zu extra, %zu missing%s",
                 report_result_text(report->result), report->extra_count, report->missing_count,
                 changed);
    else
        snprintf(text, sizeof(text), "not read: %.200s", report_error(report)->text);
    snprintf(versioned, sizeof(versioned), "%s %s", text, report->digest);
    if (log_once_is_new(&log->log_once, subject, versioned))
        log_event(LOG_LEVEL_NOTICE, &fields, "%s/%s: %s", fields.instance, fields.channel, text);
}
