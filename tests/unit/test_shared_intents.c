/* SPDX-License-Identifier: MIT */
/* What an owner made known, as the next one reads it. */
#include "tests/unit/shared_case.h"

#define INTENT(undo, changes)                                                                      \
    "{\"host\":\"admin-a\",\"token\":4,\"pass\":\"p-1\",\"channel_id\":\"c1\","                    \
    "\"channel_name\":\"payments\",\"digest\":\"d1\",\"undo\":" undo ",\"changes\":[" changes "]}"
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

static void test_each_field_is_read(void **state)
{
    static const char json[] = INTENT("true", DELETED "," ADDED);
    static const char least[] = "{\"host\":\"a\",\"pass\":\"p\",\"channel_id\":\"c\"}";
    Case *fixture = *state;
    IntentValue intent;

    assert_int_equal(intent_value_read(json, strlen(json), &intent, &fixture->err), 0);
    assert_string_equal(intent.host, "admin-a");
    assert_string_equal(intent.pass, "p-1");
    assert_string_equal(intent.channel_id, "c1");
    assert_string_equal(intent.channel_name, "payments");
    assert_string_equal(intent.digest, "d1");
    assert_true(intent.is_undo);
    assert_int_equal(intent.change_count, 2);
    assert_int_equal(intent.changes[0].kind, CHANGE_DELETE);
    assert_string_equal(intent.changes[0].member_id, "m1");
    assert_int_equal(intent.changes[0].identity_size, 1);
    assert_memory_equal(intent.changes[0].identity, "i", 1);
    assert_string_equal(intent.changes[0].before, "{\"host\":\"h\"}");
    assert_null(intent.changes[0].after);
    assert_int_equal(intent.changes[1].kind, CHANGE_ADD);
    assert_string_equal(intent.changes[1].member_id, "");
    assert_null(intent.changes[1].before);
    assert_string_equal(intent.changes[1].after, "{}");
    intent_value_done(&intent);
    assert_int_equal(intent_value_read(least, strlen(least), &intent, &fixture->err), 0);
    assert_string_equal(intent.channel_name, "");
    assert_string_equal(intent.digest, "");
    assert_false(intent.is_undo);
    assert_int_equal(intent.change_count, 0);
    intent_value_done(&intent);
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
    assert_string_equal(carry.quarantine[0].channel_id, "c1");
    assert_string_equal(carry.quarantine[0].channel_name, "payments");
    assert_memory_equal(carry.quarantine[0].identity, "i", 1);
    assert_int_equal(carry.quarantine[0].identity_size, 1);
    assert_string_equal(carry.quarantine[0].original, "{}");
    assert_true(carry.quarantine[0].is_ours);
    assert_int_equal(carry.quarantine[0].span_usec, 1);
    assert_int_equal(carry.quarantine[0].passed_usec, 0);
    /* At the same moment it may not be in the carry yet. */
    assert_int_equal(carry_intent(*state, INTENT("false", DISABLED), 6, 6, &carry), 0);
    assert_int_equal(carry.quarantine_count, 2);
    store_carry_done(&carry);
}

static void test_odd_intents(void **state)
{
    static const struct {
        const char *json, *says;
    } odd[] = {
        {"{}", "host"},
        {"{\"host\":\"a\"}", "pass"},
        {"{\"host\":\"a\",\"pass\":\"p\"}", "channel_id"},
        {"{\"host\":\"a\",\"pass\":\"p\",\"channel_id\":\"c\",\"channel_name\":1}", "channel_name"},
        {"{\"host\":\"a\",\"pass\":\"p\",\"channel_id\":\"c\",\"digest\":1}", "digest"},
        {"{\"host\":\"a\",\"pass\":\"p\",\"channel_id\":\"c\",\"changes\":{}}", "changes"},
        {INTENT("false", "{\"kind\":\"delete\",\"identity\":\"aQ==\",\"before\":\"{}\"}"),
         "changes[0]: before, member_id: missing"},
        {INTENT("false", "{\"kind\":\"correct\",\"member_id\":\"m\",\"identity\":\"aQ==\","
                         "\"before\":\"{}\"}"),
         "changes[0]: after"},
        {INTENT("false", "{\"kind\":\"add\",\"member_id\":1}"), "changes[0]: member_id"},
        {INTENT("false", "{\"kind\":\"add\"}"), "changes[0]: identity: missing"},
        {INTENT("false", "{\"kind\":\"add\",\"identity\":\"\"}"), "changes[0]: identity"},
        {INTENT("false", "{\"kind\":\"add\",\"identity\":\"aQ==\",\"after\":\"x\"}"),
         "changes[0]: after: is no member"},
        {INTENT("false", "{\"kind\":\"add\",\"identity\":\"aQ==\",\"after\":{}}"),
         "changes[0]: after: should be a string"},
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
        TEST(test_each_field_is_read),
        TEST(test_intents_go_along),
        TEST(test_odd_intents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
