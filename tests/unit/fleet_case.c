/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <string.h>

#include "tests/unit/fleet_internal.h"

uint64_t fleet_random(Fleet *fleet, uint64_t bound)
{
    fleet->random ^= fleet->random << 13;
    fleet->random ^= fleet->random >> 7;
    fleet->random ^= fleet->random << 17;
    return fleet->random % bound;
}

bool fleet_happens(Fleet *fleet, uint64_t percent)
{
    return !fleet->is_calm && fleet_random(fleet, 100) < percent;
}

void fleet_at(Fleet *fleet, uint64_t delay_usec, FleetEvent event)
{
    assert(fleet->event_count < FLEET_EVENTS_MAX);
    event.usec = fleet->now_usec + delay_usec;
    fleet->events[fleet->event_count++] = event;
}

/* ---- a host's clock ---- */

static uint64_t host_now_usec(void *context)
{
    FleetHost *host = context;
    int64_t apart_usec = (int64_t)(host->fleet->now_usec / 1000000) * host->clock_ppm;

    return host->fleet->now_usec + host->clock_offset_usec + (uint64_t)apart_usec;
}

static void host_wake_lease_at(void *context, uint64_t usec)
{
    ((FleetHost *)context)->wake_usec[0] = usec;
}

static void host_wake_at(void *context, size_t instance, uint64_t usec)
{
    ((FleetHost *)context)->wake_usec[1 + instance] = usec;
}

static void host_grant(void *context, uint64_t ttl_usec, uint64_t timeout_usec)
{
    FleetHost *host = context;

    host->lease_request =
        etcd_ask(host, (FleetEvent){.kind = ASK_GRANT, .number = ttl_usec}, timeout_usec);
}

static void host_renew(void *context, int64_t id, uint64_t timeout_usec)
{
    FleetHost *host = context;

    host->lease_request =
        etcd_ask(host, (FleetEvent){.kind = ASK_RENEW, .lease = id}, timeout_usec);
}

static void host_revoke(void *context, int64_t id)
{
    FleetHost *host = context;
    FleetLease *lease = etcd_find_lease(host->fleet, id);

    host->lease_request = 0;
    if (lease && !fleet_happens(host->fleet, 50))
        etcd_end_lease(host->fleet, lease);
}

static void host_on_held(void *context)
{
    FleetHost *host = context;

    for (size_t i = 0; i < FLEET_INSTANCES; i++)
        ownership_on_lease(&host->ownerships[i]);
}

static void host_on_lost(void *context, const char *why)
{
    FleetHost *host = context;

    for (size_t i = 0; i < FLEET_INSTANCES; i++)
        ownership_on_lost(&host->ownerships[i], why);
}

/* ---- what a host does with an instance ---- */

static bool host_has_room(void *context)
{
    FleetHost *host = context;
    size_t taken = 0;

    for (size_t i = 0; i < FLEET_INSTANCES; i++)
        taken += host->ownerships[i].state != OWNERSHIP_STANDBY;
    return taken < host->room;
}

static void host_on_room(void *context)
{
    ((FleetHost *)context)->is_roomy = true;
}

static void host_campaign(void *context, size_t instance)
{
    FleetHost *host = context;

    host->requests[instance] = etcd_ask(
        host, (FleetEvent){.kind = ASK_CAMPAIGN, .instance = instance, .lease = host->lease.id},
        FLEET_LEASE_USEC / 4);
}

static void host_look(void *context, size_t instance)
{
    FleetHost *host = context;

    host->requests[instance] =
        etcd_ask(host, (FleetEvent){.kind = ASK_LOOK, .instance = instance}, FLEET_LEASE_USEC / 4);
}

static void host_release(void *context, size_t instance, uint64_t token, bool has_waited)
{
    FleetHost *host = context;
    FleetEvent event = {.kind = ASK_RELEASE,
                        .instance = instance,
                        .number = token,
                        .flag = has_waited && !host->was_cut[instance]};

    host->requests[instance] = etcd_ask(host, event, FLEET_LEASE_USEC / 4);
}

static void host_begin(void *context, size_t instance, uint64_t change_from_usec)
{
    FleetHost *host = context;

    host->may_pass[instance] = true;
    host->was_cut[instance] = false;
    host->fleet->taken_over += change_from_usec > 0;
}

static void host_stop(void *context, size_t instance, const char *why)
{
    (void)why;
    ((FleetHost *)context)->may_pass[instance] = false;
}

static void host_drop(void *context, size_t instance, const char *why)
{
    FleetHost *host = context;

    (void)why;
    host->may_pass[instance] = false;
    host->in_flight_usec[instance] = 0;
    host->requests[instance] = 0;
}

static bool host_is_quiet(void *context, size_t instance)
{
    return ((FleetHost *)context)->in_flight_usec[instance] == 0;
}

static const LeaseOps lease_ops = {.now_usec = host_now_usec,
                                   .wake_at = host_wake_lease_at,
                                   .grant = host_grant,
                                   .renew = host_renew,
                                   .revoke = host_revoke,
                                   .on_held = host_on_held,
                                   .on_lost = host_on_lost};
static const OwnershipOps ownership_ops = {.now_usec = host_now_usec,
                                           .wake_at = host_wake_at,
                                           .has_room = host_has_room,
                                           .on_room = host_on_room,
                                           .campaign = host_campaign,
                                           .look = host_look,
                                           .release = host_release,
                                           .begin = host_begin,
                                           .stop = host_stop,
                                           .drop = host_drop,
                                           .is_quiet = host_is_quiet};

/* ---- changes ---- */

static void change_lands(Fleet *fleet, const FleetEvent *event)
{
    uint64_t *newest = &fleet->newest_landed[event->instance];

    if (event->number < *newest)
        fail_msg("host %zu changed instance %zu as owner %llu, after owner %llu had", event->host,
                 event->instance, (unsigned long long)event->number, (unsigned long long)*newest);
    *newest = event->number;
    fleet->landed++;
}

static void change_answered(Fleet *fleet, const FleetEvent *event)
{
    FleetHost *host = &fleet->hosts[event->host];

    if (host->in_flight_usec[event->instance] != event->request)
        return;
    host->in_flight_usec[event->instance] = 0;
    host->was_cut[event->instance] |= event->flag;
    ownership_step(&host->ownerships[event->instance]);
}

/* Begins a change where the host may: some are given up by their sender, and land a while later. */
static void host_change(FleetHost *host, size_t instance)
{
    Fleet *fleet = host->fleet;
    const Ownership *ownership = &host->ownerships[instance];
    const FleetLease *lease;
    uint64_t allowed_usec = lease_allows_usec(&host->lease, FLEET_TIMEOUT_USEC);
    FleetEvent event = {.host = host->number, .instance = instance, .number = ownership->token};
    bool is_lost = fleet_happens(fleet, 20);

    if (!host->may_pass[instance] || host->in_flight_usec[instance] != 0 || allowed_usec == 0 ||
        !ownership_allows_changes(ownership))
        return;
    lease = etcd_find_lease(fleet, host->lease.id);
    if (!lease || lease->end_usec < fleet->now_usec + allowed_usec)
        fail_msg("host %zu begins a change that its lease does not outlive", host->number);
    event.run = change_lands;
    fleet_at(fleet,
             fleet_random(fleet, is_lost ? allowed_usec + FLEET_FRONT_DOOR_USEC : allowed_usec),
             event);
    event.run = change_answered;
    event.flag = is_lost;
    event.request = ++fleet->next_request;
    host->in_flight_usec[instance] = event.request;
    fleet_at(fleet, allowed_usec, event);
}

/* ---- time ---- */

void fleet_init(Fleet *fleet, uint64_t seed, size_t host_count, size_t room)
{
    memset(fleet, 0, sizeof *fleet);
    fleet->random = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    fleet->host_count = host_count;
    for (size_t i = 0; i < FLEET_INSTANCES; i++)
        fleet->keys[i].is_released = true; /* nobody was the owner before */
    for (size_t i = 0; i < host_count; i++) {
        FleetHost *host = &fleet->hosts[i];

        *host = (FleetHost){.fleet = fleet, .number = i, .room = room};
        host->clock_offset_usec = fleet_random(fleet, USEC_PER_DAY);
        host->clock_ppm = (int64_t)fleet_random(fleet, 10000) - 5000;
        host->wake_usec[0] = USEC_NEVER;
        lease_init(&host->lease, &lease_ops, host, FLEET_LEASE_USEC);
        for (size_t j = 0; j < FLEET_INSTANCES; j++) {
            host->wake_usec[1 + j] = USEC_NEVER;
            ownership_init(&host->ownerships[j], &ownership_ops, host, j, FLEET_HANDOVER_USEC);
            ownership_on_owner(&host->ownerships[j], OWNER_NOBODY, 0, 0);
        }
        lease_begin(&host->lease);
    }
}

static void host_wake(FleetHost *host)
{
    for (size_t i = 0; i <= FLEET_INSTANCES; i++) {
        if (host->wake_usec[i] > host_now_usec(host))
            continue;
        host->wake_usec[i] = USEC_NEVER;
        if (i == 0)
            lease_on_time(&host->lease);
        else
            ownership_on_time(&host->ownerships[i - 1]);
    }
    for (size_t i = 0; i < FLEET_INSTANCES && host->is_roomy; i++)
        ownership_on_room(&host->ownerships[i]);
    host->is_roomy = false;
}

static bool fleet_is_frozen(const Fleet *fleet, const FleetEvent *event)
{
    return fleet->hosts[event->host].frozen_usec > fleet->now_usec;
}

/* Of what is due, in any order: a host that stood still finds all of it at once. */
static void fleet_run_events(Fleet *fleet)
{
    for (size_t i = 0; i < fleet->event_count;) {
        FleetEvent event = fleet->events[i];
        bool is_host = event.run != change_lands && event.run != fleet_request_arrives;

        if (event.usec > fleet->now_usec || (is_host && fleet_is_frozen(fleet, &event))) {
            i++;
            continue;
        }
        memmove(&fleet->events[i], &fleet->events[i + 1],
                (--fleet->event_count - i) * sizeof event);
        event.run(fleet, &event);
        i = 0;
    }
}

static void fleet_trouble(Fleet *fleet)
{
    FleetHost *host = &fleet->hosts[fleet_random(fleet, fleet->host_count)];

    if (fleet->is_calm)
        return;
    if (fleet_random(fleet, 900) == 0)
        host->frozen_usec = fleet->now_usec + fleet_random(fleet, 2 * FLEET_LEASE_USEC);
    if (fleet_random(fleet, 3000) == 0)
        fleet->away_until_usec = fleet->now_usec + fleet_random(fleet, 2 * FLEET_LEASE_USEC);
    if (fleet_random(fleet, 900) == 0)
        for (size_t i = 0; i < fleet->lease_count; i++)
            if (fleet->leases[i].end_usec > 0)
                fleet->leases[i].end_usec = fleet->now_usec + fleet->leases[i].ttl_usec;
    if (fleet_random(fleet, 900) == 0)
        for (size_t i = 0; i < FLEET_INSTANCES; i++)
            ownership_drain(&host->ownerships[i], "drained");
    if (fleet_random(fleet, 300) == 0)
        for (size_t i = 0; i < FLEET_INSTANCES; i++)
            ownership_undrain(&host->ownerships[i]);
}

void fleet_run(Fleet *fleet, uint64_t duration_usec)
{
    uint64_t end_usec = fleet->now_usec + duration_usec;

    while (fleet->now_usec < end_usec) {
        fleet->now_usec += 100 * USEC_PER_MSEC;
        etcd_expire(fleet);
        fleet_trouble(fleet);
        fleet_run_events(fleet);
        for (size_t i = 0; i < fleet->host_count; i++) {
            if (fleet->hosts[i].frozen_usec > fleet->now_usec)
                continue;
            host_wake(&fleet->hosts[i]);
            for (size_t j = 0; j < FLEET_INSTANCES; j++)
                host_change(&fleet->hosts[i], j);
        }
    }
}

size_t fleet_get_owner(const Fleet *fleet, size_t instance)
{
    size_t owner = FLEET_HOSTS_MAX;

    for (size_t i = 0; i < fleet->host_count; i++) {
        const FleetHost *host = &fleet->hosts[i];

        if (lease_is_held(&host->lease) && ownership_allows_changes(&host->ownerships[instance])) {
            assert_int_equal(owner, FLEET_HOSTS_MAX);
            owner = i;
        }
    }
    return owner;
}
