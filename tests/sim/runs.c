/* SPDX-License-Identifier: MIT */
/* The passes of a life, begun and ended by the real reconcile/schedule. The world lives one at a
 * time: a pass that begins while it is busy with another's has its turn after that. */
#include <errno.h>

#include "tests/sim/owner.h"
#include "tests/world/chosen.h"
#include "tests/world/judge.h"
#include "tests/world/trace.h"

void sim_make_room(Sim *sim, size_t slot_count)
{
    size_t count = sim->world->config.instance_count;

    sim->instances = world_alloc(sim->world, count, sizeof(SimInstance));
    sim->slots = world_alloc(sim->world, count, sizeof(SimSlot));
    sim->slot_count = slot_count;
}

uint64_t sim_run_max_usec(const Sim *sim)
{
    return 10 * USEC_PER_MINUTE + sim->world->config.limits.timeout_usec + USEC_PER_SEC;
}

void sim_excuse(Sim *sim, uint64_t usec)
{
    for (size_t i = 0; i < sim->slot_count; i++)
        sim->slots[i].asked_excuse_usec += usec;
}

bool sim_is_busy(const Sim *sim)
{
    return sim->running || sim->lifecycle.undo == UNDO_RUNNING;
}

/* ---- dangers of a pass ---- */

static void runs_state(World *world)
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

static void runs_dangers(Sim *sim)
{
    World *world = sim->world;

    if (sim->is_calm)
        return;
    for (size_t i = 0; i < world->config.instance_count; i++) {
        world->instances[i].renewal =
            world_chance(world, 90) ? RENEWAL_DONE : (Renewal)world_below(world, 3);
        sim_weather(sim, i);
    }
    world->config.limits.pass_deadline_usec = world_chance(world, 10)
                                                  ? (world_below(world, 60) + 1) * USEC_PER_SEC
                                                  : 10 * USEC_PER_MINUTE;
    world->refuses_changes = world_chance(world, 4);
    if (world_chance(world, 10))
        world->filter = (WorldFilter)world_below(world, WORLD_FILTER_COUNT);
    runs_state(world);
}

/* ---- beginning ---- */

static void runs_begin(Sim *sim, SimSlot *slot)
{
    World *world = sim->world;
    bool is_mortal = world_chance(world, 8) && !sim->is_calm;

    runs_dangers(sim);
    world->gap_usec = 0;
    world->scope = slot->scope;
    world->is_probe = slot->is_probe;
    sim->running = slot;
    sim->first_action = world->action_count;
    chosen_take_after_dry_run(world);
    world_begin(world, !world->chosen && world_chance(world, 8) && !sim->is_calm);
    if (lifecycle_get_hold(&sim->lifecycle)[0])
        world_hold(world, NULL);
    if (is_mortal && !world->is_dead) {
        world->kill_at_call = world->effects + 1 + world_below(world, 25);
        world->kills_before = world_chance(world, 50);
    }
    if (!sim->host)
        sim_people_during(sim);
    sim_plan(sim);
    sim->counts->passes++;
    sim->turns -= sim->turns > 0;
}

void sim_begin_queued(Sim *sim)
{
    SimSlot *first = NULL;

    for (size_t i = 0; i < sim->slot_count && !sim_is_busy(sim); i++) {
        SimSlot *slot = &sim->slots[i];

        if (slot->is_queued && (!first || slot->queued < first->queued))
            first = slot;
    }
    if (!first)
        return;
    first->is_queued = false;
    runs_begin(sim, first);
}

/* ---- what the schedules have done ---- */

static uint64_t runs_now_usec(void *context)
{
    return ((Sim *)context)->world->now_usec;
}

static uint64_t runs_random(void *context)
{
    return world_random(((Sim *)context)->world);
}

static void runs_wake_at(void *context, size_t instance, uint64_t usec)
{
    ((Sim *)context)->slots[instance].wake_usec = usec;
}

bool sim_has_work(const Sim *sim, size_t instance)
{
    const World *world = sim->world;
    size_t scope = sim->slots[instance].scope;

    if (sim->lifecycle.schedules[instance].stands_by)
        return false;
    for (size_t i = 0; i < world->config.channel_count; i++) {
        if (scope == PASS_ALL_INSTANCES || world->rosters[i].instance == scope)
            return true;
    }
    for (size_t i = 0; i < world->action_count; i++) {
        if (!world->actions[i].is_decided &&
            (scope == PASS_ALL_INSTANCES || world->actions[i].channel->instance == scope))
            return true;
    }
    return false;
}

static bool runs_has_work(void *context, size_t instance)
{
    return sim_has_work(context, instance);
}

static uint64_t runs_due_in_usec(void *context, size_t instance)
{
    const Sim *sim = context;
    const World *world = sim->world;
    size_t scope = sim->slots[instance].scope;
    uint64_t due_usec = sim_owner_handover_usec(sim);

    for (size_t i = 0; i < world->config.channel_count; i++) {
        const ChangeGate gate = config_gate(&world->config, &world->rosters[i]);
        uint64_t opening_usec = change_gate_next_opening_usec(&gate, world->realtime_usec);

        if (opening_usec && (scope == PASS_ALL_INSTANCES || world->rosters[i].instance == scope) &&
            opening_usec - world->realtime_usec < due_usec)
            due_usec = opening_usec - world->realtime_usec;
    }
    return due_usec;
}

static int runs_begin_pass(void *context, size_t instance, bool is_probe)
{
    Sim *sim = context;

    sim->slots[instance].is_queued = true;
    sim->slots[instance].queued = ++sim->queue_serial;
    sim->slots[instance].is_probe = is_probe;
    return 0;
}

/* One whose turn has not come ends at once. */
static bool runs_is_in_world(Sim *sim, size_t instance)
{
    SimSlot *slot = &sim->slots[instance];

    slot->has_ended = slot->has_ended || slot->is_queued;
    slot->is_queued = false;
    return sim->running == slot;
}

static void runs_stop_pass(void *context, size_t instance, const char *why)
{
    Sim *sim = context;

    world_trace(sim->world, "slot %zu stops: %s", instance, why);
    if (runs_is_in_world(sim, instance))
        world_stop(sim->world, NULL);
}

static bool runs_is_changing(void *context, size_t instance)
{
    const Sim *sim = context;
    size_t count = 0;

    for (size_t i = 0; i < sim->world->channel_count; i++)
        count += sim->world->channels[i].mutations;
    return sim->running == &sim->slots[instance] && count > 0;
}

static void runs_abandon_pass(void *context, size_t instance, const char *why)
{
    Sim *sim = context;

    (void)why;
    sim->slots[instance].was_abandoned = runs_is_changing(context, instance);
    if (runs_is_in_world(sim, instance))
        world_abandon(sim->world, NULL);
}

static void runs_hold_pass(void *context, size_t instance, const char *why)
{
    Sim *sim = context;

    (void)why;
    if (sim->running == &sim->slots[instance])
        world_hold(sim->world, NULL);
}

static void runs_allow_pass(void *context, size_t instance)
{
    Sim *sim = context;

    if (sim->running == &sim->slots[instance])
        world_allow(sim->world, NULL);
}

static bool runs_undo_covers(void *context, size_t instance)
{
    (void)context;
    (void)instance;
    return true;
}

static int runs_begin_undo(void *context)
{
    Sim *sim = context;

    sim_excuse(sim, sim_run_max_usec(sim));
    return !sim_owner_is_out(sim) && sim_undo_begin(sim) ? 0 : -ENOENT;
}

static void runs_stop_undo(void *context, const char *why)
{
    (void)why;
    world_stop(((Sim *)context)->world, NULL);
}

static void runs_abandon_undo(void *context, const char *why)
{
    Sim *sim = context;

    (void)why;
    for (size_t i = 0; i < sim->slot_count; i++)
        sim->slots[i].was_abandoned = true;
    world_abandon(sim->world, NULL);
}

static const ScheduleOps runs_ops = {
    .now_usec = runs_now_usec,
    .random = runs_random,
    .wake_at = runs_wake_at,
    .has_work = runs_has_work,
    .due_in_usec = runs_due_in_usec,
    .begin_pass = runs_begin_pass,
    .stop_pass = runs_stop_pass,
    .abandon_pass = runs_abandon_pass,
    .hold_pass = runs_hold_pass,
    .allow_pass = runs_allow_pass,
    .is_changing = runs_is_changing,
    .undo_covers = runs_undo_covers,
    .begin_undo = runs_begin_undo,
    .stop_undo = runs_stop_undo,
    .abandon_undo = runs_abandon_undo,
};

void sim_begin_set(Sim *sim)
{
    if (lifecycle_init(&sim->lifecycle, &runs_ops, sim, sim->slot_count, sim->interval_usec) < 0)
        fail_msg("the test is out of memory");
    for (size_t i = 0; i < sim->slot_count; i++) {
        sim->slots[i].is_queued = sim->slots[i].has_ended = false;
        sim->slots[i].wake_usec = USEC_NEVER;
        sim->slots[i].due_usec = 0;
        if (sim->slots[i].stands_by)
            lifecycle_stand_by(&sim->lifecycle, i, false, "another host's");
    }
    sim_owner_begin_set(sim);
    lifecycle_begin(&sim->lifecycle);
}

/* ---- in a fleet ---- */

void sim_stand_by(Sim *sim, size_t instance, bool is_lost, const char *why)
{
    sim->slots[instance].stands_by = true;
    sim->slots[instance].due_usec = 0;
    if (!sim->is_ended)
        lifecycle_stand_by(&sim->lifecycle, instance, is_lost, why);
    sim_cut_undo(sim, is_lost);
}

/* It goes over all instances, and ends for all of them. */
void sim_cut_undo(Sim *sim, bool is_lost)
{
    const World *world = sim->world;

    if (sim->lifecycle.undo != UNDO_RUNNING || !world->pass || world->dry_run ||
        pass_is_done(world->pass))
        return;
    if (is_lost)
        runs_abandon_undo(sim, NULL);
    else
        runs_stop_undo(sim, NULL);
}

void sim_take_up(Sim *sim, size_t instance)
{
    sim->slots[instance].stands_by = false;
    if (!sim->is_ended)
        lifecycle_take_up(&sim->lifecycle, instance);
}

/* ---- ending ---- */

/* A pass that somebody asked for and that could read nothing has not put the next one off. */
static void runs_check_due(Sim *sim, SimSlot *slot)
{
    const Schedule *schedule = &sim->lifecycle.schedules[slot - sim->slots];
    bool has_come = slot->due_usec <= sim->world->now_usec;

    if (slot->due_usec > 0 && !has_come && schedule->state == SCHEDULE_WAITING &&
        schedule->next_usec > slot->due_usec)
        world_broken(sim->world, "a pass that was asked for puts off the next");
    if (has_come || schedule->state == SCHEDULE_IDLE ||
        (schedule->state == SCHEDULE_WAITING && schedule->next_usec > sim->world->now_usec))
        slot->due_usec = 0;
    /* It may come earlier, by another jitter. */
    else if (slot->due_usec > schedule->timed_usec)
        slot->due_usec = schedule->timed_usec;
}

static void runs_end_pass(Sim *sim)
{
    World *world = sim->world;
    SimSlot *slot = sim->running;
    Schedule *schedule = &sim->lifecycle.schedules[slot - sim->slots];
    const Report *report = pass_get_report(world->pass);

    sim->counts->held += world->told[EVENT_HELD];
    sim->counts->deletions += world->action_count - sim->first_action;
    if (report->channel_count > 0 && schedule_counts(schedule)) {
        schedule_note(schedule, report_could_read(report));
        slot->due_usec = report_could_read(report) ? 0 : slot->due_usec;
    }
    sim->running = NULL;
    schedule_on_done(schedule);
    runs_check_due(sim, slot);
    if (sim->on_pass)
        sim->on_pass(sim, slot->scope);
    if (!sim->host) {
        sim_people_fight(sim, sim->first_action);
        sim_people_after(sim);
    }
    sim_plan(sim);
}

void sim_end_run(Sim *sim)
{
    World *world = sim->world;
    uint64_t before_usec;

    world_finish(world);
    if (sim->running) {
        runs_end_pass(sim);
        return;
    }
    before_usec = world->now_usec;
    sim_undo_end(sim);
    sim_excuse(sim, world->now_usec - before_usec);
    lifecycle_on_undone(&sim->lifecycle);
}
