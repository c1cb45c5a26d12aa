/* SPDX-License-Identifier: MIT */
/* What makes a member the same member, and whom ignore rules match. */
#include "tests/world/world.h"

#include <string.h>

#include "reconcile/plan/identity.h"
#include "reconcile/plan/ignore.h"

static bool is_same(const char *group_a, const char *address_a, uint16_t port_a,
                    const char *group_b, const char *address_b, uint16_t port_b)
{
    unsigned char a[IDENTITY_SIZE_MAX], b[IDENTITY_SIZE_MAX];
    int a_size = identity_pack(group_a, address_a, port_a, a);
    int b_size = identity_pack(group_b, address_b, port_b, b);

    assert_true(a_size > 0 && b_size > 0);
    return a_size == b_size && memcmp(a, b, (size_t)a_size) == 0;
}

static void test_group_address_and_port_are_the_identity(void **state)
{
    (void)state;
    assert_true(is_same("", "10.0.0.1", 80, "", "10.0.0.1", 80));
    assert_true(is_same("blue", "node", 80, "blue", "node", 80));
    assert_false(is_same("", "10.0.0.1", 80, "", "10.0.0.1", 81));
    assert_false(is_same("", "10.0.0.1", 80, "blue", "10.0.0.1", 80));
    assert_false(is_same("", "10.0.0.1", 80, "", "10.0.0.11", 80));
    assert_false(is_same("Blue", "10.0.0.1", 80, "blue", "10.0.0.1", 80));
    assert_false(is_same("", "10.0.0.1", 0x1234, "", "10.0.0.1", 0x3412));
}

static void test_parts_do_not_run_into_each_other(void **state)
{
    (void)state;
    assert_false(is_same("ab", "c", 80, "a", "bc", 80));
    assert_false(is_same("", "ab", 80, "ab", "", 80));
}

static void test_ecs_ids_are_the_same_in_any_case(void **state)
{
    char folded[IDENTITY_ADDRESS_MAX];

    (void)state;
    assert_int_equal(identity_fold_ecs("@AMZ[`amz{09-_", folded), 0);
    assert_string_equal(folded, "@amz[`amz{09-_");
}

static void test_too_long_a_part_is_refused(void **state)
{
    unsigned char packed[IDENTITY_SIZE_MAX];
    char text[IDENTITY_GROUP_MAX + 1];

    (void)state;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(identity_pack(text, "a", 1, packed), -EINVAL);
    assert_int_equal(identity_pack("a", text, 1, packed), -EINVAL);
    text[sizeof(text) - 2] = '\0';
    assert_int_equal(identity_pack(text, text, 1, packed), IDENTITY_SIZE_MAX - 2);
}

static void test_members_are_shown_as_people_write_them(void **state)
{
    char text[64];

    (void)state;
    identity_format("", "10.1.0.5", 8080, text, sizeof(text));
    assert_string_equal(text, "10.1.0.5:8080");
    identity_format("", "2001:db8::1", 80, text, sizeof(text));
    assert_string_equal(text, "[2001:db8::1]:80");
    identity_format("blue", "10.1.0.5", 8080, text, sizeof(text));
    assert_string_equal(text, "blue/10.1.0.5:8080");
    for (size_t size = 1; size < strlen("blue/[::1]:8080") + 2; size++) {
        identity_format("blue", "::1", 8080, text, size);
        assert_true(strlen(text) < size && strncmp("blue/[::1]:8080", text, size - 1) == 0);
    }
}

/* ---- ignore rules ---- */

typedef struct IgnoreCase {
    IgnoreRule rule;
    bool matches;
} IgnoreCase;

static bool matches(const IgnoreRule *rules, size_t count, const MemberRow *row)
{
    const RosterChannel roster = {.ignore = rules, .ignore_count = count};

    return ignore_matches(&roster, 8080, row, row->host, row->port ? row->port : 8080);
}

static IgnoreRule network(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint8_t bits)
{
    return (IgnoreRule){
        .has_network = true,
        .network = {[10] = 0xff, [11] = 0xff, [12] = a, [13] = b, [14] = c, [15] = d},
        .prefix_bits = (uint8_t)(96 + bits),
    };
}

/* As people read them: numbers by their value, names behind them. */
static void test_members_are_in_the_order_of_their_addresses(void **state)
{
    static const struct {
        const char *group, *address;
        uint16_t port;
    } rows[] = {
        {"", "9.255.255.255", 8080},
        {"", "10.0.0.9", 8080},
        {"", "10.0.0.10", 80},
        {"", "10.0.0.10", 443},
        {"", "10.0.0.10", 8080},
        {"", "10.0.0.100", 80},
        {"", "::1", 80},
        {"", "2001:db8::9", 80},
        {"", "2001:db8::10", 80},
        {"", "a", 80},
        {"", "b", 80},
        {"blue", "1.0.0.1", 80},
    };
    unsigned char packed[ELEMENTS(rows)][IDENTITY_SIZE_MAX];
    int sizes[ELEMENTS(rows)];

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        sizes[i] = identity_pack(rows[i].group, rows[i].address, rows[i].port, packed[i]);
        assert_true(sizes[i] > 0);
    }
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        for (size_t k = 0; k < ELEMENTS(rows); k++) {
            int order = identity_order(packed[i], (size_t)sizes[i], packed[k], (size_t)sizes[k]);

            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
    }
    assert_true(identity_order("x", 1, "y", 1) < 0); /* none is an identity */
}

/* Bytes that end early, or go on, are no identity. */
static void test_an_identity_has_its_parts(void **state)
{
    unsigned char packed[IDENTITY_SIZE_MAX + 1];
    const char *group = NULL, *address = NULL;
    uint16_t port = 0;
    int size = identity_pack("blue", "h", 0x1234, packed);
    char text[64] = "left over";

    (void)state;
    assert_int_equal(size, 9);
    packed[9] = 0;
    assert_true(identity_unpack(packed, 9, &group, &address, &port));
    assert_string_equal(group, "blue");
    assert_string_equal(address, "h");
    assert_int_equal(port, 0x1234);
    for (size_t cut = 0; cut <= 10; cut++) {
        bool is_one = cut == 9;

        assert_int_equal(identity_unpack(packed, cut, &group, &address, &port), is_one);
        identity_print(packed, cut, text, sizeof(text));
        assert_string_equal(text, is_one ? "blue/h:4660" : "");
    }
    size = identity_pack("", "", 0, packed);
    assert_int_equal(size, 4);
    assert_true(identity_unpack(packed, 4, &group, &address, &port));
    assert_string_equal(group, "");
    assert_string_equal(address, "");
    assert_int_equal(port, 0);
}

static void test_the_order_of_bytes(void **state)
{
    static const struct {
        const char *text;
        size_t size;
    } ordered[] = {{"", 0}, {"a", 1}, {"a\0", 2}, {"aa", 2}, {"b", 1}, {"\xff", 1}};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(ordered); i++) {
        for (size_t k = 0; k < ELEMENTS(ordered); k++) {
            int order = identity_compare(ordered[i].text, ordered[i].size, ordered[k].text,
                                         ordered[k].size);

            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
    }
}

static void test_a_rule_matches_by_every_field_it_has(void **state)
{
    const MemberRow row = {.host = "10.9.1.2", .ecs_id = "e1", .group = "canary", .port = 9090};
    const IgnoreCase cases[] = {
        {{.host = "10.9.1.2"}, true},
        {{.host = "10.9.1.3"}, false},
        {{.group = "canary"}, true},
        {{.group = "blue"}, false},
        {{.group = ""}, false},
        {{.ecs_id = "e1"}, true},
        {{.ecs_id = "e2"}, false},
        {{.has_port = true, .port = 9090}, true},
        {{.has_port = true, .port = 9091}, false},
        {{.has_port = true, .port = 0}, false},
        {{.host = "10.9.1.2", .group = "canary", .has_port = true, .port = 9090}, true},
        {{.host = "10.9.1.2", .group = "canary", .has_port = true, .port = 1}, false},
        {{.host = "10.9.1.2", .group = "blue"}, false},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        if (matches(&cases[i].rule, 1, &row) != cases[i].matches)
            fail_msg("case %zu", i);
    }
}

static void test_a_network_matches_the_addresses_in_it(void **state)
{
    const MemberRow inside = {.host = "10.9.255.255", .ecs_id = "", .group = ""};
    const MemberRow outside = {.host = "10.10.0.0", .ecs_id = "", .group = ""};
    const MemberRow name = {.host = "node.example.com", .ecs_id = "", .group = ""};
    const MemberRow none = {.host = "", .ecs_id = "e1", .group = ""};
    IgnoreRule rule = network(10, 9, 0, 0, 16);

    (void)state;
    assert_true(matches(&rule, 1, &inside));
    assert_false(matches(&rule, 1, &outside));
    assert_false(matches(&rule, 1, &name));
    assert_false(matches(&rule, 1, &none));
    rule.group = "blue";
    assert_false(matches(&rule, 1, &inside));
}

static void test_port_0_in_a_rule_is_the_channels_own(void **state)
{
    const MemberRow own = {.host = "10.0.0.1", .ecs_id = "", .group = "", .port = 0};
    const MemberRow written = {.host = "10.0.0.1", .ecs_id = "", .group = "", .port = 8080};
    const MemberRow other = {.host = "10.0.0.1", .ecs_id = "", .group = "", .port = 80};
    const IgnoreRule rule = {.has_port = true};
    const IgnoreRule written_rule = {.has_port = true, .port = 8080};

    (void)state;
    assert_true(matches(&rule, 1, &own));
    assert_true(matches(&rule, 1, &written));
    assert_false(matches(&rule, 1, &other));
    assert_true(matches(&written_rule, 1, &own));
}

static void test_any_rule_is_enough_and_none_matches_nobody(void **state)
{
    const MemberRow row = {.host = "10.0.0.1", .ecs_id = "", .group = "blue"};
    const IgnoreRule rules[] = {{.group = "green"}, {.group = "blue"}};

    (void)state;
    assert_true(matches(rules, 2, &row));
    assert_false(matches(rules, 1, &row));
    assert_false(matches(rules, 0, &row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_group_address_and_port_are_the_identity),
        cmocka_unit_test(test_parts_do_not_run_into_each_other),
        cmocka_unit_test(test_ecs_ids_are_the_same_in_any_case),
        cmocka_unit_test(test_too_long_a_part_is_refused),
        cmocka_unit_test(test_members_are_shown_as_people_write_them),
        cmocka_unit_test(test_members_are_in_the_order_of_their_addresses),
        cmocka_unit_test(test_an_identity_has_its_parts),
        cmocka_unit_test(test_the_order_of_bytes),
        cmocka_unit_test(test_a_rule_matches_by_every_field_it_has),
        cmocka_unit_test(test_a_network_matches_the_addresses_in_it),
        cmocka_unit_test(test_port_0_in_a_rule_is_the_channels_own),
        cmocka_unit_test(test_any_rule_is_enough_and_none_matches_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
