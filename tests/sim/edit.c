/* SPDX-License-Identifier: MIT */
/* Teams edit their rosters, and the host's settings change. */
#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "tests/sim/sim.h"
#include "tests/world/trace.h"
#include "tests/world/windows.h"

static const WorldChannel *edit_channel(World *world, const RosterChannel *roster)
{
    for (size_t i = 0; i < world->channel_count; i++) {
        const WorldChannel *channel = &world->channels[i];

        if (channel->instance == roster->instance &&
            (roster->id ? str_equal(channel->row.id, roster->id)
                        : str_equal(channel->row.name, roster->name)))
            return channel;
    }
    return NULL;
}

/* Somebody who is there is written down, unless already. */
static void edit_adopt(World *world, RosterChannel *roster)
{
    const WorldChannel *channel = edit_channel(world, roster);
    const WorldMember *member;

    if (!channel || channel->member_count == 0)
        return;
    member = channel->members[world_below(world, channel->member_count)];
    if (world_is_desired(channel, roster, member))
        return;
    if (str_equal(channel->row.member_type, "ip"))
        world_want(world, roster, member->group, member->canonical, member->port);
    else if (!member->group[0])
        world_want_ecs(world, roster, member->ecs_id, member->port);
    world_trace(world, "%s adopts %s", channel->row.id, member->id);
}

/* Somebody is struck out. */
static void edit_strike(World *world, RosterChannel *roster)
{
    size_t count = roster->member_count;
    RosterMember *left = arena_alloc(&world->arena, (count + 1) * sizeof(*left));

    if (count == 0 || !left)
        return;
    memcpy(left, roster->members, count * sizeof(*left));
    left[world_below(world, count)] = left[count - 1];
    roster->members = left;
    roster->member_count--;
    world_trace(world, "%s strikes a member out", roster->id ? roster->id : roster->name);
}

/* What is stated of somebody changes. */
static void edit_state(World *world, RosterChannel *roster)
{
    RosterMember *members, *member;

    if (roster->member_count == 0)
        return;
    members = world_edit_members(world, roster);
    member = &members[world_below(world, roster->member_count)];
    world_state_random(world, member);
    world_trace(world, "%s states of %s: %u, weight %u, backup %d, enabled %d",
                roster->id ? roster->id : roster->name, member->address, member->states,
                member->weight, member->backup, member->enabled);
}

static void edit_new(Sim *sim, RosterChannel *roster)
{
    const WorldChannel *channel = edit_channel(sim->world, roster);
    char host[48];

    if (!channel)
        return;
    sim->serial++;
    snprintf(host, sizeof(host), "10.2.%zu.%zu", (size_t)(sim->serial / 250),
             (size_t)(sim->serial % 250 + 1));
    if (str_equal(channel->row.member_type, "ip"))
        world_want(sim->world, roster, "", host, 8080);
    else
        world_want_ecs(sim->world, roster, host, 8080);
}

static void edit_guards(World *world, RosterChannel *roster)
{
    static const uint32_t deletes[] = {0, 1, 3, 10, 2000};

    roster->guards.max_deletes = deletes[world_below(world, ELEMENTS(deletes))];
    roster->guards.min_remaining = (uint32_t)world_below(world, 3);
    roster->guards.confirm_passes = (uint32_t)world_below(world, 3) + 1;
    world->may_undercount = true;
    world_trace(world, "%s: max_deletes %u, min_remaining %u, confirm_passes %u",
                roster->id ? roster->id : roster->name, roster->guards.max_deletes,
                roster->guards.min_remaining, roster->guards.confirm_passes);
}

/* The last channel leaves the rosters, or the one that left comes back. */
static void edit_membership(Sim *sim)
{
    Config *config = &sim->world->config;

    if (sim->has_retired) {
        sim->world->rosters[config->channel_count++] = sim->retired;
        sim->has_retired = false;
    } else if (config->channel_count > 1) {
        sim->retired = sim->world->rosters[--config->channel_count];
        sim->has_retired = true;
    }
    world_trace(sim->world, "the rosters have %zu channels", config->channel_count);
}

static void edit_settings(World *world)
{
    static const uint32_t rates[] = {0, 2, 20, 1000};

    world->config.limits.requests_per_second = rates[world_below(world, ELEMENTS(rates))];
    world->config.limits.concurrency = (uint32_t)world_below(world, 8) + 1;
    world->config.limits.total_concurrency = (uint32_t)world_below(world, 12) + 1;
    world->config.retry.attempts = (uint32_t)world_below(world, 5) + 1;
    world_set_windows(world, &world->config.windows,
                      world_chance(world, 30) ? (unsigned)world_below(world, WORLD_WINDOW_CHOICES)
                                              : 0);
}

/* Without an end, and with one that is over. */
static const RosterPause pauses[] = {{.reason = "for a test", .line = 1},
                                     {.reason = "is over", .until_usec = 1, .line = 1}};

static void edit_roster(Sim *sim, RosterChannel *roster)
{
    World *world = sim->world;

    switch (world_below(world, 14)) {
    case 0:
    case 1:
        edit_adopt(world, roster);
        break;
    case 2:
    case 3:
        edit_strike(world, roster);
        break;
    case 4:
        edit_new(sim, roster);
        break;
    case 5:
        edit_guards(world, roster);
        break;
    case 6:
        roster->pause = roster->pause ? NULL : &pauses[world_below(world, ELEMENTS(pauses))];
        world_trace(world, "%s: %s in its roster", roster->id ? roster->id : roster->name,
                    roster->pause ? "paused" : "not paused");
        break;
    case 10:
        world_set_windows(world, &roster->windows,
                          (unsigned)world_below(world, WORLD_WINDOW_CHOICES));
        world_trace(world, "%s: other windows", roster->id ? roster->id : roster->name);
        break;
    case 7:
        roster->mode = world_random_mode(world);
        world_trace(world, "%s: mode %d", roster->id ? roster->id : roster->name,
                    (int)roster->mode);
        break;
    case 12:
    case 13:
        roster->quarantine_usec = world_random_quarantine(world);
        world_trace(world, "%s: quarantine %zu s", roster->id ? roster->id : roster->name,
                    (size_t)(roster->quarantine_usec / USEC_PER_SEC));
        break;
    case 8:
    case 9:
        edit_state(world, roster);
        break;
    default:
        world_ignore(world, roster)->group = world_chance(world, 50) ? "blue" : "canary";
        break;
    }
}

/* Mostly the same one, so that edits meet each other. */
static RosterChannel *edit_choose(World *world)
{
    return &world->rosters[world_chance(world, 60)
                               ? 0
                               : world_below(world, world->config.channel_count)];
}

void sim_edit(Sim *sim)
{
    World *world = sim->world;
    uint64_t what = world_below(world, 10);

    world_forget(world);
    sim->counts->edits++;
    if (what == 0)
        edit_membership(sim);
    else if (what == 1)
        edit_settings(world);
    else if (world->config.channel_count > 0)
        edit_roster(sim, edit_choose(world));
}
