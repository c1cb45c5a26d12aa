/* SPDX-License-Identifier: MIT */
/* What holds changes of an instance back, in words. */
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/fleet/fleet_internal.h"

/* ---- roster ---- */

/* The set that the one before has by now, where it still takes part. False: it is not known. */
static bool conditions_peer_has(const FleetInstance *instance, const char *set_digest)
{
    _cleanup_(json_freep) Json *root = NULL;
    Err err = {0};
    char name[KEYS_NAME_SIZE];
    const EtcdKey *key;

    keys_format(KEYS_HOSTS, instance->before_host, name);
    key = mirror_find(instance->fleet->mirror, name);
    return key && json_parse_once(key->value, key->value_size, &root, &err) == 0 &&
           str_equal(json_as_text(json_find(root, "set")), set_digest);
}

void fleet_conditions_settle(FleetInstance *instance)
{
    const Fleet *fleet = instance->fleet;

    if (!instance->is_owned || instance->has_settled)
        return;
    instance->has_settled = !instance->has_before ||
                            str_equal(instance->before_host, fleet->host) ||
                            str_equal(instance->before_set, fleet->set_digest) ||
                            !str_equal(instance->took_set, fleet->set_digest) ||
                            conditions_peer_has(instance, fleet->set_digest);
}

static void conditions_put_roster(const FleetInstance *instance, char ret_why[FLEET_WHY_SIZE])
{
    const Fleet *fleet = instance->fleet;

    if (instance->has_settled || !instance->is_owned)
        return;
    if (instance->before_set[0] == '\0')
        snprintf(ret_why, FLEET_WHY_SIZE,
                 "this host took the instance over from %s, and which set of rosters that one went "
                 "by is not known",
                 instance->before_host[0] ? instance->before_host : "another host");
    else
        snprintf(ret_why, FLEET_WHY_SIZE,
                 "this host has the set of rosters %.*s, and %s, from which it took the instance "
                 "over, went by %.*s",
                 DIGEST_SHORT, fleet->set_digest, instance->before_host, DIGEST_SHORT,
                 instance->before_set);
}

/* ---- lease ---- */

static void conditions_put_lease(const Fleet *fleet, const FleetInstance *instance,
                                 uint64_t timeout_usec, char ret_why[FLEET_WHY_SIZE])
{
    char left[32];

    if (!lease_is_held(&fleet->lease)) {
        snprintf(ret_why, FLEET_WHY_SIZE, "this host holds no lease in its fleet%s%.400s",
                 fleet->trouble[0] ? ": " : "", fleet->trouble);
    } else if (!instance || instance->ownership.state != OWNERSHIP_OWNED) {
        snprintf(ret_why, FLEET_WHY_SIZE, "this host does not own the instance");
    } else if (lease_allows_usec(&fleet->lease, timeout_usec) == 0) {
        clock_format_duration(fleet->lease.end_usec - clock_boottime_usec(), left, sizeof(left));
        snprintf(ret_why, FLEET_WHY_SIZE,
                 "the lease of this host ends in %s, too soon for the answer to a change%s%.400s",
                 left, fleet->trouble[0] ? ": " : "", fleet->trouble);
    }
}

/* ---- all ---- */

static uint64_t conditions_handover_usec(const FleetInstance *instance)
{
    uint64_t now_usec = clock_boottime_usec();
    const Ownership *ownership = &instance->ownership;

    return ownership->state == OWNERSHIP_OWNED && ownership->change_from_usec > now_usec
               ? ownership->change_from_usec - now_usec
               : 0;
}

void fleet_get_conditions(const Fleet *fleet, const char *key, uint64_t timeout_usec,
                          FleetConditions *ret_conditions)
{
    const FleetInstance *instance = fleet_find(fleet, key);

    *ret_conditions = (FleetConditions){0};
    conditions_put_lease(fleet, instance, timeout_usec, ret_conditions->lease);
    if (!instance)
        return;
    ret_conditions->handover_usec = conditions_handover_usec(instance);
    conditions_put_roster(instance, ret_conditions->roster);
    ret_conditions->needs_sightings = instance->is_owned && !instance->is_handed_over;
    ret_conditions->token = instance->ownership.token;
}
