/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "config/roster/host.h"
#include "config/roster/members.h"
#include "daemon/base/mem.h"

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
        rule->host = reader_keep(reader, pattern->canonical);
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
        reader_problem(reader, node, "not a rule: %s, must be a map, such as {host: %.64s}",
                       node_describe(node, shown), node->text);
        return;
    }
    seen = schema_read(reader, node, &ignore_schema, &values);
    if (node->kind == NODE_MAPPING && node->size < ignore_schema.least)
        reader_problem(reader, node,
                       "empty rule, would ignore every member; must have one at least of host, "
                       "port, group and ecs_id");
    if (values.host)
        read_host(reader, node_find(node, "host"), &pattern, &values, rule);
    if (values.ecs_id && members_check_ecs_id(reader, node, values.ecs_id))
        rule->ecs_id = reader_keep(reader, values.ecs_id);
    rule->group = reader_keep(reader, values.group);
    rule->has_port = schema_is_good(seen, MEMBER_KEY_PORT);
    rule->port = (uint16_t)values.port;
    canonical_items_add(canonical, &ignore_schema, seen.good, &values);
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
