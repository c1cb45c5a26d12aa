/* SPDX-License-Identifier: MIT */
/* What an owner made known, as the next one reads it. */
#include "tests/unit/shared_case.h"

#define INTENT(undo, changes)                                                                      \
    "{\"host\":\"admin-a\",\"token\":4,\"pass\":\"p-1\",\"channel_id\":\"c1\","                    \
    "\"channel_name\":\"payments\",\"undo\":" undo ",\"changes\":[" changes "]}"
#define DELETED                                                                                    \
    "{\"kind\":\"delete\",\"member_id\":\"m1\",\"identity\":\"aQ==\","                             \
    "\"before\":\"{\\\"host\\\":\\\"h\\\"}\"}"
#define ADDED                                                                                      \
    "{\"kind\":\"add\",\"member_id\":\"\",\"identity\":\"aQ==\",\"before\":null,\"after\":\"{}\"}"
#define DISABLED                                                                                   \
    "{\"kind\":\"disable\",\"member_id\":\"m2\",\"identity\":\"aQ==\",\"before\":\"{}\"}"

static int carry_intent(Case *fixture, const char *json, uint64_t realtime_usec,
                        uint64_t carried_usec, StoreCarry *carry)
{
    IntentValue intent;
    int r = intent_value_read(json, strlen(json), &intent, &fixture->err);

    if (r == 0)
        r = intent_value_carry(&intent, realtime_usec, carried_usec, carry);
    intent_value_done(&intent);
    return r;
}

static void test_intents_go_along(void **state)
{
    StoreCarry carry = {0};

    assert_int_equal(carry_intent(*state, INTENT("false", DELETED "," DISABLED), 5, 6, &carry), 0);
    assert_int_equal(carry.change_count, 2);
    assert_string_equal(carry.changes[0].kind, "delete");
    assert_string_equal(carry.changes[0].channel_id, "c1");
    assert_memory_equal(carry.changes[0].identity, "i", 1);
    assert_int_equal(carry.changes[0].realtime_usec, 5);
    assert_int_equal(carry.quarantine_count, 0); /* the carry itself has it */
    assert_int_equal(carry_intent(*state, INTENT("true", ADDED), 7, 6, &carry), 0);
    assert_int_equal(carry.change_count, 2);
    assert_int_equal(carry_intent(*state, INTENT("false", DISABLED), 7, 6, &carry), 0);
    assert_int_equal(carry.change_count, 3);
    assert_int_equal(carry.quarantine_count, 1);
    assert_string_equal(carry.quarantine[0].member_id, "m2");
    assert_true(carry.quarantine[0].is_ours);
    store_carry_done(&carry);
}

static void test_odd_intents(void **state)
{
    static const struct {
        const char *json, *says;
    } odd[] = {
        {"{}", "host"},
        {INTENT("1", DELETED), "undo"},
        {INTENT("false", "{\"kind\":\"destroy\"}"), "changes[0]: kind"},
        {INTENT("false", "{\"kind\":\"delete\",\"member_id\":\"m\",\"identity\":\"aQ==\"}"),
         "changes[0]: before"},
        {INTENT("false", DELETED ",{\"kind\":\"add\",\"identity\":\"aQ==\"}"), "changes[1]: after"},
        {INTENT("false", "{\"kind\":\"add\",\"identity\":\"?\",\"after\":\"{}\"}"),
         "changes[0]: identity"},
    };
    Case *fixture = *state;

    for (size_t i = 0; i < ELEMENTS(odd); i++) {
        StoreCarry carry = {0};

        if (carry_intent(fixture, odd[i].json, 1, 1, &carry) >= 0)
            fail_msg("taken for an intent: %s", odd[i].json);
        assert_says(&fixture->err, odd[i].says);
        store_carry_done(&carry);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_intents_go_along),
        TEST(test_odd_intents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
