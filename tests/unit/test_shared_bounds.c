/* SPDX-License-Identifier: MIT */
/* The least and the most that values in etcd can have: at its bound each comes back as it was, and
 * behind it each is refused. */
#include "tests/unit/shared_case.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/shared/undo_value.h"

/* ---- numbers ---- */

/* A value with a number in the place of "@": at its bound and one behind. */
typedef struct Bound {
    const char *json;
    uint64_t most;
} Bound;

static void write_bound(Case *fixture, const Bound *bound, uint64_t number)
{
    const char *at = strchr(bound->json, '@');

    assert_non_null(at);
    buf_reset(&fixture->text);
    buf_printf(&fixture->text, "%.*s%" PRIu64 "%s", (int)(at - bound->json), bound->json, number,
               at + 1);
    err_clear(&fixture->err);
}

#define CARRY_ROW(list, row) "{\"" list "\":[{" row "}]}"
#define SIGHTED "\"channel_id\":\"c\",\"member_id\":\"m\""
#define TOLD "\"notifier\":\"n\",\"kind\":\"k\""

static void test_numbers_of_a_carry(void **state)
{
    static const Bound rows[] = {
        {"{\"at_usec\":@}", INT64_MAX},
        {CARRY_ROW("sightings", SIGHTED ",\"count\":@"), UINT32_MAX},
        {CARRY_ROW("quarantine", SIGHTED ",\"span_usec\":@"), INT64_MAX},
        {CARRY_ROW("quarantine", SIGHTED ",\"span_usec\":1,\"passed_usec\":@"), INT64_MAX},
        {CARRY_ROW("conditions", TOLD ",\"since_usec\":@"), INT64_MAX},
        {CARRY_ROW("conditions", TOLD ",\"passes\":@"), UINT32_MAX},
        {CARRY_ROW("conditions", TOLD ",\"told_ago_usec\":@"), INT64_MAX},
    };
    Case *fixture = *state;

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        uint64_t at_usec, found = 0;
        StoreCarry carry;

        write_bound(fixture, &rows[i], rows[i].most);
        if (carry_value_read(buf_text(&fixture->text), fixture->text.size, &carry, &at_usec,
                             &fixture->err) < 0)
            fail_msg("%s: %s", buf_text(&fixture->text), fixture->err.text);
        found = at_usec;
        if (carry.sighting_count > 0)
            found = carry.sightings[0].count;
        if (carry.quarantine_count > 0)
            found = carry.quarantine[0].span_usec > 1 ? carry.quarantine[0].span_usec
                                                      : carry.quarantine[0].passed_usec;
        if (carry.condition_count > 0)
            found = carry.conditions[0].since_usec + carry.conditions[0].passes +
                    carry.conditions[0].told_ago_usec;
        assert_int_equal(found, rows[i].most);
        store_carry_done(&carry);
        write_bound(fixture, &rows[i], rows[i].most + 1);
        if (carry_value_read(buf_text(&fixture->text), fixture->text.size, &carry, &at_usec,
                             &fixture->err) >= 0)
            fail_msg("taken: %s", buf_text(&fixture->text));
        assert_true(err_is_set(&fixture->err));
        store_carry_done(&carry);
    }
}

#define UNDO(rest) "{\"instance\":\"k\",\"host\":\"a\",\"pass\":\"p\"," rest "}"
#define ADDED "\"kind\":\"add\",\"channel_id\":\"c\",\"identity\":\"aQ==\",\"after\":\"{}\""

static void test_numbers_of_an_undo(void **state)
{
    static const Bound rows[] = {
        {UNDO("\"owner\":\"b\",\"uid\":@"), UINT32_MAX},
        {UNDO("\"owner\":\"b\",\"asked_usec\":@"), INT64_MAX},
        {UNDO("\"actions\":[{" ADDED ",\"action\":@}]"), INT64_MAX},
        {UNDO("\"actions\":[{" ADDED ",\"weight\":@}]"), 10000},
    };
    Case *fixture = *state;

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        uint64_t found;
        UndoValue value;

        write_bound(fixture, &rows[i], rows[i].most);
        if (undo_value_read(buf_text(&fixture->text), fixture->text.size, &value, &fixture->err) <
            0)
            fail_msg("%s: %s", buf_text(&fixture->text), fixture->err.text);
        found = i == 0 ? value.uid : value.asked_usec;
        if (i == 2)
            found = value.actions.items[0].action;
        else if (i == 3)
            found = (uint64_t)value.actions.items[0].weight;
        assert_int_equal(found, rows[i].most);
        undo_value_done(&value);
        write_bound(fixture, &rows[i], rows[i].most + 1);
        if (undo_value_read(buf_text(&fixture->text), fixture->text.size, &value, &fixture->err) >=
            0)
            fail_msg("taken: %s", buf_text(&fixture->text));
        undo_value_done(&value);
    }
}

static void test_the_longest_name_of_a_pass(void **state)
{
    Case *fixture = *state;

    for (int size = STORE_PASS_ID_SIZE - 1; size <= STORE_PASS_ID_SIZE; size++) {
        UndoValue value;
        int r;

        buf_reset(&fixture->text);
        buf_printf(&fixture->text,
                   "{\"instance\":\"k\",\"host\":\"a\",\"owner\":\"b\",\"pass\":\"%0*d\"}", size,
                   1);
        r = undo_value_read(buf_text(&fixture->text), fixture->text.size, &value, &fixture->err);
        assert_int_equal(r, size < STORE_PASS_ID_SIZE ? 0 : -EINVAL);
        undo_value_done(&value);
    }
}

/* ---- sizes ---- */

static char *text_of(size_t size)
{
    char *text = malloc(size + 1);

    assert_non_null(text);
    memset(text, 'n', size);
    text[size] = '\0';
    return text;
}

static void test_the_largest_undo(void **state)
{
    StoreAction action = {
        .kind = "add", .channel_id = "c", .identity = "i", .identity_size = 1, .after = "{}"};
    UndoValue value = {.instance_key = "k",
                       .host = "",
                       .pass = "p",
                       .uid = 7,
                       .actions = {.items = &action, .count = 1}};
    Case *fixture = *state;
    size_t around;
    char *host;

    assert_int_equal(undo_value_append(&value, &fixture->text), 0);
    around = fixture->text.size;
    host = text_of(UNDO_VALUE_SIZE_MAX - around);
    value.host = host;
    buf_reset(&fixture->text);
    assert_int_equal(undo_value_append(&value, &fixture->text), 0);
    assert_int_equal(fixture->text.size, UNDO_VALUE_SIZE_MAX);
    value.pass = "pp";
    buf_reset(&fixture->text);
    assert_int_equal(undo_value_append(&value, &fixture->text), -E2BIG);
    free(host);
}

static void test_the_largest_carry(void **state)
{
    CarrySighting sighting = {"", "m", 1};
    StoreCarry carry = {.sightings = &sighting, .sighting_count = 1};
    Case *fixture = *state;
    char *id;

    assert_int_equal(carry_value_append(&carry, AT, &fixture->text), CARRY_WHOLE);
    id = text_of(CARRY_VALUE_SIZE_MAX - fixture->text.size);
    sighting.channel_id = id;
    assert_int_equal(carry_value_append(&carry, AT, &fixture->text), CARRY_WHOLE);
    assert_int_equal(fixture->text.size, CARRY_VALUE_SIZE_MAX);
    sighting.member_id = "mm";
    assert_int_equal(carry_value_append(&carry, AT, &fixture->text), CARRY_WITHOUT_SIGHTINGS);
    assert_string_equal(buf_text(&fixture->text),
                        "{\"at_usec\":1795532645000000,\"quarantine\":[],\"conditions\":[]}\n");
    free(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_numbers_of_a_carry),         TEST(test_numbers_of_an_undo),
        TEST(test_the_longest_name_of_a_pass), TEST(test_the_largest_undo),
        TEST(test_the_largest_carry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
