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

static void undo_put_member(JsonWriter *writer, const UndoItem *item)
{
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

/* ---- part by part ---- */

static void undo_put_begin(const UndoPart *part, JsonWriter *writer)
{
    const Undo *undo = part->undo;

    json_open_object(writer, NULL);
    json_put_text(writer, "undo", undo_get_pass(undo));
    json_put_text(writer, "result",
                  undo_has_failed(undo) ? REPORT_UNDO_FAILED
                  : undo_is_held(undo)  ? REPORT_UNDO_HELD
                  : part->dry_run       ? "planned"
                                        : "done");
    json_put_bool(writer, "dry_run", part->dry_run);
    json_put_text(writer, "state_error", undo_find_state_error(undo));
    json_open_array(writer, "channels");
}

static bool undo_has_room(const JsonWriter *writer, size_t size_max)
{
    return writer->buf->size < size_max && !writer->buf->failed;
}

/* Whether the channel is put to its end. */
static bool undo_put_channel(UndoPart *part, JsonWriter *writer, size_t size_max)
{
    UndoChannel channel;

    undo_get_channel(part->undo, part->channel, &channel);
    if (!part->is_in_channel) {
        json_open_object(writer, NULL);
        json_put_text(writer, "instance", channel.report->instance_name);
        json_put_text(writer, "name", channel.name);
        json_put_text(writer, "id", channel.report->id);
        json_open_array(writer, "members");
        part->is_in_channel = true;
        part->member = 0;
    }
    for (; part->member < channel.undo->item_count; part->member++) {
        if (!undo_has_room(writer, size_max))
            return false;
        undo_put_member(writer, &channel.undo->items[part->member]);
    }
    json_close_array(writer);
    report_json_put_guards(writer, channel.report->guards, channel.report->guard_count);
    report_json_put_error(writer, report_error(channel.report));
    json_close_object(writer);
    part->is_in_channel = false;
    return true;
}

int report_undo_put(UndoPart *part, JsonWriter *writer, size_t size_max)
{
    if (!part->is_begun)
        undo_put_begin(part, writer);
    part->is_begun = true;
    for (; part->channel < undo_count_channels(part->undo); part->channel++) {
        if (!undo_has_room(writer, size_max) || !undo_put_channel(part, writer, size_max))
            return buf_failed(writer->buf) < 0 ? -ENOMEM : 1;
    }
    json_close_array(writer);
    report_pause_put_all(writer, "replaced", part->replaced, NULL);
    json_close_object(writer);
    return json_end(writer);
}

int report_undo_append(const Undo *undo, bool dry_run, const StorePauses *replaced, Buf *buf)
{
    UndoPart part = {.undo = undo, .dry_run = dry_run, .replaced = replaced};
    JsonWriter writer = {.buf = buf};

    return report_undo_put(&part, &writer, SIZE_MAX);
}
