/* SPDX-License-Identifier: MIT */
/* Addresses by value: what is one, what equals what, what lies in which network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "config/address.h"
#include "daemon/base/mem.h"

static void expect_address(const char *text, const char *expected, AddressKind expected_kind)
{
    char canonical[ADDRESS_SIZE_MAX] = "";
    AddressKind kind;

    assert_int_equal(address_parse(text, canonical, &kind), 0);
    assert_string_equal(canonical, expected);
    assert_int_equal(kind, expected_kind);
    assert_int_equal(address_canonical(text, canonical), 0);
    assert_string_equal(canonical, expected);
    assert_int_equal(address_parse(expected, canonical, &kind), 0);
    assert_string_equal(canonical, expected);
    assert_int_equal(kind, expected_kind);
}

static void ipv4_is_kept(void **state)
{
    (void)state;
    expect_address("10.1.0.5", "10.1.0.5", ADDRESS_IPV4);
    expect_address("0.0.0.0", "0.0.0.0", ADDRESS_IPV4);
    expect_address("255.255.255.255", "255.255.255.255", ADDRESS_IPV4);
    expect_address("9.90.199.249", "9.90.199.249", ADDRESS_IPV4);
}

/* The examples of RFC 5952 sections 2 and 4. */
static void ipv6_spellings_are_one(void **state)
{
    static const char *const spellings[][2] = {
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:db8::1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:db8::0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:0db8::1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:db8:0:0:1::1", "2001:db8::1:0:0:1"},
        {"2001:DB8:0:0:1::1", "2001:db8::1:0:0:1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"0:0:0:0:0:0:0:0", "::"},
        {"0:0:0:0:0:0:0:1", "::1"},
        {"1:0:0:0:0:0:0:0", "1::"},
        {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
        {"0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"},
        {"::1:2", "::1:2"},
        {"fe80::AbCd", "fe80::abcd"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(spellings); i++)
        expect_address(spellings[i][0], spellings[i][1], ADDRESS_IPV6);
}

static void mapped_ipv4_is_ipv4(void **state)
{
    (void)state;
    expect_address("::ffff:10.1.0.5", "10.1.0.5", ADDRESS_IPV4);
    expect_address("::FFFF:0a01:0005", "10.1.0.5", ADDRESS_IPV4);
}

static void names_compare_without_case(void **state)
{
    (void)state;
    expect_address("App-1.Example.COM.", "app-1.example.com", ADDRESS_NAME);
    expect_address("a", "a", ADDRESS_NAME);
    expect_address("my_host", "my_host", ADDRESS_NAME);
    expect_address("1.2.3.4a", "1.2.3.4a", ADDRESS_NAME);
    expect_address("3com.example", "3com.example", ADDRESS_NAME);
    expect_address("AZ-az_09.MZmz", "az-az_09.mzmz", ADDRESS_NAME);
    expect_address("0x", "0x", ADDRESS_NAME);
    expect_address("0xg", "0xg", ADDRESS_NAME);
    expect_address("1x9.0x1.0a", "1x9.0x1.0a", ADDRESS_NAME);
    expect_address("a0xf", "a0xf", ADDRESS_NAME);
    expect_address("ax1", "ax1", ADDRESS_NAME);
    expect_address("0a1", "0a1", ADDRESS_NAME);
}

/* Strict for what people write; taken as a name when the service says it. */
static void what_is_no_address(void **state)
{
    static const char *const wrong[] = {
        "10.1.0",       "10.1.0.5.6",
        "010.1.0.5",    "10.1.0.256",
        "10.1.0.05",    "10.1.0.",
        "10.1.0.5:80",  "10.1.0.0/16",
        "8080",         "a..b",
        ".a",           "a b",
        "-a",           "a-",
        "[::1]",        "fe80::1%eth0",
        "1:2:3",        ":::",
        "::ffff:1.2.3", "1::2::3",
        "caf\xc3\xa9",  ".",
        "10.1.0.1000",  "a/b",
        "12345::",      "1:2:3:4:5:6:7:8:9",
        "0x1",          "a.0XaAfF09",
        "a.0",          "10.1.0.9999999999999999999999",
        "a@b",          "a[b",
        "a`b",          "a{b",
        "1.2.3./",      "1.2.3.:",
    };
    char canonical[ADDRESS_SIZE_MAX] = "untouched";
    AddressKind kind = ADDRESS_NAME;

    (void)state;
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        assert_int_equal(address_parse(wrong[i], canonical, &kind), -EINVAL);
        assert_string_equal(canonical, "untouched");
        assert_int_equal(kind, ADDRESS_NAME);
    }
    assert_int_equal(address_parse("", canonical, &kind), -EINVAL);
    assert_int_equal(address_canonical("", canonical), -EINVAL);
    memset(canonical, 'x', sizeof(canonical));
    assert_int_equal(address_canonical("Odd Name/[", canonical), 0);
    assert_string_equal(canonical, "odd name/[");
}

static void names_have_a_longest(void **state)
{
    char text[300], canonical[ADDRESS_SIZE_MAX];
    AddressKind kind;

    (void)state;
    memset(text, 'a', sizeof(text));
    for (size_t i = 63; i < sizeof(text); i += 64)
        text[i] = '.';
    text[253] = '\0';
    assert_int_equal(address_parse(text, canonical, &kind), 0);
    memcpy(text + 253, ".", 2);
    assert_int_equal(address_parse(text, canonical, &kind), 0);
    assert_int_equal(strlen(canonical), 253);
    memcpy(text + 253, "a", 2);
    assert_int_equal(address_parse(text, canonical, &kind), -EINVAL);
    memset(text, 'a', 64);
    text[64] = '\0';
    assert_int_equal(address_parse(text, canonical, &kind), -EINVAL);
    memset(text, 'A', 255);
    text[255] = '\0';
    assert_int_equal(address_canonical(text, canonical), 0);
    memcpy(text + 255, "A", 2);
    assert_int_equal(address_canonical(text, canonical), -EINVAL);
}

static bool lies_in(const char *address, const char *network)
{
    uint8_t bytes[16], network_bytes[16], prefix;

    assert_int_equal(address_bytes(address, bytes), 0);
    assert_int_equal(address_parse_network(network, network_bytes, &prefix), 0);
    return address_in_network(bytes, network_bytes, prefix);
}

static void networks_hold_addresses(void **state)
{
    (void)state;
    assert_true(lies_in("10.9.255.255", "10.9.0.0/16"));
    assert_false(lies_in("10.8.255.255", "10.9.0.0/16"));
    assert_true(lies_in("10.9.0.127", "10.9.0.0/25"));
    assert_false(lies_in("10.9.0.128", "10.9.0.0/25"));
    assert_true(lies_in("192.0.2.1", "0.0.0.0/0"));
    assert_false(lies_in("2001:db8::1", "0.0.0.0/0"));
    assert_true(lies_in("10.9.0.1", "10.9.0.1/32"));
    assert_false(lies_in("10.9.0.0", "10.9.0.1/32"));
    assert_true(lies_in("2001:db8:ffff::1", "2001:db8::/32"));
    assert_false(lies_in("2001:db9::1", "2001:db8::/32"));
    assert_true(lies_in("2001:db8::1", "::/0"));
    assert_true(lies_in("2001:db8::1", "2001:db8::1/128"));
    assert_false(lies_in("2001:db8::", "2001:db8::1/128"));
    assert_true(lies_in("10.9.0.0", "10.9.0.0/31"));
    assert_true(lies_in("10.9.0.1", "10.9.0.0/31"));
    assert_false(lies_in("10.9.0.2", "10.9.0.0/31"));
    assert_true(lies_in("10.9.1.1", "::ffff:10.9.0.0/112"));
}

static void hosts_of_this_machine(void **state)
{
    (void)state;
    assert_true(address_is_loopback("::1"));
    assert_true(address_is_loopback("localhost"));
    assert_true(address_is_loopback("127.0.0.1"));
    assert_true(address_is_loopback("127.255.0.2"));
    assert_false(address_is_loopback("127.0.0.1.example"));
    assert_false(address_is_loopback("127.example"));
    assert_false(address_is_loopback("127."));
    assert_false(address_is_loopback("128.0.0.1"));
    assert_false(address_is_loopback("::2"));
    assert_false(address_is_loopback("localhost.example"));
}

static void what_is_no_network(void **state)
{
    static const char *const wrong[] = {"10.9.0.0", "10.9.0.0/33", "10.9.0.0/",  "/8",
                                        "a/8",      "::/129",      "10.9.0.0/x", "10.9.0.0/08",
                                        "10.9/16",  "10.0.0.0/-1", "::/ 1"};
    uint8_t network[16], prefix;
    char text[4096];

    (void)state;
    for (size_t i = 0; i < ELEMENTS(wrong); i++)
        assert_int_equal(address_parse_network(wrong[i], network, &prefix), -EINVAL);
    memset(text, '1', sizeof(text));
    strcpy(text + sizeof(text) - 4, "/16");
    assert_int_equal(address_parse_network(text, network, &prefix), -EINVAL);
    for (size_t size = 44; size <= 48; size++) { /* around the longest address */
        strcpy(text + size, "/16");
        assert_int_equal(address_parse_network(text, network, &prefix), -EINVAL);
        text[size] = '1';
    }
    assert_int_equal(address_parse_network("10.9.0.1/16", network, &prefix), -EDOM);
    assert_int_equal(address_parse_network("2001:db8::1/127", network, &prefix), -EDOM);
    assert_int_equal(address_bytes("example.com", network), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_is_kept),
        cmocka_unit_test(ipv6_spellings_are_one),
        cmocka_unit_test(mapped_ipv4_is_ipv4),
        cmocka_unit_test(names_compare_without_case),
        cmocka_unit_test(what_is_no_address),
        cmocka_unit_test(names_have_a_longest),
        cmocka_unit_test(networks_hold_addresses),
        cmocka_unit_test(hosts_of_this_machine),
        cmocka_unit_test(what_is_no_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
