/* SPDX-License-Identifier: MIT */
/* What goes along with an instance to its next owner: read back as it was, shortened where it is
 * too large, and refused where it is odd. */
#include "tests/unit/shared_case.h"

#include <stdio.h>

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

/* Each of them is too much for etcd. */
static CarrySighting many_sightings[20000];
static CarryQuarantined many_originals[40], many_quarantined[12000];
static CarryCondition many_conditions[12000];

static void fill_many(void)
{
    static char original[40000];

    snprintf(original, sizeof(original), "{\"host\":\"%039980d\"}", 1);
    for (size_t i = 0; i < ELEMENTS(many_sightings); i++)
        many_sightings[i] =
            (CarrySighting){"0123456789abcdef0123456789abcdef", "0123456789abcdef", 1};
    for (size_t i = 0; i < ELEMENTS(many_originals); i++)
        many_originals[i] =
            (CarryQuarantined){"c1", "payments", "m1", "i", 1, original, true, USEC_PER_HOUR, 0};
    for (size_t i = 0; i < ELEMENTS(many_quarantined); i++)
        many_quarantined[i] = quarantine[0];
    for (size_t i = 0; i < ELEMENTS(many_conditions); i++)
        many_conditions[i] = conditions[0];
}

/* What is too large goes without what can be found out again, one thing after the other, and says
 * so. */
static void test_a_carry_that_is_too_large(void **state)
{
    const struct {
        StoreCarry carry;
        CarryValueLeftOut left_out;
        const char *text;
        size_t quarantine_count, condition_count;
    } rows[] = {
        {filled, CARRY_WHOLE, "", ELEMENTS(quarantine), ELEMENTS(conditions)},
        {{.sightings = many_sightings,
          .sighting_count = ELEMENTS(many_sightings),
          .quarantine = quarantine,
          .quarantine_count = 2,
          .conditions = conditions,
          .condition_count = 2},
         CARRY_WITHOUT_SIGHTINGS,
         "sightings",
         2,
         2},
        {{.quarantine = many_originals,
          .quarantine_count = ELEMENTS(many_originals),
          .conditions = conditions,
          .condition_count = 2},
         CARRY_WITHOUT_ORIGINALS,
         "sightings and members as they were before",
         ELEMENTS(many_originals),
         2},
        {{.quarantine = quarantine,
          .quarantine_count = 2,
          .conditions = many_conditions,
          .condition_count = ELEMENTS(many_conditions)},
         CARRY_WITHOUT_CONDITIONS,
         "sightings, members as they were before and open conditions",
         2,
         0},
        {{.quarantine = many_quarantined, .quarantine_count = ELEMENTS(many_quarantined)},
         CARRY_WITHOUT_QUARANTINE,
         "all but its time",
         0,
         0},
    };
    Case *fixture = *state;

    fill_many();
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        int left_out = carry_value_append(&rows[i].carry, AT, &fixture->text);
        uint64_t at_usec;
        StoreCarry read = read_carry(fixture, &at_usec);

        assert_int_equal(left_out, rows[i].left_out);
        assert_string_equal(carry_value_left_out_text(rows[i].left_out), rows[i].text);
        assert_true(fixture->text.size <= CARRY_VALUE_SIZE_MAX);
        assert_int_equal(at_usec, AT);
        assert_int_equal(read.sighting_count, left_out == CARRY_WHOLE ? 2 : 0);
        assert_int_equal(read.quarantine_count, rows[i].quarantine_count);
        if (read.quarantine_count > 0 && left_out >= CARRY_WITHOUT_ORIGINALS)
            assert_null(read.quarantine[0].original);
        else if (read.quarantine_count > 0)
            assert_non_null(read.quarantine[0].original);
        assert_int_equal(read.condition_count, rows[i].condition_count);
        assert_int_equal(read.knows_conditions, left_out < CARRY_WITHOUT_CONDITIONS);
        store_carry_done(&read);
    }
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
    assert_odd_carry(*state, "{\"conditions\":[1]}", "conditions[0]: should be an object");
    assert_odd_carry(*state, "{\"conditions\":[{\"notifier\":\"n\",\"kind\":\"k\"},1]}",
                     "conditions[1]: should be an object");
    assert_odd_carry(*state,
                     "{\"quarantine\":[{\"channel_id\":\"c\",\"member_id\":\"m\","
                     "\"span_usec\":1,\"identity\":\"aQ==?\"}]}",
                     "quarantine[0]: identity: is no base64");
    assert_odd_carry(*state,
                     "{\"quarantine\":[{\"channel_id\":\"c\",\"member_id\":\"m\","
                     "\"span_usec\":1,\"identity\":\"\"}]}",
                     "quarantine[0]: identity");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_carry_comes_back_as_it_was),
        TEST(test_a_carry_of_nothing),
        TEST(test_a_carry_that_is_too_large),
        TEST(test_odd_carries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
