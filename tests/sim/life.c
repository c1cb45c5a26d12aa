/* SPDX-License-Identifier: MIT */
/* A life: the time between passes and during them, and what people ask of the daemon at any moment:
 * a pass, an undo, another set, its end. */
#include <stdlib.h>

#include "daemon/base/str.h"
#include "tests/sim/owner.h"
#include "tests/world/judge.h"
#include "tests/world/trace.h"

/* ---- what people ask of the daemon ---- */

static SimAct life_choose(World *world)
{
    static const struct {
        SimAct act;
        uint64_t percent;
    } acts[] = {{SIM_ACT_ASK, 10},
                {SIM_ACT_HOLD, 10},
                {SIM_ACT_RELOAD, 8},
                {SIM_ACT_UNDO, 4},
                {SIM_ACT_STOP, 3}};
    uint64_t chance = world_below(world, 100);

    for (size_t i = 0; i < ELEMENTS(acts); i++) {
        if (chance < acts[i].percent)
            return acts[i].act;
        chance -= acts[i].percent;
    }
    return SIM_ACT_NONE;
}

void sim_plan(Sim *sim)
{
    World *world = sim->world;
    uint64_t spans_usec[] = {100 * USEC_PER_MSEC, 3 * USEC_PER_SEC, USEC_PER_MINUTE,
                             2 * sim->interval_usec};

    if (sim->act != SIM_ACT_NONE || sim->host)
        return;
    sim->act = life_choose(world);
    sim->act_usec = world->now_usec + world_below(world, spans_usec[world_below(world, 4)]) + 1;
}

/* A file that changes is read sooner or later, and says the same or something else. */
static void life_plan_reading(Sim *sim)
{
    World *world = sim->world;

    sim->act = world_chance(world, 50) ? SIM_ACT_ALLOW : SIM_ACT_RELOAD;
    sim->act_usec = world->now_usec + world_below(world, 20 * USEC_PER_SEC) + 1;
}

static void life_ask(Sim *sim, SimSlot *slot)
{
    Schedule *schedule = &sim->lifecycle.schedules[slot - sim->slots];

    if (slot->due_usec == 0 && schedule->state == SCHEDULE_WAITING)
        slot->due_usec = schedule->next_usec;
    slot->wanted = schedule_ask(schedule);
    if (slot->asked_usec)
        return;
    slot->asked_usec = sim->world->now_usec;
    slot->asked_excuse_usec = 0;
}

/* Until it begins, each pass that has ended stands aside; the world lives the others one by one. */
static void life_ask_undo(Sim *sim, bool is_dry)
{
    sim_excuse(sim, sim->slot_count * sim_run_max_usec(sim));
    lifecycle_ask_undo(&sim->lifecycle, is_dry);
}

/* A newer set replaces also one that waits still. */
static void life_reload(Sim *sim)
{
    if (sim->stop_usec)
        return;
    sim->has_newer = true;
    lifecycle_replace(&sim->lifecycle, "a newer set");
    sim->world->newest_set++;
    world_trace(sim->world, "a newer set");
}

static void life_act(Sim *sim)
{
    World *world = sim->world;
    SimAct act = sim->act;

    sim->act = SIM_ACT_NONE;
    switch (act) {
    case SIM_ACT_NONE:
        return;
    case SIM_ACT_ASK:
        world_trace(world, "a pass is asked for");
        sim->counts->asked++;
        for (size_t i = 0; i < sim->slot_count && !sim->stop_usec; i++)
            life_ask(sim, &sim->slots[i]);
        return;
    case SIM_ACT_HOLD:
        world_trace(world, "changes are held");
        sim->counts->holds++;
        lifecycle_hold(&sim->lifecycle, "a file changes");
        life_plan_reading(sim);
        return;
    case SIM_ACT_ALLOW:
        world_trace(world, "changes are allowed");
        lifecycle_allow(&sim->lifecycle);
        return;
    case SIM_ACT_RELOAD:
        life_reload(sim);
        return;
    case SIM_ACT_UNDO:
        if (sim->lifecycle.undo == UNDO_NONE)
            life_ask_undo(sim, world_chance(world, 8) && !sim->handed);
        return;
    case SIM_ACT_STOP:
        world_trace(world, "the daemon stops");
        sim->counts->stops++;
        sim->stop_usec = sim->stop_usec ? sim->stop_usec : world->now_usec;
        lifecycle_stop(&sim->lifecycle, "a stop");
        return;
    }
}

/* ---- what becomes of a set ---- */

/* Another process: what it knew of the service's rate is forgotten with it. */
void sim_start_again(Sim *sim)
{
    for (size_t i = 0; i < sim->world->config.instance_count; i++) {
        throttle_done(&sim->world->throttles[i]);
        sim->world->instances[i].begun_count = 0;
        sim->world->instances[i].held_until_usec = 0;
    }
    for (size_t i = 0; i < sim->slot_count; i++)
        sim->slots[i].asked_usec = 0;
    sim->has_newer = false;
    sim->stop_usec = 0;
    sim->is_ended = false;
    sim->act = SIM_ACT_NONE;
    lifecycle_done(&sim->lifecycle);
    sim_owner_start_again(sim);
    sim_begin_set(sim);
}

static void life_install(Sim *sim)
{
    Lifecycle old = sim->lifecycle;

    sim->has_newer = false;
    sim_excuse(sim, sim_run_max_usec(sim));
    sim->edit(sim);
    sim_begin_set(sim);
    for (size_t i = 0; i < sim->slot_count; i++) {
        schedule_take_over(&sim->lifecycle.schedules[i], &old.schedules[i]);
        if (sim->slots[i].asked_usec)
            life_ask(sim, &sim->slots[i]);
    }
    if (old.undo != UNDO_NONE)
        life_ask_undo(sim, old.undo_is_dry);
    lifecycle_done(&old);
}

static void life_be_over(Sim *sim)
{
    World *world = sim->world;

    if (!sim->stop_usec) {
        life_install(sim);
        return;
    }
    if (world->now_usec > sim->stop_usec + 5 * USEC_PER_SEC && !sim->host)
        world_broken(world, "it takes more than 5 s to stop");
    world_forget(world);
    if (sim->host) {
        sim->is_ended = true;
        return;
    }
    if (sim->turns == 0) {
        sim->is_calm = true;
        return;
    }
    if (world_chance(world, 30))
        sim_edit(sim);
    sim_start_again(sim);
}

void sim_die(Sim *sim)
{
    World *world = sim->world;

    if (sim_is_busy(sim) && !world->undo)
        judge_count_lists(world);
    sim->counts->deletions += sim->running ? world->action_count - sim->first_action : 0;
    world_kill(world);
    sim->counts->kills++;
    sim->running = NULL;
    sim->was_killed = true;
    if (sim->host)
        sim->is_ended = true;
    else
        sim_start_again(sim);
}

/* ---- rules ---- */

/* A pass under way may take its deadline and then what is in flight, when its turn in the world has
 * come. What else may come between is in asked_excuse_usec. */
static uint64_t life_bound_usec(const Sim *sim)
{
    return sim->slot_count * sim_run_max_usec(sim);
}

static void life_check_asked(Sim *sim)
{
    World *world = sim->world;

    for (size_t i = 0; i < sim->slot_count; i++) {
        SimSlot *slot = &sim->slots[i];
        const Schedule *schedule = &sim->lifecycle.schedules[i];

        if (slot->asked_usec == 0)
            continue;
        if (schedule->begun_count >= slot->wanted || !sim_has_work(sim, i)) {
            slot->asked_usec = 0;
            slot->asked_excuse_usec = 0;
        } else if (world->now_usec >
                   slot->asked_usec + life_bound_usec(sim) + slot->asked_excuse_usec) {
            world_broken(world, "a pass that was asked for has not begun");
        } else if (schedule->state == SCHEDULE_WAITING && slot->wake_usec > world->now_usec) {
            world_broken(world, "a pass that was asked for is put off");
        }
    }
}

/* What the watchdog would see, just before the next thing happens. */
static void life_check_moving(const Sim *sim, uint64_t next_usec)
{
    const World *world = sim->world;
    Progress progress = {world->wake_usec, world->now_usec,
                         .intending = world_count_intending(world)};

    if (lifecycle_is_stuck(&sim->lifecycle, next_usec))
        world_broken(world, "the watchdog would find it stuck");
    if (!sim_is_busy(sim))
        return;
    for (size_t i = 0; i < world->config.instance_count; i++) {
        progress.in_flight += world->instances[i].in_flight;
        progress.is_renewing = progress.is_renewing || world->instances[i].is_renewing;
    }
    if (progress_is_stuck(&progress, world->config.limits.timeout_usec, 0, next_usec))
        world_broken(world, "the watchdog would find the pass stuck");
}

/* ---- one step ---- */

static void life_settle_ended(Sim *sim)
{
    for (size_t i = 0; i < sim->slot_count; i++) {
        if (!sim->slots[i].has_ended)
            continue;
        sim->slots[i].has_ended = false;
        schedule_on_done(&sim->lifecycle.schedules[i]);
    }
    lifecycle_step(&sim->lifecycle);
}

/* Whoever finds, in mid-pass, that files have changed has them read. */
static void life_look_at_files(Sim *sim)
{
    if (!sim->world->holds_changes || lifecycle_get_hold(&sim->lifecycle)[0] || !sim->running)
        return;
    lifecycle_hold(&sim->lifecycle, "files have changed");
    life_plan_reading(sim);
}

uint64_t sim_next_usec(const Sim *sim)
{
    uint64_t next_usec = lifecycle_next_usec(&sim->lifecycle);

    if (sim->is_ended)
        return USEC_NEVER;
    if (sim->act != SIM_ACT_NONE && sim->act_usec < next_usec)
        next_usec = sim->act_usec;
    for (size_t i = 0; i < sim->slot_count; i++)
        next_usec = sim->slots[i].wake_usec < next_usec ? sim->slots[i].wake_usec : next_usec;
    if (sim_is_busy(sim) && world_next_usec(sim->world) < next_usec)
        next_usec = world_next_usec(sim->world);
    return next_usec;
}

void sim_go_on(Sim *sim, uint64_t next_usec)
{
    World *world = sim->world;

    if (sim_is_busy(sim) && world_next_usec(world) <= next_usec) {
        world_step(world);
        return;
    }
    world_advance(world, next_usec);
    for (size_t i = 0; i < sim->slot_count; i++)
        schedule_on_time(&sim->lifecycle.schedules[i]);
    if (sim->act_usec <= world->now_usec)
        life_act(sim);
    sim_owner_on_time(sim);
}

bool sim_settle(Sim *sim)
{
    if (sim->is_ended)
        return false;
    life_settle_ended(sim);
    if (lifecycle_is_over(&sim->lifecycle)) {
        life_be_over(sim);
        return true;
    }
    if (sim_is_busy(sim) && sim->world->is_dead) {
        sim_die(sim);
        return true;
    }
    if (sim_is_busy(sim) && pass_is_done(sim->world->pass)) {
        sim_end_run(sim);
        return true;
    }
    sim_begin_queued(sim);
    life_look_at_files(sim);
    /* A pass without channels is over as soon as it begins. */
    return sim_is_busy(sim) && pass_is_done(sim->world->pass);
}

static void life_go_on(Sim *sim)
{
    uint64_t next_usec = sim_next_usec(sim), owner_usec = sim_owner_next_usec(sim);

    if (next_usec == USEC_NEVER) { /* there is nothing to do */
        sim->turns -= sim->turns > 0;
        sim->act = SIM_ACT_RELOAD;
        next_usec = sim->act_usec = sim->world->now_usec + sim->interval_usec;
    }
    next_usec = owner_usec < next_usec ? owner_usec : next_usec;
    life_check_moving(sim, next_usec);
    sim_go_on(sim, next_usec);
}

static void life_step(Sim *sim)
{
    if (sim->turns == 0 && !sim->stop_usec) {
        sim->act = SIM_ACT_STOP;
        life_act(sim);
    }
    if (sim_settle(sim))
        return;
    life_check_asked(sim);
    life_go_on(sim);
}

/* ---- many ---- */

static void life_init(Sim *sim, uint64_t seed)
{
    static const uint64_t intervals[] = {10 * USEC_PER_SEC, USEC_PER_MINUTE, 5 * USEC_PER_MINUTE,
                                         20 * USEC_PER_MINUTE, USEC_PER_HOUR};
    World *world = sim->world;
    bool has_beats = seed % 4 != 0;

    world->seed = seed;
    world->random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 11;
    world->userdata = sim;
    sim_on_broken(world);
    world->disturb = sim_disturb;
    world->buries = true;
    world->may_undercount = true;
    sim->interval_usec = intervals[world_below(world, ELEMENTS(intervals))];
    world->page_max = LISTING_PAGE_SIZE;
    world->page_clamp = seed % 16 == 5 ? 1 + (uint32_t)(seed / 16 % 3) : 0;
    world_make_random(world);
    sim->turns = 20 + world_below(world, 60);
    sim_make_room(sim, has_beats ? world->config.instance_count : 1);
    for (size_t i = 0; i < sim->slot_count; i++)
        sim->slots[i].scope = has_beats ? i : PASS_ALL_INSTANCES;
}

void sim_life(uint64_t seed, WorldTrace *trace, SimCounts *counts)
{
    World *world = world_new(1 + seed % 3);
    Sim sim = {.world = world, .counts = counts, .edit = sim_edit};
    uint64_t born_usec = world->now_usec;

    world->trace = trace;
    life_init(&sim, seed);
    sim_owner_init(&sim);
    sim_begin_set(&sim);
    while (!sim.is_calm)
        life_step(&sim);
    lifecycle_done(&sim.lifecycle);
    sim_calm(&sim);
    counts->virtual_usec += world->now_usec - born_usec;
    world_free(world);
}
