/* SPDX-License-Identifier: MIT */
/* People: at the service they do what they do where there is one host (sim/people.c). Here they
 * also push rosters, which each host takes in its time, and pause channels by any host. */
#include "tests/sim/fleet/trouble.h"

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
    etcd_compare_unchanged(request, etcd_find(&fleet->etcd, key));
    etcd_delete(request, key);
}

static FleetCall people_call(size_t channel, char ret_key[static ETCD_KEY_SIZE])
{
    keys_pause(ret_key, channel);
    return (FleetCall){.timeout_usec = 5 * USEC_PER_SEC,
                       .request = {.kind = ETCD_TXN},
                       .on_done = people_on_done,
                       .channel = channel};
}

/* Takes the place of one that stands. */
void people_pause(FleetHost *host, size_t channel)
{
    char key[ETCD_KEY_SIZE];
    FleetCall call = people_call(channel, key);

    host->fleet->office->channels[channel].is_paused = true;
    etcd_put(&call.request, key, (EtcdValue){.host = host->number}, 0);
    host->fleet->counts->pauses++;
    net_ask(host, &call);
}

/* Until it is so in etcd, they try again. */
void people_carry_out_pauses(Fleet *fleet)
{
    for (size_t i = 0; i < fleet->office->channel_count; i++) {
        char key[ETCD_KEY_SIZE];
        FleetCall call = people_call(i, key);
        FleetHost *host = people_host(fleet);

        if (fleet->is_calm)
            fleet->office->channels[i].is_paused = false;
        if (!host->is_up ||
            fleet->office->channels[i].is_paused == (etcd_find(&fleet->etcd, key) != NULL))
            continue;
        if (fleet->office->channels[i].is_paused) {
            people_pause(host, i);
            continue;
        }
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
    if (undos_go_on_all(fleet) || fleet->is_calm)
        return;
    if (fleet_below(fleet, 5) == 0)
        undos_want(fleet);
    for (uint64_t i = fleet_below(fleet, 4); i > 0; i--)
        sim_people_during(&fleet->office_sim);
    if (fleet_below(fleet, 2))
        approvals_happen(fleet);
    if (fleet_below(fleet, 4) == 0)
        people_push(fleet);
    if (fleet_below(fleet, 3) == 0)
        people_ask(fleet);
}
