/* SPDX-License-Identifier: MIT */
/* Which members of a channel are in quarantine, out of the state: filled by whoever keeps it, read
 * by the plan (plan/fate.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/arena.h"

typedef struct Quarantined {
    const char *member_id;
    bool is_ours;        /* rosterd disabled it, or may have; else somebody else had */
    uint64_t left_usec;  /* until it may be deleted; 0: it may */
    uint64_t until_usec; /* the same moment, realtime */
} Quarantined;

typedef struct Quarantine {
    Arena arena; /* holds all that is pointed to */
    Quarantined *rows;
    size_t count, capacity;
} Quarantine;

void quarantine_done(Quarantine *quarantine);

/* Copies what it is given. 0 or -ENOMEM. */
int quarantine_add(Quarantine *quarantine, const Quarantined *row);
