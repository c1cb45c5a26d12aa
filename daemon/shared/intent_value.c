/* SPDX-License-Identifier: MIT */
#include "daemon/shared/intent_value.h"

#include <errno.h>

#include "daemon/base/str.h"
#include "daemon/shared/fields.h"

void intent_value_done(IntentValue *intent)
{
    arena_done(&intent->arena);
    *intent = (IntentValue){0};
}

/* ---- reading ---- */

/* What each kind has: what it deletes or changes was there before, what it posts is there after. */
static int intent_value_check_change(const IntentChange *change, Err *err)
{
    bool is_posted = change->kind == CHANGE_ADD || change->kind == CHANGE_CORRECT;

    if (change->kind != CHANGE_ADD && (!change->before || !change->member_id[0]))
        return err_set(err, -EINVAL, "before, member_id: missing");
    if (is_posted && !change->after)
        return err_set(err, -EINVAL, "after: missing");
    return 0;
}

static int intent_value_read_change(const Json *root, Arena *arena, IntentChange *change, Err *err)
{
    const char *kind = NULL, *member_id = NULL;
    int r = json_take_text(root, "kind", true, &kind, err);

    if (r < 0)
        return r;
    change->kind = change_kind_of(kind);
    if (change->kind == CHANGE_KIND_COUNT)
        return err_set(err, -EINVAL, "kind: is none that a change has");
    r = fields_text(root, "member_id", false, arena, &member_id, err);
    if (r == 0)
        r = fields_bytes(root, "identity", arena, &change->identity, &change->identity_size, err);
    if (r == 0)
        r = fields_json(root, "before", arena, &change->before, err);
    if (r == 0)
        r = fields_json(root, "after", arena, &change->after, err);
    change->member_id = member_id ? member_id : "";
    return r < 0 ? r : intent_value_check_change(change, err);
}

static int intent_value_read_changes(const Json *root, IntentValue *intent, Err *err)
{
    const Json *rows = NULL;
    int r = fields_rows(root, "changes", &rows, err);

    if (r < 0)
        return r;
    intent->changes = arena_alloc(&intent->arena, (json_length(rows) + 1) * sizeof(IntentChange));
    if (!intent->changes)
        return err_memory(err);
    for (size_t i = 0; i < json_length(rows) && r == 0; i++) {
        intent->changes[i] = (IntentChange){0};
        r = intent_value_read_change(json_at(rows, i), &intent->arena, &intent->changes[i], err);
        if (r < 0)
            return fields_of_row(r, "changes", i, err);
        intent->change_count++;
    }
    return r;
}

static int intent_value_read_root(const Json *root, IntentValue *intent, Err *err)
{
    Arena *arena = &intent->arena;
    int r = fields_text(root, "host", true, arena, &intent->host, err);

    if (r == 0)
        r = fields_text(root, "pass", true, arena, &intent->pass, err);
    if (r == 0)
        r = fields_text(root, "channel_id", true, arena, &intent->channel_id, err);
    if (r == 0)
        r = fields_text(root, "channel_name", false, arena, &intent->channel_name, err);
    if (r == 0)
        r = fields_text(root, "digest", false, arena, &intent->digest, err);
    if (r == 0)
        r = json_take_bool(root, "undo", &intent->is_undo, err);
    if (r == 0)
        r = intent_value_read_changes(root, intent, err);
    intent->channel_name = intent->channel_name ? intent->channel_name : "";
    intent->digest = intent->digest ? intent->digest : "";
    return r;
}

int intent_value_read(const char *json, size_t size, IntentValue *ret_intent, Err *err)
{
    _cleanup_(json_freep) Json *root = NULL;
    int r;

    *ret_intent = (IntentValue){0};
    r = fields_parse(json, size, &root, err);
    return r < 0 ? r : intent_value_read_root(root, ret_intent, err);
}

/* ---- for the next owner ---- */

static int intent_value_add_change(const IntentValue *intent, const IntentChange *change,
                                   uint64_t realtime_usec, StoreCarry *carry)
{
    CarryChange row = {
        .channel_id = arena_string(&carry->arena, intent->channel_id),
        .kind = change_kind_text(change->kind),
        .identity = arena_copy(&carry->arena, change->identity, change->identity_size),
        .identity_size = change->identity_size,
        .realtime_usec = realtime_usec,
    };

    if (!row.channel_id || !row.identity ||
        mem_grow(&carry->changes, &carry->change_capacity, carry->change_count + 1, sizeof(row)) <
            0)
        return -ENOMEM;
    carry->changes[carry->change_count++] = row;
    return 0;
}

/* Its length is the roster's, which counts wherever it is longer. */
static int intent_value_add_disabled(const IntentValue *intent, const IntentChange *change,
                                     StoreCarry *carry)
{
    CarryQuarantined row = {
        .channel_id = arena_string(&carry->arena, intent->channel_id),
        .channel_name = arena_string(&carry->arena, intent->channel_name),
        .member_id = arena_string(&carry->arena, change->member_id),
        .identity = arena_copy(&carry->arena, change->identity, change->identity_size),
        .identity_size = change->identity_size,
        .original = arena_string(&carry->arena, change->before),
        .is_ours = true,
        .span_usec = 1,
    };

    if (!row.channel_id || !row.channel_name || !row.member_id || !row.identity || !row.original ||
        mem_grow(&carry->quarantine, &carry->quarantine_capacity, carry->quarantine_count + 1,
                 sizeof(row)) < 0)
        return -ENOMEM;
    carry->quarantine[carry->quarantine_count++] = row;
    return 0;
}

int intent_value_carry(const IntentValue *intent, uint64_t realtime_usec, uint64_t carried_usec,
                       StoreCarry *carry)
{
    int r = 0;

    if (intent->is_undo)
        return 0;
    for (size_t i = 0; i < intent->change_count && r == 0; i++) {
        const IntentChange *change = &intent->changes[i];

        r = intent_value_add_change(intent, change, realtime_usec, carry);
        if (r == 0 && change->kind == CHANGE_DISABLE && realtime_usec >= carried_usec)
            r = intent_value_add_disabled(intent, change, carry);
    }
    return r;
}
