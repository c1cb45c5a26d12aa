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

void plan_make(Diff *diff, Plan *ret_plan)
{
    Plan plan = {
        .extras = diff->extras,
        .extra_count = diff->extra_count,
        .live_count = diff->live_count,
        .ignored_count = diff->ignored_count,
        .staying_in_service = diff->staying_in_service,
    };

    assert(diff->ignored_count + diff->extra_count <= diff->live_count);
    assert(diff->staying_in_service + diff->extra_count <= diff->live_count);
    for (size_t i = 0; i < diff->desired->channel->member_count; i++)
        plan.missing_count += !diff->seen[i];
    if (plan.extra_count > 0)
        qsort(plan.extras, plan.extra_count, sizeof(*plan.extras), plan_by_identity);
    *ret_plan = plan;
}
