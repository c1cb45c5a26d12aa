/* SPDX-License-Identifier: MIT */
/* People: they add members and remove them, put back what was deleted, pause, approve, and turn the
 * clock. */
#include <stdio.h>

#include "daemon/base/str.h"
#include "tests/sim/sim.h"
#include "tests/world/trace.h"

static WorldChannel *people_channel(World *world)
{
    return &world->channels[world_below(world, world->channel_count)];
}

/* ---- members ---- */

static void people_add_wanted(World *world, WorldChannel *channel)
{
    const RosterChannel *roster = world_find_roster(world, channel);
    const RosterMember *wanted;

    if (!roster || roster->member_count == 0)
        return;
    wanted = &roster->members[world_below(world, roster->member_count)];
    for (size_t i = 0; i < channel->member_count; i++) {
        if (channel->members[i]->exists &&
            str_equal(wanted->is_ecs ? channel->members[i]->ecs_id : channel->members[i]->canonical,
                      wanted->address))
            return;
    }
    if (wanted->is_ecs)
        world_add_ecs(channel, wanted->address, wanted->port);
    else
        world_add_grouped(channel, config_member_group(wanted), wanted->address, wanted->port);
    world_trace(world, "people add %s, which is wanted, to %s", wanted->address, channel->row.id);
}

/* Of a member that is not about to be deleted: what is recorded of one is what it was like. Where
 * pages have one row, the first is asked for twice in a list, and nobody outside can tell which of
 * the two answers counts: there, fields change by the rosters alone. */
static void people_switch(World *world, WorldChannel *channel)
{
    const RosterChannel *roster = world_find_roster(world, channel);
    WorldMember *member;

    if (!roster || channel->member_count == 0 || world->undo || world->page_clamp == 1)
        return;
    member = channel->members[world_below(world, channel->member_count)];
    if (!member->exists || !world_is_desired(channel, roster, member))
        return;
    world_change_fields(world, member);
    world_trace(world, "people have %s in %s weigh %d, backup %d, status %d", member->id,
                channel->row.id, (int)member->weight, member->is_backup, member->status);
}

/* Of an extra that rosterd may have disabled, between passes. */
static void people_switch_extra(World *world, WorldChannel *channel)
{
    const RosterChannel *roster = world_find_roster(world, channel);
    WorldMember *member;

    if (!roster || channel->member_count == 0 || world->page_clamp == 1)
        return;
    member = channel->members[world_below(world, channel->member_count)];
    if (!member->exists || world_is_desired(channel, roster, member))
        return;
    member->status = world_chance(world, 70) ? 1 : 2;
    world_trace(world, "people switch %s in %s to %d", member->id, channel->row.id, member->status);
}

static void people_change(World *world, void *argument)
{
    WorldChannel *channel = argument;
    uint64_t what = world_below(world, 14);

    if (channel->member_count > 60)
        return;
    if (what < 4) {
        world_trace(world, "people add %s to %s", world_add_random_extra(world, channel)->id,
                    channel->row.id);
    } else if (what < 8) {
        people_add_wanted(world, channel);
    } else if (what >= 10) {
        people_switch(world, channel);
    } else if (channel->member_count > 0) {
        WorldMember *member = channel->members[world_below(world, channel->member_count)];

        if (member->exists)
            world_remove_member(member, channel);
        world_trace(world, "people remove %s from %s", member->id, channel->row.id);
    }
}

/* Exactly as it was, but for its id. */
static void people_return(Sim *sim, WorldChannel *channel, const WorldMember *member)
{
    WorldMember *again = world_add_grouped(channel, member->group, member->host, member->port);

    again->ecs_id = member->ecs_id;
    again->status = member->status;
    again->weight = member->weight;
    again->is_backup = member->is_backup;
    sim->counts->returns++;
    world_trace(sim->world, "people put %s back into %s as %s", member->id, channel->row.id,
                again->id);
}

void sim_people_fight(Sim *sim, size_t first_action)
{
    World *world = sim->world;
    size_t count = world->action_count;

    for (size_t i = first_action; i < count; i++) {
        const WorldAction *action = &world->actions[i];

        if (action->channel->has_fighter && !action->member->exists && world_chance(world, 70))
            people_return(sim, action->channel, action->member);
    }
}

/* ---- pauses, approvals, clocks, credentials, channels ---- */

static void people_pause(World *world, void *argument)
{
    WorldChannel *channel = argument;

    if (channel->is_paused)
        channel->is_paused = false;
    else
        world_pause(world, channel,
                    world_chance(world, 50)
                        ? 0
                        : world->realtime_usec + world_below(world, 2 * USEC_PER_HOUR));
    world_trace(world, "people %s %s", channel->is_paused ? "pause" : "resume", channel->row.id);
}

/* Somebody sees deletions go out and pauses the channel at once. */
static void people_take_fright(World *world, void *argument)
{
    (void)argument;
    for (size_t i = 0; i < world->channel_count; i++) {
        WorldChannel *channel = &world->channels[i];

        if (channel->mutations == 0 || channel->is_paused)
            continue;
        world_pause(world, channel, 0);
        world_trace(world, "people take fright and pause %s", channel->row.id);
        return;
    }
}

static void people_turn_clock(World *world, void *argument)
{
    (void)argument;
    world->realtime_usec += world_below(world, 2 * USEC_PER_HOUR);
    world->realtime_usec -= world_below(world, 2 * USEC_PER_HOUR);
    world_trace(world, "the clock is turned");
}

static void people_expire(World *world, void *argument)
{
    WorldInstance *instance = argument;

    instance->credential_min = instance->credential + (world_chance(world, 80) ? 1 : 2);
    world_trace(world, "the credential of %s expires", instance->name);
}

/* A channel is deleted, and made again. */
static void people_change_channel(World *world, void *argument)
{
    WorldChannel *channel = argument;

    channel->exists = !channel->exists || world_chance(world, 30);
    world_trace(world, "people change the channel %s", channel->row.id);
}

/* Between passes: what a channel is when its list is read, it stays until its members are gone. */
static void people_change_kind(WorldChannel *channel)
{
    channel->row.has_reference = !channel->row.has_reference;
}

static void people_fight(World *world, void *argument)
{
    WorldChannel *channel = argument;

    (void)world;
    channel->has_fighter = !channel->has_fighter;
}

void sim_people_during(Sim *sim)
{
    World *world = sim->world;
    size_t changes = world_chance(world, 30) ? world_below(world, 5) : 0;
    uint64_t span = world_chance(world, 50) ? USEC_PER_SEC : USEC_PER_MINUTE;

    for (size_t i = 0; i < changes; i++)
        world_at(world, world_below(world, span), people_change, people_channel(world));
    if (world_chance(world, 4))
        world_at(world, world_below(world, span), people_pause, people_channel(world));
    for (size_t i = 0; world_chance(world, 20) && i < 4; i++)
        world_at(world, world_below(world, span), people_take_fright, NULL);
    if (world_chance(world, 4))
        world_at(world, world_below(world, span), people_expire,
                 &world->instances[world_below(world, world->config.instance_count)]);
    if (world_chance(world, 3))
        world_at(world, world_below(world, span), people_turn_clock, NULL);
    if (world_chance(world, 2))
        world_at(world, world_below(world, span), people_change_channel, people_channel(world));
    if (world_chance(world, 3))
        people_fight(world, people_channel(world));
}

/* An approval is for the plan that was held; by the time it is given it may fit nothing. */
void sim_people_after(Sim *sim)
{
    World *world = sim->world;

    if (world_chance(world, 1))
        people_change_kind(people_channel(world));
    if (world_chance(world, 2))
        world_random_groups(world, people_channel(world));
    if (world_chance(world, 10))
        people_switch_extra(world, people_channel(world));
    for (size_t i = 0; i < world->channel_count; i++) {
        WorldChannel *channel = &world->channels[i];

        if (channel->held_plan == 0 || world_chance(world, 80))
            continue;
        world_approve_plan(world, channel->held_digest, channel->held_plan);
        if (world_chance(world, 30))
            world_approve_now(world);
        sim->counts->approvals++;
        world_trace(world, "people approve the plan of %s", channel->row.id);
        channel->held_plan = world_chance(world, 20) ? channel->held_plan : 0;
    }
}
