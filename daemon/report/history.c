/* SPDX-License-Identifier: MIT */
#include "daemon/report/history.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/json/json.h"

static json_object *history_row(const StoreAction *action)
{
    json_object *row = json_new_object();
    char time[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339(action->recorded_usec, time);
    json_put_number(row, "action", action->action);
    json_put_text(row, "pass", action->pass);
    json_put_text(row, "time", time);
    json_put_text(row, "instance", action->instance_name);
    json_put_text(row, "channel", action->channel_id);
    json_put_text(row, "name", action->channel_name);
    json_put(row, "member", json_tokener_parse(action->member_json));
    json_put_text(row, "digest", action->digest);
    json_put_text(row, "mode", action->mode);
    json_put_text(row, "outcome", action->outcome);
    json_put_number_if(row, "http", action->http > 0, (uint64_t)action->http);
    json_put_text(row, "code", action->code);
    json_put_text(row, "request_id", action->request_id);
    json_put_number(row, "attempts", action->attempts);
    return row;
}

int report_history_append(const StoreActions *actions, bool is_unknown, Buf *buf)
{
    json_object *root = json_new_object();
    json_object *rows = json_new_array();

    for (size_t i = 0; i < actions->count; i++)
        json_add(rows, history_row(&actions->items[i]));
    json_put(root, "actions", rows);
    if (is_unknown)
        json_put_bool(root, "unknown_channel", true);
    return json_append(root, buf);
}
