/* SPDX-License-Identifier: MIT */
#include "daemon/report/history.h"

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/report/json.h"

static void history_put_action(JsonWriter *writer, const StoreAction *action)
{
    char time[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339(action->recorded_usec, time);
    json_open_object(writer, NULL);
    json_put_number(writer, "action", action->action);
    json_put_text(writer, "pass", action->pass);
    json_put_text(writer, "time", time);
    json_put_text(writer, "instance", action->instance_name);
    json_put_text(writer, "channel", action->channel_id);
    json_put_text(writer, "name", action->channel_name);
    json_put_text(writer, "kind", action->kind);
    json_put_json(writer, "member", action->before);
    json_put_json(writer, "after", action->after);
    json_put_text(writer, "undo_of", action->undo_of);
    report_json_put_roster(writer, action->roster_digest, action->roster_head);
    json_put_text(writer, "digest", action->digest);
    json_put_text(writer, "mode", action->mode);
    json_put_text(writer, "outcome", action->outcome);
    json_put_number_if(writer, "http", action->http > 0, (uint64_t)action->http);
    json_put_text(writer, "code", action->code);
    json_put_text(writer, "request_id", action->request_id);
    json_put_number(writer, "attempts", action->attempts);
    json_close_object(writer);
}

void report_history_begin(JsonWriter *writer)
{
    json_open_object(writer, NULL);
    json_open_array(writer, "actions");
}

void report_history_put(JsonWriter *writer, const StoreActions *actions)
{
    for (size_t i = 0; i < actions->count; i++)
        history_put_action(writer, &actions->items[i]);
}

static void history_put_time(JsonWriter *writer, const char *key, uint64_t realtime_usec)
{
    char time[CLOCK_RFC3339_SIZE] = "";

    if (realtime_usec)
        clock_format_rfc3339(realtime_usec, time);
    json_put_text(writer, key, time);
}

static void history_put_owners(JsonWriter *writer, const StoreOwners *owners)
{
    json_open_array(writer, HISTORY_OTHER_OWNERS);
    for (size_t i = 0; i < owners->count; i++) {
        json_open_object(writer, NULL);
        json_put_text(writer, "instance", owners->items[i].instance_name);
        json_put_text(writer, "host", owners->items[i].host);
        history_put_time(writer, "from", owners->items[i].from_usec);
        history_put_time(writer, "until", owners->items[i].until_usec);
        json_close_object(writer);
    }
    json_close_array(writer);
}

int report_history_end(JsonWriter *writer, const HistoryEnd *end)
{
    json_close_array(writer);
    if (end->owners && end->owners->count > 0)
        history_put_owners(writer, end->owners);
    else if (end->told_owners)
        json_put_value(writer, HISTORY_OTHER_OWNERS, end->told_owners);
    if (end->is_unknown)
        json_put_bool(writer, "unknown_channel", true);
    if (end->is_unknown && !str_is_empty(end->near))
        json_put_text(writer, "near", end->near);
    if (end->is_page) {
        json_put_bool(writer, "complete", end->next == 0);
        json_put_number_if(writer, "next", end->next > 0, end->next);
    }
    json_close_object(writer);
    return json_end(writer);
}

int report_history_append(const StoreActions *actions, Buf *buf)
{
    JsonWriter writer = {.buf = buf};

    report_history_begin(&writer);
    report_history_put(&writer, actions);
    return report_history_end(&writer, &(HistoryEnd){0});
}
