/* SPDX-License-Identifier: MIT */
/* One host: its clock, its process, its turns. */
#include <stdlib.h>
#include <string.h>

#include "reconcile/plan/listing.h"
#include "tests/sim/fleet/fleet.h"
#include "tests/world/fleet.h"

/* A process that stops waits so long for etcd to take what it gives away. */
#define HOST_LEAVE_USEC (8 * USEC_PER_SEC)

/* ---- its clock ---- */

/* Runs from the beginning of the world on, asleep or not. */
uint64_t host_boottime_usec(const FleetHost *host)
{
    int64_t since_usec = (int64_t)(host->fleet->now_usec - host->fleet->born_usec);
    uint64_t slept_usec = host->fleet->fault == FLEET_FAULT_SLEEPING_CLOCK ? host->slept_usec : 0;

    return host->clock_offset_usec - slept_usec +
           (uint64_t)(since_usec + since_usec / 1000000 * host->clock_ppm);
}

/* When its clock shows that time, or a little later. */
static uint64_t host_to_fleet_usec(const FleetHost *host, uint64_t usec)
{
    uint64_t now_usec = host_boottime_usec(host);

    if (usec == USEC_NEVER)
        return USEC_NEVER;
    if (usec <= now_usec)
        return host->fleet->now_usec;
    return host->fleet->now_usec + (usec - now_usec) / 1000 * (1000 + 25) + 1000;
}

/* ---- its process ---- */

void host_begin(FleetHost *host)
{
    host->life++;
    host->is_up = true;
    host->world_kills = host->sim.world->kill_count;
    host->lease_call = 0;
    host->room = host->fleet->room;
    host->mirror_revision = host->mirror_count = 0;
    host->ranging = 0;
    host->has_room = false;
    memset(host->intents, 0, host->sim.world->channel_max * sizeof(*host->intents));
    lease_init(&host->lease, &host_lease_ops, host, host->fleet->lease_usec);
    host->wakes[0] = USEC_NEVER;
    for (size_t i = 0; i < host->fleet->instance_count; i++) {
        host->calls[i] = 0;
        host->wakes[1 + i] = host->settled_usec[i] = USEC_NEVER;
        ownership_init(&host->ownerships[i], &host_ownership_ops, host, i,
                       host->fleet->handover_usec);
    }
    lease_begin(&host->lease);
    mirror_begin(host);
}

/* Its connections end with it: what it has sent is carried out within the front door's time, or
 * never. */
static void host_cut_requests(FleetHost *host)
{
    uint64_t end_usec = host->fleet->now_usec + FLEET_FRONT_DOOR_USEC;
    World *world = host->sim.world;

    for (size_t i = 0; i < world->event_count; i++) {
        WorldEvent *event = world->events[i];

        if (event->kind == WORLD_ARRIVAL && event->at_usec > end_usec)
            event->at_usec = end_usec;
    }
}

static void host_be_down(FleetHost *host)
{
    host_cut_requests(host);
    host->life++;
    host->is_up = false;
    host->up_usec = host->fleet->now_usec + fleet_below(host->fleet, 3 * USEC_PER_MINUTE);
    host->frozen_until_usec = 0;
    undos_forget(host);
    for (size_t i = 0; i < host->sim.slot_count; i++)
        host->sim.slots[i].stands_by = true;
    fleet_trace(host, "is down");
}

void host_kill(FleetHost *host)
{
    fleet_trace(host, "is killed");
    host->fleet->counts->kills++;
    sim_die(&host->sim);
    host_be_down(host);
}

bool host_is_serving(const FleetHost *host)
{
    return host->is_up && !host->sim.is_ended && !host->sim.stop_usec;
}

bool host_may_change(const FleetHost *host, size_t instance)
{
    return host_is_serving(host) && lease_is_held(&host->lease) &&
           ownership_allows_changes(&host->ownerships[instance]);
}

void host_drain(FleetHost *host)
{
    if (!host_is_serving(host))
        return;
    fleet_trace(host, "gives away what it has");
    for (size_t i = 0; i < host->fleet->instance_count; i++)
        ownership_drain(&host->ownerships[i], "the host is drained");
}

void host_undrain(FleetHost *host)
{
    for (size_t i = 0; host_is_serving(host) && i < host->fleet->instance_count; i++)
        ownership_undrain(&host->ownerships[i]);
}

void host_stop(FleetHost *host)
{
    if (!host_is_serving(host))
        return;
    host->fleet->counts->stops++;
    host_drain(host);
    host->sim.act = SIM_ACT_STOP;
    host->sim.act_usec = host->fleet->now_usec;
}

/* By the fault every process that stands still is on a machine that sleeps. */
void host_freeze(FleetHost *host, uint64_t usec)
{
    Fleet *fleet = host->fleet;

    host->frozen_until_usec = fleet->now_usec + usec;
    fleet->counts->freezes++;
    if (fleet_below(fleet, 3) > 0 && fleet->fault != FLEET_FAULT_SLEEPING_CLOCK) {
        fleet_trace(host, "stands still for %zu s", (size_t)(usec / USEC_PER_SEC));
        return;
    }
    host->slept_usec += usec;
    fleet->counts->sleeps++;
    fleet_trace(host, "sleeps for %zu s", (size_t)(usec / USEC_PER_SEC));
}

/* ---- time ---- */

uint64_t host_next_usec(const FleetHost *host)
{
    uint64_t next_usec, frozen_usec = host->frozen_until_usec;

    if (!host->is_up)
        return host->up_usec;
    next_usec = sim_next_usec(&host->sim);
    for (size_t i = 0; i <= host->fleet->instance_count; i++) {
        uint64_t usec = host_to_fleet_usec(host, host->wakes[i]);

        next_usec = usec < next_usec ? usec : next_usec;
    }
    for (size_t i = 0; i < host->fleet->instance_count; i++) {
        uint64_t usec = host_to_fleet_usec(host, host->settled_usec[i]);

        next_usec = usec < next_usec ? usec : next_usec;
    }
    return next_usec > frozen_usec ? next_usec : frozen_usec;
}

/* What had no answer is over by now: the instance may be given away. */
static bool host_settle(FleetHost *host)
{
    for (size_t i = 0; i < host->fleet->instance_count; i++) {
        if (host->settled_usec[i] <= host_boottime_usec(host)) {
            host->settled_usec[i] = USEC_NEVER;
            return true;
        }
    }
    return false;
}

static bool host_wake(FleetHost *host)
{
    for (size_t i = 0; i <= host->fleet->instance_count; i++) {
        if (host->wakes[i] > host_boottime_usec(host))
            continue;
        host->wakes[i] = USEC_NEVER;
        if (i == 0)
            lease_on_time(&host->lease);
        else
            ownership_on_time(&host->ownerships[i - 1]);
        return true;
    }
    return false;
}

/* Of a process that stops: the lease is given back once all is given away, or its time is over. */
static bool host_leave(FleetHost *host)
{
    bool owns = false;

    if (host->world_kills != host->sim.world->kill_count) {
        host_be_down(host);
        return true;
    }
    for (size_t i = 0; i < host->fleet->instance_count; i++)
        owns = owns || host->ownerships[i].state != OWNERSHIP_STANDBY;
    if (owns && host->fleet->now_usec < host->sim.stop_usec + HOST_LEAVE_USEC)
        return false;
    lease_end(&host->lease);
    host_be_down(host);
    return true;
}

static bool host_live(FleetHost *host)
{
    Sim *sim = &host->sim;

    if (sim->is_ended)
        return host_leave(host);
    if (sim_settle(sim))
        return true;
    if (sim_next_usec(sim) > host->fleet->now_usec)
        return false;
    sim_go_on(sim, host->fleet->now_usec);
    return true;
}

static bool host_do(FleetHost *host)
{
    if (fleet_below(host->fleet, 2))
        return host_settle(host) || host_wake(host) || host_live(host);
    return host_live(host) || host_wake(host) || host_settle(host);
}

bool host_step(FleetHost *host)
{
    if (!host->is_up) {
        if (host->up_usec > host->fleet->now_usec)
            return false;
        host_load(&host->sim);
        sim_start_again(&host->sim);
        host_begin(host);
        return true;
    }
    if (fleet_is_frozen(host) || (!host_do(host) && !host->has_room))
        return false;
    undos_end_taken(host);
    if (host->drains_soon)
        host_drain(host);
    host->drains_soon = false;
    if (host->world_kills != host->sim.world->kill_count)
        return true; /* it was killed in the middle of what it did: it does nothing more */
    for (size_t i = 0; i < host->fleet->instance_count && host->is_up; i++) {
        if (host->sim.slots[i].was_abandoned)
            changes_note_unanswered(host, i);
        host->sim.slots[i].was_abandoned = false;
        ownership_step(&host->ownerships[i]);
        if (host->has_room)
            ownership_on_room(&host->ownerships[i]);
    }
    host->has_room = false;
    return true;
}

/* ---- many ---- */

void host_load(Sim *sim)
{
    FleetHost *host = sim->host;
    const World *office = host->fleet->office;
    World *world = sim->world;

    world_forget(world);
    memcpy(world->rosters, office->rosters, office->config.channel_count * sizeof(RosterChannel));
    world->config.channel_count = office->config.channel_count;
    world->config.retry = office->config.retry;
    world->config.limits = office->config.limits;
    world->config.guards = office->config.guards;
    world->config.windows = office->config.windows;
    world->may_undercount = true;
    host->set = host->fleet->set;
    fleet_trace(host, "has set %zu", (size_t)host->set);
}

static void host_make_room(FleetHost *host)
{
    World *world = host->sim.world;
    size_t count = world->config.instance_count;

    sim_make_room(&host->sim, count);
    host->ownerships = world_alloc(world, count, sizeof(*host->ownerships));
    host->wakes = world_alloc(world, 1 + count, sizeof(*host->wakes));
    host->calls = world_alloc(world, count, sizeof(*host->calls));
    host->settled_usec = world_alloc(world, count, sizeof(*host->settled_usec));
    host->owned_usec = world_alloc(world, count, sizeof(*host->owned_usec));
    host->is_unclean = world_alloc(world, count, sizeof(*host->is_unclean));
    host->before_set = world_alloc(world, count, sizeof(*host->before_set));
    host->took_set = world_alloc(world, count, sizeof(*host->took_set));
    host->intents = world_alloc(world, world->channel_max, sizeof(*host->intents));
}

void host_init(Fleet *fleet, FleetHost *host, size_t number, uint64_t random_state)
{
    World *world = world_new_large(fleet->instance_count, fleet->office->channel_max);

    *host = (FleetHost){.fleet = fleet, .number = number};
    host->clock_offset_usec = fleet_below(fleet, USEC_PER_DAY) + USEC_PER_HOUR;
    host->clock_ppm = (int64_t)fleet_below(fleet, 38000) - 19000;
    world->seed = fleet->seed;
    world->random_state = random_state;
    world->page_max = LISTING_PAGE_SIZE;
    fleet->kind->make(world);
    world->random_state += number + 1;
    world->realtime_usec += fleet_below(fleet, 10 * USEC_PER_SEC);
    world->ops = &fleet_ops;
    world_join_fleet(world)->has_hosts = true;
    world->disturb = changes_disturb;
    world->landed = changes_landed;
    world->answered = changes_answered;
    world->may_undercount = true;
    world->buries = true;
    world->userdata = &host->sim;
    world->trace = fleet->trace;
    sim_on_broken(world);
    host->sim = (Sim){.world = world,
                      .counts = &fleet->counts->sim,
                      .host = host,
                      .edit = host_load,
                      .on_pass = fleet->kind->keeps_records ? host_record_pass : NULL,
                      .turns = SIZE_MAX / 2,
                      .interval_usec = fleet->office_sim.interval_usec};
    host_make_room(host);
    for (size_t i = 0; i < host->sim.slot_count; i++)
        host->sim.slots[i] = (SimSlot){.scope = i, .stands_by = true};
    sim_begin_set(&host->sim);
    host_begin(host);
}

void host_done(FleetHost *host)
{
    undos_forget(host);
    lifecycle_done(&host->sim.lifecycle);
    world_free(host->sim.world);
    free(host->mirror);
}
