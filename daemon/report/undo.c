/* SPDX-License-Identifier: MIT */
#include "daemon/report/undo.h"

#include "daemon/json/json.h"
#include "daemon/report/json.h"

static json_object *report_undo_members(const Addition *addition)
{
    json_object *rows = json_new_array();

    for (size_t i = 0; i < addition->item_count; i++) {
        const AdditionItem *item = &addition->items[i];
        json_object *row = json_new_object();

        json_put_number(row, "action", item->action);
        json_put(row, "member", json_tokener_parse(item->member_json));
        json_put_text(row, "outcome", add_outcome_text(item->outcome));
        json_put_number(row, "attempts", item->attempts);
        json_add(rows, row);
    }
    return rows;
}

int report_undo_append(const Undo *undo, bool dry_run, Buf *buf)
{
    json_object *root = json_new_object(), *channels = json_new_array();

    json_put_text(root, "undo", undo_get_pass(undo));
    json_put_text(root, "result", undo_has_failed(undo) ? "failed" : dry_run ? "planned" : "done");
    json_put_bool(root, "dry_run", dry_run);
    for (size_t i = 0; i < undo_count_channels(undo); i++) {
        json_object *object = json_new_object();
        UndoChannel channel;

        undo_get_channel(undo, i, &channel);
        json_put_text(object, "instance", channel.report->instance_name);
        json_put_text(object, "name", channel.name);
        json_put_text(object, "id", channel.report->id);
        json_put(object, "members", report_undo_members(channel.addition));
        json_put(object, "error",
                 err_is_set(&channel.report->error) ? report_json_error(&channel.report->error)
                                                    : NULL);
        json_add(channels, object);
    }
    json_put(root, "channels", channels);
    return json_append(root, buf);
}
