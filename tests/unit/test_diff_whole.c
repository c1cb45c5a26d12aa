/* SPDX-License-Identifier: MIT */
/* A whole list against a roster, with all that is kept of it, read twice; and every word of why a
 * list or a roster is refused. */
#include "tests/unit/diff_case.h"

#include <string.h>

#include "config/member_index.h"
#include "reconcile/plan/identity.h"
#include "tests/unit/member_texts.h"

#define FIELDS(weight, backup, enabled) ((MemberFields){weight, backup, enabled})

static void want(DiffCase *table, RosterMember member, const char *address, const char *group)
{
    RosterMember *wanted = &table->wanted[table->roster.member_count++];

    *wanted = member;
    assert_int_equal(config_member_set_texts(wanted, &table->texts, address, group, NULL), 0);
}

/* ---- what is kept of a list ---- */

static void put_fields(Buf *buf, const MemberFields *fields)
{
    buf_printf(buf, "%d%s%s", fields->weight, fields->is_backup ? " backup" : "",
               fields->is_enabled ? "" : " disabled");
}

static void put_key(Buf *buf, const void *identity, size_t size)
{
    char text[256];

    identity_print(identity, size, text, sizeof(text));
    buf_printf(buf, " %s", text);
}

static void put_found(const Diff *diff, Buf *buf)
{
    for (size_t i = 0; i < diff->desired->channel->member_count; i++) {
        buf_printf(buf, "wanted %zu: %s", i, diff->seen[i] ? diff->seen[i] : "missing");
        if (diff->seen[i]) {
            buf_putc(buf, ' ');
            put_fields(buf, &diff->seen_fields[i]);
        }
        buf_puts(buf, diff_is_changed(diff, i) ? " changed\n" : "\n");
    }
    for (size_t i = 0; i < diff->changed_count; i++) {
        const Changed *changed = &diff->changed[i];

        buf_printf(buf, "changed %zu %s fields %u (%s)", changed->desired, changed->id,
                   changed->states, changed->member_json);
        put_key(buf, changed->identity.bytes, changed->identity.size);
        buf_puts(buf, " live ");
        put_fields(buf, &changed->live);
        buf_putc(buf, '\n');
    }
}

static void put_extras(const Diff *diff, Buf *buf)
{
    for (size_t i = 0; i < diff->extra_count; i++) {
        const Extra *extra = &diff->extras[i];

        buf_printf(buf, "extra %s %s|%s|%u (%s)", extra->id, extra->group, extra->address,
                   extra->port, extra->member_json);
        put_key(buf, extra->identity, extra->identity_size);
        buf_putc(buf, ' ');
        put_fields(buf, &extra->fields);
        buf_printf(buf, "%s%s\n", diff_find_extra(diff, extra->id) == extra ? " by id" : "",
                   diff_find_extra_like(diff, extra->identity, extra->identity_size) == extra
                       ? " by identity"
                       : "");
    }
    for (size_t i = 0; i < diff->kept_count; i++) {
        const Kept *kept = &diff->kept[i];

        buf_printf(buf, "kept %s %s|%s|%u (%s) wanted %d", kept->id, kept->group, kept->address,
                   kept->port, kept->member_json, (int)kept->wanted);
        put_key(buf, kept->identity, kept->identity_size);
        buf_putc(buf, '\n');
    }
    buf_printf(buf, "%zu live, %zu ignored, in service %zu and %zu\n", diff->live_count,
               diff->ignored_count, diff->staying_in_service, diff->extras_in_service);
}

/* Who is found by identity, and how it serves. */
static void put_by_identity(const Diff *diff, const char *group, const char *address, uint16_t port,
                            Buf *buf)
{
    unsigned char packed[IDENTITY_SIZE_MAX];
    size_t size = (size_t)identity_pack(group, address, port, packed);
    const char *id = diff_find_id(diff, packed, size);
    const MemberFields *fields = diff_find_fields(diff, packed, size);

    buf_printf(buf, "%s/%s:%u is %s ", group, address, port, id ? id : "nobody");
    if (fields)
        put_fields(buf, fields);
    buf_putc(buf, '\n');
}

static void take_list(DiffCase *table)
{
    const MemberRow rows[] = {
        {.id = "m1", .host = "10.0.0.1"},
        {.id = "m2", .host = "10.0.0.2", .port = 81},
        {.id = "m3", .host = "10.9.0.1", .group = "blue", .port = 9000},
        {.id = "m4", .host = "::FFFF:10.9.0.2"},
        {.id = "m5", .host = "10.7.0.1", .group = "canary"},
        {.id = "m6", .host = "10.7.0.2", .group = "canary", .port = 7},
        {.id = "m7", .host = "10.0.0.5", .group = "blue"},
        {.id = "m8", .host = "10.9.0.1", .group = "blue", .port = 9000},
    };
    const MemberFields fields[] = {FIELDS(5, false, true),   FIELDS(1, true, false),
                                   FIELDS(4, true, true),    FIELDS(6, false, false),
                                   FIELDS(2, false, true),   FIELDS(3, true, false),
                                   FIELDS(70, false, false), FIELDS(8, false, true)};

    for (size_t i = 0; i < ELEMENTS(rows); i++)
        assert_int_equal(diff_case_add(table, rows[i], fields[i]), 0);
}

static const char expected[] = "wanted 0: m1 5\n"
                               "wanted 1: m2 1 backup disabled changed\n"
                               "wanted 2: missing\n"
                               "wanted 3: m7 70 disabled changed\n"
                               "changed 1 m2 fields 6 (m2) 10.0.0.2:81 live 1 backup disabled\n"
                               "changed 3 m7 fields 4 (m7) blue/10.0.0.5:8080 live 70 disabled\n"
                               "extra m3 blue|10.9.0.1|9000 (m3) blue/10.9.0.1:9000 4 backup"
                               " by id by identity\n"
                               "extra m4 |::FFFF:10.9.0.2|8080 (m4) 10.9.0.2:8080 6 disabled"
                               " by id by identity\n"
                               "extra m8 blue|10.9.0.1|9000 (m8) blue/10.9.0.1:9000 8"
                               " by id\n"
                               "kept m2 |10.0.0.2|81 (m2) wanted 1 10.0.0.2:81\n"
                               "kept m4 |::FFFF:10.9.0.2|8080 (m4) wanted -1 10.9.0.2:8080\n"
                               "8 live, 2 ignored, in service 2 and 2\n"
                               "/10.0.0.1:8080 is m1 5\n"
                               "blue/10.9.0.1:9000 is m3 4 backup\n"
                               "canary/10.7.0.2:7 is m6 3 backup disabled\n"
                               "/10.0.0.3:8080 is nobody \n"
                               "/10.8.0.1:8080 is nobody \n";

static void test_all_that_is_kept_of_a_list(void **state)
{
    static const ChannelGroup groups[] = {{"blue", 70}};
    const ChannelRow row = {.tells_groups = true, .groups = groups, .group_count = 1};
    const IgnoreRule rule = {.group = "canary"};
    Map kept = {0};
    DiffCase table = {0};

    (void)state;
    table.roster.ignore = &rule;
    table.roster.ignore_count = 1;
    want(&table, (RosterMember){.states = ROSTER_MEMBER_WEIGHT, .weight = 5}, "10.0.0.1", "");
    want(&table,
         (RosterMember){.port = 81,
                        .states =
                            ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_BACKUP | ROSTER_MEMBER_ENABLED,
                        .weight = 1,
                        .enabled = true},
         "10.0.0.2", "");
    want(&table, (RosterMember){.states = ROSTER_MEMBER_ENABLED, .enabled = true}, "10.0.0.3", "");
    want(&table,
         (RosterMember){
             .states = ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_ENABLED, .weight = 7, .enabled = true},
         "10.0.0.5", "blue");
    diff_case_open(&table, false);
    table.desired.row = &row;
    assert_true(map_put(&kept, "m2", 2, &kept) >= 0 && map_put(&kept, "m4", 2, &kept) >= 0);
    table.diff.kept_ids = &kept;
    table.diff.finds_extras = true;
    for (size_t i = 0; i < 2; i++) {
        _cleanup_(buf_done) Buf buf = {0};

        take_list(&table);
        put_found(&table.diff, &buf);
        put_extras(&table.diff, &buf);
        put_by_identity(&table.diff, "", "10.0.0.1", 8080, &buf);
        put_by_identity(&table.diff, "blue", "10.9.0.1", 9000, &buf);
        put_by_identity(&table.diff, "canary", "10.7.0.2", 7, &buf);
        put_by_identity(&table.diff, "", "10.0.0.3", 8080, &buf);
        put_by_identity(&table.diff, "", "10.8.0.1", 8080, &buf);
        assert_string_equal(buf_text(&buf), expected);
        assert_null(diff_find_extra(&table.diff, "m1"));
        diff_reset(&table.diff);
        assert_null(diff_find_extra(&table.diff, "m3"));
    }
    map_done(&kept);
    diff_case_close(&table);
}

/* ---- lists that are refused ---- */

static void expect_refused(bool is_ecs, uint16_t channel_port, MemberRow row, const char *why)
{
    DiffCase table = {0};

    diff_case_open(&table, is_ecs);
    table.desired.channel_port = channel_port;
    assert_int_equal(
        diff_case_add(&table,
                      (MemberRow){.id = "m1", .port = 5, .host = "10.0.0.1", .ecs_id = "e1"},
                      FIELDS(1, false, true)),
        0);
    assert_int_equal(diff_case_add(&table, row, FIELDS(1, false, true)), why[0] ? -EPROTO : 0);
    assert_string_equal(table.err.text, why);
    diff_case_close(&table);
}

static void test_every_word_of_why_a_list_is_refused(void **state)
{
    char group[IDENTITY_SIZE_MAX + 1];

    (void)state;
    memset(group, 'g', sizeof(group));
    group[IDENTITY_SIZE_MAX] = '\0';
    expect_refused(false, 80, (MemberRow){.id = "m1", .host = "10.0.0.2"},
                   "the member m1 is listed twice");
    expect_refused(false, 80, (MemberRow){.id = "a b", .host = "10.0.0.2"},
                   "a member's id is not one that can be named to the service");
    expect_refused(false, 80, (MemberRow){.id = "m2", .channel_id = "c2", .host = "10.0.0.2"},
                   "the member m2 belongs to another channel (c2)");
    expect_refused(false, 80, (MemberRow){.id = "m2", .host = "010.0.0.2"},
                   "the member m2 has a host that is no address: 010.0.0.2");
    expect_refused(true, 80, (MemberRow){.id = "m2", .host = "010.0.0.2", .ecs_id = "e2"}, "");
    expect_refused(false, 80, (MemberRow){.id = "m2", .ecs_id = "e2"}, "the member m2 has no host");
    expect_refused(true, 80, (MemberRow){.id = "m2", .host = "10.0.0.2"},
                   "the member m2 has no ecs_id");
    expect_refused(false, 0, (MemberRow){.id = "m2", .host = "10.0.0.2"},
                   "neither the member m2 nor its channel has a port");
    expect_refused(false, 0, (MemberRow){.id = "m2", .host = "10.0.0.2", .port = 1}, "");
    expect_refused(true, 0, (MemberRow){.id = "m2", .ecs_id = "e2"},
                   "neither the member m2 nor its channel has a port");
    expect_refused(false, 80, (MemberRow){.id = "m2", .host = "10.0.0.2", .group = group},
                   "the member m2 has an overlong group or address");
}

/* ---- rosters that are refused ---- */

static void expect_roster(const RosterChannel *roster, uint16_t channel_port, bool is_ecs,
                          const char *why)
{
    Desired desired;
    Err err = {0};

    assert_int_equal(desired_init(&desired, roster, channel_port, is_ecs, &err),
                     why[0] ? -EINVAL : 0);
    assert_string_equal(err.text, why);
    desired_done(&desired);
}

#define NO_PORT "the service tells no port of this channel, "
#define TWICE " twice: once with the channel's port written and once without a port"

static void test_every_word_of_why_a_rosters_members_are_refused(void **state)
{
    const RosterMember with_port = {.address = "10.0.0.1", .port = 80};
    const RosterMember hosts[] = {{.address = "10.0.0.1", .port = 80}, {.address = "10.0.0.2"}};
    const RosterMember servers[] = {{.address = "e1", .port = 80, .is_ecs = true},
                                    {.address = "e2", .port = 80, .is_ecs = true}};
    const RosterMember twice[] = {{MEMBER_IN_GROUP("10.0.0.1", "blue")},
                                  {.address = "10.0.0.1"},
                                  {MEMBER_IN_GROUP("10.0.0.1", "blue"), .port = 80}};
    const RosterMember kinds[] = {servers[0], hosts[0]};
    const RosterMember opposite[] = {{.address = "10.0.0.1", .port = 80}, {.address = "10.0.0.1"}};
    const RosterChannel rosters[] = {
        {.members = &with_port, .member_count = 1}, {.members = hosts, .member_count = 2},
        {.members = servers, .member_count = 2},    {.members = twice, .member_count = 3},
        {.members = kinds, .member_count = 2},      {.members = opposite, .member_count = 2}};

    (void)state;
    expect_roster(&rosters[0], 0, false, "");
    expect_roster(&rosters[1], 0, false,
                  NO_PORT "and the roster none of 10.0.0.2: write the port there");
    expect_roster(&rosters[1], 80, false, "");
    expect_roster(&rosters[1], 80, true,
                  "the channel holds ECS servers, but the roster names the host 10.0.0.1: write "
                  "ecs_id there");
    expect_roster(&rosters[2], 80, true, "");
    expect_roster(&rosters[2], 80, false,
                  "the channel holds addresses, but the roster names the ecs_id e1: write host "
                  "there");
    expect_roster(&rosters[3], 80, false, "the roster lists blue/10.0.0.1:80" TWICE);
    expect_roster(&rosters[3], 81, false, "");
    expect_roster(&rosters[4], 80, true,
                  "the channel holds ECS servers, but the roster names the host 10.0.0.1: write "
                  "ecs_id there");
    expect_roster(&rosters[4], 80, false,
                  "the channel holds addresses, but the roster names the ecs_id e1: write host "
                  "there");
    expect_roster(&rosters[5], 80, false, "the roster lists 10.0.0.1:80" TWICE);
    expect_roster(&rosters[5], 81, false, "");
}

static void test_every_word_of_why_ignore_rules_are_refused(void **state)
{
    const IgnoreRule any = {.group = "blue"};
    const IgnoreRule own_port[] = {any, {.has_port = true}},
                     port[] = {any, {.has_port = true, .port = 9}};
    const IgnoreRule host[] = {any, {.host = "10.0.0.1"}}, network[] = {any, {.has_network = true}};
    const IgnoreRule server[] = {any, {.ecs_id = "e9"}};
    const RosterChannel rosters[] = {{.ignore = own_port, .ignore_count = 2},
                                     {.ignore = port, .ignore_count = 2},
                                     {.ignore = host, .ignore_count = 2},
                                     {.ignore = network, .ignore_count = 2},
                                     {.ignore = server, .ignore_count = 2}};
    static const char names_host[] =
        "the channel holds ECS servers, but ignore[1] of the roster names a host and protects "
        "nobody: write ecs_id, group or port there";

    (void)state;
    expect_roster(&rosters[0], 0, false,
                  NO_PORT "which an ignore rule of the roster asks for: write the port there");
    expect_roster(&rosters[0], 80, false, "");
    expect_roster(&rosters[1], 0, false, "");
    expect_roster(&rosters[2], 0, false, "");
    expect_roster(&rosters[2], 80, true, names_host);
    expect_roster(&rosters[3], 80, false, "");
    expect_roster(&rosters[3], 80, true, names_host);
    expect_roster(&rosters[4], 80, true, "");
    expect_roster(&rosters[4], 80, false,
                  "the channel holds addresses, but ignore[1] of the roster names the ecs_id e9 "
                  "and protects nobody: write host, group or port there");
}

/* ---- groups ---- */

static void test_what_is_known_of_groups(void **state)
{
    static const ChannelGroup groups[] = {{"blue", 40}, {"green", OPS_WEIGHT_NONE}, {"red", 0}};
    static const struct {
        const char *group;
        size_t told; /* of these groups; SIZE_MAX: nothing is */
        bool has, is_weightless, has_weight;
    } cases[] = {
        {"", SIZE_MAX, false, true, false}, {"blue", SIZE_MAX, false, false, false},
        {"", 0, false, true, false},        {"blue", 0, false, false, false},
        {"blue", 3, true, false, true},     {"green", 3, true, true, false},
        {"red", 3, true, false, true},      {"red", 2, false, false, false},
        {"", 3, false, true, false},
    };
    static const char *const printed[] = {"none", "blue", "blue, green", "blue, green, red"};
    const RosterMember members[] = {{.address = "10.0.0.1"},
                                    {MEMBER_IN_GROUP("10.0.0.2", "blue")},
                                    {MEMBER_IN_GROUP("10.0.0.3", "red")}};
    const RosterChannel roster = {.members = members, .member_count = 3};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        const ChannelRow row = {.groups = groups, .group_count = cases[i].told};
        const Desired desired = {.channel = &roster,
                                 .row = cases[i].told == SIZE_MAX ? NULL : &row};

        assert_int_equal(desired_has_group(&desired, cases[i].group), cases[i].has);
        assert_int_equal(desired_is_weightless(&desired, cases[i].group), cases[i].is_weightless);
        assert_int_equal(desired_has_group_weight(&desired, cases[i].group), cases[i].has_weight);
    }
    for (size_t i = 0; i < 4; i++) {
        const ChannelRow row = {.groups = groups, .group_count = i};
        const Desired desired = {.channel = &roster, .row = &row};
        const char *absent = desired_find_absent_group(&desired);
        _cleanup_(buf_done) Buf buf = {0};

        desired_print_groups(&desired, &buf);
        assert_string_equal(buf_text(&buf), printed[i]);
        assert_string_equal(absent ? absent : "-", i == 0 ? "blue" : i < 3 ? "red" : "-");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_that_is_kept_of_a_list),
        cmocka_unit_test(test_every_word_of_why_a_list_is_refused),
        cmocka_unit_test(test_every_word_of_why_a_rosters_members_are_refused),
        cmocka_unit_test(test_every_word_of_why_ignore_rules_are_refused),
        cmocka_unit_test(test_what_is_known_of_groups),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
