/* SPDX-License-Identifier: MIT */
/* Approvals in the imaginary state. */
#include <errno.h>

#include "daemon/base/str.h"
#include "tests/world/world.h"
#include "tests/world/world_ops.h"

WorldApproval *world_find_approval(World *world, const char *digest)
{
    for (size_t i = 0; i < ELEMENTS(world->approvals); i++) {
        WorldApproval *approval = &world->approvals[i];

        if (digest[0] && str_equal(approval->digest, digest) && !approval->is_spent)
            return approval;
    }
    return NULL;
}

/* A new approval takes the place of an older one of the same plan. */
void world_approve_plan(World *world, const char *digest, uint64_t plan)
{
    WorldApproval *approval = world_find_approval(world, digest);

    if (approval)
        approval->is_spent = true;
    approval = &world->approvals[world->approval_count++ % ELEMENTS(world->approvals)];

    *approval = (WorldApproval){.plan = plan, .given_usec = world->realtime_usec};
    str_copy(approval->digest, sizeof(approval->digest), digest);
}

void world_approve_now(World *world)
{
    assert_true(world->approval_count > 0);
    world->approvals[(world->approval_count - 1) % ELEMENTS(world->approvals)].opens_window = true;
}

void world_approve(World *world, const char *digest)
{
    world_approve_plan(world, digest, 0);
}

static bool approval_is_fresh(const World *world, const WorldApproval *approval,
                              const ChangeGate *gate)
{
    uint64_t given_usec = approval->given_usec;

    return world->realtime_usec <
           given_usec + USEC_PER_DAY +
               change_gate_closed_usec(gate, given_usec, world->realtime_usec);
}

int world_is_approved(void *context, const char *digest, const ChangeGate *gate, Err *err)
{
    World *world = context;
    const WorldApproval *approval = world_find_approval(world, digest);

    if (world->recall_error)
        return err_system(err, world->recall_error, "the state");
    if (!approval || !approval_is_fresh(world, approval, gate))
        return APPROVAL_NONE;
    return approval->opens_window ? APPROVAL_NOW : APPROVAL_GIVEN;
}

/* In the same transaction as what follows: it becomes durable with the record. */
int world_share_approval(void *context, const char *digest, const char *const *plans,
                         size_t plan_count, Err *err)
{
    World *world = context;
    WorldApproval *approval = world_find_approval(world, digest);

    if (world->dry_run)
        world_broken(world, "a dry run spends an approval");
    if (!approval)
        return err_set(err, -ESTALE, "no approval to share");
    approval->is_spent = true;
    for (size_t i = 0; i < plan_count; i++)
        world_approve(world, plans[i]);
    return 0;
}
