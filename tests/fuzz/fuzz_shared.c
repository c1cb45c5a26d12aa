/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the values that hosts of a fleet write for one another. What is taken has what it needs to
 * be acted on, and is the same when it is written and read again; what is refused is refused in one
 * line.
 */
#include <assert.h>
#include <string.h>

#include "daemon/shared/approval_value.h"
#include "daemon/shared/carry_value.h"
#include "daemon/shared/intent_value.h"
#include "daemon/shared/pause_value.h"
#include "daemon/shared/undo_value.h"

#define DIGEST "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_refusal(int r, const Err *err)
{
    assert(r < 0 && err->text[0] && !strchr(err->text, '\n'));
}

static void check_pause(const char *json, size_t size)
{
    _cleanup_(arena_done) Arena arena = {0};
    _cleanup_(buf_done) Buf again = {0};
    StorePause pause = {0}, second = {0};
    Err err = {0};
    int r = pause_value_read(json, size, &arena, &pause, &err);

    if (r < 0) {
        check_refusal(r, &err);
        return;
    }
    assert(pause.reason[0] && pause.host[0] && pause.made_usec);
    assert(pause.scope.instance_key || !(pause.scope.channel_id || pause.scope.channel_name));
    assert(pause_value_append(&pause, &again) == 0);
    assert(pause_value_read(again.data, again.size, &arena, &second, &err) == 0);
    assert(store_scope_kind(&pause.scope) == store_scope_kind(&second.scope));
    assert(pause.until_usec == second.until_usec && pause.uid == second.uid);
}

static void check_approval(const char *json, size_t size)
{
    _cleanup_(arena_done) Arena arena = {0};
    ApprovalValue value = {0};
    Err err = {0};
    int r = approval_value_read(DIGEST, json, size, &arena, &value, &err);

    if (r < 0)
        check_refusal(r, &err);
    else
        assert(value.host[0] && value.approval.given_usec);
}

static void check_carry(const char *json, size_t size)
{
    _cleanup_(store_carry_done) StoreCarry carry = {0}, second = {0};
    _cleanup_(buf_done) Buf again = {0};
    uint64_t at_usec = 0, second_usec = 0;
    Err err = {0};
    int r = carry_value_read(json, size, &carry, &at_usec, &err);

    if (r < 0) {
        check_refusal(r, &err);
        return;
    }
    r = carry_value_append(&carry, at_usec ? at_usec : 1, &again);
    assert(r >= 0);
    if (r != CARRY_WHOLE)
        return;
    assert(carry_value_read(again.data, again.size, &second, &second_usec, &err) == 0);
    assert(second.sighting_count == carry.sighting_count &&
           second.quarantine_count == carry.quarantine_count &&
           second.condition_count == carry.condition_count);
}

static void check_intent(const char *json, size_t size)
{
    _cleanup_(store_carry_done) StoreCarry carry = {0};
    IntentValue intent;
    Err err = {0};
    int r = intent_value_read(json, size, &intent, &err);

    if (r < 0) {
        check_refusal(r, &err);
    } else {
        assert(intent_value_carry(&intent, 2, 1, &carry) == 0);
        assert(carry.change_count == (intent.is_undo ? 0 : intent.change_count));
    }
    intent_value_done(&intent);
}

static void check_undo(const char *json, size_t size)
{
    _cleanup_(undo_value_done) UndoValue value = {0}, second = {0};
    _cleanup_(buf_done) Buf again = {0};
    Err err = {0};
    int r = undo_value_read(json, size, &value, &err);

    if (r < 0) {
        check_refusal(r, &err);
        return;
    }
    assert(value.owner || value.actions.count > 0);
    for (size_t i = 0; i < value.actions.count; i++)
        assert(value.actions.items[i].before || value.actions.items[i].after);
    if (undo_value_append(&value, &again) < 0)
        return;
    assert(undo_value_read(again.data, again.size, &second, &err) == 0);
    assert(second.actions.count == value.actions.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(buf_done) Buf text = {0};

    buf_append(&text, data, size);
    check_pause(buf_text(&text), text.size);
    check_approval(buf_text(&text), text.size);
    check_carry(buf_text(&text), text.size);
    check_intent(buf_text(&text), text.size);
    check_undo(buf_text(&text), text.size);
    return 0;
}
