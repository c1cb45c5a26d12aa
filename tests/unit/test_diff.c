/* SPDX-License-Identifier: MIT */
/* Live against desired: who is extra, missing, ignored; which rows make a list worthless. */
#include "tests/unit/diff_case.h"

#include <string.h>

#include "reconcile/plan/identity.h"

static void table_want(DiffCase *table, const char *group, const char *address, uint16_t port)
{
    RosterMember *member = &table->wanted[table->roster.member_count++];

    *member = (RosterMember){.port = port};
    assert_int_equal(config_member_set_texts(member, &table->texts, address, group, NULL), 0);
}

/* In service, and nothing told of its weight. */
static int table_add(DiffCase *table, MemberRow row)
{
    return diff_case_add(table, row, (MemberFields){.weight = OPS_WEIGHT_NONE, .is_enabled = true});
}

static void table_add_disabled(DiffCase *table, MemberRow row)
{
    assert_int_equal(diff_case_add(table, row, (MemberFields){.weight = OPS_WEIGHT_NONE}), 0);
}

/* One wanted member and one live: are they the same? */
static bool meets(const char *wanted_group, const char *wanted, uint16_t wanted_port,
                  const char *live_group, const char *live, uint16_t live_port)
{
    DiffCase table = {0};
    bool is_met;

    table_want(&table, wanted_group, wanted, wanted_port);
    diff_case_open(&table, false);
    assert_int_equal(
        table_add(&table,
                  (MemberRow){.id = "m1", .group = live_group, .host = live, .port = live_port}),
        0);
    is_met = table.diff.seen[0];
    assert_int_equal(table.diff.extra_count, !is_met);
    diff_case_close(&table);
    return is_met;
}

static void test_addresses_compare_by_value(void **state)
{
    (void)state;
    assert_true(meets("", "10.0.0.1", 8080, "", "10.0.0.1", 8080));
    assert_true(meets("", "2001:db8::1", 8080, "", "2001:DB8:0:0:0:0:0:1", 8080));
    assert_true(meets("", "2001:db8::1", 8080, "", "2001:0db8::0001", 8080));
    assert_true(meets("", "10.0.0.1", 8080, "", "::ffff:10.0.0.1", 8080));
    assert_true(meets("", "node.example.com", 8080, "", "Node.Example.COM", 8080));
    assert_false(meets("", "2001:db8::1", 8080, "", "2001:db8::2", 8080));
    assert_false(meets("", "10.0.0.1", 8080, "", "10.0.0.10", 8080));
}

static void test_the_channels_port_stands_for_0(void **state)
{
    (void)state;
    assert_true(meets("", "10.0.0.1", 0, "", "10.0.0.1", 0));
    assert_true(meets("", "10.0.0.1", 0, "", "10.0.0.1", 8080));
    assert_true(meets("", "10.0.0.1", 8080, "", "10.0.0.1", 0));
    assert_false(meets("", "10.0.0.1", 0, "", "10.0.0.1", 80));
    assert_false(meets("", "10.0.0.1", 80, "", "10.0.0.1", 0));
}

static void test_another_port_or_group_is_another_member(void **state)
{
    (void)state;
    assert_false(meets("", "10.0.0.1", 80, "", "10.0.0.1", 81));
    assert_false(meets("", "10.0.0.1", 80, "blue", "10.0.0.1", 80));
    assert_false(meets("blue", "10.0.0.1", 80, "", "10.0.0.1", 80));
    assert_true(meets("blue", "10.0.0.1", 80, "blue", "10.0.0.1", 80));
}

static void test_an_extra_is_kept_whole(void **state)
{
    DiffCase table = {0};
    const Extra *extra;

    (void)state;
    diff_case_open(&table, false);
    assert_int_equal(table_add(&table, (MemberRow){.id = "m1", .group = "blue", .host = "NODE"}),
                     0);
    extra = &table.diff.extras[0];
    assert_string_equal(extra->id, "m1");
    assert_string_equal(extra->group, "blue");
    assert_string_equal(extra->address, "NODE");
    assert_int_equal(extra->port, 8080);
    assert_string_equal(extra->member_json, "m1");
    assert_true(diff_has_id(&table.diff, "m1"));
    assert_false(diff_has_id(&table.diff, "m2"));
    diff_case_close(&table);
}

static void test_two_members_of_one_identity_are_both_kept_or_both_extra(void **state)
{
    DiffCase table = {0};

    (void)state;
    table_want(&table, "", "10.0.0.1", 0);
    diff_case_open(&table, false);
    assert_int_equal(table_add(&table, (MemberRow){.id = "m1", .host = "10.0.0.1"}), 0);
    assert_int_equal(table_add(&table, (MemberRow){.id = "m2", .host = "10.0.0.1"}), 0);
    assert_int_equal(table.diff.extra_count, 0);
    assert_int_equal(table_add(&table, (MemberRow){.id = "m3", .host = "10.0.0.2"}), 0);
    assert_int_equal(table_add(&table, (MemberRow){.id = "m4", .host = "10.0.0.2"}), 0);
    assert_int_equal(table.diff.extra_count, 2);
    diff_case_close(&table);
}

static void test_ignored_members_are_never_extra_and_desired_ones_never_ignored(void **state)
{
    const IgnoreRule rule = {.group = "canary"};
    DiffCase table = {0};

    (void)state;
    table.roster.ignore = &rule;
    table.roster.ignore_count = 1;
    table_want(&table, "canary", "10.0.0.1", 0);
    diff_case_open(&table, false);
    assert_int_equal(
        table_add(&table, (MemberRow){.id = "m1", .group = "canary", .host = "10.0.0.1"}), 0);
    assert_int_equal(
        table_add(&table, (MemberRow){.id = "m2", .group = "canary", .host = "10.0.0.2"}), 0);
    assert_int_equal(table.diff.live_count, 2);
    assert_int_equal(table.diff.ignored_count, 1);
    assert_int_equal(table.diff.extra_count, 0);
    assert_true(table.diff.seen[0]);
    diff_case_close(&table);
}

static void test_in_service_is_status_1_or_none_of_those_that_stay(void **state)
{
    const IgnoreRule rule = {.group = "canary"};
    DiffCase table = {0};

    (void)state;
    table.roster.ignore = &rule;
    table.roster.ignore_count = 1;
    for (size_t i = 0; i < 3; i++)
        table_want(&table, "", (const char *[]){"10.0.0.1", "10.0.0.2", "10.0.0.3"}[i], 0);
    diff_case_open(&table, false);
    table_add(&table, (MemberRow){.id = "m1", .host = "10.0.0.1"});
    table_add_disabled(&table, (MemberRow){.id = "m2", .host = "10.0.0.2"});
    table_add(&table, (MemberRow){.id = "m3", .host = "10.0.0.3"});
    table_add(&table, (MemberRow){.id = "m4", .group = "canary", .host = "10.1.0.1"});
    table_add_disabled(&table, (MemberRow){.id = "m5", .group = "canary", .host = "10.1.0.2"});
    table_add(&table, (MemberRow){.id = "m6", .host = "10.9.0.1"});
    assert_int_equal(table.diff.staying_in_service, 3);
    assert_int_equal(table.diff.extra_count, 1);
    diff_case_close(&table);
}

static const char *table_find(const DiffCase *table, const char *group, const char *host)
{
    unsigned char identity[IDENTITY_SIZE_MAX];
    int size = identity_pack(group, host, 8080, identity);

    assert_true(size > 0);
    return diff_find_id(&table->diff, identity, (size_t)size);
}

static void test_a_listed_member_is_found_by_its_identity(void **state)
{
    const IgnoreRule rule = {.group = "canary"};
    DiffCase table = {0};

    (void)state;
    table.roster.ignore = &rule;
    table.roster.ignore_count = 1;
    table_want(&table, "", "10.0.0.1", 0);
    table_want(&table, "", "10.0.0.2", 0);
    diff_case_open(&table, false);
    table_add(&table, (MemberRow){.id = "m1", .host = "10.0.0.1"});
    table_add(&table, (MemberRow){.id = "m2", .group = "canary", .host = "10.0.0.1"});
    table_add(&table, (MemberRow){.id = "m3", .group = "blue", .host = "10.0.0.1"});
    assert_string_equal(table_find(&table, "", "10.0.0.1"), "m1");
    assert_string_equal(table_find(&table, "canary", "10.0.0.1"), "m2");
    assert_string_equal(table_find(&table, "blue", "10.0.0.1"), "m3");
    assert_null(table_find(&table, "", "10.0.0.2"));
    assert_null(table_find(&table, "blue", "10.0.0.2"));
    diff_reset(&table.diff);
    assert_null(table_find(&table, "", "10.0.0.1"));
    assert_null(table_find(&table, "canary", "10.0.0.1"));
    diff_case_close(&table);
}

static void test_ecs_members_compare_by_their_server(void **state)
{
    DiffCase table = {0};

    (void)state;
    table.wanted[table.roster.member_count++] =
        (RosterMember){.address = "Server-A", .port = 80, .is_ecs = true};
    diff_case_open(&table, true);
    assert_int_equal(
        table_add(&table,
                  (MemberRow){.id = "m1", .ecs_id = "Server-A", .host = "10.0.0.1", .port = 80}),
        0);
    assert_int_equal(table_add(&table, (MemberRow){.id = "m2", .ecs_id = "server-a", .port = 80}),
                     0);
    assert_int_equal(table_add(&table, (MemberRow){.id = "m3", .ecs_id = "Server-B", .port = 80}),
                     0);
    assert_true(table.diff.seen[0]);
    assert_int_equal(table.diff.extra_count, 1);
    assert_string_equal(table.diff.extras[0].address, "Server-B");
    diff_case_close(&table);
}

/* ---- rows that make a list worthless ---- */

static void expect_worthless(bool is_ecs, MemberRow row, const char *why)
{
    DiffCase table = {0};

    diff_case_open(&table, is_ecs);
    assert_int_equal(table_add(&table, (MemberRow){.id = "m1", .host = "10.0.0.1", .ecs_id = "e"}),
                     0);
    assert_int_equal(table_add(&table, row), -EPROTO);
    if (!strstr(table.err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", table.err.text, why);
    diff_case_close(&table);
}

static void test_rows_that_cannot_be_believed(void **state)
{
    char long_id[66];

    (void)state;
    memset(long_id, 'a', sizeof(long_id));
    long_id[65] = '\0';
    expect_worthless(false, (MemberRow){.id = "m1", .host = "10.0.0.2"}, "listed twice");
    expect_worthless(false, (MemberRow){.id = "m2", .host = "010.0.0.2"}, "no address");
    expect_worthless(false, (MemberRow){.id = "m2", .host = "10.0.0"}, "no address");
    expect_worthless(false, (MemberRow){.id = "m2", .host = "10.0.0.2 ; rm"}, "no address");
    expect_worthless(false, (MemberRow){.id = "m2", .host = "10.0.0.2", .channel_id = "c2"},
                     "another channel (c2)");
    expect_worthless(false, (MemberRow){.id = "m2", .host = "10.0.0.2", .channel_id = ""},
                     "another channel");
    expect_worthless(false, (MemberRow){.id = "m2"}, "no host");
    expect_worthless(true, (MemberRow){.id = "m2", .host = "10.0.0.2"}, "no ecs_id");
    expect_worthless(false, (MemberRow){.id = "", .host = "10.0.0.2"}, "id");
    expect_worthless(false, (MemberRow){.id = "../x", .host = "10.0.0.2"}, "id");
    expect_worthless(false, (MemberRow){.id = long_id, .host = "10.0.0.2"}, "id");
}

static void test_a_list_read_again_begins_with_nothing(void **state)
{
    DiffCase table = {0};

    (void)state;
    table_want(&table, "", "10.0.0.1", 0);
    diff_case_open(&table, false);
    table_add(&table, (MemberRow){.id = "m1", .host = "10.0.0.1"});
    table_add(&table, (MemberRow){.id = "m2", .host = "10.0.0.2"});
    diff_reset(&table.diff);
    assert_false(diff_has_id(&table.diff, "m1"));
    assert_false(table.diff.seen[0]);
    assert_int_equal(table.diff.extra_count + table.diff.live_count + table.diff.ignored_count +
                         table.diff.staying_in_service,
                     0);
    assert_int_equal(table_add(&table, (MemberRow){.id = "m1", .host = "10.0.0.1"}), 0);
    assert_int_equal(table.diff.live_count, 1);
    diff_case_close(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_compare_by_value),
        cmocka_unit_test(test_the_channels_port_stands_for_0),
        cmocka_unit_test(test_another_port_or_group_is_another_member),
        cmocka_unit_test(test_an_extra_is_kept_whole),
        cmocka_unit_test(test_two_members_of_one_identity_are_both_kept_or_both_extra),
        cmocka_unit_test(test_ignored_members_are_never_extra_and_desired_ones_never_ignored),
        cmocka_unit_test(test_in_service_is_status_1_or_none_of_those_that_stay),
        cmocka_unit_test(test_a_listed_member_is_found_by_its_identity),
        cmocka_unit_test(test_ecs_members_compare_by_their_server),
        cmocka_unit_test(test_rows_that_cannot_be_believed),
        cmocka_unit_test(test_a_list_read_again_begins_with_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
