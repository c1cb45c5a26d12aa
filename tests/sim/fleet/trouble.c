/* SPDX-License-Identifier: MIT */
#include "tests/sim/fleet/trouble.h"

#define TROUBLE_SPAN_USEC (90 * USEC_PER_SEC)
#define PEOPLE_SPAN_USEC (40 * USEC_PER_SEC)

void trouble_begin(Fleet *fleet)
{
    fleet->trouble_usec = fleet->now_usec + fleet_below(fleet, TROUBLE_SPAN_USEC);
    fleet->people_usec = fleet->now_usec + fleet_below(fleet, PEOPLE_SPAN_USEC);
}

uint64_t trouble_next_usec(const Fleet *fleet)
{
    return fleet->trouble_usec < fleet->people_usec ? fleet->trouble_usec : fleet->people_usec;
}

/* How long something lasts: often about as long as a lease does. */
static uint64_t trouble_span_usec(Fleet *fleet)
{
    return fleet_below(fleet, fleet_below(fleet, 3) ? 2 * fleet->lease_usec : 10 * USEC_PER_SEC);
}

static void trouble_freeze(Fleet *fleet, FleetHost *host)
{
    uint64_t span_usec = trouble_span_usec(fleet);

    if (host->is_up && !fleet_is_frozen(host))
        host_freeze(host, span_usec);
}

static void trouble_cut(Fleet *fleet, FleetHost *host)
{
    host->etcd_cut_usec = fleet->now_usec + trouble_span_usec(fleet);
    fleet_trace(host, "is cut off from etcd");
}

static void trouble_of_etcd(Fleet *fleet)
{
    switch (fleet_below(fleet, 3)) {
    case 0:
        fleet->etcd_away_usec = fleet->now_usec + trouble_span_usec(fleet);
        fleet_trace(&fleet->hosts[0], "and all others have no etcd");
        return;
    case 1:
        if (fleet->etcd_away_usec <= fleet->now_usec)
            etcd_change_leader(&fleet->etcd);
        return;
    default:
        fleet->etcd.compacted = fleet->etcd.revision - fleet_below(fleet, 3) % fleet->etcd.revision;
        return;
    }
}

static void trouble_of_host(Fleet *fleet, FleetHost *host)
{
    switch (fleet_below(fleet, 13)) {
    case 0:
    case 1:
    case 2:
    case 3:
        trouble_freeze(fleet, host);
        return;
    case 4:
    case 5:
        trouble_cut(fleet, host);
        return;
    case 6:
        if (host->is_up && !host->sim.is_ended)
            host_kill(host);
        return;
    case 7:
    case 8:
        host_stop(host);
        return;
    case 9:
        fleet->counts->drains++;
        host_drain(host);
        return;
    case 10:
        host->service_cut_usec = fleet->now_usec + trouble_span_usec(fleet);
        fleet_trace(host, "is cut off from the service");
        return;
    default:
        host_undrain(host);
        return;
    }
}

/* What is drained or alone for long leaves nothing to look at. */
static void trouble_happen(Fleet *fleet)
{
    if (fleet_below(fleet, 5) == 0)
        trouble_of_etcd(fleet);
    else
        trouble_of_host(fleet, &fleet->hosts[fleet_below(fleet, fleet->host_count)]);
}

bool trouble_step(Fleet *fleet)
{
    if (fleet->trouble_usec <= fleet->now_usec) {
        fleet->trouble_usec = fleet->now_usec + fleet_below(fleet, TROUBLE_SPAN_USEC) + 1;
        trouble_happen(fleet);
        return true;
    }
    if (fleet->people_usec <= fleet->now_usec) {
        fleet->people_usec = fleet->now_usec + fleet_below(fleet, PEOPLE_SPAN_USEC) + 1;
        people_act(fleet);
        return true;
    }
    return false;
}

static void trouble_end_of_host(FleetHost *host)
{
    uint64_t now_usec = host->fleet->now_usec;

    host->etcd_cut_usec = host->service_cut_usec = 0;
    if (host->frozen_until_usec > now_usec)
        host->frozen_until_usec = now_usec;
    if (!host->is_up)
        host->up_usec = now_usec;
    host->sim.interval_usec = 10 * USEC_PER_MINUTE;
    sim_calm_begin(&host->sim);
    host_undrain(host);
    if (host->sim.is_ended || host->sim.stop_usec)
        return;
    host->sim.act = SIM_ACT_RELOAD;
    host->sim.act_usec = now_usec;
}

void trouble_end(Fleet *fleet)
{
    fleet->is_calm = true;
    fleet->trouble_usec = USEC_NEVER;
    fleet->etcd_away_usec = fleet->etcd_away_usec ? fleet->now_usec : 0;
    sim_calm_begin(&fleet->office_sim);
    fleet->set++;
    for (size_t i = 0; i < fleet->host_count; i++)
        trouble_end_of_host(&fleet->hosts[i]);
    fleet_spread(fleet, fleet->office);
}
