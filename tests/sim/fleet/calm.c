/* SPDX-License-Identifier: MIT */
/* The calm after it all: each instance has one owner, and all is as its rosters want it. */
#include "tests/sim/fleet/judge.h"
#include "tests/sim/fleet/trouble.h"

/* NULL: nobody owns it, and nobody has room for it. */
static FleetHost *calm_owner(Fleet *fleet, size_t instance)
{
    FleetHost *owner = NULL;

    for (size_t i = 0; i < fleet->host_count; i++) {
        if (!host_may_change(&fleet->hosts[i], instance))
            continue;
        if (owner)
            world_broken(fleet->office, "instance %zu has two owners", instance);
        owner = &fleet->hosts[i];
    }
    if (!owner && fleet->room * fleet->host_count >= fleet->instance_count)
        world_broken(fleet->office, "instance %zu has no owner though all faults are over",
                     instance);
    return owner;
}

static void calm_wait(Fleet *fleet, uint64_t usec)
{
    fleet_run(fleet, fleet->now_usec + usec);
}

static void calm_check(Fleet *fleet, size_t instance)
{
    FleetHost *owner = calm_owner(fleet, instance);
    World *world;

    if (!owner)
        return;
    world = owner->sim.world;
    for (int i = 0; i < 60 && sim_is_busy(&owner->sim); i++)
        calm_wait(fleet, 10 * USEC_PER_SEC);
    if (sim_is_busy(&owner->sim))
        world_broken(world, "a pass does not end though all faults are over");
    world->scope = instance;
    world->gap_usec = 0;
    world_pass(world);
    sim_calm_check(world);
}

static void calm_approve_all(FleetHost *host)
{
    const Report *report = pass_get_report(host->sim.world->pass);

    for (size_t i = 0; i < report->channel_count; i++) {
        if (report->channels[i].result == RESULT_HELD)
            approvals_give(host, report->channels[i].digest, 0, false);
    }
}

static void calm_approve(Fleet *fleet)
{
    for (size_t i = 0; i < fleet->host_count; i++) {
        Sim *sim = &fleet->hosts[i].sim;

        if (sim->is_ended || sim_is_busy(sim) || !sim->world->pass)
            continue;
        calm_approve_all(&fleet->hosts[i]);
    }
}

/* Has each owner make a pass over each of its instances, one by one. What is held then may be
 * approved, and is heard of by the next one. */
static void calm_passes(Fleet *fleet, bool approves)
{
    for (size_t i = 0; i < fleet->instance_count; i++) {
        for (size_t k = 0; k < fleet->host_count; k++) {
            Sim *sim = &fleet->hosts[k].sim;

            if (!sim->is_ended && !sim->slots[i].stands_by)
                schedule_ask(&sim->lifecycle.schedules[i]);
        }
        calm_wait(fleet, USEC_PER_MINUTE);
        if (approves)
            calm_approve(fleet);
        calm_wait(fleet, 10 * USEC_PER_SEC);
    }
}

void judge_calm(Fleet *fleet)
{
    for (int i = 0; i < 120 && people_are_undoing(fleet); i++)
        calm_wait(fleet, 10 * USEC_PER_SEC);
    trouble_end(fleet);
    calm_wait(fleet, 2 * fleet->lease_usec + fleet->handover_usec + 10 * USEC_PER_MINUTE);
    for (size_t i = 0; i < fleet->instance_count; i++)
        calm_owner(fleet, i);
    calm_wait(fleet, GUARD_FIGHT_SPAN_USEC + 10 * USEC_PER_MINUTE);
    for (int i = 0; i < 8; i++)
        calm_passes(fleet, true);
    calm_passes(fleet, false);
    for (size_t i = 0; i < fleet->instance_count; i++)
        calm_check(fleet, i);
}
