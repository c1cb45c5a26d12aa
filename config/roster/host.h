/* SPDX-License-Identifier: MIT */
/* Hosts as rosters write them. Text with more than one colon is an address only in brackets:
 * 2001:db8::8:8080 could as well be port 8080 of another host, and the member that is meant would
 * then be an extra, to be deleted. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/address.h"
#include "config/schema/schema.h"

#define HOST_TEXT_MAX 300U /* a name with brackets and port */

/* What host_read_short() takes, in short: HOST or [IPV6], and 0 to 65535. */
#define HOST_PORT_PATTERN                                                                          \
    "(0|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
#define HOST_TEXT_PATTERN "^(\\[[0-9A-Fa-f:.]+\\]|[0-9A-Za-z_.-]+)(:" HOST_PORT_PATTERN ")?$"

/* HOST, HOST:PORT, [IPV6] or [IPV6]:PORT, alone as an entry of a list; port 0 where there is none.
 * False (reported) leaves both as they were or not. */
bool host_read_short(Reader *reader, const Node *node, char ret_canonical[static ADDRESS_SIZE_MAX],
                     uint16_t *ret_port);

/* HOST or [IPV6], whose port stands in a key of its own. `text` is the node's. */
bool host_read(Reader *reader, const Node *node, const char *text,
               char ret_canonical[static ADDRESS_SIZE_MAX]);

/* What a rule matches: an address or name (has_network false), or a network with its prefix. */
typedef struct HostPattern {
    char canonical[ADDRESS_SIZE_MAX];
    uint8_t network[16];
    uint8_t prefix_bits;
    bool has_network;
} HostPattern;

/* HOST, [IPV6] or NETWORK/PREFIX; a network needs no brackets, it has no port. */
bool host_read_pattern(Reader *reader, const Node *node, const char *text,
                       HostPattern *ret_pattern);
