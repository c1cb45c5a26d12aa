/* SPDX-License-Identifier: MIT */
/*
 * DOC: from a list to a plan
 *
 * This room compares and judges; it sends nothing and remembers nothing. Pages of a list come in as
 * rows (diff.h) and are counted until the list is provably whole (listing.h); the list of channels
 * likewise (catalog.h). What the roster wants of the channel is worked out once, with the channel's
 * own port (desired.h). Members are compared by identity (identity.h): group, address or ECS id,
 * and port, as bytes, so that two spellings of an address are one.
 *
 * A live member that the roster wants stays; one that an ignore rule matches is left alone
 * (ignore.h); every other is an extra. What the roster wants and the list lacks is missing; what it
 * wants otherwise, by a weight or a switch that it states, is changed. Plan is the outcome: extras
 * and changed members in one order that does not depend on the order of pages or of the roster,
 * what of it the mode lets be done, and the counts that the guards measure.
 *
 * The guards (guard.h) each measure the plan against a limit: all are evaluated, and one that
 * refuses holds the channel as a whole. The digest names a plan: an approval is for exactly one,
 * and anything that changes in channel, roster or extras makes it another.
 */
#pragma once

#include "daemon/base/digest.h"
#include "reconcile/plan/diff.h"

typedef struct Plan {
    const Diff *diff; /* that it was made from */
    Extra *extras;    /* borrowed from the diff; sorted by identity, then id */
    size_t extra_count;
    Changed *changed; /* likewise */
    size_t changed_count;
    size_t missing_count;
    size_t disabled_count; /* wanted members that are out of service and do not state `enabled` */
    size_t live_count;
    size_t ignored_count;
    size_t delete_count;       /* of the extras, those to be deleted */
    size_t due_count;          /* of these, those that were in quarantine long enough */
    size_t enter_count;        /* of the extras, those that enter quarantine */
    size_t wait_count;         /* and those that are in it */
    size_t enable_count;       /* members that were in it, to be enabled again; not in the plan */
    size_t add_count;          /* of what is missing, likewise */
    size_t correct_count;      /* of what is changed, likewise */
    size_t disable_count;      /* of the corrections, those that take a member out of service */
    size_t staying_in_service; /* once all of this is done */
    char digest[DIGEST_HEX_SIZE]; /* "" when nothing is planned, or before its guards are evaluated
                                   */
} Plan;

/* How many changes are planned. */
static inline size_t plan_change_count(const Plan *plan)
{
    return plan->add_count + plan->correct_count + plan->enter_count + plan->delete_count;
}

/* How many members leave service by the plan as the guards of deletions count them: those that were
 * in quarantine were counted when they entered. */
static inline size_t plan_leave_count(const Plan *plan)
{
    return plan->enter_count + plan->delete_count - plan->due_count;
}

/* Whether an extra is to be disabled or deleted. */
static inline bool plan_is_leaving(const Extra *extra)
{
    return extra->fate == EXTRA_DELETES || extra->fate == EXTRA_ENTERS ||
           extra->fate == EXTRA_LEAVES;
}

/* Whether nothing is open in the channel but that extras wait in quarantine. */
static inline bool plan_only_waits(const Plan *plan)
{
    return plan->wait_count > 0 && plan->wait_count == plan->extra_count &&
           plan->missing_count == 0 && plan->changed_count == 0 && plan->enable_count == 0;
}

/* The plan's number of an extra of another list of the channel, or SIZE_MAX. */
size_t plan_find_extra(const Plan *plan, const Extra *extra);

/* Makes the plan out of a diff whose list was whole; sorts the diff's arrays. What is planned is
 * what the mode may do; `observe` shows what `prune` would. It has no digest yet (plan_digest.h).
 */
void plan_make(Diff *diff, Mode mode, Plan *ret_plan);
