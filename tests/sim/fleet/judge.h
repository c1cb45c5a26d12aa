/* SPDX-License-Identifier: MIT */
/*
 * What must hold in a fleet, out of what the judge alone can see: etcd as it is, and what lands at
 * the service. No change lands after the first one of a newer owner, whatever became of its
 * sender. None begins without a lease that outlives it, by etcd's own clock, nor by a host that
 * etcd does not name as the owner, nor before what an owner before may have sent is over, nor
 * without having been made known in this pass, nor by what was read as an earlier owner, nor
 * against a pause that its host has heard of or that was there when it was made known. Nobody but
 * the owner makes anything known, and none gives an instance away as after its last answer while
 * something may still land. Who lost an instance asks nothing more there. What an undo put back is
 * not deleted while its channel stays paused; an undo begins nothing before that is so for all
 * hosts, and nobody but the owner says what came of one that was handed over. An approval that was
 * given on any host lets the plan pass that was told there, and is gone by the same transaction by
 * which the changes come to be known. In calm weather each instance has one owner, and all is as
 * its rosters want it.
 */
#pragma once

#include "tests/sim/fleet/fleet.h"

/* Of any request of a pass. */
void judge_go_on(const FleetHost *host, const Request *request);
void judge_begin(FleetHost *host, const Request *request, uint64_t allowed_usec);
/* What a host records is approved: returns the intent that has spent the approval; NULL: it needs
 * none. */
const FleetIntent *judge_approved(const FleetHost *host, const Batch *batch);

/* etcd has carried out a request. */
void judge_known(Fleet *fleet, const FleetCall *call);
void judge_landed(FleetHost *host, const WorldEvent *event);

/* In the end. */
void judge_calm(Fleet *fleet);
