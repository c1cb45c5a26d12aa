/* SPDX-License-Identifier: MIT */
/*
 * The guards at work. config/guards.h says which there are, in rows; here each row has its measure,
 * and a plan is judged by all of them at once, so that a report names every one that refuses.
 *
 * Those of a channel judge its plan by itself: its list against its roster, with what the state
 * remembers (sightings, past deletions). If one refuses, nothing in the channel is changed in this
 * pass, unless somebody has approved exactly this plan. What "exactly this" means is the plan's
 * digest (plan_digest.h), which covers the refusals too: a plan that one guard held when it was
 * approved, and that another one holds by now, is another plan.
 *
 * Those of a whole pass judge all plans of an instance together, once each of its channels was read
 * or failed to be (reconcile/pass).
 *
 * Those of a fleet are its conditions: they judge no plan, and nobody can approve what they hold.
 */
#pragma once

#include "config/config.h"
#include "reconcile/channel_record.h"
#include "reconcile/conditions.h"
#include "reconcile/plan/plan.h"

typedef struct Guard {
    GuardName name;
    bool refuses;
    uint64_t planned; /* as measured, in the row's unit */
    uint64_t limit;
    const char *why; /* of what is not told by numbers alone; NULL: they tell it */
} Guard;

/*
 * Evaluates the guards of a channel for a plan with extras. `record` holds the sightings before
 * this list and the past deletions, `conditions` whether everything planned must have been seen
 * twice and whether the rosters are another host's; `realtime_usec` is now. A deletion that seems
 * to lie in the future (the clock was put back) counts. Guards of a pass and of a fleet do not
 * refuse here. Returns the number of those that refuse.
 */
size_t guard_evaluate(const Guards *limits, const Plan *plan, const ChannelRecord *record,
                      const Conditions *conditions, uint64_t realtime_usec,
                      Guard ret_guards[static GUARD_COUNT]);

/* Evaluates those of a fleet among all guards, and leaves the others. Returns the number of those
 * that refuse. */
size_t guard_evaluate_fleet(const Conditions *conditions, Guard guards[static GUARD_COUNT]);

/* The condition that holds where no lease outlives a change. */
Guard guard_of_lease(void);

/* How many of them refuse. */
size_t guard_count_refusing(const Guard guards[static GUARD_COUNT]);

/* What an instance's plans come to in a pass. */
typedef struct GuardTotals {
    uint64_t deletes;
    uint64_t channels; /* with deletions planned */
} GuardTotals;

/* Evaluates the guards of a pass; those of a channel do not refuse here. Returns the number of
 * those that refuse. */
size_t guard_evaluate_pass(const Guards *limits, const GuardTotals *totals,
                           Guard ret_guards[static GUARD_COUNT]);

/* The guard that holds where so many members in service are too few. */
Guard guard_at_least_remaining(const Guards *limits, size_t staying_in_service);

/* Whether so many members in service are enough for the channel's guards. */
bool guard_keeps_enough(const Guards *limits, size_t staying_in_service);

/* The sightings of a member (sighting.h) with this list counted in. */
uint32_t guard_sightings(const ChannelRecord *record, const char *member_id);

/* "max_deletes" and so on, as in settings and reports. */
const char *guard_name_text(GuardName name);
