/* SPDX-License-Identifier: MIT */
#include "daemon/shared/undo_value.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/shared/fields.h"
#include "reconcile/change.h"

void undo_value_done(UndoValue *value)
{
    store_actions_done(&value->actions);
    *value = (UndoValue){0};
}

/* ---- writing ---- */

static void undo_value_put_action(JsonWriter *writer, const StoreAction *action)
{
    json_open_object(writer, NULL);
    json_put_number_if(writer, "action", action->action > 0, action->action);
    json_put_string(writer, "kind", action->kind);
    json_put_string(writer, "channel_id", action->channel_id);
    json_put_text(writer, "channel_name", action->channel_name);
    json_put_text(writer, "member_id", action->member_id);
    fields_put_bytes(writer, "identity", action->identity, action->identity_size);
    json_put_text(writer, "before", action->before);
    json_put_text(writer, "after", action->after);
    json_put_text(writer, "original", action->original);
    json_put_text(writer, "outcome", action->outcome);
    json_put_number_if(writer, "weight", action->weight >= 0, (uint64_t)action->weight);
    json_close_object(writer);
}

int undo_value_append(const UndoValue *value, Buf *json)
{
    JsonWriter writer = {.buf = json, .is_compact = true};

    json_open_object(&writer, NULL);
    json_put_string(&writer, "instance", value->instance_key);
    json_put_string(&writer, "host", value->host);
    json_put_string(&writer, "pass", value->pass);
    json_put_number_if(&writer, "uid", value->uid != (uid_t)-1, value->uid);
    json_put_number_if(&writer, "asked_usec", value->asked_usec > 0, value->asked_usec);
    json_put_text(&writer, "owner", value->owner);
    json_put_text(&writer, "answer", value->answer);
    json_put_text(&writer, "error", value->error);
    json_open_array(&writer, "actions");
    for (size_t i = 0; i < value->actions.count; i++)
        undo_value_put_action(&writer, &value->actions.items[i]);
    json_close_array(&writer);
    json_close_object(&writer);
    if (json_end(&writer) < 0)
        return -ENOMEM;
    return json->size > UNDO_VALUE_SIZE_MAX ? -E2BIG : 0;
}

/* ---- reading ---- */

static int undo_value_read_texts(const Json *root, Arena *arena, StoreAction *action, Err *err)
{
    int r = fields_text(root, "kind", true, arena, &action->kind, err);

    if (r == 0)
        r = fields_text(root, "channel_id", true, arena, &action->channel_id, err);
    if (r == 0)
        r = fields_text(root, "channel_name", false, arena, &action->channel_name, err);
    if (r == 0)
        r = fields_text(root, "member_id", false, arena, &action->member_id, err);
    if (r == 0)
        r = fields_text(root, "outcome", false, arena, &action->outcome, err);
    if (r == 0)
        r = fields_json(root, "before", arena, &action->before, err);
    if (r == 0)
        r = fields_json(root, "after", arena, &action->after, err);
    return r == 0 ? fields_json(root, "original", arena, &action->original, err) : r;
}

/* What is turned back by what was before, and what by what was posted. */
static int undo_value_check_action(const StoreAction *action, Err *err)
{
    ChangeKind kind = change_kind_of(action->kind);

    if (kind == CHANGE_KIND_COUNT || kind == CHANGE_ENABLE)
        return err_set(err, -EINVAL, "kind: is none that is undone");
    if (kind != CHANGE_ADD && !action->before)
        return err_set(err, -EINVAL, "before: missing");
    if ((kind == CHANGE_ADD || kind == CHANGE_CORRECT) && !action->after)
        return err_set(err, -EINVAL, "after: missing");
    return 0;
}

static int undo_value_read_action(const Json *root, Arena *arena, StoreAction *action, Err *err)
{
    const Json *weight = json_find(root, "weight");
    int64_t number = -1;
    int r = undo_value_read_texts(root, arena, action, err);

    if (r == 0)
        r = json_take_number(root, "action", INT64_MAX, &action->action, err);
    if (r == 0)
        r = fields_bytes(root, "identity", arena, &action->identity, &action->identity_size, err);
    if (r == 0 && weight && json_get_integer(weight, 0, 10000, &number) < 0)
        r = err_set(err, -EINVAL, "weight: is none");
    action->weight = (int32_t)number;
    action->channel_name = action->channel_name ? action->channel_name : "";
    action->member_id = action->member_id ? action->member_id : "";
    return r < 0 ? r : undo_value_check_action(action, err);
}

static int undo_value_read_actions(const Json *root, UndoValue *value, Err *err)
{
    StoreActions *actions = &value->actions;
    const Json *rows = NULL;
    int r = fields_rows(root, "actions", &rows, err);

    for (size_t i = 0; i < json_length(rows) && r == 0; i++) {
        StoreAction action = {
            .instance_key = value->instance_key, .instance_name = "", .pass = value->pass};

        r = undo_value_read_action(json_at(rows, i), &actions->arena, &action, err);
        if (r < 0)
            return fields_of_row(r, "actions", i, err);
        if (mem_grow(&actions->items, &actions->capacity, actions->count + 1, sizeof(action)) < 0)
            return err_memory(err);
        actions->items[actions->count++] = action;
    }
    return r;
}

static int undo_value_read_root(const Json *root, UndoValue *value, Err *err)
{
    Arena *arena = &value->actions.arena;
    int r = fields_text(root, "instance", true, arena, &value->instance_key, err);

    if (r == 0)
        r = fields_text(root, "host", true, arena, &value->host, err);
    if (r == 0)
        r = fields_text(root, "pass", true, arena, &value->pass, err);
    if (r == 0)
        r = fields_uid(root, "uid", &value->uid, err);
    if (r == 0)
        r = json_take_number(root, "asked_usec", INT64_MAX, &value->asked_usec, err);
    if (r == 0)
        r = fields_text(root, "owner", false, arena, &value->owner, err);
    if (r == 0)
        r = fields_text(root, "error", false, arena, &value->error, err);
    if (r == 0)
        r = fields_json(root, "answer", arena, &value->answer, err);
    if (r == 0)
        r = undo_value_read_actions(root, value, err);
    if (r == 0 && strlen(value->pass) >= STORE_PASS_ID_SIZE)
        r = err_set(err, -EINVAL, "pass: is no name of one");
    if (r == 0 && !value->owner && value->actions.count == 0)
        r = err_set(err, -EINVAL, "actions: there are none");
    return r;
}

int undo_value_read(const char *json, size_t size, UndoValue *ret_value, Err *err)
{
    _cleanup_(json_freep) Json *root = NULL;
    int r;

    *ret_value = (UndoValue){0};
    r = fields_parse(json, size, &root, err);
    return r < 0 ? r : undo_value_read_root(root, ret_value, err);
}
