/* SPDX-License-Identifier: MIT */
#include "daemon/report/undo.h"

#include "daemon/json/json_writer.h"
#include "daemon/report/json.h"
#include "daemon/report/pause.h"

/* What a correction gives back: the field, as the pass left it and as it was before. */
static void undo_put_fields(JsonWriter *writer, const UndoItem *item)
{
    json_open_object(writer, "fields");
    if (item->states & ROSTER_MEMBER_WEIGHT) {
        json_open_object(writer, "weight");
        json_put_number(writer, "from", (uint64_t)item->made.weight);
        json_put_number(writer, "to", (uint64_t)item->was.weight);
        json_close_object(writer);
    }
    if (item->states & ROSTER_MEMBER_BACKUP) {
        json_open_object(writer, "backup");
        json_put_bool(writer, "from", item->made.is_backup);
        json_put_bool(writer, "to", item->was.is_backup);
        json_close_object(writer);
    }
    if (item->states & ROSTER_MEMBER_ENABLED) {
        json_open_object(writer, "enabled");
        json_put_bool(writer, "from", item->made.is_enabled);
        json_put_bool(writer, "to", item->was.is_enabled);
        json_close_object(writer);
    }
    json_close_object(writer);
}

static void undo_put_members(JsonWriter *writer, const ChannelUndo *undo)
{
    json_open_array(writer, "members");
    for (size_t i = 0; i < undo->item_count; i++) {
        const UndoItem *item = &undo->items[i];

        json_open_object(writer, NULL);
        json_put_number(writer, "action", item->action);
        json_put_text(writer, "kind", change_kind_text(undo_kind(item->done)));
        json_put_json(writer, "member", item->before ? item->before : item->after);
        if (item->done == CHANGE_CORRECT || item->done == CHANGE_DISABLE)
            undo_put_fields(writer, item);
        json_put_text(writer, "outcome", ops_outcome_text(undo_outcome(item)));
        json_put_text(writer, "reason", item->reason[0] ? item->reason : NULL);
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
    undo_put_members(writer, channel->undo);
    report_json_put_guards(writer, channel->report->guards, channel->report->guard_count);
    report_json_put_error(writer, report_error(channel->report));
    json_close_object(writer);
}

int report_undo_append(const Undo *undo, bool dry_run, const StorePauses *replaced, Buf *buf)
{
    JsonWriter writer = {.buf = buf};

    json_open_object(&writer, NULL);
    json_put_text(&writer, "undo", undo_get_pass(undo));
    json_put_text(&writer, "result",
                  undo_has_failed(undo) ? REPORT_UNDO_FAILED
                  : undo_is_held(undo)  ? REPORT_UNDO_HELD
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
