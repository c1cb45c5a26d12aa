/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/ignore.h"

#include <strings.h>

#include "config/address.h"
#include "daemon/base/str.h"

static bool ignore_host_matches(const IgnoreRule *rule, const char *host)
{
    uint8_t bytes[16];

    if (rule->host && !str_equal(rule->host, host))
        return false;
    if (!rule->has_network)
        return true;
    return address_bytes(host, bytes) == 0 &&
           address_in_network(bytes, rule->network, rule->prefix_bits);
}

static bool ignore_rule_matches(const IgnoreRule *rule, uint16_t channel_port, const MemberRow *row,
                                const char *host, uint16_t port)
{
    uint16_t rule_port = rule->port ? rule->port : channel_port;

    return ignore_host_matches(rule, host) && (!rule->has_port || rule_port == port) &&
           (!rule->group || str_equal(rule->group, row->group)) &&
           (!rule->ecs_id || strcasecmp(rule->ecs_id, row->ecs_id) == 0);
}

bool ignore_matches(const RosterChannel *channel, uint16_t channel_port, const MemberRow *row,
                    const char *host, uint16_t port)
{
    for (size_t i = 0; i < channel->ignore_count; i++) {
        if (ignore_rule_matches(&channel->ignore[i], channel_port, row, host, port))
            return true;
    }
    return false;
}
