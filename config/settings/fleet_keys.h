/* SPDX-License-Identifier: MIT */
/* The settings' `fleet`: the etcd that several hosts share their instances by, and how they do. */
#pragma once

#include "config/config.h"
#include "config/schema/schema.h"

/* How many endpoints of etcd there may be. */
#define FLEET_KEYS_ENDPOINTS_MAX 16U

/* What is read of the map. */
typedef struct FleetDraft {
    FleetSettings settings;
    const Node *endpoints;
} FleetDraft;

extern const Schema fleet_keys_schema;

/* After the schema has read `map`: puts what is written there into its canonical form, and reports
 * what the table cannot say. Short times are for endpoints on loopback alone, where whoever tries a
 * fleet has all of it on one host. */
void fleet_keys_check(Reader *reader, const Node *map, FleetDraft *draft);

/* Adds a warning where changes may get less time for their answer than `timeout_usec`, that of the
 * limits. `warnings` is a reader of the same file that reports warnings. */
void fleet_keys_warn(Reader *warnings, const Node *map, const FleetSettings *settings,
                     uint64_t timeout_usec);
