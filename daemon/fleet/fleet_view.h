/* SPDX-License-Identifier: MIT */
/* The fleet for people: hosts, and who owns what, out of the mirrored keys. */
#pragma once

#include "daemon/fleet/fleet.h"

/* Texts are never NULL, "" where nothing is known. */
typedef struct FleetViewHost {
    const char *name;
    const char *version;
    const char *set_digest, *set_head;
    const char *since; /* RFC 3339: of its lease */
    bool is_self, is_drained;
    uint64_t max_instances; /* 0: all */
    size_t owned_count;
} FleetViewHost;

typedef struct FleetViewInstance {
    const char *key;   /* config/instance_key.h */
    const char *name;  /* on this host; "": it is not in its settings */
    const char *owner; /* host; "": none */
    const char *since; /* RFC 3339 */
    const char *last;  /* the host that owns it or did last; "": none ever did */
    bool is_self;
    const char *record; /* JSON, of its last pass; "": none */
} FleetViewInstance;

typedef struct FleetView {
    Arena arena; /* holds everything but what is borrowed from the mirror */
    bool failed; /* memory ran out for it */
    const char *host;
    bool is_current;     /* the mirrored keys are */
    const char *trouble; /* what etcd's is; "": none */
    bool is_name_taken;  /* another rosterd holds the name of this host, which stands by */
    bool is_drained;
    bool has_lease;
    uint64_t lease_usec;  /* is left of it; 0: none is held */
    FleetViewHost *hosts; /* by name */
    size_t host_count;
    FleetViewInstance *instances; /* of this host's settings, then whatever others have beside */
    size_t instance_count;
} FleetView;

/* Fills it; until the event loop turns. fleet_view_done() in every case. 0 or -ENOMEM. */
int fleet_view_fill(const Fleet *fleet, FleetView *ret_view);
void fleet_view_done(FleetView *view);
