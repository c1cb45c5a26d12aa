/* SPDX-License-Identifier: MIT */
#include "tests/sim/fleet/scale.h"

#include <stdio.h>
#include <string.h>

#include "tests/world/world.h"

#define SCALE_HOSTS 3
#define SCALE_LEASE_USEC (90 * USEC_PER_SEC)
#define SCALE_HANDOVER_USEC (60 * USEC_PER_SEC)
#define SCALE_INTERVAL_USEC (5 * USEC_PER_MINUTE)

/* For the news of what is free, and for a campaign or, where others want it too, a few. */
#define SCALE_TAKE_USEC (5 * USEC_PER_SEC)

/* One of so many channels has members that nobody wants. */
#define SCALE_CHANGED 10

/* What was asked and done since a moment in which nothing was under way. */
typedef struct ScaleSpan {
    uint64_t begun_usec, passes, asked[SCALE_HOSTS][FLEET_ASK_COUNT];
    size_t actions[SCALE_HOSTS];
} ScaleSpan;

/* ---- what there is ---- */

static void scale_choose(Fleet *fleet)
{
    fleet->host_count = SCALE_HOSTS;
    fleet->room = (fleet->instance_count + 1) / 2;
    fleet->lease_usec = SCALE_LEASE_USEC;
    fleet->handover_usec = SCALE_HANDOVER_USEC;
    fleet->office_sim.interval_usec = SCALE_INTERVAL_USEC;
    fleet->is_calm = true;
}

static void scale_make(World *world)
{
    for (size_t i = 0; i < world->config.instance_count; i++) {
        char name[40];
        WorldChannel *channel;
        RosterChannel *roster;

        snprintf(name, sizeof(name), "channel%zu", i);
        channel = world_add_channel(world, i, name);
        roster = world_add_roster(world, i, name);
        world_want(world, roster, "", "10.0.0.1", 8080);
        world_want(world, roster, "", "10.0.0.2", 8080);
        world_add_member(channel, "10.0.0.1", 8080);
        world_add_member(channel, "10.0.0.2", 8080);
    }
}

/* Two each, in every tenth channel. */
static void scale_add_extras(Fleet *fleet)
{
    for (size_t i = 0; i < fleet->office->channel_count; i += SCALE_CHANGED) {
        world_add_member(&fleet->office->channels[i], "10.9.0.1", 8080);
        world_add_member(&fleet->office->channels[i], "10.9.0.2", 8080);
    }
    fleet_spread(fleet, fleet->office);
}

static bool scale_is_in_sync(const Fleet *fleet)
{
    for (size_t i = 0; i < fleet->office->channel_count; i++) {
        if (!world_is_in_sync(&fleet->office->channels[i], &fleet->office->rosters[i]))
            return false;
    }
    return true;
}

/* ---- who owns what ---- */

static bool scale_owns(const FleetHost *host, size_t instance)
{
    return host->is_up && host->ownerships[instance].state == OWNERSHIP_OWNED;
}

static size_t scale_count(const FleetHost *host)
{
    size_t count = 0;

    for (size_t i = 0; i < host->fleet->instance_count; i++)
        count += scale_owns(host, i);
    return count;
}

/* Of those that are owned by one host. */
static size_t scale_look(const Fleet *fleet)
{
    size_t total = 0;

    for (size_t i = 0; i < fleet->host_count; i++) {
        const FleetHost *host = &fleet->hosts[i];
        size_t count = scale_count(host);

        if (count > host->room)
            world_broken(fleet->office, "host %zu owns %zu instances, and has room for %zu", i,
                         count, host->room);
        total += count;
    }
    for (size_t i = 0; i < fleet->instance_count; i++) {
        size_t owners = 0;

        for (size_t k = 0; k < fleet->host_count; k++)
            owners += scale_owns(&fleet->hosts[k], i);
        if (owners > 1)
            world_broken(fleet->office, "instance %zu has %zu owners", i, owners);
    }
    return total;
}

static void scale_wait(Fleet *fleet, uint64_t usec)
{
    uint64_t until_usec = fleet->now_usec + usec;

    while (fleet->now_usec < until_usec) {
        uint64_t next_usec = fleet->now_usec + USEC_PER_SEC;

        fleet_run(fleet, next_usec < until_usec ? next_usec : until_usec);
        scale_look(fleet);
    }
}

/* Until so many instances are owned, which may take so long; prints how long it took. */
static void scale_await_owners(Fleet *fleet, const char *what, size_t count, uint64_t most_usec)
{
    uint64_t begun_usec = fleet->now_usec;

    while (scale_look(fleet) != count && fleet->now_usec < begun_usec + most_usec)
        fleet_run(fleet, fleet->now_usec + 50 * USEC_PER_MSEC);
    if (scale_look(fleet) != count)
        world_broken(fleet->office, "%s: %zu instances are owned, not %zu, after %.1f s", what,
                     scale_look(fleet), count, (double)most_usec / 1e6);
    printf("%s: %zu, %zu and %zu instances are owned after %.1f s, of at most %.1f s\n", what,
           scale_count(&fleet->hosts[0]), scale_count(&fleet->hosts[1]),
           scale_count(&fleet->hosts[2]), (double)(fleet->now_usec - begun_usec) / 1e6,
           (double)most_usec / 1e6);
}

/* ---- what etcd is asked for ---- */

static bool scale_is_busy(const Fleet *fleet)
{
    for (size_t i = 0; i < fleet->host_count; i++) {
        if (fleet->hosts[i].is_up && sim_is_busy(&fleet->hosts[i].sim))
            return true;
    }
    return false;
}

static void scale_rest(Fleet *fleet)
{
    uint64_t begun_usec = fleet->now_usec;

    while (scale_is_busy(fleet)) {
        fleet_run(fleet, fleet->now_usec + USEC_PER_MSEC);
        if (fleet->now_usec > begun_usec + SCALE_INTERVAL_USEC)
            world_broken(fleet->office, "the hosts are never without a pass");
    }
}

static void scale_begin_span(Fleet *fleet, ScaleSpan *span)
{
    scale_rest(fleet);
    *span = (ScaleSpan){.begun_usec = fleet->now_usec, .passes = fleet->counts->sim.passes};
    for (size_t i = 0; i < fleet->host_count; i++) {
        memcpy(span->asked[i], fleet->hosts[i].asked, sizeof(span->asked[i]));
        span->actions[i] = fleet->hosts[i].sim.world->action_count;
    }
}

/* Channels that a host has changed since, counted once for each pass that did. */
static size_t scale_changed(const FleetHost *host, size_t first)
{
    const World *world = host->sim.world;
    size_t count = 0;

    for (size_t i = first; i < world->action_count; i++) {
        size_t before = first;

        while (world->actions[before].pass != world->actions[i].pass ||
               world->actions[before].channel != world->actions[i].channel)
            before++;
        count += before == i;
    }
    return count;
}

static void scale_expect(const Fleet *fleet, const char *what, uint64_t asked, uint64_t least,
                         uint64_t most)
{
    if (asked < least || asked > most)
        world_broken(fleet->office, "etcd was asked %zu times for %s, not %zu to %zu",
                     (size_t)asked, what, (size_t)least, (size_t)most);
}

/* Its clock may be 2 % fast or slow, and it wakes up to 2.5 % late. */
static void scale_expect_renewals(const Fleet *fleet, uint64_t asked, uint64_t usec)
{
    uint64_t quarter_usec = fleet->lease_usec / 4;

    scale_expect(fleet, "a renewal by one host", asked, usec * 100 / (quarter_usec * 105) - 1,
                 usec * 100 / (quarter_usec * 98) + 1);
}

static void scale_end_span(Fleet *fleet, const ScaleSpan *span)
{
    uint64_t asked[FLEET_ASK_COUNT] = {0}, passes, changed = 0;

    scale_rest(fleet);
    passes = fleet->counts->sim.passes - span->passes;
    for (size_t i = 0; i < fleet->host_count; i++) {
        const FleetHost *host = &fleet->hosts[i];

        for (FleetAsk k = 0; k < FLEET_ASK_COUNT; k++)
            asked[k] += host->asked[k] - span->asked[i][k];
        changed += scale_changed(host, span->actions[i]);
        if (host->is_up)
            scale_expect_renewals(
                fleet, host->asked[FLEET_ASK_KEEPALIVE] - span->asked[i][FLEET_ASK_KEEPALIVE],
                fleet->now_usec - span->begun_usec);
    }
    scale_expect(fleet, "intents", asked[FLEET_ASK_INTENT], changed, changed);
    scale_expect(fleet, "records", asked[FLEET_ASK_RECORD], passes, passes);
    scale_expect(fleet, "leases", asked[FLEET_ASK_LEASE], 0, 0);
    scale_expect(fleet, "all keys", asked[FLEET_ASK_ALL], 0, 0);
    scale_expect(fleet, "campaigns", asked[FLEET_ASK_CAMPAIGN], 0, 0);
    scale_expect(fleet, "releases", asked[FLEET_ASK_RELEASE], 0, 0);
    scale_expect(fleet, "something else", asked[FLEET_ASK_OTHER], 0, 0);
    printf("%.0f s in which nothing changes hands: %zu passes and as many records, %zu channels "
           "changed and as many intents, %zu renewals, and nothing else\n",
           (double)(fleet->now_usec - span->begun_usec) / 1e6, (size_t)passes, (size_t)changed,
           (size_t)asked[FLEET_ASK_KEEPALIVE]);
}

/* Each instance has three passes at least, of which one may only see what another is to change. */
static void scale_live_calmly(Fleet *fleet, bool is_changed)
{
    ScaleSpan span;

    scale_begin_span(fleet, &span);
    if (is_changed)
        scale_add_extras(fleet);
    scale_wait(fleet, 4 * SCALE_INTERVAL_USEC);
    scale_end_span(fleet, &span);
    if (is_changed && !scale_is_in_sync(fleet))
        world_broken(fleet->office, "channels are not as their rosters want them");
}

/* ---- a life ---- */

static void scale_bring_back(FleetHost *host)
{
    host->up_usec = host->fleet->now_usec;
}

static void scale_kill(FleetHost *host)
{
    host_kill(host);
    host->up_usec = USEC_NEVER;
}

/* What is given away with all answered is anybody's at once. */
static void scale_begin_anew(Fleet *fleet, FleetHost *host)
{
    uint64_t taken_over = fleet->counts->taken_over;

    host_stop(host);
    while (host->is_up)
        scale_wait(fleet, 50 * USEC_PER_MSEC);
    scale_bring_back(host);
    scale_await_owners(fleet, "one is begun anew with less room", fleet->instance_count,
                       SCALE_TAKE_USEC);
    if (fleet->counts->taken_over != taken_over)
        world_broken(fleet->office, "what was given away has to be waited for");
}

static void scale_lose(Fleet *fleet, FleetHost *host)
{
    size_t lost = scale_count(host);
    uint64_t taken_over = fleet->counts->taken_over;

    scale_rest(fleet);
    scale_add_extras(fleet);
    scale_kill(host);
    scale_await_owners(fleet, "one dies, and others have room", fleet->instance_count,
                       fleet->lease_usec + SCALE_TAKE_USEC);
    if (fleet->counts->taken_over != taken_over + lost)
        world_broken(fleet->office, "of its %zu instances, %zu were taken over with a wait", lost,
                     (size_t)(fleet->counts->taken_over - taken_over));
}

/* What is another's stays so. */
static void scale_come_back_to_nothing(Fleet *fleet, FleetHost *host)
{
    scale_bring_back(host);
    scale_wait(fleet, SCALE_TAKE_USEC);
    scale_await_owners(fleet, "it comes back", fleet->instance_count, SCALE_TAKE_USEC);
    if (scale_count(host) != 0)
        world_broken(fleet->office, "instances are moved to who has come back");
}

static void scale_live(Fleet *fleet)
{
    FleetHost *hosts = fleet->hosts;

    scale_await_owners(fleet, "three hosts begin", fleet->instance_count, 2 * SCALE_TAKE_USEC);
    scale_live_calmly(fleet, true);
    scale_lose(fleet, &hosts[2]);
    scale_live_calmly(fleet, true);
    fleet->room = (fleet->instance_count + SCALE_HOSTS - 1) / SCALE_HOSTS;
    scale_come_back_to_nothing(fleet, &hosts[2]);
    for (size_t i = 0; i < fleet->host_count; i++)
        scale_begin_anew(fleet, &hosts[i]);
    scale_kill(&hosts[0]);
    scale_wait(fleet, fleet->lease_usec + SCALE_TAKE_USEC);
    scale_await_owners(fleet, "one dies, and nobody has room", 2 * fleet->room, SCALE_TAKE_USEC);
    scale_live_calmly(fleet, false);
    scale_bring_back(&hosts[0]);
    scale_await_owners(fleet, "it comes back", fleet->instance_count, SCALE_TAKE_USEC);
    scale_live_calmly(fleet, true);
}

static const FleetKind scale_kind = {
    .choose = scale_choose, .make = scale_make, .keeps_records = true};

void scale_life(size_t instance_count, FleetCounts *counts)
{
    FleetKind kind = scale_kind;
    Fleet *fleet;

    kind.channel_max = instance_count;
    fleet = fleet_new(&kind, instance_count, 1, FLEET_FAULT_NONE, NULL, counts);
    fleet->trouble_usec = fleet->people_usec = USEC_NEVER;
    for (size_t i = 0; i < fleet->host_count; i++)
        fleet->hosts[i].sim.is_calm = true;
    scale_live(fleet);
    fleet_free(fleet);
}
