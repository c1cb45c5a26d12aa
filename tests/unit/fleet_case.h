/* SPDX-License-Identifier: MIT */
/*
 * Several hosts with the real lease and ownership, an imaginary etcd between them and an imaginary
 * service behind: requests that come late, twice as late, or never, answers that are lost though
 * the request had its effect, leaders that change and lengthen every lease, a quorum that is away,
 * hosts that stand still and whose clocks run apart.
 *
 * Checked at each change: the lease of the host that begins it outlives its request, and none lands
 * after the first one of a newer owner.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "reconcile/schedule/lease.h"
#include "reconcile/schedule/ownership.h"

#define FLEET_HOSTS_MAX 5
#define FLEET_INSTANCES 2
#define FLEET_LEASE_USEC (30 * USEC_PER_SEC)
#define FLEET_HANDOVER_USEC (55 * USEC_PER_SEC)
#define FLEET_TIMEOUT_USEC (20 * USEC_PER_SEC)

/* For so long after its sender gave up may a request still reach the service (API.md section 3). */
#define FLEET_FRONT_DOOR_USEC (50 * USEC_PER_SEC)

typedef struct Fleet Fleet;

typedef struct FleetHost {
    Fleet *fleet;
    size_t number;
    Lease lease;
    Ownership ownerships[FLEET_INSTANCES];
    size_t room;
    bool is_roomy; /* one more may be taken */
    uint64_t clock_offset_usec;
    int64_t clock_ppm;      /* its clock runs that much faster */
    uint64_t frozen_usec;   /* stands still until then; 0: not */
    uint64_t lease_request; /* under way to etcd; 0: none. What follows of another is dropped */
    uint64_t requests[FLEET_INSTANCES];
    uint64_t wake_usec[1 + FLEET_INSTANCES]; /* by its own clock: the lease's, the ownerships' */
    bool may_pass[FLEET_INSTANCES];
    uint64_t in_flight_usec[FLEET_INSTANCES]; /* its change there is answered then; 0: none */
    bool was_cut[FLEET_INSTANCES];            /* a change of it had no answer */
} FleetHost;

typedef struct FleetLease {
    int64_t id;
    uint64_t ttl_usec, end_usec; /* end_usec 0: it is gone */
} FleetLease;

typedef struct FleetKey {
    int64_t lease; /* 0: there is no key */
    size_t host;
    uint64_t token;
    bool is_released; /* of the one before: after its last answer; also where there was none */
} FleetKey;

/* Something that happens at a time. */
typedef struct FleetEvent {
    uint64_t usec;
    void (*run)(Fleet *fleet, const struct FleetEvent *event);
    size_t host, instance;
    uint64_t request;
    int kind;
    int64_t lease;
    uint64_t number; /* a time to live, a token, a revision */
    bool flag;
} FleetEvent;

#define FLEET_EVENTS_MAX 4096
#define FLEET_LEASES_MAX 4096

struct Fleet {
    uint64_t now_usec, random, revision, next_request;
    FleetHost hosts[FLEET_HOSTS_MAX];
    size_t host_count;
    FleetLease leases[FLEET_LEASES_MAX];
    size_t lease_count;
    FleetKey keys[FLEET_INSTANCES];
    FleetEvent events[FLEET_EVENTS_MAX];
    size_t event_count;
    bool is_calm;                            /* nothing goes wrong any more */
    uint64_t away_until_usec;                /* etcd answers nobody until then */
    uint64_t newest_landed[FLEET_INSTANCES]; /* the greatest token of which a change landed */
    size_t landed, taken_over;
};

void fleet_init(Fleet *fleet, uint64_t seed, size_t host_count, size_t room);

/* Lets so much time pass. */
void fleet_run(Fleet *fleet, uint64_t duration_usec);

/* A number below the bound. */
uint64_t fleet_random(Fleet *fleet, uint64_t bound);

/* The host that may change an instance at this moment, or FLEET_HOSTS_MAX. */
size_t fleet_get_owner(const Fleet *fleet, size_t instance);
