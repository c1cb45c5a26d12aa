/* SPDX-License-Identifier: MIT */
/* Which members are refused, and all that is said of them. */
#include "config/load/config_load.h"
#include "tests/unit/test_config.h"

#define CHANNELS "version: 1\nchannels:\n"
#define MEMBERS(list) CHANNELS "  - name: payments\n    members: [" list "]\n"

static const InvalidConfig which_members_are_refused_cases[] = {
    {NULL, MEMBERS("10.1.0.300"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"10.1.0.300\", must be "
     "HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBERS("10.1.0.5:65536"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not a port after the colon: "
     "\"10.1.0.5:65536\", must be 1 to 65535 (or 0, or no colon: the channel's own port)\n"},
    {NULL, MEMBERS("10.1.0.5:-1"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not a port after the colon: \"10.1.0.5:-1\", "
     "must be 1 to 65535 (or 0, or no colon: the channel's own port)\n"},
    {NULL, MEMBERS("10.1.0.5:http"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not a port after the colon: "
     "\"10.1.0.5:http\", must be 1 to 65535 (or 0, or no colon: the channel's own port)\n"},
    {NULL, MEMBERS("10.1.0.5:"),
     "rosters.d/a.yaml:4:23: not YAML: colon in text inside [ ] or { }: put quotes around the "
     "text\n"},
    {NULL, MEMBERS("':80'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \":80\", must be HOST:PORT, "
     "HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBERS("8080"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"8080\", must be HOST:PORT, "
     "HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBERS("~"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: empty, must be HOST:PORT, HOST or a map\n"},
    {NULL, MEMBERS("''"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: empty, must be HOST:PORT, HOST or a map\n"},
    {NULL, MEMBERS("[a]"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not text: a list, must be HOST:PORT, HOST or "
     "a map\n"},
    {NULL, MEMBERS("'a b'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"a b\", must be HOST:PORT, "
     "HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBERS("'[2001:db8::1]x'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"[2001:db8::1]x\", must be "
     "HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBERS("'[2001:db8::1'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"[2001:db8::1\", must be "
     "HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBERS("'[10.1.0.5]:80'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"[10.1.0.5]:80\", must be "
     "HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBERS("2001:db8::1::2"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"2001:db8::1::2\" has more "
     "than one colon, must be HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBERS("10.9.0.0/16"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"10.9.0.0/16\", must be "
     "HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBERS("{}"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: neither host nor ecs_id, must have one of "
     "them\n"},
    {NULL, MEMBERS("{host: a, ecs_id: b}"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: both host and ecs_id, must have one of "
     "them\n"},
    {NULL, MEMBERS("{port: 80}"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: neither host nor ecs_id, must have one of "
     "them\n"},
    {NULL, MEMBERS("{host: 'a:80'}"),
     "rosters.d/a.yaml:4:22: channels[0].members[0].host: not an address: \"a:80\", must be an "
     "IPv4 address, a host name or \"[IPV6]\", alone (the port has a key of its own)\n"},
    {NULL, MEMBERS("{host: 10.9.0.0/16}"),
     "rosters.d/a.yaml:4:22: channels[0].members[0].host: not an address: \"10.9.0.0/16\", must be "
     "an IPv4 address, a host name or \"[IPV6]\", alone (the port has a key of its own)\n"},
    {NULL, MEMBERS("{host: }"),
     "rosters.d/a.yaml:4:22: channels[0].members[0].host: empty, must be an address or a host name "
     "(IPv6 as \"[2001:db8::8]\", with the quotes)\n"},
    {NULL, MEMBERS("{host: [a]}"),
     "rosters.d/a.yaml:4:22: channels[0].members[0].host: not text: a list, must be an address or "
     "a host name (IPv6 as \"[2001:db8::8]\", with the quotes)\n"},
    {NULL, MEMBERS("{host: a, port: 65536}"),
     "rosters.d/a.yaml:4:31: channels[0].members[0].port: out of range: 65536, must be 0 to "
     "65535\n"},
    {NULL, MEMBERS("{host: a, port: '80'}"),
     "rosters.d/a.yaml:4:31: channels[0].members[0].port: number in quotes: \"80\", must be 0 to "
     "65535 without quotes\n"},
    {NULL, MEMBERS("{host: a, port: 0x50}"),
     "rosters.d/a.yaml:4:31: channels[0].members[0].port: not a whole number: \"0x50\", must be 0 "
     "to 65535\n"},
    {NULL, MEMBERS("{host: a, zone: b}"),
     "rosters.d/a.yaml:4:25: channels[0].members[0].zone: unknown key, must be one of: host, "
     "ecs_id, port, group, weight, backup, enabled, ecs_name\n"},
    {NULL, MEMBERS("{hots: a}"),
     "rosters.d/a.yaml:4:16: channels[0].members[0].hots: unknown key, did you mean \"host\"?\n"},
    {NULL, MEMBERS("{host: a, gruop: b}"),
     "rosters.d/a.yaml:4:25: channels[0].members[0].gruop: unknown key, did you mean \"group\"?\n"},
    {NULL, MEMBERS("{host: a, group: }"),
     "rosters.d/a.yaml:4:32: channels[0].members[0].group: empty, must be the name of a member "
     "group\n"},
    {NULL,
     MEMBERS("{host: a, group: ggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg}"),
     "rosters.d/a.yaml:4:32: channels[0].members[0].group: too long: 65 characters, must be 0 to "
     "64\n"},
    {NULL, MEMBERS("{host: a, group: \"a\\u0007b\"}"),
     "rosters.d/a.yaml:4:32: channels[0].members[0].group: control character or line break in it, "
     "must be the name of a member group\n"},
    {NULL, MEMBERS("{ecs_id: 'a b'}"),
     "rosters.d/a.yaml:4:24: channels[0].members[0].ecs_id: not an id, must be visible ASCII "
     "characters without spaces\n"},
    {NULL, MEMBERS("{ecs_id: \"\\u00e9\"}"),
     "rosters.d/a.yaml:4:24: channels[0].members[0].ecs_id: not an id, must be visible ASCII "
     "characters without spaces\n"},
    {NULL,
     MEMBERS(
         "{ecs_id: "
         "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
         "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
         "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee}"),
     "rosters.d/a.yaml:4:24: channels[0].members[0].ecs_id: too long: 256 characters, must be 1 to "
     "255\n"},
    {NULL, MEMBERS("{ecs_id: ''}"),
     "rosters.d/a.yaml:4:24: channels[0].members[0].ecs_id: empty, must be the id of a cloud "
     "server\n"},
};

static void which_members_are_refused(void **state)
{
    (void)state;
    expect_invalid(which_members_are_refused_cases, ELEMENTS(which_members_are_refused_cases));
}

static const InvalidConfig what_members_cannot_state_cases[] = {
    {NULL, MEMBERS("{host: a, weight: 10001}"),
     "rosters.d/a.yaml:4:33: channels[0].members[0].weight: out of range: 10001, must be 0 to "
     "10000\n"},
    {NULL, MEMBERS("{host: a, weight: '5'}"),
     "rosters.d/a.yaml:4:33: channels[0].members[0].weight: number in quotes: \"5\", must be 0 to "
     "10000 without quotes\n"},
    {NULL, MEMBERS("{host: a, weight: }"),
     "rosters.d/a.yaml:4:33: channels[0].members[0].weight: empty, must be 0 to 10000\n"},
    {NULL, MEMBERS("{host: a, backup: yes}"),
     "rosters.d/a.yaml:4:33: channels[0].members[0].backup: not a boolean: \"yes\", must be "
     "true\n"},
    {NULL, MEMBERS("{host: a, enabled: 'no'}"),
     "rosters.d/a.yaml:4:34: channels[0].members[0].enabled: not a boolean: \"no\", must be false "
     "without quotes\n"},
    {NULL, MEMBERS("{host: a, ecs_name: b}"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: both host and ecs_name, which is the name of "
     "a cloud server: must have ecs_id with it, or no ecs_name\n"},
    {NULL, MEMBERS("{ecs_id: e, ecs_name: ''}"),
     "rosters.d/a.yaml:4:37: channels[0].members[0].ecs_name: empty, must be the name of a cloud "
     "server\n"},
    {NULL,
     MEMBERS("{ecs_id: e, ecs_name: "
             "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn}"),
     "rosters.d/a.yaml:4:37: channels[0].members[0].ecs_name: too long: 65 characters, must be 1 "
     "to 64\n"},
    {NULL, MEMBERS("{host: a, wieght: 5}"),
     "rosters.d/a.yaml:4:25: channels[0].members[0].wieght: unknown key, did you mean "
     "\"weight\"?\n"},
    {NULL, MEMBERS("{host: a, is_backup: true}"),
     "rosters.d/a.yaml:4:25: channels[0].members[0].is_backup: unknown key, write backup\n"},
    {NULL, MEMBERS("{host: a, status: 2}"),
     "rosters.d/a.yaml:4:25: channels[0].members[0].status: unknown key, write enabled: true for "
     "1, enabled: false for 2\n"},
    {NULL, MEMBERS("a") "    ignore: [{host: b, weight: 5}, {enabled: false}]\n",
     "rosters.d/a.yaml:5:24: channels[0].ignore[0].weight: unknown key, a rule goes by host, "
     "ecs_id, port and group alone\n"
     "rosters.d/a.yaml:5:37: channels[0].ignore[1].enabled: unknown key, a rule goes by host, "
     "ecs_id, port and group alone\n"},
};

static void what_members_cannot_state(void **state)
{
    (void)state;
    expect_invalid(what_members_cannot_state_cases, ELEMENTS(what_members_cannot_state_cases));
}

static void what_members_state(void **state)
{
    const RosterMember *members;
    Config *config;

    (void)state;
    put_file("rosterd.yaml", HEAD);
    put_file(
        "rosters.d/a.yaml",
        MEMBERS("a, {host: b, weight: 0}, {host: c, weight: 10000, backup: true}, "
                "{host: d, enabled: false, group: g}, {host: e, enabled: true, backup: false}"));
    config = load_good();
    members = config->channels[0].members;
    assert_int_equal(members[0].states, 0);
    assert_int_equal(members[1].states, ROSTER_MEMBER_WEIGHT);
    assert_int_equal(members[1].weight, 0);
    assert_int_equal(members[2].states, ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_BACKUP);
    assert_int_equal(members[2].weight, 10000);
    assert_true(members[2].backup);
    assert_int_equal(members[3].states, ROSTER_MEMBER_ENABLED);
    assert_false(members[3].enabled);
    assert_int_equal(members[4].states, ROSTER_MEMBER_BACKUP | ROSTER_MEMBER_ENABLED);
    assert_true(members[4].enabled);
    assert_false(members[4].backup);
    assert_null(config_member_ecs_name(&members[4]));
    config_free(config);
}

static void names_of_cloud_servers(void **state)
{
    const RosterMember *members;
    Config *config;

    (void)state;
    put_file("rosterd.yaml", HEAD);
    put_file(
        "rosters.d/a.yaml",
        MEMBERS("{ecs_id: e, group: g, ecs_name: web-1}, {ecs_id: f, ecs_name: 7}, {ecs_id: i}"));
    config = load_good();
    members = config->channels[0].members;
    assert_string_equal(config_member_group(&members[0]), "g");
    assert_string_equal(config_member_ecs_name(&members[0]), "web-1");
    assert_string_equal(config_member_group(&members[1]), "");
    assert_string_equal(config_member_ecs_name(&members[1]), "7");
    assert_null(config_member_ecs_name(&members[2]));
    config_free(config);
}

static const InvalidConfig members_listed_twice_cases[] = {
    {NULL,
     CHANNELS "  - name: payments\n"
              "    members:\n"
              "      - 10.1.0.5:80\n"
              "      - {host: '[::ffff:10.1.0.5]', port: 80}\n",
     "rosters.d/a.yaml:6:9: channels[0].members[1]: duplicate member (first on line 5), keep one "
     "of them\n"},
    {NULL,
     CHANNELS "  - name: payments\n"
              "    members:\n"
              "      - '[2001:db8::1]'\n"
              "      - '[2001:DB8:0::1]'\n"
              "      - {host: '[2001:db8::0:1]', port: 0, group: ''}\n",
     "rosters.d/a.yaml:6:9: channels[0].members[1]: duplicate member (first on line 5), keep one "
     "of them\n"
     "rosters.d/a.yaml:7:9: channels[0].members[2]: duplicate member (first on line 5), keep one "
     "of them\n"},
    {NULL,
     CHANNELS "  - name: payments\n"
              "    members:\n"
              "      - App.example.com.:80\n"
              "      - app.EXAMPLE.com:80\n"
              "      - {ecs_id: e, group: g}\n"
              "      - {group: g, ecs_id: e}\n",
     "rosters.d/a.yaml:6:9: channels[0].members[1]: duplicate member (first on line 5), keep one "
     "of them\n"
     "rosters.d/a.yaml:8:9: channels[0].members[3]: duplicate member (first on line 7), keep one "
     "of them\n"},
    {NULL,
     CHANNELS "  - name: payments\n"
              "    members:\n"
              "      - {host: a, weight: 1}\n"
              "      - {host: a, weight: 2}\n",
     "rosters.d/a.yaml:6:9: channels[0].members[1]: duplicate member (first on line 5), keep one "
     "of them\n"},
};

static void members_listed_twice(void **state)
{
    (void)state;
    expect_invalid(members_listed_twice_cases, ELEMENTS(members_listed_twice_cases));
}

/* A member with a mistake is compared with none. */
static void the_same_mistake_twice(void **state)
{
    static const char *const members[] = {"{host: 'a b'}", "'a b'", "{ecs_id: 'a b'}", "{}"};

    (void)state;
    put_file("rosterd.yaml", HEAD);
    for (size_t i = 0; i < ELEMENTS(members); i++) {
        Problems problems = {0};
        Config *config = NULL;
        char roster[256];

        snprintf(roster, sizeof(roster), MEMBERS("%s, %s"), members[i], members[i]);
        put_file("rosters.d/a.yaml", roster);
        assert_int_equal(config_load("rosterd.yaml", &problems, &config), -EINVAL);
        assert_int_equal(problems.count, 2);
        assert_null(strstr(problems.items[1].text, "same member"));
        problems_done(&problems);
    }
}

/* The first colon may be followed by another at once. */
static void shortest_ipv6(void **state)
{
    Config *config;

    (void)state;
    put_file("rosterd.yaml", HEAD);
    put_file("rosters.d/a.yaml", MEMBERS("'[::1]', '[::2]', '[::1]:80'"));
    config = load_good();
    assert_int_equal(config->channels[0].member_count, 3);
    assert_string_equal(config->channels[0].members[0].address, "::1");
    assert_int_equal(config->channels[0].members[0].port, 0);
    assert_int_equal(config->channels[0].members[2].port, 80);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(which_members_are_refused),
        IN_DIRECTORY(what_members_cannot_state),
        IN_DIRECTORY(what_members_state),
        IN_DIRECTORY(names_of_cloud_servers),
        IN_DIRECTORY(members_listed_twice),
        IN_DIRECTORY(the_same_mistake_twice),
        IN_DIRECTORY(shortest_ipv6),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
