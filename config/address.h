/* SPDX-License-Identifier: MIT */
/*
 * Addresses of members, compared by value: IPv4 in its dotted form, IPv6 in the form of RFC 5952
 * (an IPv4-mapped one as IPv4), host names in lower case without the dot at the end. A canonical
 * text is the canonical text of itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDRESS_SIZE_MAX 256 /* of the canonical text, with the NUL */
#define ADDRESS_PORT_MAX 65535U

typedef enum AddressKind {
    ADDRESS_IPV4,
    ADDRESS_IPV6,
    ADDRESS_NAME,
} AddressKind;

/* Strict: for what people write. 0 with the canonical text and its kind; -EINVAL for what is no
 * address (an empty or overlong label, an IPv4 address with leading zeros or too few parts, a
 * zone, a network, brackets). */
int address_parse(const char *text, char ret_canonical[static ADDRESS_SIZE_MAX],
                  AddressKind *ret_kind);

/* Lenient: for what a service says. Like address_parse(), but what it does not accept is taken as
 * a name (lower case) as long as it is 1 to 255 bytes; else -EINVAL. */
int address_canonical(const char *text, char ret_canonical[static ADDRESS_SIZE_MAX]);

/* Whether a canonical text is this host: 127.0.0.0/8, ::1, localhost. */
bool address_is_loopback(const char *canonical);

/* The 16 bytes of an IPv6 address, or of an IPv4 one mapped into ::ffff:0:0/96.
 * 0, or -EINVAL for a name. */
int address_bytes(const char *canonical, uint8_t ret_bytes[static 16]);

/* "10.9.0.0/16", "2001:db8::/32". 0 and the network with its prefix among 128 bits; -EINVAL when it
 * is no network; -EDOM when bits behind the prefix are set. */
int address_parse_network(const char *text, uint8_t ret_network[static 16],
                          uint8_t *ret_prefix_bits);

/* Whether an address lies in a network. */
bool address_in_network(const uint8_t address[static 16], const uint8_t network[static 16],
                        uint8_t prefix_bits);
