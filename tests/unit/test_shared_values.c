/* SPDX-License-Identifier: MIT */
/* What hosts of a fleet write for one another: read back as it was, and refused where it is odd. */
#include "tests/unit/shared_case.h"

/* ---- pauses ---- */

static StorePause read_pause(Case *fixture, const char *json)
{
    StorePause pause = {0};

    if (pause_value_read(json, strlen(json), &fixture->arena, &pause, &fixture->err) < 0)
        fail_msg("%s: %s", fixture->err.text, json);
    return pause;
}

static void assert_no_pause(Case *fixture, const char *json, const char *says)
{
    StorePause pause = {0};

    if (pause_value_read(json, strlen(json), &fixture->arena, &pause, &fixture->err) >= 0)
        fail_msg("taken for a pause: %s", json);
    assert_says(&fixture->err, says);
    assert_null(pause.reason);
}

static void check_pause(Case *fixture, const StorePause *pause)
{
    StorePause read;

    buf_reset(&fixture->text);
    assert_int_equal(pause_value_append(pause, &fixture->text), 0);
    read = read_pause(fixture, buf_text(&fixture->text));
    assert_text(read.scope.instance_key, pause->scope.instance_key);
    assert_text(read.scope.instance_name, pause->scope.instance_name);
    assert_text(read.scope.channel_id, pause->scope.channel_id);
    assert_text(read.scope.channel_name, pause->scope.channel_name);
    assert_string_equal(read.reason, pause->reason);
    assert_string_equal(read.host, pause->host);
    assert_int_equal(read.until_usec, pause->until_usec);
    assert_int_equal(read.made_usec, pause->made_usec);
    assert_int_equal(read.uid, pause->uid);
}

static void test_pauses_come_back_as_they_were(void **state)
{
    const StoreScope scopes[] = {
        {0},
        {.instance_key = KEY, .instance_name = "prod"},
        {KEY, "prod", "c1", "payments"},
        {KEY, "prod", "c1", NULL},
        {KEY, "prod", NULL, "\"a\" \xc3\xa9"},
    };

    for (size_t i = 0; i < ELEMENTS(scopes); i++) {
        StorePause pause = {
            .scope = scopes[i], .reason = "work", .host = "admin-a", .made_usec = AT};

        check_pause(*state, &pause);
        pause.until_usec = AT + USEC_PER_HOUR;
        pause.uid = (uid_t)-1;
        check_pause(*state, &pause);
    }
}

/* Hosts of other versions read them, too. */
static void test_pauses_as_they_are_written(void **state)
{
    static const struct {
        StorePause pause;
        const char *json;
    } rows[] = {
        {{.reason = "work", .host = "admin-a", .made_usec = 1, .until_usec = 1, .uid = 0},
         "{\"scope\":\"all\",\"instance\":null,\"instance_name\":null,\"channel_id\":null,"
         "\"channel_name\":null,\"reason\":\"work\",\"until_usec\":1,\"uid\":0,"
         "\"host\":\"admin-a\",\"at_usec\":1}\n"},
        {{.scope = {KEY, "prod", "c1", "payments"},
          .reason = "",
          .host = "admin-a",
          .made_usec = AT,
          .uid = (uid_t)-1},
         "{\"scope\":\"channel\",\"instance\":\"" KEY "\",\"instance_name\":\"prod\","
         "\"channel_id\":\"c1\",\"channel_name\":\"payments\",\"reason\":\"\","
         "\"until_usec\":null,\"uid\":null,\"host\":\"admin-a\",\"at_usec\":1795532645000000}\n"},
    };
    Case *fixture = *state;

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        buf_reset(&fixture->text);
        assert_int_equal(pause_value_append(&rows[i].pause, &fixture->text), 0);
        assert_string_equal(buf_text(&fixture->text), rows[i].json);
    }
}

static void test_odd_pauses(void **state)
{
    static const char good[] = "{\"scope\":\"all\",\"reason\":\"x\",\"host\":\"a\",\"at_usec\":1,"
                               "\"newer\":[{}]}";

    read_pause(*state, good);
    assert_no_pause(*state, "", "");
    assert_no_pause(*state, "[]", "");
    assert_no_pause(*state, "{\"scope\":\"all\",\"reason\":\"x\",\"host\":\"a\",\"at_usec\":0}",
                    "at_usec: should be");
    assert_no_pause(*state,
                    "{\"scope\":\"channel\",\"channel_name\":\"c\",\"reason\":\"x\","
                    "\"host\":\"a\",\"at_usec\":1}",
                    "scope: is not what");
    assert_no_pause(*state, "{\"scope\":\"all\",\"reason\":\"x\",\"host\":\"a\"}",
                    "at_usec: missing");
    assert_no_pause(*state, "{\"scope\":\"all\",\"reason\":\"x\",\"at_usec\":1}", "host");
    assert_no_pause(*state, "{\"scope\":\"all\",\"host\":\"a\",\"at_usec\":1}", "reason");
    assert_no_pause(*state, "{\"reason\":\"x\",\"host\":\"a\",\"at_usec\":1}", "scope");
    /* What it is of must not be guessed. */
    assert_no_pause(*state,
                    "{\"scope\":\"instance\",\"reason\":\"x\",\"host\":\"a\",\"at_usec\":1}",
                    "scope: is not what");
    assert_no_pause(*state,
                    "{\"scope\":\"all\",\"instance\":\"k\",\"reason\":\"x\",\"host\":\"a\","
                    "\"at_usec\":1}",
                    "scope: is not what");
    assert_no_pause(*state,
                    "{\"scope\":\"all\",\"channel_id\":\"c\",\"reason\":\"x\",\"host\":\"a\","
                    "\"at_usec\":1}",
                    "scope: is not what");
    assert_no_pause(*state,
                    "{\"scope\":\"all\",\"reason\":\"x\",\"host\":\"a\",\"at_usec\":1,"
                    "\"until_usec\":\"tomorrow\"}",
                    "until_usec");
    assert_no_pause(*state,
                    "{\"scope\":\"all\",\"reason\":\"x\",\"host\":\"a\",\"at_usec\":1,\"uid\":-1}",
                    "uid");
}

/* ---- approvals ---- */

static void assert_no_approval(Case *fixture, const char *json, const char *says)
{
    ApprovalValue read = {0};

    assert_true(
        approval_value_read(DIGEST, json, strlen(json), &fixture->arena, &read, &fixture->err) < 0);
    assert_says(&fixture->err, says);
    assert_null(read.host);
}

static void test_approvals(void **state)
{
    Case *fixture = *state;
    ApprovalValue value = {.approval = {.digest = DIGEST, .given_usec = AT, .opens_window = true},
                           .until_usec = AT + USEC_PER_DAY,
                           .uid = 0,
                           .host = "admin-a"},
                  read = {0};

    assert_int_equal(approval_value_append(&value, &fixture->text), 0);
    assert_string_equal(buf_text(&fixture->text),
                        "{\"at_usec\":1795532645000000,\"until_usec\":1795619045000000,"
                        "\"now\":true,\"uid\":0,\"host\":\"admin-a\"}\n");
    assert_int_equal(approval_value_read(DIGEST, fixture->text.data, fixture->text.size,
                                         &fixture->arena, &read, &fixture->err),
                     0);
    assert_string_equal(read.approval.digest, DIGEST);
    assert_int_equal(read.approval.given_usec, AT);
    assert_true(read.approval.opens_window);
    assert_int_equal(read.until_usec, value.until_usec);
    assert_int_equal(read.uid, 0);
    assert_string_equal(read.host, "admin-a");
    assert_true(approval_value_read("abc", fixture->text.data, fixture->text.size, &fixture->arena,
                                    &read, &fixture->err) < 0);
    assert_says(&fixture->err, "no digest");
    assert_no_approval(fixture, "{\"host\":\"a\"}", "at_usec: missing");
    assert_no_approval(fixture, "{\"at_usec\":0,\"host\":\"a\"}", "at_usec: should be");
    assert_no_approval(fixture, "{\"at_usec\":1}", "host");
    assert_no_approval(fixture, "{\"at_usec\":1,\"host\":\"a\",\"now\":\"no\"}", "now");
    assert_no_approval(fixture, "{\"at_usec\":1,\"host\":\"a\",\"uid\":-1}", "uid");
    assert_no_approval(fixture, "{\"at_usec\":1,\"host\":\"a\",\"until_usec\":\"x\"}",
                       "until_usec");
    value.uid = (uid_t)-1;
    value.approval.opens_window = false;
    buf_reset(&fixture->text);
    assert_int_equal(approval_value_append(&value, &fixture->text), 0);
    assert_non_null(strstr(buf_text(&fixture->text), "\"now\":false,\"uid\":null"));
    assert_int_equal(approval_value_read(DIGEST, fixture->text.data, fixture->text.size,
                                         &fixture->arena, &read, &fixture->err),
                     0);
    assert_int_equal(read.uid, (uid_t)-1);
    assert_false(read.approval.opens_window);
}

/* ---- what goes along ---- */

static StoreCarry read_carry(Case *fixture, uint64_t *ret_at_usec)
{
    StoreCarry carry;

    if (carry_value_read(buf_text(&fixture->text), fixture->text.size, &carry, ret_at_usec,
                         &fixture->err) < 0)
        fail_msg("%s: %s", fixture->err.text, buf_text(&fixture->text));
    return carry;
}

static CarrySighting sightings[] = {{"c1", "m1", 1}, {"c1", "m2", 3}};
static CarryQuarantined quarantine[] = {
    {"c1", "payments", "m1", "\0i\xff", 3, "{\"host\":\"10.1.0.9\"}", true, USEC_PER_HOUR, 0},
    {"c2", "", "m2", "", 0, NULL, false, 1, 7},
};
static CarryCondition conditions[] = {
    {"chat.url slack", "held", "payments", "payments", AT, true, 0, 0},
    {"chat.url slack", "failed", "", "", 0, false, 2, USEC_PER_MINUTE},
};
static const StoreCarry filled = {
    .sightings = sightings,
    .sighting_count = ELEMENTS(sightings),
    .quarantine = quarantine,
    .quarantine_count = ELEMENTS(quarantine),
    .conditions = conditions,
    .condition_count = ELEMENTS(conditions),
    .knows_conditions = true,
};

static void assert_same_quarantined(const CarryQuarantined *read, const CarryQuarantined *wanted)
{
    assert_string_equal(read->channel_id, wanted->channel_id);
    assert_string_equal(read->channel_name, wanted->channel_name);
    assert_string_equal(read->member_id, wanted->member_id);
    assert_int_equal(read->identity_size, wanted->identity_size);
    assert_memory_equal(read->identity, wanted->identity, wanted->identity_size);
    assert_text(read->original, wanted->original);
    assert_int_equal(read->is_ours, wanted->is_ours);
    assert_int_equal(read->span_usec, wanted->span_usec);
    assert_int_equal(read->passed_usec, wanted->passed_usec);
}

static void assert_same_condition(const CarryCondition *read, const CarryCondition *wanted)
{
    assert_string_equal(read->notifier, wanted->notifier);
    assert_string_equal(read->kind, wanted->kind);
    assert_string_equal(read->channel, wanted->channel);
    assert_string_equal(read->channel_name, wanted->channel_name);
    assert_int_equal(read->since_usec, wanted->since_usec);
    assert_int_equal(read->is_open, wanted->is_open);
    assert_int_equal(read->passes, wanted->passes);
    assert_int_equal(read->told_ago_usec, wanted->told_ago_usec);
}

static void test_a_carry_comes_back_as_it_was(void **state)
{
    Case *fixture = *state;
    uint64_t at_usec;
    StoreCarry read;

    assert_int_equal(carry_value_append(&filled, AT, &fixture->text), CARRY_WHOLE);
    assert_string_equal(
        buf_text(&fixture->text),
        "{\"at_usec\":1795532645000000,\"sightings\":[{\"channel_id\":\"c1\","
        "\"member_id\":\"m1\",\"count\":1},"
        "{\"channel_id\":\"c1\",\"member_id\":\"m2\",\"count\":3}],"
        "\"quarantine\":[{\"channel_id\":\"c1\",\"channel_name\":\"payments\","
        "\"member_id\":\"m1\",\"identity\":\"AGn/\","
        "\"original\":\"{\\\"host\\\":\\\"10.1.0.9\\\"}\",\"ours\":true,"
        "\"span_usec\":3600000000,\"passed_usec\":null},"
        "{\"channel_id\":\"c2\",\"channel_name\":null,\"member_id\":\"m2\",\"ours\":false,"
        "\"span_usec\":1,\"passed_usec\":7}],"
        "\"conditions\":[{\"notifier\":\"chat.url slack\",\"kind\":\"held\","
        "\"channel\":\"payments\",\"channel_name\":\"payments\","
        "\"since_usec\":1795532645000000,\"open\":true,\"passes\":null,\"told_ago_usec\":null},"
        "{\"notifier\":\"chat.url slack\",\"kind\":\"failed\",\"channel\":null,"
        "\"channel_name\":null,\"since_usec\":null,\"open\":false,\"passes\":2,"
        "\"told_ago_usec\":60000000}]}\n");
    read = read_carry(fixture, &at_usec);
    assert_int_equal(at_usec, AT);
    assert_true(read.knows_conditions);
    assert_int_equal(read.sighting_count, 2);
    assert_string_equal(read.sightings[1].member_id, "m2");
    assert_int_equal(read.sightings[1].count, 3);
    assert_int_equal(read.quarantine_count, 2);
    assert_int_equal(read.condition_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_same_quarantined(&read.quarantine[i], &quarantine[i]);
        assert_same_condition(&read.conditions[i], &conditions[i]);
    }
    store_carry_done(&read);
}

/* Nothing was left, or nothing is known of it. */
static void test_a_carry_of_nothing(void **state)
{
    Case *fixture = *state;
    uint64_t at_usec;
    StoreCarry read = read_carry(fixture, &at_usec);

    assert_int_equal(at_usec, 0);
    assert_false(read.knows_conditions);
    store_carry_done(&read);
    buf_puts(&fixture->text, "{\"newer\":1}");
    read = read_carry(fixture, &at_usec);
    assert_false(read.knows_conditions);
    assert_int_equal(read.sighting_count + read.quarantine_count + read.condition_count, 0);
    store_carry_done(&read);
}

/* What is too large goes without what can be found out again, and says so. */
static void test_a_carry_that_is_too_large(void **state)
{
    static CarrySighting many[20000];
    Case *fixture = *state;
    StoreCarry carry = filled, read;
    uint64_t at_usec;
    int left_out;

    for (size_t i = 0; i < ELEMENTS(many); i++)
        many[i] = (CarrySighting){"0123456789abcdef0123456789abcdef", "0123456789abcdef", 1};
    carry.sightings = many;
    carry.sighting_count = ELEMENTS(many);
    left_out = carry_value_append(&carry, AT, &fixture->text);
    assert_int_equal(left_out, CARRY_WITHOUT_SIGHTINGS);
    assert_string_equal(carry_value_left_out_text((CarryValueLeftOut)left_out), "sightings");
    assert_true(fixture->text.size <= CARRY_VALUE_SIZE_MAX);
    read = read_carry(fixture, &at_usec);
    assert_int_equal(read.sighting_count, 0);
    assert_int_equal(read.quarantine_count, 2);
    assert_int_equal(read.condition_count, 2);
    store_carry_done(&read);
}

static void assert_odd_carry(Case *fixture, const char *json, const char *says)
{
    StoreCarry carry;
    uint64_t at_usec;

    if (carry_value_read(json, strlen(json), &carry, &at_usec, &fixture->err) >= 0)
        fail_msg("taken for a carry: %s", json);
    assert_says(&fixture->err, says);
    store_carry_done(&carry);
}

static void test_odd_carries(void **state)
{
    assert_odd_carry(*state, "{", "");
    assert_odd_carry(*state, "{\"sightings\":7}", "sightings");
    assert_odd_carry(*state, "{\"sightings\":[{\"channel_id\":\"c\"}]}", "sightings[0]: member_id");
    assert_odd_carry(*state,
                     "{\"quarantine\":[{\"channel_id\":\"c\",\"member_id\":\"m\","
                     "\"span_usec\":1,\"original\":\"x\"}]}",
                     "quarantine[0]: original");
    assert_odd_carry(*state, "{\"quarantine\":[{\"channel_id\":\"c\",\"member_id\":\"m\"}]}",
                     "quarantine[0]: span_usec");
    assert_odd_carry(*state, "{\"conditions\":[{\"notifier\":\"n\"}]}", "conditions[0]: kind");
    assert_odd_carry(*state, "{\"conditions\":[1]}", "conditions[0]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pauses_come_back_as_they_were),
        TEST(test_pauses_as_they_are_written),
        TEST(test_odd_pauses),
        TEST(test_approvals),
        TEST(test_a_carry_comes_back_as_it_was),
        TEST(test_a_carry_of_nothing),
        TEST(test_a_carry_that_is_too_large),
        TEST(test_odd_carries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
