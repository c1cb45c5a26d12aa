/* SPDX-License-Identifier: MIT */
/* The imaginary etcd of fleet_case.h: leases, keys, revisions, and what is told of them. */
#include <assert.h>

#include "tests/unit/fleet_internal.h"

/* ---- etcd ---- */

FleetLease *etcd_find_lease(Fleet *fleet, int64_t id)
{
    FleetLease *lease = id > 0 ? &fleet->leases[id - 1] : NULL;

    return lease && lease->end_usec > 0 ? lease : NULL;
}

static void watch_arrives(Fleet *fleet, const FleetEvent *event)
{
    FleetHost *host = &fleet->hosts[event->host];
    OwnerKind kind = OWNER_NOBODY;

    if (event->lease != 0)
        kind = event->lease == host->lease.id ? OWNER_SELF : OWNER_OTHER;
    ownership_on_owner(&host->ownerships[event->instance], kind, event->number, event->number);
}

/* Each host learns of it in its time, in order. */
static void etcd_tell(Fleet *fleet, size_t instance)
{
    for (size_t i = 0; i < fleet->host_count; i++)
        fleet_at(fleet, DELAY_USEC,
                 (FleetEvent){.run = watch_arrives,
                              .host = i,
                              .instance = instance,
                              .lease = fleet->keys[instance].lease,
                              .number = fleet->revision});
}

static void etcd_delete_key(Fleet *fleet, size_t instance, bool is_released)
{
    FleetKey *key = &fleet->keys[instance];

    fleet->revision++;
    key->lease = 0;
    key->is_released = is_released;
    etcd_tell(fleet, instance);
}

void etcd_end_lease(Fleet *fleet, FleetLease *lease)
{
    lease->end_usec = 0;
    for (size_t i = 0; i < FLEET_INSTANCES; i++)
        if (fleet->keys[i].lease == lease->id)
            etcd_delete_key(fleet, i, false);
}

void etcd_expire(Fleet *fleet)
{
    for (size_t i = 0; i < fleet->lease_count; i++)
        if (fleet->leases[i].end_usec > 0 && fleet->leases[i].end_usec <= fleet->now_usec)
            etcd_end_lease(fleet, &fleet->leases[i]);
}

/* What etcd makes of a request; the event becomes its answer. */
static void etcd_grant(Fleet *fleet, FleetEvent *event)
{
    FleetLease *lease = &fleet->leases[fleet->lease_count++];

    assert(fleet->lease_count < FLEET_LEASES_MAX);
    *lease = (FleetLease){.id = (int64_t)fleet->lease_count,
                          .ttl_usec = event->number,
                          .end_usec = fleet->now_usec + event->number};
    event->lease = lease->id;
}

static void etcd_campaign(Fleet *fleet, FleetEvent *event)
{
    FleetKey *key = &fleet->keys[event->instance];

    event->flag = false;
    if (!etcd_find_lease(fleet, event->lease)) {
        event->lease = 0; /* 404: nothing was done */
        return;
    }
    if (key->lease == 0) {
        fleet->revision++;
        event->flag = true;
        event->number = key->is_released; /* told with the answer */
        *key = (FleetKey){.lease = event->lease, .host = event->host, .token = fleet->revision};
        etcd_tell(fleet, event->instance);
    }
    event->lease = key->lease;
    if (!event->flag)
        event->number = key->token;
    event->request |= (uint64_t)fleet->revision << 32;
}

static void etcd_release(Fleet *fleet, FleetEvent *event)
{
    FleetKey *key = &fleet->keys[event->instance];

    if (key->lease != 0 && key->token == event->number)
        etcd_delete_key(fleet, event->instance, event->flag);
    event->number = fleet->revision;
}

static void etcd_take(Fleet *fleet, FleetEvent *event)
{
    FleetLease *lease = etcd_find_lease(fleet, event->lease);

    switch (event->kind) {
    case ASK_GRANT:
        etcd_grant(fleet, event);
        break;
    case ASK_RENEW:
        event->number = lease ? lease->ttl_usec : 0;
        if (lease)
            lease->end_usec = fleet->now_usec + lease->ttl_usec;
        break;
    case ASK_CAMPAIGN:
        etcd_campaign(fleet, event);
        break;
    case ASK_LOOK:
        event->lease = fleet->keys[event->instance].lease;
        event->number = fleet->keys[event->instance].token;
        event->request |= (uint64_t)fleet->revision << 32;
        break;
    default:
        etcd_release(fleet, event);
    }
}

/* ---- answers ---- */

#define REQUEST_OF(event) ((event)->request & UINT32_MAX)
#define REVISION_OF(event) ((event)->request >> 32)

static void answer_of_lease(FleetHost *host, const FleetEvent *event)
{
    host->lease_request = 0;
    if (event->kind == ASK_GRANT)
        lease_on_granted(&host->lease, event->lease, event->number);
    else
        lease_on_renewed(&host->lease, event->number);
}

static void answer_of_owner(FleetHost *host, const FleetEvent *event)
{
    Ownership *ownership = &host->ownerships[event->instance];
    OwnerKind kind = OWNER_NOBODY;

    if (event->lease != 0)
        kind = event->lease == host->lease.id ? OWNER_SELF : OWNER_OTHER;
    host->requests[event->instance] = 0;
    if (event->kind == ASK_CAMPAIGN && event->lease == 0) {
        ownership_on_unanswered(ownership);
        lease_on_gone(&host->lease);
    } else if (event->kind == ASK_CAMPAIGN && event->flag) {
        ownership_on_won(ownership, REVISION_OF(event), event->number);
    } else if (event->kind == ASK_CAMPAIGN) {
        ownership_on_taken(ownership, kind, REVISION_OF(event), event->number);
    } else if (event->kind == ASK_LOOK) {
        ownership_on_looked(ownership, kind, REVISION_OF(event), event->number);
    } else {
        ownership_on_released(ownership, event->number);
    }
    ownership_step(ownership);
}

static void answer_arrives(Fleet *fleet, const FleetEvent *event)
{
    FleetHost *host = &fleet->hosts[event->host];

    if (event->kind <= ASK_RENEW && host->lease_request == REQUEST_OF(event))
        answer_of_lease(host, event);
    else if (event->kind > ASK_RENEW && host->requests[event->instance] == REQUEST_OF(event))
        answer_of_owner(host, event);
}

static void timeout_arrives(Fleet *fleet, const FleetEvent *event)
{
    FleetHost *host = &fleet->hosts[event->host];

    if (event->kind <= ASK_RENEW && host->lease_request == event->request) {
        host->lease_request = 0;
        lease_on_unanswered(&host->lease);
    } else if (event->kind > ASK_RENEW && host->requests[event->instance] == event->request) {
        host->requests[event->instance] = 0;
        ownership_on_unanswered(&host->ownerships[event->instance]);
    }
}

void fleet_request_arrives(Fleet *fleet, const FleetEvent *event)
{
    FleetEvent answer = *event;

    if (fleet->now_usec < fleet->away_until_usec)
        return;
    etcd_take(fleet, &answer);
    answer.run = answer_arrives;
    if (!fleet_happens(fleet, 3))
        fleet_at(fleet, fleet_random(fleet, fleet_happens(fleet, 5) ? LATE_USEC : DELAY_USEC),
                 answer);
}

uint64_t etcd_ask(FleetHost *host, FleetEvent event, uint64_t timeout_usec)
{
    Fleet *fleet = host->fleet;

    event.host = host->number;
    event.request = ++fleet->next_request;
    event.run = fleet_request_arrives;
    if (!fleet_happens(fleet, 3))
        fleet_at(fleet, fleet_random(fleet, fleet_happens(fleet, 5) ? LATE_USEC : DELAY_USEC),
                 event);
    event.run = timeout_arrives;
    fleet_at(fleet, timeout_usec, event);
    return event.request;
}
