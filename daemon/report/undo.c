/* SPDX-License-Identifier: MIT */
#include "daemon/report/undo.h"

#include "daemon/json/json_writer.h"
#include "daemon/report/json.h"
#include "daemon/report/pause.h"

static void undo_put_members(JsonWriter *writer, const Addition *addition)
{
    json_open_array(writer, "members");
    for (size_t i = 0; i < addition->item_count; i++) {
        const AdditionItem *item = &addition->items[i];

        json_open_object(writer, NULL);
        json_put_number(writer, "action", item->action);
        json_put_json(writer, "member", item->member_json);
        json_put_text(writer, "outcome", ops_addition_text(item->outcome));
        json_put_number(writer, "attempts", item->attempts);
        json_close_object(writer);
    }
    json_close_array(writer);
}

static void undo_put_channel(JsonWriter *writer, const UndoChannel *channel)
{
    json_open_object(writer, NULL);
    json_put_text(writer, "instance", channel->report->instance_name);
    json_put_text(writer, "name", channel->name);
    json_put_text(writer, "id", channel->report->id);
    undo_put_members(writer, channel->addition);
    report_json_put_error(writer, &channel->report->error);
    json_close_object(writer);
}

int report_undo_append(const Undo *undo, bool dry_run, const StorePauses *replaced, Buf *buf)
{
    JsonWriter writer = {.buf = buf};

    json_open_object(&writer, NULL);
    json_put_text(&writer, "undo", undo_get_pass(undo));
    json_put_text(&writer, "result",
                  undo_has_failed(undo) ? REPORT_UNDO_FAILED
                  : dry_run             ? "planned"
                                        : "done");
    json_put_bool(&writer, "dry_run", dry_run);
    json_put_text(&writer, "state_error", undo_find_state_error(undo));
    json_open_array(&writer, "channels");
    for (size_t i = 0; i < undo_count_channels(undo); i++) {
        UndoChannel channel;

        undo_get_channel(undo, i, &channel);
        undo_put_channel(&writer, &channel);
    }
    json_close_array(&writer);
    report_pause_put_all(&writer, "replaced", replaced, NULL);
    json_close_object(&writer);
    return json_end(&writer);
}
