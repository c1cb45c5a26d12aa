/* SPDX-License-Identifier: MIT */
#include "daemon/report/json.h"

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/json/json.h"

static json_object *json_member(const ChannelReport *report, const char *group, const char *address,
                                uint16_t port)
{
    json_object *row = json_new_object();

    json_put_string(row, "group", group);
    json_put_string(row, report->is_ecs ? "ecs_id" : "host", address);
    json_put_number(row, "port", port);
    return row;
}

static json_object *json_extra(const ChannelReport *report, const ExtraReport *extra)
{
    json_object *row = json_new_object();

    json_put_string(row, "id", extra->id);
    json_put_string(row, "group", extra->group);
    json_put_string(row, report->is_ecs ? "ecs_id" : "host", extra->address);
    json_put_number(row, "port", extra->port);
    json_put_string(row, "outcome", report_outcome_text(extra->outcome));
    json_put_number(row, "attempts", extra->attempts);
    return row;
}

static json_object *json_guard(const Guard *guard)
{
    json_object *row = json_new_object();

    json_put_text(row, "name", guard_name_text(guard->name));
    json_put_number(row, "planned", guard->planned);
    json_put_number(row, "limit", guard->limit);
    return row;
}

json_object *report_json_guards(const Guard *guards, size_t count)
{
    json_object *rows = json_new_array();

    for (size_t i = 0; i < count; i++)
        json_add(rows, json_guard(&guards[i]));
    return rows;
}

json_object *report_json_error(const Err *err)
{
    json_object *row = json_new_object();

    json_put_number_if(row, "http", err->http > 0, (uint64_t)err->http);
    json_put_text(row, "code", err->code);
    json_put_text(row, "message", err->text);
    json_put_text(row, "request_id", err->request_id);
    return row;
}

json_object *report_json_pause(const char *reason, uint64_t until_usec)
{
    json_object *row = json_new_object();
    char end[CLOCK_RFC3339_SIZE] = "";

    if (until_usec)
        clock_format_rfc3339(until_usec, end);
    json_put_text(row, "reason", reason);
    json_put_text(row, "until", end);
    return row;
}

static void json_put_lists(json_object *object, const ChannelReport *report)
{
    json_object *missing = json_new_array();
    json_object *extras = json_new_array();

    for (size_t i = 0; i < report->missing_count; i++) {
        const MissingReport *row = &report->missing[i];

        json_add(missing, json_member(report, row->group, row->address, row->port));
    }
    for (size_t i = 0; i < report->extra_count; i++)
        json_add(extras, json_extra(report, &report->extras[i]));
    json_put(object, "missing", missing);
    json_put(object, "extra", extras);
    json_put_text(object, "digest", report->digest);
    json_put(object, "guard", report->guard_count ? json_guard(&report->guards[0]) : NULL);
    json_put(object, "guards", report_json_guards(report->guards, report->guard_count));
}

json_object *report_json_channel(const ChannelReport *report)
{
    json_object *object = json_new_object();
    bool has_list = report->has_list;

    json_put_text(object, "instance", report->instance_name);
    json_put_text(object, "name", report->name);
    json_put_text(object, "id", report->id);
    json_put_text(object, "mode", report->channel->mode == MODE_PRUNE ? "prune" : "observe");
    json_put_text(object, "result", report_result_text(report->result));
    json_put_number_if(object, "live", has_list, report->live_count);
    json_put_number(object, "desired", report->channel->member_count);
    json_put_number_if(object, "ignored", has_list, report->ignored_count);
    json_put_lists(object, report);
    json_put(object, "pause",
             report->pause_reason ? report_json_pause(report->pause_reason, report->pause_end_usec)
                                  : NULL);
    json_put(object, "error", report->error.text[0] ? report_json_error(&report->error) : NULL);
    return object;
}

static const char *report_json_known(const char *text)
{
    return str_is_empty(text) ? NULL : text;
}

json_object *report_json_roster(const char *digest, const char *head)
{
    json_object *object = json_new_object();

    json_put_text(object, "digest", report_json_known(digest));
    json_put_text(object, "head", report_json_known(head));
    return object;
}

json_object *report_json_instance(const Report *report, const InstanceReport *instance)
{
    json_object *object = json_new_object();

    json_put_text(object, "name", instance->name);
    json_put_text(object, "result", report_result_text(report_instance_result(report, instance)));
    json_put_text(object, "digest", instance->digest);
    json_put(object, "guards", report_json_guards(instance->guards, instance->guard_count));
    json_put(object, "error", instance->error.text[0] ? report_json_error(&instance->error) : NULL);
    return object;
}

json_object *report_json(const Report *report)
{
    json_object *object = json_new_object();
    json_object *channels = json_new_array();
    json_object *instances = json_new_array();

    json_put_text(object, "pass", report->pass_id);
    json_put_text(object, "result", report_result_text(report_result(report)));
    json_put_bool(object, "dry_run", report->dry_run);
    json_put(object, "roster", report_json_roster(report->roster_digest, report->roster_head));
    for (size_t i = 0; i < report->channel_count; i++)
        json_add(channels, report_json_channel(&report->channels[i]));
    for (size_t i = 0; i < report->instance_count; i++)
        json_add(instances, report_json_instance(report, &report->instances[i]));
    json_put(object, "channels", channels);
    json_put(object, "instances", instances);
    return object;
}

int report_json_append(const Report *report, Buf *buf)
{
    return json_append(report_json(report), buf);
}
