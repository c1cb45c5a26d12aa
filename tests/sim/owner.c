/* SPDX-License-Identifier: MIT */
#include "tests/sim/owner.h"

#include "daemon/base/str.h"
#include "tests/world/trace.h"

bool sim_owner_is_out(const Sim *sim)
{
    return sim->is_out;
}

uint64_t sim_owner_next_usec(const Sim *sim)
{
    return sim->is_owner ? sim->owner_usec : USEC_NEVER;
}

uint64_t sim_owner_handover_usec(const Sim *sim)
{
    const World *world = sim->world;

    return sim->is_owner && world->fleet->handover_until_usec > world->now_usec
               ? world->fleet->handover_until_usec - world->now_usec
               : USEC_NEVER;
}

/* ---- intents ---- */

static IntentEnd owner_choose_end(World *world, const WorldIntent *intent)
{
    uint64_t chance = world_below(world, 100);

    if (chance < 4 && !world->undo)
        return INTENT_PAUSED;
    if (chance < 8 && intent->is_approved)
        return INTENT_APPROVAL_GONE;
    if (chance < 11)
        return INTENT_LOST;
    return chance < 16 ? INTENT_UNANSWERED : INTENT_TAKEN;
}

/* Some come late, some have no answer until whoever asks gives up, after some the lease ends. */
static void owner_choose(World *world, WorldIntent *intent)
{
    Sim *sim = world->userdata;

    intent->end = sim->is_out ? INTENT_LOST : owner_choose_end(world, intent);
    intent->latency_usec =
        world_below(world, world_chance(world, 80) ? 50 * USEC_PER_MSEC : 20 * USEC_PER_SEC);
    if (world_chance(world, 3)) {
        intent->end = INTENT_UNANSWERED;
        intent->latency_usec = PROGRESS_INTENT_USEC;
    }
    if (sim->is_out || (intent->end != INTENT_LOST && !world_chance(world, 8)))
        return;
    sim->owner_usec = world->now_usec + intent->latency_usec + world_below(world, USEC_PER_SEC) + 1;
    if (intent->end != INTENT_TAKEN)
        return;
    world->fleet->closes_usec = sim->owner_usec; /* among the changes */
    sim->owner_usec += world_below(world, 30 * USEC_PER_SEC);
}

/* ---- instances come and go ---- */

static void owner_lose(Sim *sim, bool is_lost)
{
    World *world = sim->world;

    world_trace(world, "another host owns the instances%s", is_lost ? ", the lease is lost" : "");
    sim->is_out = true;
    str_copy(world->fleet->conditions.lease, sizeof(world->fleet->conditions.lease),
             "another host owns the instance");
    for (size_t i = 0; i < sim->slot_count; i++) {
        sim->slots[i].due_usec = 0;
        lifecycle_stand_by(&sim->lifecycle, i, is_lost, "another host owns the instance");
    }
    sim_cut_undo(sim, is_lost);
}

/* From a host that may have been in the midst of it, or that handed over. */
static void owner_own(Sim *sim, bool was_handed_over)
{
    World *world = sim->world;
    WorldFleet *fleet = world->fleet;

    world_trace(world, "the instances are taken over%s",
                was_handed_over ? ", after they were handed over" : "");
    sim->is_out = false;
    fleet->closes_usec = 0;
    fleet->conditions = (Conditions){
        .needs_sightings = !was_handed_over,
        .token = fleet->conditions.token + 1,
    };
    fleet->handover_until_usec =
        was_handed_over ? 0 : world->now_usec + world_below(world, 20 * USEC_PER_SEC);
    if (world_chance(world, 10))
        str_copy(fleet->conditions.roster, sizeof(fleet->conditions.roster), "another set");
}

static void owner_take_up(Sim *sim)
{
    owner_own(sim, sim->world->fleet->closes_usec == 0 && world_chance(sim->world, 40));
    sim_excuse(sim, sim->slot_count * sim_run_max_usec(sim));
    for (size_t i = 0; i < sim->slot_count; i++)
        lifecycle_take_up(&sim->lifecycle, i);
}

static void owner_wait(Sim *sim, uint64_t usec)
{
    sim->owner_usec = sim->world->now_usec + world_below(sim->world, usec) + 1;
}

void sim_owner_on_time(Sim *sim)
{
    World *world = sim->world;
    WorldFleet *fleet = world->fleet;

    if (!sim->is_owner || sim->owner_usec > world->now_usec)
        return;
    owner_wait(sim, 12 * sim->interval_usec);
    fleet->conditions.roster[0] = '\0';
    if (sim->is_out) {
        owner_take_up(sim);
    } else if (fleet->closes_usec && world_chance(world, 50) && !sim_is_busy(sim)) {
        fleet->closes_usec = 0; /* it was renewed after all */
    } else if (fleet->closes_usec || world_chance(world, 40)) {
        owner_lose(sim, fleet->closes_usec || world_chance(world, 50));
        owner_wait(sim, sim->interval_usec);
    } else {
        fleet->closes_usec = world->now_usec;
        owner_wait(sim, 20 * USEC_PER_SEC);
    }
}

/* ---- processes ---- */

void sim_owner_init(Sim *sim)
{
    World *world = sim->world;

    if (world->seed % 3 != 2)
        return;
    sim->is_owner = true;
    world_join_fleet(world)->choose = owner_choose;
    owner_own(sim, true);
    owner_wait(sim, 12 * sim->interval_usec);
}

void sim_owner_begin_set(Sim *sim)
{
    for (size_t i = 0; i < sim->slot_count && sim->is_out; i++)
        lifecycle_stand_by(&sim->lifecycle, i, false, "another host owns the instance");
}

void sim_owner_start_again(Sim *sim)
{
    WorldFleet *fleet = sim->world->fleet;

    if (!sim->is_owner)
        return;
    for (size_t i = 0; i < sim->world->config.instance_count; i++)
        take_over_done(&fleet->take_overs[i]);
    owner_own(sim, !sim->was_killed && world_chance(sim->world, 70));
    sim->was_killed = false;
}

void sim_owner_calm(Sim *sim)
{
    WorldFleet *fleet = sim->world->fleet;

    if (!sim->is_owner)
        return;
    sim->is_out = false;
    fleet->choose = NULL;
    fleet->closes_usec = fleet->handover_until_usec = 0;
    fleet->conditions = (Conditions){.token = fleet->conditions.token};
}
