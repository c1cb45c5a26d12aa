/* SPDX-License-Identifier: MIT */
/* People: at the service they do what they do where there is one host (sim/people.c). Here they
 * also push rosters, which each host takes in its time, and pause channels by any host. */
#include "tests/sim/fleet/trouble.h"
#include "tests/world/undo.h"

/* An undo that cannot begin for so long is not wanted any more. */
#define PEOPLE_UNDO_USEC (2 * USEC_PER_MINUTE)

static FleetHost *people_host(Fleet *fleet)
{
    return &fleet->hosts[fleet_below(fleet, fleet->host_count)];
}

static void people_on_done(FleetHost *host, const FleetCall *call)
{
    (void)host;
    (void)call;
}

/* The pause that is meant, not one that comes before the request arrives. */
static void people_resume(const Fleet *fleet, EtcdRequest *request, const char *key)
{
    etcd_compare(request, key, etcd_find(&fleet->etcd, key)->created);
    etcd_delete(request, key);
}

/* Until it is so in etcd, they try again. */
void people_carry_out_pauses(Fleet *fleet)
{
    for (size_t i = 0; i < fleet->office->channel_count; i++) {
        FleetCall call = {.timeout_usec = 5 * USEC_PER_SEC,
                          .request = {.kind = ETCD_TXN},
                          .on_done = people_on_done};
        FleetHost *host = people_host(fleet);
        char key[ETCD_KEY_SIZE];

        keys_pause(key, i);
        if (fleet->is_calm)
            fleet->office->channels[i].is_paused = false;
        if (!host->is_up ||
            fleet->office->channels[i].is_paused == (etcd_find(&fleet->etcd, key) != NULL))
            continue;
        if (fleet->office->channels[i].is_paused)
            etcd_put(&call.request, key, (EtcdValue){.host = host->number}, 0);
        else
            people_resume(fleet, &call.request, key);
        fleet->counts->pauses++;
        net_ask(host, &call);
    }
}

/* A quarantine lasts for longer than a fleet lives here. */
void people_end_quarantines(Fleet *fleet)
{
    for (size_t i = 0; i < fleet->office->config.channel_count; i++)
        fleet->office->rosters[i].quarantine_usec = 0;
}

/* Each host takes them in its time. */
static void people_push(Fleet *fleet)
{
    sim_edit(&fleet->office_sim);
    people_end_quarantines(fleet);
    fleet->set++;
    fleet->counts->pushes++;
    for (size_t i = 0; i < fleet->host_count; i++) {
        Sim *sim = &fleet->hosts[i].sim;

        if (sim->act != SIM_ACT_NONE && sim->act != SIM_ACT_ASK)
            continue;
        sim->act = SIM_ACT_RELOAD;
        sim->act_usec =
            fleet->now_usec +
            fleet_below(fleet, fleet_below(fleet, 4) ? 5 * USEC_PER_SEC : 5 * USEC_PER_MINUTE);
    }
}

/* The pass that a host can undo, as the owner of what it has changed last; 0: there is none. */
static uint32_t people_undoable(const FleetHost *host)
{
    const World *world = host->sim.world;
    uint32_t serial = world_last_changing(world);

    for (size_t i = 0; i < world->action_count; i++) {
        if (world->actions[i].pass == serial &&
            !host_may_change(host, world->actions[i].channel->instance))
            return 0;
    }
    return host_is_serving(host) ? serial : 0;
}

/* The channels are paused for all hosts first. */
static void people_want_undo(Fleet *fleet)
{
    size_t first = fleet_below(fleet, fleet->host_count);
    FleetHost *host = NULL;

    for (size_t i = 0; i < fleet->host_count && !host; i++) {
        host = &fleet->hosts[(first + i) % fleet->host_count];
        host->sim.undo_serial = people_undoable(host);
        host = host->sim.undo_serial ? host : NULL;
    }
    if (!host)
        return;
    for (size_t i = 0; i < host->sim.world->action_count; i++) {
        const WorldAction *action = &host->sim.world->actions[i];

        if (action->pass == host->sim.undo_serial)
            fleet->office->channels[action->channel - host->sim.world->channels].is_paused = true;
    }
    host->wants_undo_until_usec = fleet->now_usec + PEOPLE_UNDO_USEC;
    people_carry_out_pauses(fleet);
}

/* Its host has heard of every pause, and nobody else changes anything meanwhile. */
static bool people_may_undo(const FleetHost *host)
{
    const World *world = host->sim.world;

    if (host->sim.act != SIM_ACT_NONE || host->fleet->office->event_count > 0)
        return false;
    for (size_t i = 0; i < world->action_count; i++) {
        const WorldAction *action = &world->actions[i];
        char key[ETCD_KEY_SIZE];

        keys_pause(key, (size_t)(action->channel - world->channels));
        if (action->pass == host->sim.undo_serial &&
            (!host->fleet->office->channels[action->channel - world->channels].is_paused ||
             !mirror_find(host, key) || !host_may_change(host, action->channel->instance)))
            return false;
    }
    return true;
}

/* Whether one is wanted or under way; begins what may begin. */
static bool people_undo(Fleet *fleet)
{
    bool is_undoing = false;

    for (size_t i = 0; i < fleet->host_count; i++) {
        FleetHost *host = &fleet->hosts[i];

        bool is_wanted = host->wants_undo_until_usec > fleet->now_usec && host_is_serving(host);

        is_undoing = is_undoing || is_wanted || host->sim.act == SIM_ACT_UNDO ||
                     host->sim.lifecycle.undo != UNDO_NONE;
        if (!is_wanted || !people_may_undo(host))
            continue;
        host->wants_undo_until_usec = 0;
        host->sim.act = SIM_ACT_UNDO;
        host->sim.act_usec = fleet->now_usec;
        fleet->counts->undos++;
    }
    return is_undoing;
}

bool people_are_undoing(Fleet *fleet)
{
    bool is_undoing = false;

    for (size_t i = 0; i < fleet->host_count; i++) {
        FleetHost *host = &fleet->hosts[i];

        host->wants_undo_until_usec = 0;
        is_undoing =
            is_undoing || host->sim.act == SIM_ACT_UNDO || host->sim.lifecycle.undo != UNDO_NONE;
    }
    return is_undoing;
}

static void people_ask(Fleet *fleet)
{
    Sim *sim = &people_host(fleet)->sim;

    if (sim->act != SIM_ACT_NONE || sim->is_ended)
        return;
    sim->act = fleet_below(fleet, 3) ? SIM_ACT_ASK : SIM_ACT_HOLD;
    sim->act_usec = fleet->now_usec + 1;
}

void people_act(Fleet *fleet)
{
    people_carry_out_pauses(fleet);
    if (people_undo(fleet) || fleet->is_calm)
        return;
    if (fleet_below(fleet, 5) == 0)
        people_want_undo(fleet);
    for (uint64_t i = fleet_below(fleet, 4); i > 0; i--)
        sim_people_during(&fleet->office_sim);
    if (fleet_below(fleet, 4) == 0)
        people_push(fleet);
    if (fleet_below(fleet, 3) == 0)
        people_ask(fleet);
}
