/* SPDX-License-Identifier: MIT */
/* Extras with the address of a missing member: most often a slip in the roster, of a group left out
 * or a port, and not somebody's addition. */
#pragma once

#include "daemon/base/arena.h"
#include "daemon/base/map.h"
#include "reconcile/report/report.h"

typedef struct NearMisses {
    Map map; /* to ExtraReport */
    Arena keys;
} NearMisses;

typedef enum NearMissKind {
    NEAR_MISS_GROUP, /* the port is the same */
    NEAR_MISS_PORT,  /* the group is the same */
    NEAR_MISS_BOTH,
} NearMissKind;

/* Collects a channel's extras, where it has missing members; they are borrowed. Without memory
 * there are none: what is said of them is a hint. `near_misses` is zero before. */
void near_miss_collect(NearMisses *near_misses, const ChannelReport *report);
void near_miss_done(NearMisses *near_misses);

/* The extra that is nearest to a missing member, or NULL; `ret_kind` says wherein they differ. */
const ExtraReport *near_miss_find(const NearMisses *near_misses, const MissingReport *missing,
                                  NearMissKind *ret_kind);
