/* SPDX-License-Identifier: MIT */
/* A life: passes, their stops and deaths, the time between them. */
#include <errno.h>

#include "daemon/base/str.h"
#include "reconcile/plan/listing.h"
#include "tests/sim/sim.h"
#include "tests/world/judge.h"
#include "tests/world/trace.h"

#define BACKOFF_MAX_USEC (15 * USEC_PER_MINUTE)

/* ---- one pass ---- */

static void life_state(World *world)
{
    if (world_chance(world, 97)) {
        world->record_error = world->decide_error = world->remember_error = 0;
        return;
    }
    world->record_error = world_chance(world, 50) ? -ENOSPC : 0;
    world->decide_error = world_chance(world, 50) ? -ENOSPC : 0;
    world->decide_error_from = (uint32_t)world_below(world, 3) + 1;
    world->remember_error = world_chance(world, 50) ? -EIO : 0;
}

static void life_dangers(Sim *sim)
{
    World *world = sim->world;

    if (sim->is_calm)
        return;
    for (size_t i = 0; i < world->config.instance_count; i++)
        world->instances[i].renewal =
            world_chance(world, 90) ? RENEWAL_DONE : (Renewal)world_below(world, 3);
    world->config.limits.pass_deadline_usec = world_chance(world, 10)
                                                  ? (world_below(world, 60) + 1) * USEC_PER_SEC
                                                  : 10 * USEC_PER_MINUTE;
    sim->wants_edit = world_chance(world, 6);
    if (sim->wants_edit || world_chance(world, 12))
        world->stop_after_usec = world_below(world, 3 * USEC_PER_SEC) + 1;
    if (world->stop_after_usec && world_chance(world, 30))
        world->abandon_after_usec = world->stop_after_usec + world_below(world, USEC_PER_SEC);
    life_state(world);
}

static bool life_could_read(const World *world)
{
    const Report *report = pass_get_report(world->pass);

    for (size_t i = 0; i < report->channel_count; i++) {
        if (report->channels[i].has_list || report->channels[i].result == RESULT_UNMANAGEABLE)
            return true;
    }
    return report->channel_count == 0;
}

static void life_note(Sim *sim, size_t scope)
{
    const World *world = sim->world;
    bool could_read = life_could_read(world);

    for (size_t i = 0; i < world->config.instance_count; i++) {
        if (scope != PASS_ALL_INSTANCES && scope != i)
            continue;
        sim->instances[i].failures = could_read ? 0 : sim->instances[i].failures + 1;
    }
    sim->counts->held += world->told[EVENT_HELD];
}

static void life_die(Sim *sim)
{
    judge_count_lists(sim->world);
    world_kill(sim->world);
    sim->counts->kills++;
    for (size_t i = 0; i < sim->world->config.instance_count; i++)
        sim->instances[i].failures = 0;
}

void sim_pass(Sim *sim, size_t scope)
{
    World *world = sim->world;
    size_t first_action = world->action_count;
    bool is_mortal = !sim->is_calm && world_chance(world, 8);

    life_dangers(sim);
    for (size_t i = 0; i < world->config.instance_count; i++)
        sim_weather(sim, i);
    world->scope = scope;
    world->is_probe =
        sim->instances[scope == PASS_ALL_INSTANCES ? 0 : scope].failures > 0 && sim->has_beats;
    world_begin(world, !sim->is_calm && world_chance(world, 4));
    if (is_mortal && !world->is_dead) {
        world->kill_at_call = world->effects + 1 + world_below(world, 25);
        world->kills_before = world_chance(world, 50);
    }
    if (!sim->is_calm)
        sim_people_during(sim);
    world_finish(world);
    sim->counts->passes++;
    if (world->is_dead)
        life_die(sim);
    else
        life_note(sim, scope);
    sim->counts->deletions += world->action_count - first_action;
    if (sim->is_calm)
        return;
    sim_people_fight(sim, first_action);
    sim_people_after(sim);
    if (world_chance(world, 4))
        sim_undo(sim);
    if (sim->wants_edit || world_chance(world, 12))
        sim_edit(sim);
}

/* ---- many ---- */

static uint64_t life_delay_usec(const Sim *sim, const SimInstance *instance)
{
    uint64_t delay = sim->interval_usec;

    for (uint32_t i = 0; i < instance->failures && delay < BACKOFF_MAX_USEC; i++)
        delay = delay * 2 < BACKOFF_MAX_USEC ? delay * 2 : BACKOFF_MAX_USEC;
    return delay - delay / 20 + world_below(sim->world, delay / 10 + 1);
}

/* The instance whose turn is next; 0 where one pass covers all. */
static size_t life_next(const Sim *sim)
{
    size_t next = 0;

    for (size_t i = 1; sim->has_beats && i < sim->world->config.instance_count; i++) {
        if (sim->instances[i].next_usec < sim->instances[next].next_usec)
            next = i;
    }
    return next;
}

static void life_turn(Sim *sim)
{
    World *world = sim->world;
    size_t next = life_next(sim);
    uint64_t at_usec = sim->instances[next].next_usec;

    world->gap_usec = at_usec > world->now_usec ? at_usec - world->now_usec : 0;
    sim_pass(sim, sim->has_beats ? next : PASS_ALL_INSTANCES);
    sim->instances[next].next_usec =
        world->now_usec + (sim->wants_edit ? 0 : life_delay_usec(sim, &sim->instances[next]));
}

void sim_life(uint64_t seed, WorldTrace *trace, SimCounts *counts)
{
    static const uint64_t intervals[] = {10 * USEC_PER_SEC, USEC_PER_MINUTE, 5 * USEC_PER_MINUTE,
                                         20 * USEC_PER_MINUTE, USEC_PER_HOUR};
    World *world = world_new(1 + seed % 3);
    Sim sim = {.world = world, .counts = counts, .has_beats = seed % 4 != 0};
    uint64_t born_usec = world->now_usec;
    size_t turns;

    world->seed = seed;
    world->random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 11;
    world->trace = trace;
    world->userdata = &sim;
    sim_on_broken(world);
    world->disturb = sim_disturb;
    world->buries = true;
    world->may_undercount = true;
    sim.interval_usec = intervals[world_below(world, ELEMENTS(intervals))];
    world->page_max = LISTING_PAGE_SIZE;
    world_make_random(world);
    turns = 20 + world_below(world, 60);
    for (size_t i = 0; i < turns; i++)
        life_turn(&sim);
    sim_calm(&sim);
    counts->virtual_usec += world->now_usec - born_usec;
    world_free(world);
}
