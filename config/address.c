/* SPDX-License-Identifier: MIT */
#include "config/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"

#define NAME_LENGTH_MAX 253U
#define LABEL_LENGTH_MAX 63U
#define MAPPED_BITS 96U

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A number from 0 to 255 without a leading 0, and what ends it. */
static bool parse_octet(const char **text, char end, uint8_t *ret_octet)
{
    const char *at = *text;
    unsigned value = (unsigned)(*at - '0');

    if (!is_digit(*at++))
        return false;
    for (; value > 0 && value <= 255 && is_digit(*at); at++)
        value = value * 10 + (unsigned)(*at - '0');
    if (value > 255 || *at != end)
        return false;
    *ret_octet = (uint8_t)value;
    *text = at + 1;
    return true;
}

/* inet_pton() takes the same texts at several times the cost, which large rosters would pay. */
static int parse_ipv4(const char *text, uint8_t ret_bytes[static 4])
{
    uint8_t bytes[4];

    if (!parse_octet(&text, '.', &bytes[0]) || !parse_octet(&text, '.', &bytes[1]) ||
        !parse_octet(&text, '.', &bytes[2]) || !parse_octet(&text, '\0', &bytes[3]))
        return -EINVAL;
    memcpy(ret_bytes, bytes, sizeof(bytes));
    return 0;
}

/* The longest run of two or more zero groups, the first of several (RFC 5952 section 4.2). */
static void find_zero_run(const uint16_t groups[static 8], size_t *ret_start, size_t *ret_length)
{
    *ret_start = 8;
    *ret_length = 1;
    for (size_t start = 0; start < 8; start++) {
        size_t end = start;

        while (end < 8 && groups[end] == 0)
            end++;
        if (end - start > *ret_length) {
            *ret_start = start;
            *ret_length = end - start;
        }
    }
}

static void format_ipv6(const uint8_t bytes[static 16], char ret_text[static ADDRESS_SIZE_MAX])
{
    uint16_t groups[8];
    size_t run_start, run_length;
    char *out = ret_text;

    for (size_t i = 0; i < 8; i++)
        groups[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
    find_zero_run(groups, &run_start, &run_length);
    for (size_t i = 0; i < 8;) {
        if (i == run_start) {
            out = stpcpy(out, "::");
            i += run_length;
            continue;
        }
        if (i > 0 && out[-1] != ':')
            *out++ = ':';
        out += sprintf(out, "%x", groups[i++]);
    }
    *out = '\0';
}

static int parse_ipv6(const char *text, char ret_canonical[static ADDRESS_SIZE_MAX],
                      AddressKind *ret_kind)
{
    uint8_t bytes[16];

    if (inet_pton(AF_INET6, text, bytes) != 1)
        return -EINVAL;
    if (memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0) {
        sprintf(ret_canonical, "%u.%u.%u.%u", bytes[12], bytes[13], bytes[14], bytes[15]);
        *ret_kind = ADDRESS_IPV4;
    } else {
        format_ipv6(bytes, ret_canonical);
        *ret_kind = ADDRESS_IPV6;
    }
    return 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_label(const char *label, size_t length)
{
    if (length == 0 || length > LABEL_LENGTH_MAX || label[0] == '-' || label[length - 1] == '-')
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = lower(label[i]);

        if (!is_digit(c) && (c < 'a' || c > 'z') && c != '-' && c != '_')
            return false;
    }
    return true;
}

/* inet_aton(3) takes decimal and hexadecimal numbers. */
static bool is_number(const char *text, size_t length)
{
    bool is_hex = length > 2 && text[0] == '0' && lower(text[1]) == 'x';
    size_t i = is_hex ? 2 : 0;

    while (i < length &&
           (is_digit(text[i]) || (is_hex && lower(text[i]) >= 'a' && lower(text[i]) <= 'f')))
        i++;
    return i == length;
}

/* Whoever writes a name whose last label is a number means an IPv4 address, and this is none. */
static bool is_name(const char *text, size_t length)
{
    const char *label = text, *end = text + length;

    for (;;) {
        const char *dot = memchr(label, '.', (size_t)(end - label));
        size_t label_length = (size_t)((dot ? dot : end) - label);

        if (!is_label(label, label_length))
            return false;
        if (!dot)
            break;
        label = dot + 1;
    }
    return !is_number(label, (size_t)(end - label));
}

static int parse_name(const char *text, char ret_canonical[static ADDRESS_SIZE_MAX],
                      AddressKind *ret_kind)
{
    size_t length = strnlen(text, NAME_LENGTH_MAX + 2);

    if (length > 0 && text[length - 1] == '.')
        length--;
    if (length > NAME_LENGTH_MAX || !is_name(text, length))
        return -EINVAL;
    for (size_t i = 0; i < length; i++)
        ret_canonical[i] = lower(text[i]);
    ret_canonical[length] = '\0';
    *ret_kind = ADDRESS_NAME;
    return 0;
}

int address_parse(const char *text, char ret_canonical[static ADDRESS_SIZE_MAX],
                  AddressKind *ret_kind)
{
    uint8_t bytes[4];

    if (parse_ipv4(text, bytes) == 0) {
        strcpy(ret_canonical, text);
        *ret_kind = ADDRESS_IPV4;
        return 0;
    }
    if (strchr(text, ':'))
        return parse_ipv6(text, ret_canonical, ret_kind);
    return parse_name(text, ret_canonical, ret_kind);
}

int address_canonical(const char *text, char ret_canonical[static ADDRESS_SIZE_MAX])
{
    AddressKind kind;
    size_t length = strnlen(text, ADDRESS_SIZE_MAX);

    if (address_parse(text, ret_canonical, &kind) == 0)
        return 0;
    if (length == 0 || length == ADDRESS_SIZE_MAX)
        return -EINVAL;
    for (size_t i = 0; i < length; i++)
        ret_canonical[i] = lower(text[i]);
    ret_canonical[length] = '\0';
    return 0;
}

bool address_is_loopback(const char *canonical)
{
    char again[ADDRESS_SIZE_MAX];
    AddressKind kind;

    if (str_equal(canonical, "::1") || str_equal(canonical, "localhost"))
        return true;
    return str_has_prefix(canonical, "127.") && address_parse(canonical, again, &kind) == 0 &&
           kind == ADDRESS_IPV4;
}

int address_bytes(const char *canonical, uint8_t ret_bytes[static 16])
{
    uint8_t ipv4[4], ipv6[16];

    if (parse_ipv4(canonical, ipv4) == 0) {
        memcpy(ret_bytes, mapped_prefix, sizeof(mapped_prefix));
        memcpy(ret_bytes + sizeof(mapped_prefix), ipv4, sizeof(ipv4));
        return 0;
    }
    if (!strchr(canonical, ':') || inet_pton(AF_INET6, canonical, ipv6) != 1)
        return -EINVAL;
    memcpy(ret_bytes, ipv6, sizeof(ipv6));
    return 0;
}

static bool is_bit_set(const uint8_t bytes[static 16], unsigned bit)
{
    return bytes[bit / 8] & (0x80U >> (bit % 8));
}

int address_parse_network(const char *text, uint8_t ret_network[static 16],
                          uint8_t *ret_prefix_bits)
{
    const char *slash = strchr(text, '/');
    char head[INET6_ADDRSTRLEN];
    uint8_t network[16];
    uint64_t prefix;
    unsigned skipped;

    if (!slash || (size_t)(slash - text) >= sizeof(head))
        return -EINVAL;
    memcpy(head, text, (size_t)(slash - text));
    head[slash - text] = '\0';
    if (address_bytes(head, network) < 0)
        return -EINVAL;
    skipped = strchr(head, ':') ? 0 : MAPPED_BITS;
    if (str_parse_uint(slash + 1, 128 - skipped, &prefix) < 0)
        return -EINVAL;
    for (unsigned bit = (unsigned)prefix + skipped; bit < 128; bit++) {
        if (is_bit_set(network, bit))
            return -EDOM;
    }
    memcpy(ret_network, network, sizeof(network));
    *ret_prefix_bits = (uint8_t)(prefix + skipped);
    return 0;
}

bool address_in_network(const uint8_t address[static 16], const uint8_t network[static 16],
                        uint8_t prefix_bits)
{
    size_t whole = prefix_bits / 8;
    unsigned rest = prefix_bits % 8;

    if (memcmp(address, network, whole) != 0)
        return false;
    return rest == 0 || ((address[whole] ^ network[whole]) & (0xff00U >> rest) & 0xff) == 0;
}
