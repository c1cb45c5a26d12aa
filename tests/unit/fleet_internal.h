/* SPDX-License-Identifier: MIT */
/* What the imaginary etcd and the hosts of fleet_case.h share. */
#pragma once

#include "tests/unit/fleet_case.h"

#define DELAY_USEC (400 * USEC_PER_MSEC)
#define LATE_USEC (12 * USEC_PER_SEC)

enum { ASK_GRANT, ASK_RENEW, ASK_CAMPAIGN, ASK_LOOK, ASK_RELEASE };

/* Whether something goes wrong that does in so many of a hundred times. */
bool fleet_happens(Fleet *fleet, uint64_t percent);

/* Has an event happen after a while. */
void fleet_at(Fleet *fleet, uint64_t delay_usec, FleetEvent event);

FleetLease *etcd_find_lease(Fleet *fleet, int64_t id);
void etcd_end_lease(Fleet *fleet, FleetLease *lease);

/* Ends the leases whose time is over. */
void etcd_expire(Fleet *fleet);

/* Sends a request of a host, and returns its number; its answer comes, or that it has none. */
uint64_t etcd_ask(FleetHost *host, FleetEvent event, uint64_t timeout_usec);
void fleet_request_arrives(Fleet *fleet, const FleetEvent *event);
