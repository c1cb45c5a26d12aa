/* SPDX-License-Identifier: MIT */
#include "daemon/report/json.h"

#include <errno.h>

#include "config/instance_key.h"
#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/list_json.h"
#include "daemon/report/source.h"

static void json_put_guard(JsonWriter *writer, const char *key, const Guard *guard)
{
    json_open_object(writer, key);
    json_put_text(writer, "name", guard_name_text(guard->name));
    json_put_number(writer, "planned", guard->planned);
    json_put_number(writer, "limit", guard->limit);
    if (guard->why && guard->why[0])
        json_put_text(writer, "why", guard->why);
    json_close_object(writer);
}

void report_json_put_guards(JsonWriter *writer, const Guard *guards, size_t count)
{
    json_open_array(writer, "guards");
    for (size_t i = 0; i < count; i++)
        json_put_guard(writer, NULL, &guards[i]);
    json_close_array(writer);
}

void report_json_put_error(JsonWriter *writer, const Err *err)
{
    if (!err_is_set(err)) {
        json_put_null(writer, "error");
        return;
    }
    json_open_object(writer, "error");
    json_put_number_if(writer, "http", err->http > 0, (uint64_t)err->http);
    json_put_text(writer, "code", err->code);
    json_put_text(writer, "message", err->text);
    json_put_text(writer, "request_id", err->request_id);
    json_close_object(writer);
}

void report_json_put_pause(JsonWriter *writer, PauseScope scope, const char *reason,
                           uint64_t until_usec)
{
    char until[CLOCK_RFC3339_SIZE] = "";

    if (!reason) {
        json_put_null(writer, "pause");
        return;
    }
    if (until_usec)
        clock_format_rfc3339(until_usec, until);
    json_open_object(writer, "pause");
    json_put_text(writer, "scope", channel_record_scope_text(scope));
    json_put_text(writer, "reason", reason);
    json_put_text(writer, "until", until);
    json_close_object(writer);
}

static void json_begin_channel(JsonWriter *writer, const ChannelReport *report, const char *result)
{
    bool has_list = report->has_list;

    json_put_text(writer, "instance", report->instance_name);
    json_put_text(writer, "name", report->name);
    json_put_text(writer, "id", report->id);
    json_put_text(writer, "mode", mode_text(report->channel->mode));
    json_put_text(writer, "result", result);
    json_put_number_if(writer, "live", has_list, report->live_count);
    json_put_number(writer, "desired", report->channel->member_count);
    json_put_number_if(writer, "ignored", has_list, report->ignored_count);
    json_put_number_if(writer, "disabled", has_list, report->disabled_count);
}

static void json_end_channel(JsonWriter *writer, const ChannelReport *report)
{
    json_put_text(writer, "digest", report->digest);
    if (report->guard_count)
        json_put_guard(writer, "guard", &report->guards[0]);
    else
        json_put_null(writer, "guard");
    report_json_put_guards(writer, report->guards, report->guard_count);
    report_json_put_pause(writer, report->pause_scope, report->pause_reason,
                          report->pause_end_usec);
    report_json_put_error(writer, report_error(report));
}

void report_json_put_channel(JsonWriter *writer, const ChannelReport *report, const char *result,
                             ReportRows *rows)
{
    ListSpan spans[LIST_COUNT];

    list_json_choose(report, rows, spans);
    json_begin_channel(writer, report, result);
    for (ListKind list = 0; list < LIST_COUNT; list++)
        list_json_put(writer, report, list, spans[list]);
    json_end_channel(writer, report);
    list_json_put_more(writer, report, spans);
}

bool report_json_put_channel_part(JsonWriter *writer, const ChannelReport *report,
                                  const char *result, ReportPart *part)
{
    size_t left = REPORT_PART_ROWS;

    if (!part->is_begun) {
        json_open_object(writer, NULL);
        json_begin_channel(writer, report, result);
        part->is_begun = true;
    }
    while (part->list < LIST_COUNT) {
        if (!list_json_put_part(writer, report, part->list, &part->row, &left))
            return false;
        part->list++;
    }
    json_end_channel(writer, report);
    json_close_object(writer);
    *part = (ReportPart){0};
    return true;
}

void report_json_put_roster(JsonWriter *writer, const char *digest, const char *head)
{
    json_open_object(writer, "roster");
    json_put_text(writer, "digest", digest);
    json_put_text(writer, "head", head);
    json_close_object(writer);
}

void report_json_put_instance(JsonWriter *writer, const Report *report,
                              const InstanceReport *instance)
{
    char key[INSTANCE_KEY_SIZE];

    json_open_object(writer, NULL);
    json_put_text(writer, "name", instance->name);
    if (report->dry_run && instance->instance) {
        instance_key(instance->instance, key);
        json_put_text(writer, "key", key);
    }
    json_put_text(writer, "result", report_result_text(report_instance_result(report, instance)));
    json_put_text(writer, "digest", instance->digest);
    report_json_put_guards(writer, instance->guards, instance->guard_count);
    report_json_put_error(writer, &instance->error);
    json_close_object(writer);
}

void report_json_begin(JsonWriter *writer, const Report *report, Result result)
{
    json_open_object(writer, NULL);
    json_put_text(writer, "pass", report->pass_id);
    json_put_text(writer, "result", report_result_text(result));
    json_put_bool(writer, "dry_run", report->dry_run);
    report_json_put_roster(writer, report->roster_digest, report->roster_head);
    json_open_array(writer, "channels");
}

/* What follows the channels. */
static int json_end_report(JsonWriter *writer, const Report *report)
{
    json_close_array(writer);
    json_open_array(writer, "instances");
    for (size_t i = 0; i < report->instance_count; i++)
        report_json_put_instance(writer, report, &report->instances[i]);
    json_close_array(writer);
    json_close_object(writer);
    return json_end(writer);
}

int report_json_append_outline(const Report *report, Buf *buf)
{
    JsonWriter writer = {.buf = buf};
    ReportRows none = {0};

    report_json_begin(&writer, report, report_result(report));
    for (size_t i = 0; i < report->channel_count; i++) {
        json_open_object(&writer, NULL);
        report_json_put_channel(&writer, &report->channels[i],
                                report_result_text(report->channels[i].result), &none);
        json_close_object(&writer);
    }
    return json_end_report(&writer, report);
}

int report_json_append(const Report *report, int (*flush)(void *userdata, Buf *buf), void *userdata,
                       Buf *buf)
{
    JsonWriter writer = {.buf = buf};
    ReportPart part = {0};

    report_json_begin(&writer, report, report_result(report));
    for (size_t i = 0; i < report->channel_count;) {
        const ChannelReport *channel = &report->channels[i];
        int r = 0;

        i += report_json_put_channel_part(&writer, channel, report_result_text(channel->result),
                                          &part);
        if (flush && buf->size >= REPORT_FLUSH_SIZE)
            r = buf_failed(buf) < 0 ? -ENOMEM : flush(userdata, buf);
        if (r < 0)
            return r;
    }
    return json_end_report(&writer, report);
}
