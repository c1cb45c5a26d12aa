/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "config/roster/host.h"
#include "config/roster/members.h"
#include "daemon/base/mem.h"

#define ECS_ID_MAX 255U /* daemon/roma/API.md section 1.2 */

static const SchemaKey keys[] = {
    [MEMBER_KEY_HOST] =
        {.name = "host",
         .type = SCHEMA_TEXT,
         .offset = offsetof(MemberKeys, host),
         .min = 1,
         .max = HOST_TEXT_MAX,
         .hint = "an address or a host name (IPv6 as \"[2001:db8::8]\", with the quotes)"},
    [MEMBER_KEY_ECS_ID] = {.name = "ecs_id",
                           .type = SCHEMA_TEXT,
                           .offset = offsetof(MemberKeys, ecs_id),
                           .min = 1,
                           .max = ECS_ID_MAX,
                           .hint = "the id of a cloud server"},
    [MEMBER_KEY_PORT] = {.name = "port",
                         .type = SCHEMA_UINT,
                         .offset = offsetof(MemberKeys, port),
                         .max = ADDRESS_PORT_MAX},
    [MEMBER_KEY_GROUP] = {.name = "group",
                          .type = SCHEMA_TEXT,
                          .offset = offsetof(MemberKeys, group),
                          .max = MEMBER_GROUP_MAX,
                          .hint = "the name of a member group"},
};

/* Keys of the service and of other tools that mean one of ours. */
static const SchemaRemedy remedies[] = {
    {"member_group_name", "write group"},
    {"group_name", "write group"},
    {"member_group", "write group"},
    {"address", "write host"},
    {"ip", "write host"},
    {"server_id", "write ecs_id"},
    {"instance_id", "write ecs_id"},
    {"hostname", "write host"},
    {NULL, NULL},
};

const Schema member_schema = {.keys = keys, .count = ELEMENTS(keys), .remedies = remedies};

bool members_check_ecs_id(Reader *reader, const Node *map, const char *ecs_id)
{
    for (const char *c = ecs_id; *c; c++) {
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f) {
            schema_problem(reader, node_find(map, "ecs_id"),
                           "not an id, must be visible ASCII characters without spaces");
            return false;
        }
    }
    return true;
}

/* Prints a network in a form that no address and no name has. */
static void print_network(const HostPattern *pattern, char ret_text[static ADDRESS_SIZE_MAX])
{
    char *end = ret_text;

    for (size_t i = 0; i < sizeof(pattern->network); i++)
        end += sprintf(end, "%02x", pattern->network[i]);
    sprintf(end, "/%u", pattern->prefix_bits);
}

/* Leaves the host in its canonical form in `values`. */
static void read_host(Reader *reader, const Node *node, HostPattern *pattern, MemberKeys *values,
                      IgnoreRule *rule)
{
    if (!host_read_pattern(reader, node, values->host, pattern))
        return;
    values->host = pattern->canonical;
    rule->has_network = pattern->has_network;
    if (!pattern->has_network) {
        rule->host = schema_keep(reader, pattern->canonical);
        return;
    }
    memcpy(rule->network, pattern->network, sizeof(rule->network));
    rule->prefix_bits = pattern->prefix_bits;
    print_network(pattern, pattern->canonical);
}

static void read_rule(Reader *reader, const Node *node, IgnoreRule *rule, CanonicalItems *canonical)
{
    MemberKeys values = {0};
    HostPattern pattern;
    char shown[NODE_DESCRIPTION_SIZE];
    SchemaSeen seen;

    *rule = (IgnoreRule){0};
    if (node->kind == NODE_SCALAR && node->size > 0 && !node_is_null(node)) {
        schema_problem(reader, node, "not a rule: %s, must be a map, such as {host: %.64s}",
                       node_describe(node, shown), node->text);
        return;
    }
    seen = schema_read(reader, node, &member_schema, &values);
    if (node->kind == NODE_MAPPING && node->size == 0)
        schema_problem(reader, node,
                       "empty rule, would ignore every member; must have one at least of host, "
                       "port, group and ecs_id");
    if (values.host)
        read_host(reader, node_find(node, "host"), &pattern, &values, rule);
    if (values.ecs_id && members_check_ecs_id(reader, node, values.ecs_id))
        rule->ecs_id = schema_keep(reader, values.ecs_id);
    rule->group = schema_keep(reader, values.group);
    rule->has_port = schema_is_good(seen, MEMBER_KEY_PORT);
    rule->port = (uint16_t)values.port;
    canonical_items_add(canonical, &member_schema, seen.good, &values);
}

void members_read_ignore(Reader *reader, const Node *list, RosterChannel *channel,
                         CanonicalItems *canonical)
{
    IgnoreRule *rules;

    if (list->size == 0)
        return;
    rules = arena_alloc(reader->arena, list->size * sizeof(*rules));
    if (!rules) {
        problems_memory(reader->problems);
        return;
    }
    for (const Node *node = list->first; node; node = node->next)
        read_rule(reader, node, &rules[node->index], canonical);
    channel->ignore = rules;
    channel->ignore_count = list->size;
}
