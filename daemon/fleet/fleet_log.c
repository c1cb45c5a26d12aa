/* SPDX-License-Identifier: MIT */
/* What changes hands, and what stands in the way of that, in the log. */
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/fleet/fleet_internal.h"
#include "daemon/log/message_ids.h"

/* While it lasts, what it is may change from endpoint to endpoint. */
#define TROUBLE_AGAIN_USEC USEC_PER_MINUTE

void fleet_log_trouble(Fleet *fleet, bool is_of_lease, const char *why)
{
    uint64_t now_usec = clock_monotonic_usec();
    bool is_new =
        fleet->trouble[0] == '\0' ||
        (!str_equal(why, fleet->trouble) && now_usec - fleet->trouble_usec >= TROUBLE_AGAIN_USEC);

    str_copy(fleet->trouble, sizeof(fleet->trouble), why);
    fleet->trouble_is_of_lease = is_of_lease;
    if (is_new)
        fleet->trouble_usec = now_usec;
    log_event(is_new ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG,
              &(LogFields){.message_id = MESSAGE_FLEET_ETCD}, "fleet: %s", why);
}

void fleet_log_well(Fleet *fleet, bool is_of_lease)
{
    if (fleet->trouble[0] == '\0' || fleet->trouble_is_of_lease != is_of_lease)
        return;
    fleet->trouble[0] = '\0';
    log_event(LOG_LEVEL_NOTICE, &(LogFields){.message_id = MESSAGE_FLEET_ETCD},
              "fleet: etcd answers again");
}

void fleet_log_lease(const Fleet *fleet, const char *why)
{
    const LogFields fields = {.message_id = MESSAGE_FLEET_LEASE};
    char lease[32];

    if (why) {
        log_event(LOG_LEVEL_ERR, &fields,
                  "fleet: the lease is lost: %s; nothing is changed until there is another one%s%s",
                  why, fleet->trouble[0] ? ": " : "", fleet->trouble);
        return;
    }
    clock_format_duration(fleet->lease.ttl_usec, lease, sizeof(lease));
    log_event(LOG_LEVEL_NOTICE, &fields, "fleet: host %s holds a lease of %s", fleet->host, lease);
}

void fleet_log_taken(const Fleet *fleet, const EtcdKey *key)
{
    _cleanup_(json_freep) Json *root = NULL;
    Err err = {0};

    (void)json_parse_once(key->value, key->value_size, &root, &err);
    log_event(LOG_LEVEL_ERR, &(LogFields){.message_id = MESSAGE_FLEET_LEASE},
              "fleet: the name %s is held by another rosterd, since %s: this one stands by. Where "
              "that is an earlier run of this host that ended without giving its lease back, the "
              "name is free once that lease has lapsed; else give each host a name of its own "
              "(fleet.host)",
              fleet->host, json_as_text(json_find(root, "since")));
}

/* "from HOST, which handed it over". */
static void log_owned(const FleetInstance *instance, const LogFields *fields)
{
    const Ownership *ownership = &instance->ownership;
    uint64_t now_usec = clock_boottime_usec();
    char wait[64];

    if (ownership->change_from_usec <= now_usec) {
        log_event(LOG_LEVEL_NOTICE, fields, "%s: fleet: this host owns the instance%s%s%s",
                  instance->name, instance->has_before ? ", which " : "",
                  instance->has_before ? instance->before_host : "",
                  instance->has_before ? " had before" : "");
        return;
    }
    clock_format_duration(ownership->change_from_usec - now_usec, wait, sizeof(wait));
    log_event(LOG_LEVEL_WARNING, fields,
              "%s: fleet: this host owns the instance; %s has not handed it over, so that nothing "
              "is changed for %s",
              instance->name,
              instance->before_host[0] ? instance->before_host : "the host that had it before",
              wait);
}

void fleet_log_owner(const FleetInstance *instance, const char *why)
{
    LogFields fields = {.message_id = MESSAGE_FLEET_OWNS, .instance = instance->name};

    if (!why) {
        log_owned(instance, &fields);
        return;
    }
    fields.message_id = MESSAGE_FLEET_GIVES;
    log_event(LOG_LEVEL_NOTICE, &fields,
              "%s: fleet: this host does not own the instance any more: "
              "%s",
              instance->name, why);
}
