/* SPDX-License-Identifier: MIT */
/* The guards: what keeps a plan from being carried out (PRODUCT.md section 4.4). */
#pragma once

#include "config/config.h"
#include "reconcile/channel_record.h"
#include "reconcile/plan/plan.h"

/* In the order in which a report names the first that refuses. */
typedef enum GuardName {
    GUARD_MAX_DELETES,
    GUARD_MAX_DELETE_PERCENT,
    GUARD_MIN_REMAINING,
    GUARD_CONFIRM_PASSES,
    GUARD_FIGHT,
    GUARD_COUNT,
} GuardName;

typedef struct Guard {
    GuardName name;
    uint64_t planned; /* measured: deletions, percent, members left, sightings, deletions */
    uint64_t limit;
    bool refuses;
} Guard;

/* An identity deleted so often within FIGHT_SPAN_USEC is being put back by somebody. */
#define FIGHT_LIMIT 3
#define FIGHT_SPAN_USEC USEC_PER_HOUR

/*
 * Evaluates all guards for a plan with extras. `memory` holds the sightings before this list and
 * the past deletions; `realtime_usec` is now. A deletion that seems to lie in the future (the clock
 * was put back) counts. Returns the number of guards that refuse.
 */
size_t guard_evaluate(const Guards *limits, const Plan *plan, const ChannelRecord *memory,
                      uint64_t realtime_usec, Guard ret_guards[static GUARD_COUNT]);

/* The sightings of a member with this list counted in. */
uint32_t guard_sightings(const ChannelRecord *memory, const char *member_id);

/* "max_deletes" and so on, as in settings and reports. */
const char *guard_name_text(GuardName name);
