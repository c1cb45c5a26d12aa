/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "reconcile/plan/identity.h"

static int plan_by_identity(const void *left, const void *right)
{
    const Extra *a = left, *b = right;
    int order = identity_order(a->identity, a->identity_size, b->identity, b->identity_size);

    return order ? order : strcmp(a->id, b->id);
}

size_t plan_find_extra(const Plan *plan, const Extra *extra)
{
    const Extra *found = plan->extra_count > 0 ? bsearch(extra, plan->extras, plan->extra_count,
                                                         sizeof(*plan->extras), plan_by_identity)
                                               : NULL;

    return found ? (size_t)(found - plan->extras) : SIZE_MAX;
}

static int plan_by_desired(const void *left, const void *right)
{
    const Changed *a = left, *b = right;
    int order =
        identity_order(a->identity.bytes, a->identity.size, b->identity.bytes, b->identity.size);

    return order ? order : strcmp(a->id, b->id);
}

static bool plan_states_disabled(const RosterMember *member)
{
    return (member->states & ROSTER_MEMBER_ENABLED) && !member->enabled;
}

static void plan_count_wanted(const Diff *diff, Plan *plan)
{
    const RosterChannel *channel = diff->desired->channel;

    for (size_t i = 0; i < channel->member_count; i++) {
        if (!diff->seen[i])
            plan->missing_count++;
        else if (!diff->seen_fields[i].is_enabled)
            plan->disabled_count += !(channel->members[i].states & ROSTER_MEMBER_ENABLED);
    }
}

/* What is missing is added, and comes into service unless the roster states otherwise; what is
 * changed is corrected, which may take a member out of service, or back into it. */
static void plan_add(const Diff *diff, Plan *plan)
{
    const RosterMember *members = diff->desired->channel->members;

    plan->add_count = plan->missing_count;
    for (size_t i = 0; i < diff->desired->channel->member_count; i++)
        plan->staying_in_service += !diff->seen[i] && !plan_states_disabled(&members[i]);
    plan->correct_count = plan->changed_count;
    for (size_t i = 0; i < plan->changed_count; i++) {
        const Changed *changed = &plan->changed[i];

        if (!(changed->states & ROSTER_MEMBER_ENABLED))
            continue;
        if (changed->live.is_enabled) {
            assert(plan->staying_in_service > 0);
            plan->disable_count++;
            plan->staying_in_service--;
        } else {
            plan->staying_in_service++;
        }
    }
}

static void plan_count_extras(Plan *plan)
{
    for (size_t i = 0; i < plan->extra_count; i++) {
        ExtraFate fate = plan->extras[i].fate;

        plan->delete_count += fate == EXTRA_DELETES || fate == EXTRA_LEAVES;
        plan->due_count += fate == EXTRA_LEAVES;
        plan->enter_count += fate == EXTRA_ENTERS;
        plan->wait_count += fate == EXTRA_WAITS;
    }
}

/* The mode deletes nothing. */
static void plan_let_extras_stay(const Diff *diff, Plan *plan)
{
    for (size_t i = 0; i < plan->extra_count; i++)
        plan->extras[i].fate = EXTRA_STAYS;
    plan->staying_in_service += diff->extras_in_service;
}

void plan_make(Diff *diff, Mode mode, Plan *ret_plan)
{
    Plan plan = {
        .diff = diff,
        .extras = diff->extras,
        .extra_count = diff->extra_count,
        .changed = diff->changed,
        .changed_count = diff->changed_count,
        .live_count = diff->live_count,
        .ignored_count = diff->ignored_count,
        .staying_in_service = diff->staying_in_service,
    };

    assert(diff->ignored_count + diff->extra_count <= diff->live_count);
    assert(diff->staying_in_service + diff->extra_count <= diff->live_count);
    plan_count_wanted(diff, &plan);
    if (mode == MODE_OBSERVE || mode_may(mode, MODE_DELETES))
        plan_count_extras(&plan);
    else
        plan_let_extras_stay(diff, &plan);
    if (mode_may(mode, MODE_ADDS))
        plan_add(diff, &plan);
    if (plan.extra_count > 0)
        qsort(plan.extras, plan.extra_count, sizeof(*plan.extras), plan_by_identity);
    if (plan.changed_count > 0)
        qsort(plan.changed, plan.changed_count, sizeof(*plan.changed), plan_by_desired);
    *ret_plan = plan;
}
