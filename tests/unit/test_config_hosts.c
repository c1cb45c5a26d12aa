/* SPDX-License-Identifier: MIT */
/* How rosters write addresses: text with more than one colon is one only in brackets. */
#include "config/load/config_load.h"
#include "tests/unit/test_config.h"

#define CHANNEL "version: 1\nchannels:\n  - name: payments\n"
#define MEMBER(text) CHANNEL "    members: [" text "]\n"
#define IGNORE(text) CHANNEL "    members: [a]\n    ignore: [{host: " text "}]\n"

/* Either reading may be meant: the wrong one makes an extra of a wanted member. */
static const InvalidConfig ambiguous_cases[] = {
    {NULL, MEMBER("2001:db8::8:8080"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: address without brackets: "
     "\"2001:db8::8:8080\" has more than one colon, write \"[2001:db8::8]:8080\" or "
     "\"[2001:db8::8:8080]\" (the channel's own port)\n"},
    {NULL, MEMBER("'2001:DB8::8:8080'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: address without brackets: "
     "\"2001:DB8::8:8080\" has more than one colon, write \"[2001:DB8::8]:8080\" or "
     "\"[2001:DB8::8:8080]\" (the channel's own port)\n"},
    {NULL, MEMBER("2001:db8::8"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: address without brackets: \"2001:db8::8\" has "
     "more than one colon, write \"[2001:db8::8]\" (the channel's own port)\n"},
    {NULL, MEMBER("'::1'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: address without brackets: \"::1\" has more "
     "than one colon, write \"[::1]\" (the channel's own port)\n"},
    {NULL, MEMBER("2001:db8:0:0:0:0:0:1"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: address without brackets: "
     "\"2001:db8:0:0:0:0:0:1\" has more than one colon, write \"[2001:db8:0:0:0:0:0:1]\" (the "
     "channel's own port)\n"},
    {NULL, MEMBER("2001:db8:0:0:0:0:0:1:80"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: address without brackets: "
     "\"2001:db8:0:0:0:0:0:1:80\" has more than one colon, write \"[2001:db8:0:0:0:0:0:1]:80\"\n"},
    {NULL, MEMBER("'::ffff:10.1.0.5:8080'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: address without brackets: "
     "\"::ffff:10.1.0.5:8080\" has more than one colon, write \"[::ffff:10.1.0.5]:8080\"\n"},
    {NULL, MEMBER("'::ffff:10.1.0.5'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: address without brackets: \"::ffff:10.1.0.5\" "
     "has more than one colon, write \"[::ffff:10.1.0.5]\" (the channel's own port)\n"},
    {NULL, MEMBER("{host: 2001:db8::8:8080}"),
     "rosters.d/a.yaml:4:22: channels[0].members[0].host: address without brackets: "
     "\"2001:db8::8:8080\" has more than one colon, write \"[2001:db8::8]\" and port: 8080 or "
     "\"[2001:db8::8:8080]\"\n"},
    {NULL, MEMBER("{host: 2001:db8::8, port: 80}"),
     "rosters.d/a.yaml:4:22: channels[0].members[0].host: address without brackets: "
     "\"2001:db8::8\" has more than one colon, write \"[2001:db8::8]\"\n"},
    {NULL, MEMBER("{host: '::ffff:10.1.0.5:8080'}"),
     "rosters.d/a.yaml:4:22: channels[0].members[0].host: address without brackets: "
     "\"::ffff:10.1.0.5:8080\" has more than one colon, write \"[::ffff:10.1.0.5]\" and port: "
     "8080\n"},
    {NULL, IGNORE("2001:db8::8:8080"),
     "rosters.d/a.yaml:5:21: channels[0].ignore[0].host: address without brackets: "
     "\"2001:db8::8:8080\" has more than one colon, write \"[2001:db8::8]\" and port: 8080 or "
     "\"[2001:db8::8:8080]\"\n"},
    {NULL, IGNORE("'::1'"),
     "rosters.d/a.yaml:5:21: channels[0].ignore[0].host: address without brackets: \"::1\" has "
     "more than one colon, write \"[::1]\"\n"},
};

static void more_than_one_colon_needs_brackets(void **state)
{
    (void)state;
    expect_invalid(ambiguous_cases, ELEMENTS(ambiguous_cases));
}

static const InvalidConfig not_address_cases[] = {
    {NULL, MEMBER("1.2.3.4:80:90"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"1.2.3.4:80:90\" has more "
     "than one colon, must be HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("'host:80:'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"host:80:\" has more than "
     "one colon, must be HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("'[::1]:'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not a port after the colon: \"[::1]:\", must "
     "be 1 to 65535 (or 0, or no colon: the channel's own port)\n"},
    {NULL, MEMBER("'[::1]:65536'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not a port after the colon: \"[::1]:65536\", "
     "must be 1 to 65535 (or 0, or no colon: the channel's own port)\n"},
    {NULL, MEMBER("'[::1]:080'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not a port after the colon: \"[::1]:080\", "
     "must be 1 to 65535 (or 0, or no colon: the channel's own port)\n"},
    {NULL, MEMBER("'[::1]8080'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"[::1]8080\", must be "
     "HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("'[[::1]]'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"[[::1]]\", must be "
     "HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("'[::1'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"[::1\", must be HOST:PORT, "
     "HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("'::1]'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"::1]\" has more than one "
     "colon, must be HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("'[]'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"[]\", must be HOST:PORT, "
     "HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("'[]:80'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"[]:80\", must be HOST:PORT, "
     "HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("'[10.1.0.5]'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"[10.1.0.5]\", must be "
     "HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("'[host]:80'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"[host]:80\", must be "
     "HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("[2001:db8::8]"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: a list, write \"[2001:db8::8]\" with the "
     "quotes\n"},
    {NULL, MEMBER("'[fe80::1%eth0]'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"[fe80::1%eth0]\" has a "
     "zone, which has no meaning at the service, must be HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("'fe80::1%eth0'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"fe80::1%eth0\" has a zone, "
     "which has no meaning at the service, must be HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("010.1.0.5"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"010.1.0.5\" has a part with "
     "a leading 0, which some programs read as octal or hexadecimal, must be HOST:PORT, HOST or "
     "\"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("10.1.0.05:80"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"10.1.0.05:80\" has a part "
     "with a leading 0, which some programs read as octal or hexadecimal, must be HOST:PORT, HOST "
     "or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("0x7f.1"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"0x7f.1\" has a part with a "
     "leading 0, which some programs read as octal or hexadecimal, must be HOST:PORT, HOST or "
     "\"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("0x7F"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"0x7F\" has a part with a "
     "leading 0, which some programs read as octal or hexadecimal, must be HOST:PORT, HOST or "
     "\"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("10.1"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"10.1\", must be HOST:PORT, "
     "HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("10.1.0.5."),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"10.1.0.5.\", must be "
     "HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("'[::1.]'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"[::1.]\", must be "
     "HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("a..b"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"a..b\", must be HOST:PORT, "
     "HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("'a.:80.'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not a port after the colon: \"a.:80.\", must "
     "be 1 to 65535 (or 0, or no colon: the channel's own port)\n"},
    {NULL, MEMBER("{host: '[::1]:80'}"),
     "rosters.d/a.yaml:4:22: channels[0].members[0].host: not an address: \"[::1]:80\", must be an "
     "IPv4 address, a host name or \"[IPV6]\", alone (the port has a key of its own)\n"},
    {NULL, MEMBER("{host: 'a:80'}"),
     "rosters.d/a.yaml:4:22: channels[0].members[0].host: not an address: \"a:80\", must be an "
     "IPv4 address, a host name or \"[IPV6]\", alone (the port has a key of its own)\n"},
    {NULL, MEMBER("{host: [2001:db8::8]}"),
     "rosters.d/a.yaml:4:22: channels[0].members[0].host: not text: a list, must be an address or "
     "a host name (IPv6 as \"[2001:db8::8]\", with the quotes)\n"},
    {NULL, MEMBER("{host: 010.1.0.5}"),
     "rosters.d/a.yaml:4:22: channels[0].members[0].host: not an address: \"010.1.0.5\" has a part "
     "with a leading 0, which some programs read as octal or hexadecimal, must be an IPv4 address, "
     "a host name or \"[IPV6]\", alone (the port has a key of its own)\n"},
    {NULL, IGNORE("'[2001:db8::]/32'"),
     "rosters.d/a.yaml:5:21: channels[0].ignore[0].host: not an address: \"[2001:db8::]/32\", must "
     "be an IPv4 address, a host name, \"[IPV6]\" or a network like 10.9.0.0/16\n"},
    {NULL, IGNORE("2001:db8::1/32"),
     "rosters.d/a.yaml:5:21: channels[0].ignore[0].host: not a network: \"2001:db8::1/32\" has "
     "bits set behind the prefix, must be the network's first address and its prefix\n"},
    {NULL, IGNORE("2001:db8::/129"),
     "rosters.d/a.yaml:5:21: channels[0].ignore[0].host: not an address: \"2001:db8::/129\" has "
     "more than one colon, must be an IPv4 address, a host name, \"[IPV6]\" or a network like "
     "10.9.0.0/16\n"},
    {NULL, IGNORE("10.9.0.0/16/8"),
     "rosters.d/a.yaml:5:21: channels[0].ignore[0].host: not an address: \"10.9.0.0/16/8\", must "
     "be an IPv4 address, a host name, \"[IPV6]\" or a network like 10.9.0.0/16\n"},
    {NULL, IGNORE("'a:80'"),
     "rosters.d/a.yaml:5:21: channels[0].ignore[0].host: not an address: \"a:80\", must be an IPv4 "
     "address, a host name, \"[IPV6]\" or a network like 10.9.0.0/16\n"},
};

static void what_is_no_address(void **state)
{
    (void)state;
    expect_invalid(not_address_cases, ELEMENTS(not_address_cases));
}

static void expect_member(const Config *config, size_t index, const char *address, uint16_t port)
{
    assert_string_equal(config->channels[0].members[index].address, address);
    assert_int_equal(config->channels[0].members[index].port, port);
}

static void what_is_an_address(void **state)
{
    static const struct {
        const char *text;
        const char *address;
        uint16_t port;
    } rows[] = {
        {"'[2001:db8::8]:8080'", "2001:db8::8", 8080},
        {"'[2001:db8::8:8080]'", "2001:db8::8:8080", 0},
        {"'[2001:DB8:0::0:9]'", "2001:db8::9", 0},
        {"'[::1]:0'", "::1", 0},
        {"'[::ffff:10.1.0.5]:80'", "10.1.0.5", 80},
        {"10.1.0.6:0", "10.1.0.6", 0},
        {"App.Example.COM.:80", "app.example.com", 80},
        {"0x7f.example", "0x7f.example", 0},
        {"{host: '[2001:db8::a]', port: 1}", "2001:db8::a", 1},
        {"{host: B.example.com.}", "b.example.com", 0},
    };
    Buf roster = {0};
    Config *config;

    (void)state;
    buf_puts(&roster, CHANNEL "    members:\n");
    for (size_t i = 0; i < ELEMENTS(rows); i++)
        buf_printf(&roster, "      - %s\n", rows[i].text);
    buf_puts(&roster, "    ignore: [{host: 2001:db8::/32}, {host: '[2001:DB9::1]'}]\n");
    put_file("rosterd.yaml", HEAD);
    put_file("rosters.d/a.yaml", buf_text(&roster));
    config = load_good();
    for (size_t i = 0; i < ELEMENTS(rows); i++)
        expect_member(config, i, rows[i].address, rows[i].port);
    assert_true(config->channels[0].ignore[0].has_network);
    assert_int_equal(config->channels[0].ignore[0].prefix_bits, 32);
    assert_string_equal(config->channels[0].ignore[1].host, "2001:db9::1");
    config_free(config);
    buf_done(&roster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(more_than_one_colon_needs_brackets),
        IN_DIRECTORY(what_is_no_address),
        IN_DIRECTORY(what_is_an_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
