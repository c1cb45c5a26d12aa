/* SPDX-License-Identifier: MIT */
/* The fleet as this host knows it, as JSON: for /v1/fleet and, in short, for the status. */
#pragma once

#include "daemon/fleet/fleet_view.h"
#include "daemon/json/json_writer.h"
#include "daemon/runtime/controller.h"

/* Puts into the object that was opened last: which fleet, whether this host holds its lease and
 * takes instances, what etcd fails by, and the hosts. */
void fleet_json_put_head(JsonWriter *writer, const Controller *controller, const FleetView *view);

/*
 * Puts an object: who owns an instance, and what came of its last pass: {"name", "key", "state",
 * "owner", "since", "change_from", "last", "why", "record"}. "state" is `owned`, `waits` (this host
 * owns it, and `handover` is not over), `changing_hands` (it is this host's, but passes do not
 * begin yet or not any more), `elsewhere`, `nobody`, or `unknown` (it is not this host's, and etcd
 * does not say whose it is by now: "owner" is as it said last). "last" owns it or did last. The
 * record is as its owner wrote it (daemon/fleet/KEYS.md).
 */
void fleet_json_put_instance(JsonWriter *writer, const char *key, const Controller *controller,
                             const FleetView *view, const FleetViewInstance *instance);

/* The row of the instance with that key, which is probably the one of that number; NULL where there
 * is none. */
const FleetViewInstance *fleet_json_find(const FleetView *view, const char *key, size_t number);
