/* SPDX-License-Identifier: MIT */
/* Every allocation of what reads and writes the values in etcd fails once. */
#include "tests/unit/shared_case.h"

#include "daemon/shared/undo_value.h"
#include "tests/unit/failing_copies.h"

static int copy_pause(const Buf *from, Buf *to, Err *err)
{
    _cleanup_(arena_done) Arena arena = {0};
    StorePause pause;
    int r = pause_value_read(from->data, from->size, &arena, &pause, err);

    return r < 0 ? r : pause_value_append(&pause, to);
}

static int copy_approval(const Buf *from, Buf *to, Err *err)
{
    _cleanup_(arena_done) Arena arena = {0};
    ApprovalValue value;
    int r = approval_value_read(DIGEST, from->data, from->size, &arena, &value, err);

    return r < 0 ? r : approval_value_append(&value, to);
}

static int copy_undo(const Buf *from, Buf *to, Err *err)
{
    _cleanup_(undo_value_done) UndoValue value = {0};
    int r = undo_value_read(from->data, from->size, &value, err);

    return r < 0 ? r : undo_value_append(&value, to);
}

static int copy_carry(const Buf *from, Buf *to, Err *err)
{
    _cleanup_(store_carry_done) StoreCarry carry = {0};
    uint64_t at_usec;
    int r = carry_value_read(from->data, from->size, &carry, &at_usec, err);

    if (r >= 0)
        r = carry_value_append(&carry, at_usec, to);
    return r;
}

/* What the next owner makes of an intent: its changes, and whom it disabled. */
static int copy_intent(const Buf *from, Buf *to, Err *err)
{
    _cleanup_(intent_value_done) IntentValue intent = {0};
    _cleanup_(store_carry_done) StoreCarry carry = {0};
    int r = intent_value_read(from->data, from->size, &intent, err);

    if (r >= 0)
        r = intent_value_carry(&intent, AT, AT, &carry);
    for (size_t i = 0; r == 0 && i < carry.change_count; i++) {
        const CarryChange *change = &carry.changes[i];

        assert_string_equal(change->channel_id, intent.channel_id);
        assert_memory_equal(change->identity, "abc", 3);
        assert_int_equal(change->identity_size, 3);
    }
    return r < 0 ? r : carry_value_append(&carry, AT, to);
}

static void test_pause(void **state)
{
    (void)state;
    each_allocation_fails(copy_pause,
                          "{\"scope\":\"channel\",\"instance\":\"@\",\"instance_name\":\"prod\","
                          "\"channel_id\":\"c1\",\"channel_name\":\"payments\",\"reason\":\"r\","
                          "\"until_usec\":null,\"uid\":7,\"host\":\"admin-a\",\"at_usec\":17}",
                          NULL, 3);
}

static void test_approval(void **state)
{
    (void)state;
    each_allocation_fails(
        copy_approval,
        "{\"at_usec\":17,\"until_usec\":18,\"now\":true,\"uid\":null,\"host\":\"@\"}", NULL, 3);
}

#define UNDONE(channel)                                                                            \
    "{\"action\":7,\"kind\":\"correct\",\"channel_id\":\"" channel                                 \
    "\",\"channel_name\":\"payments\",\"member_id\":\"m1\",\"identity\":\"YWJj\","                 \
    "\"before\":\"{\\\"host\\\":\\\"b\\\"}\",\"after\":\"{\\\"host\\\":\\\"a\\\"}\","              \
    "\"original\":\"{\\\"host\\\":\\\"o\\\"}\",\"outcome\":\"corrected\",\"weight\":5}"

static void test_undo(void **state)
{
    (void)state;
    each_allocation_fails(copy_undo,
                          "{\"instance\":\"@\",\"host\":\"admin-a\",\"pass\":\"p-1\",\"uid\":7,"
                          "\"asked_usec\":17,\"owner\":\"admin-b\",\"answer\":\"{}\","
                          "\"error\":\"why\",\"actions\":[" UNDONE("c1") "," UNDONE("@") "]}",
                          NULL, 5);
}

#define SIGHTED(id) "{\"channel_id\":\"c1\",\"member_id\":\"" id "\",\"count\":1}"
#define QUARANTINED(id)                                                                            \
    "{\"channel_id\":\"c1\",\"channel_name\":\"payments\",\"member_id\":\"" id                     \
    "\",\"identity\":\"YWJj\",\"original\":\"{}\",\"ours\":true,\"span_usec\":1,"                  \
    "\"passed_usec\":null}"
#define CONDITION(notifier)                                                                        \
    "{\"notifier\":\"" notifier "\",\"kind\":\"held\",\"channel\":\"payments\","                   \
    "\"channel_name\":\"payments\",\"since_usec\":17,\"open\":true,\"passes\":1,"                  \
    "\"told_ago_usec\":null}"
#define CARRY(at, sightings, quarantine, conditions)                                               \
    "{\"at_usec\":" at ",\"sightings\":[" sightings "],\"quarantine\":[" quarantine                \
    "],\"conditions\":[" conditions "]}"

static void test_carry(void **state)
{
    (void)state;
    each_allocation_fails(copy_carry,
                          CARRY("17", SIGHTED("m1") "," SIGHTED("@"),
                                QUARANTINED("m2") "," QUARANTINED("@"),
                                CONDITION("n") "," CONDITION("@")),
                          NULL, 8);
}

#define CHANGE(kind, id, member)                                                                   \
    "{\"kind\":\"" kind "\",\"member_id\":\"" id "\",\"identity\":\"YWJj\",\"before\":\"" member   \
    "\",\"after\":\"" member "\"}"

static void test_intent(void **state)
{
    (void)state;
    each_allocation_fails(copy_intent,
                          "{\"host\":\"admin-b\",\"pass\":\"p-1\",\"channel_id\":\"c1\","
                          "\"channel_name\":\"payments\",\"digest\":\"@\",\"undo\":false,"
                          "\"changes\":[" CHANGE("disable", "m2", "{}") "," CHANGE(
                              "delete", "m3", "{}") "," CHANGE("disable", "@", "{}") "]}",
                          CARRY("1795532645000000", "", QUARANTINED("m2") "," QUARANTINED("@"), ""),
                          8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pause), cmocka_unit_test(test_approval), cmocka_unit_test(test_undo),
        cmocka_unit_test(test_carry), cmocka_unit_test(test_intent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
