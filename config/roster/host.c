/* SPDX-License-Identifier: MIT */
#include "config/roster/host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"

#define SHORT_HINT "HOST:PORT, HOST or a map"

/* The parts of a text: what may be a host, and a port or NULL. */
typedef struct HostParts {
    char host[ADDRESS_SIZE_MAX];
    bool in_brackets;
    const char *port;
} HostParts;

static bool has_colons(const char *text)
{
    const char *colon = strchr(text, ':');

    return colon && strchr(colon + 1, ':');
}

/* 0, or -EINVAL where brackets or colons do not allow it. */
static int split(const char *text, HostParts *parts)
{
    bool in_brackets = text[0] == '[';
    const char *start = in_brackets ? text + 1 : text;
    size_t length = strcspn(start, in_brackets ? "]" : ":");
    const char *rest = start + length;

    if (length >= sizeof(parts->host) || (in_brackets ? *rest != ']' : has_colons(rest)))
        return -EINVAL;
    rest += in_brackets;
    if (*rest != '\0' && *rest != ':')
        return -EINVAL;
    memcpy(parts->host, start, length);
    parts->host[length] = '\0';
    parts->in_brackets = in_brackets;
    parts->port = *rest == ':' ? rest + 1 : NULL;
    return 0;
}

/* Only an IPv6 address stands in brackets; without them none can, for its colons, at the first of
 * which split() ends the host. */
static int parse_host(const HostParts *parts, char ret_canonical[static ADDRESS_SIZE_MAX])
{
    AddressKind kind;

    if (parts->in_brackets && !strchr(parts->host, ':'))
        return -EINVAL;
    return address_parse(parts->host, ret_canonical, &kind);
}

/* The two readings of text without brackets: all of it is an address, or all but a port is. */
typedef struct HostReadings {
    char with_port[HOST_TEXT_MAX + 32]; /* "" where it cannot be that */
    char alone[HOST_TEXT_MAX + 32];
} HostReadings;

static void find_readings(const char *text, bool may_have_port, HostReadings *readings)
{
    const char *last = strrchr(text, ':');
    char canonical[ADDRESS_SIZE_MAX], head[HOST_TEXT_MAX + 1];
    AddressKind kind;
    uint64_t port;

    *readings = (HostReadings){0};
    str_copy(head, sizeof(head), text);
    if (address_parse(head, canonical, &kind) == 0)
        snprintf(readings->alone, sizeof(readings->alone), "\"[%s]\"", head);
    head[last - text] = '\0';
    if (strchr(head, ':') && str_parse_uint(last + 1, ADDRESS_PORT_MAX, &port) == 0 &&
        address_parse(head, canonical, &kind) == 0)
        snprintf(readings->with_port, sizeof(readings->with_port),
                 may_have_port ? "\"[%s]:%s\"" : "\"[%s]\" and port: %s", head, last + 1);
}

/* Reports text with several colons and no brackets where it can be an address. */
static bool report_brackets(Reader *reader, const Node *node, bool may_have_port)
{
    HostReadings readings;

    if (node->text[0] == '[' || !has_colons(node->text) || node->size > HOST_TEXT_MAX)
        return false;
    find_readings(node->text, may_have_port, &readings);
    if (!readings.alone[0] && !readings.with_port[0])
        return false;
    reader_problem(
        reader, node, "address without brackets: \"%s\" has more than one colon, write %s%s%s%s",
        node->text, readings.with_port, readings.with_port[0] && readings.alone[0] ? " or " : "",
        readings.alone, readings.alone[0] && may_have_port ? " (the channel's own port)" : "");
    return true;
}

/* Whether inet_aton(3) takes it for an address and other programs do not: with parts that look
 * octal or hexadecimal. */
static bool is_odd_ipv4(const char *text)
{
    const char *end = text + strspn(text, "0123456789abcdefABCDEFxX.");
    bool has_odd_part = false;

    if (text[0] < '0' || text[0] > '9' || (*end != '\0' && *end != ':'))
        return false;
    for (const char *part = text; part; part = strchr(part, '.')) {
        part += *part == '.';
        has_odd_part = has_odd_part || (part[0] == '0' && part + 1 < end && part[1] != '.');
    }
    return has_odd_part;
}

static void report(Reader *reader, const Node *node, const char *right)
{
    char shown[NODE_DESCRIPTION_SIZE];
    const char *zone = strchr(node->text, '%'), *why = "";

    if (zone && strchr(node->text, ':'))
        why = " has a zone, which has no meaning at the service,";
    else if (is_odd_ipv4(node->text))
        why = " has a part with a leading 0, which some programs read as octal or hexadecimal,";
    else if (has_colons(node->text) && node->text[0] != '[')
        why = " has more than one colon,";
    reader_problem(reader, node, "not an address: %s%s must be %s", node_describe(node, shown),
                   why[0] ? why : ",", right);
}

bool host_read_short(Reader *reader, const Node *node, char ret_canonical[static ADDRESS_SIZE_MAX],
                     uint16_t *ret_port)
{
    HostParts parts;
    uint64_t port = 0;
    char shown[NODE_DESCRIPTION_SIZE];
    const Node *only = node->kind == NODE_SEQUENCE && node->size == 1 ? node->first : NULL;

    if (only && only->kind == NODE_SCALAR && strchr(only->text, ':')) {
        reader_problem(reader, node, "a list, write \"[%s]\" with the quotes", only->text);
        return false;
    }
    if (node->kind != NODE_SCALAR || node_is_null(node) || split(node->text, &parts) < 0 ||
        parse_host(&parts, ret_canonical) < 0) {
        if (schema_read_text(reader, node, 1, HOST_TEXT_MAX, SHORT_HINT) &&
            !report_brackets(reader, node, true))
            report(reader, node, "HOST:PORT, HOST or \"[IPV6]:PORT\"");
        return false;
    }
    if (parts.port && str_parse_uint(parts.port, ADDRESS_PORT_MAX, &port) < 0) {
        reader_problem(reader, node,
                       "not a port after the colon: %s, must be 1 to 65535 (or 0, or no colon: the "
                       "channel's own port)",
                       node_describe(node, shown));
        return false;
    }
    *ret_port = (uint16_t)port;
    return true;
}

bool host_read(Reader *reader, const Node *node, const char *text,
               char ret_canonical[static ADDRESS_SIZE_MAX])
{
    HostParts parts;

    if (split(text, &parts) == 0 && !parts.port && parse_host(&parts, ret_canonical) == 0)
        return true;
    if (!report_brackets(reader, node, false))
        report(reader, node,
               "an IPv4 address, a host name or \"[IPV6]\", alone (the port has a key of its own)");
    return false;
}

bool host_read_pattern(Reader *reader, const Node *node, const char *text, HostPattern *ret_pattern)
{
    char shown[NODE_DESCRIPTION_SIZE];
    HostParts parts;
    int r;

    ret_pattern->has_network = false;
    if (!strchr(text, '/') && split(text, &parts) == 0 && !parts.port &&
        parse_host(&parts, ret_pattern->canonical) == 0)
        return true;
    r = address_parse_network(text, ret_pattern->network, &ret_pattern->prefix_bits);
    ret_pattern->has_network = r == 0;
    if (r == -EDOM)
        reader_problem(reader, node,
                       "not a network: %s has bits set behind the prefix, must be the network's "
                       "first address and its prefix",
                       node_describe(node, shown));
    else if (r < 0 && !report_brackets(reader, node, false))
        report(reader, node,
               "an IPv4 address, a host name, \"[IPV6]\" or a network like 10.9.0.0/16");
    return r == 0;
}
