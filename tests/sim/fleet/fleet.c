/* SPDX-License-Identifier: MIT */
/* One life of a fleet: whose turn it is, and what all worlds share. */
#include "tests/sim/fleet/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "reconcile/plan/listing.h"
#include "tests/sim/fleet/judge.h"
#include "tests/sim/fleet/trouble.h"
#include "tests/world/trace.h"

#define FLEET_STEPS_MAX 3000000

uint64_t fleet_below(Fleet *fleet, uint64_t limit)
{
    return world_below(fleet->office, limit);
}

bool fleet_happens(Fleet *fleet, uint64_t percent)
{
    return !fleet->is_calm && world_chance(fleet->office, percent);
}

bool fleet_is_frozen(const FleetHost *host)
{
    return host->frozen_until_usec > host->fleet->now_usec;
}

void fleet_trace(const FleetHost *host, const char *format, ...)
{
    char text[128];
    va_list arguments;

    if (!host->fleet->trace)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    world_trace(host->sim.world, "host %zu %s", host->number, text);
}

/* ---- one truth ---- */

static void spread_channel(const WorldChannel *from, WorldChannel *to)
{
    to->exists = from->exists;
    to->row = from->row;
    to->lag_usec = from->lag_usec;
    to->late_usec = from->late_usec;
    to->quota = from->quota;
}

static void spread_member(const WorldMember *from, WorldMember *to)
{
    to->host = from->host;
    to->canonical = from->canonical;
    to->ecs_id = from->ecs_id;
    to->group = from->group;
    to->port = from->port;
    to->status = from->status;
    to->weight = from->weight;
    to->is_backup = from->is_backup;
    to->exists = from->exists;
    to->listed_until_usec = from->listed_until_usec;
    to->listed_from_usec = from->listed_from_usec;
}

/* In the order in which they were made: they have the same numbers everywhere. */
static void spread_new(const World *from, World *to)
{
    while (to->member_count < from->member_count) {
        const WorldMember *member = from->members[to->member_count];

        for (size_t i = 0; i < from->channel_count; i++) {
            const WorldChannel *channel = &from->channels[i];

            for (size_t k = channel->member_count; k > 0; k--) {
                if (channel->members[k - 1] == member) {
                    world_add_grouped(&to->channels[i], member->group, member->host, member->port);
                    k = 1;
                }
            }
        }
    }
}

static void spread_to(const World *from, World *to)
{
    if (to->member_count < from->member_count)
        spread_new(from, to);
    for (size_t i = 0; i < from->channel_count; i++) {
        const WorldChannel *channel = &from->channels[i];

        spread_channel(channel, &to->channels[i]);
        for (size_t k = 0; k < channel->member_count; k++)
            spread_member(channel->members[k], to->members[channel->members[k]->number]);
    }
}

void fleet_spread(Fleet *fleet, const World *from)
{
    fleet->has_landed = false;
    if (from != fleet->office)
        spread_to(from, fleet->office);
    for (size_t i = 0; i < fleet->host_count; i++) {
        if (from != fleet->hosts[i].sim.world)
            spread_to(from, fleet->hosts[i].sim.world);
    }
}

/* ---- time ---- */

static uint64_t fleet_next_usec(const Fleet *fleet)
{
    uint64_t next_usec = net_next_usec(fleet), usec;
    bool is_away = fleet->etcd_away_usec > fleet->now_usec;

    usec = is_away ? fleet->etcd_away_usec : etcd_next_usec(&fleet->etcd);
    next_usec = usec < next_usec ? usec : next_usec;
    usec = trouble_next_usec(fleet);
    next_usec = usec < next_usec ? usec : next_usec;
    usec = world_next_outside_usec(fleet->office);
    next_usec = usec < next_usec ? usec : next_usec;
    for (size_t i = 0; i < fleet->host_count; i++) {
        usec = fleet->hosts[i].idle_until_usec;
        next_usec = usec < next_usec ? usec : next_usec;
    }
    return next_usec;
}

void fleet_wake(Fleet *fleet)
{
    for (size_t i = 0; i < fleet->host_count; i++)
        fleet->hosts[i].idle_until_usec = 0;
}

/* Without a quorum no lease ends; the leader that comes begins them all anew. */
static void fleet_advance(Fleet *fleet, uint64_t now_usec)
{
    bool was_away = fleet->etcd_away_usec > fleet->now_usec;

    now_usec = now_usec > fleet->now_usec ? now_usec : fleet->now_usec;
    fleet->now_usec = now_usec;
    world_advance(fleet->office, now_usec);
    for (size_t i = 0; i < fleet->host_count; i++)
        world_advance(fleet->hosts[i].sim.world, now_usec);
    fleet->etcd.now_usec = now_usec;
    if (fleet->etcd_away_usec > now_usec)
        return;
    if (was_away)
        etcd_change_leader(&fleet->etcd);
    etcd_advance(&fleet->etcd, now_usec);
}

static void fleet_tell(Fleet *fleet)
{
    if (fleet->told_revision == fleet->etcd.revision)
        return;
    fleet->told_revision = fleet->etcd.revision;
    for (size_t i = 0; i < fleet->host_count; i++) {
        if (fleet->hosts[i].is_up)
            net_tell(&fleet->hosts[i], fleet->told_revision);
    }
}

static bool fleet_step_host(Fleet *fleet, FleetHost *host)
{
    uint64_t usec;

    if (host->idle_until_usec > fleet->now_usec)
        return false;
    if (world_step_outside(host->sim.world) || host_step(host)) {
        if (fleet->has_landed)
            fleet_spread(fleet, host->sim.world);
        return true;
    }
    host->idle_until_usec = host_next_usec(host);
    usec = world_next_outside_usec(host->sim.world);
    if (usec < host->idle_until_usec)
        host->idle_until_usec = usec;
    return false;
}

/* One thing that is due, of any host, by chance. */
static bool fleet_step(Fleet *fleet)
{
    size_t first = fleet_below(fleet, fleet->host_count), event;

    for (size_t i = 0; i < fleet->host_count; i++) {
        if (fleet_step_host(fleet, &fleet->hosts[(first + i) % fleet->host_count]))
            return true;
    }
    if (world_step_outside(fleet->office)) {
        fleet_spread(fleet, fleet->office);
        return true;
    }
    event = net_first(fleet);
    if (event != SIZE_MAX)
        net_run(fleet, event);
    return event != SIZE_MAX;
}

void fleet_run(Fleet *fleet, uint64_t until_usec)
{
    uint64_t steps = 0;

    fleet_wake(fleet);
    while (fleet->now_usec < until_usec) {
        if (fleet_step(fleet)) {
            fleet_tell(fleet);
            if (++steps > FLEET_STEPS_MAX)
                world_broken(fleet->office, "the fleet does not come to rest");
            continue;
        }
        if (trouble_step(fleet)) {
            fleet_wake(fleet);
            continue;
        }
        fleet_advance(fleet, fleet_next_usec(fleet));
        fleet_tell(fleet);
    }
}

/* ---- many ---- */

static void fleet_choose(Fleet *fleet)
{
    static const uint64_t intervals[] = {10 * USEC_PER_SEC, 30 * USEC_PER_SEC, USEC_PER_MINUTE,
                                         3 * USEC_PER_MINUTE};

    fleet->host_count = 2 + fleet_below(fleet, 4);
    fleet->room = fleet_below(fleet, 4) ? fleet->instance_count : 1 + fleet_below(fleet, 2);
    fleet->lease_usec = (30 + fleet_below(fleet, 4) * 20) * USEC_PER_SEC;
    fleet->handover_usec = (55 + fleet_below(fleet, 4) * 10) * USEC_PER_SEC;
    fleet->office_sim.interval_usec = intervals[fleet_below(fleet, ELEMENTS(intervals))];
}

static const FleetKind fleet_kind = {
    .channel_max = WORLD_CHANNELS_MAX, .choose = fleet_choose, .make = world_make_random};

static void fleet_make_office(Fleet *fleet)
{
    World *office = world_new_large(fleet->instance_count, fleet->kind->channel_max);

    fleet->office = office;
    fleet->office_sim = (Sim){.world = office, .counts = &fleet->counts->sim, .edit = sim_edit};
    sim_make_room(&fleet->office_sim, 0);
    fleet->newest = world_alloc(office, fleet->instance_count, sizeof(*fleet->newest));
    fleet->wait_until_usec =
        world_alloc(office, fleet->instance_count, sizeof(*fleet->wait_until_usec));
    fleet->resumed = world_alloc(office, fleet->kind->channel_max, sizeof(*fleet->resumed));
    office->seed = fleet->seed;
    office->random_state = fleet->seed * UINT64_C(0x9e3779b97f4a7c15) + 23;
    fleet->kind->choose(fleet);
    fleet->now_usec = fleet->born_usec = office->now_usec;
}

static void fleet_init(Fleet *fleet)
{
    uint64_t state;

    fleet_make_office(fleet);
    etcd_init(&fleet->etcd);
    state = fleet->office->random_state;
    for (size_t i = 0; i < fleet->host_count; i++)
        host_init(fleet, &fleet->hosts[i], i, state);
    fleet->office->random_state = state;
    fleet->office->page_max = LISTING_PAGE_SIZE;
    fleet->office->buries = true;
    fleet->kind->make(fleet->office);
    people_end_quarantines(fleet);
    fleet->office->trace = fleet->trace;
    sim_on_broken(fleet->office);
    for (size_t i = 0; i < fleet->host_count; i++)
        host_load(&fleet->hosts[i].sim);
    trouble_begin(fleet);
}

Fleet *fleet_new(const FleetKind *kind, size_t instance_count, uint64_t seed, FleetFault fault,
                 struct WorldTrace *trace, FleetCounts *counts)
{
    Fleet *fleet = calloc(1, sizeof(*fleet));

    if (!fleet)
        fail_msg("the test is out of memory");
    *fleet = (Fleet){.kind = kind,
                     .seed = seed,
                     .fault = fault,
                     .instance_count = instance_count,
                     .counts = counts,
                     .trace = trace};
    fleet_init(fleet);
    return fleet;
}

void fleet_free(Fleet *fleet)
{
    fleet->counts->virtual_usec += fleet->now_usec - fleet->born_usec;
    net_done_with(fleet);
    etcd_done(&fleet->etcd);
    free(fleet->kept);
    for (size_t i = 0; i < fleet->handed_count; i++)
        free(fleet->handed[i].actions);
    free(fleet->handed);
    for (size_t i = 0; i < fleet->host_count; i++)
        host_done(&fleet->hosts[i]);
    world_free(fleet->office);
    free(fleet);
}

void fleet_life(uint64_t seed, FleetFault fault, struct WorldTrace *trace, FleetCounts *counts)
{
    Fleet *fleet = fleet_new(&fleet_kind, 1 + seed % 3, seed, fault, trace, counts);

    fleet_run(fleet, fleet->now_usec + (10 + fleet_below(fleet, 20)) * USEC_PER_MINUTE);
    if (fault == FLEET_FAULT_NONE)
        judge_calm(fleet);
    fleet_free(fleet);
}
