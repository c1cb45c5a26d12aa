/* SPDX-License-Identifier: MIT */
#include "tests/world/judge_fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "tests/world/fleet.h"
#include "tests/world/judge.h"
#include "tests/world/judge_changed.h"
#include "tests/world/quarantine.h"

static SeenChannel *seen_channel(const World *world, const WorldChannel *channel)
{
    return &world->fleet->seen[channel - world->channels];
}

static bool seen_are_needed(const World *world, const WorldChannel *channel)
{
    const SeenChannel *seen = world->fleet ? seen_channel(world, channel) : NULL;

    return seen && world->fleet->conditions.needs_sightings && !world->dry_run &&
           !(seen->token == world->fleet->conditions.token && seen->is_confirmed &&
             seen->pass != world->pass_serial);
}

void judge_fleet_done(SeenChannel *seen)
{
    free(seen->members);
    *seen = (SeenChannel){0};
}

typedef void (*SeenVisit)(SeenChannel *seen, const char *name, uint64_t *ret);

static void seen_name(const WorldChannel *channel, char kind, const char *group,
                      const char *address, uint16_t port, char *ret_name, size_t size)
{
    snprintf(ret_name, size, "%c%s|%s|%u", kind, group, address, port ? port : channel->row.port);
}

static void seen_count(SeenChannel *seen, const char *name, uint64_t *least);

/* Every extra is counted, be it that the mode leaves it alone until other rosters come; those that
 * it does not are planned. */
static void seen_visit_extras(const World *world, const WorldChannel *channel,
                              const RosterChannel *roster, SeenVisit visit, uint64_t *ret)
{
    bool are_planned = roster->mode == MODE_OBSERVE || mode_may(roster->mode, MODE_DELETES);
    uint64_t unplanned = UINT64_MAX;

    for (size_t i = 0; i < channel->member_count && (are_planned || visit == seen_count); i++) {
        const WorldMember *member = channel->members[i];
        bool is_due;

        if (judge_is_extra(channel, roster, member) &&
            !world_is_quarantined(channel, member, &is_due))
            visit(seen_channel(world, channel), member->id, are_planned ? ret : &unplanned);
    }
}

/* Whatever is to become of them. */
static void seen_visit_all_extras(const World *world, const WorldChannel *channel,
                                  const RosterChannel *roster, SeenVisit visit, uint64_t *ret)
{
    for (size_t i = 0; i < channel->member_count; i++) {
        if (judge_is_extra(channel, roster, channel->members[i]))
            visit(seen_channel(world, channel), channel->members[i]->id, ret);
    }
}

static void seen_visit_posts(const World *world, const WorldChannel *channel,
                             const RosterChannel *roster, SeenVisit visit, uint64_t *ret)
{
    bool is_ip = str_equal(channel->row.member_type, "ip");
    char name[128];

    for (size_t i = 0; i < roster->member_count; i++) {
        const RosterMember *member = &roster->members[i];

        if (!judge_is_missing(channel, member))
            continue;
        seen_name(channel, '+', config_member_group(member), member->address, member->port, name,
                  sizeof(name));
        visit(seen_channel(world, channel), name, ret);
    }
    for (size_t i = 0; i < channel->member_count; i++) {
        const WorldMember *member = channel->members[i];

        if (!judge_changed_states(channel, roster, member))
            continue;
        seen_name(channel, '~', member->group, is_ip ? member->canonical : member->ecs_id,
                  member->port, name, sizeof(name));
        visit(seen_channel(world, channel), name, ret);
    }
}

static SeenMember *seen_find(SeenChannel *seen, const char *name)
{
    for (size_t i = 0; i < seen->count; i++) {
        if (str_equal(seen->members[i].name, name))
            return &seen->members[i];
    }
    return NULL;
}

static void seen_count(SeenChannel *seen, const char *name, uint64_t *count)
{
    SeenMember *member = seen_find(seen, name);

    if (!member) {
        if (mem_grow(&seen->members, &seen->capacity, seen->count + 1, sizeof(*seen->members)) < 0)
            fail_msg("the test is out of memory");
        member = &seen->members[seen->count++];
        *member = (SeenMember){0};
        str_copy(member->name, sizeof(member->name), name);
    }
    if (member->list == seen->lists) /* two of one identity */
        return;
    member->streak = member->list + 1 == seen->lists ? member->streak + 1 : 1;
    member->list = seen->lists;
    ++*count;
}

static void seen_look(SeenChannel *seen, const char *name, uint64_t *least)
{
    const SeenMember *member = seen_find(seen, name);
    uint64_t streak = member && member->list == seen->lists ? member->streak : 0;

    *least = streak < *least ? streak : *least;
}

static void seen_look_at_post(SeenChannel *seen, const char *name, uint64_t *least)
{
    uint64_t streak = UINT64_MAX;

    seen_look(seen, name, &streak);
    *least = streak < 2 && streak < *least ? streak : *least;
}

void judge_fleet_count(World *world, WorldChannel *channel, const RosterChannel *roster,
                       bool is_kept)
{
    bool has_posts = mode_may(roster->mode, MODE_ADDS);
    uint64_t count = 0, least = UINT64_MAX;
    SeenChannel *seen;

    if (!seen_are_needed(world, channel))
        return;
    seen = seen_channel(world, channel);
    if (seen->token != world->fleet->conditions.token) {
        judge_fleet_done(seen);
        seen->token = world->fleet->conditions.token;
    }
    seen->lists++;
    seen->pass = world->pass_serial;
    seen_visit_all_extras(world, channel, roster, seen_count, &count);
    if (has_posts)
        seen_visit_posts(world, channel, roster, seen_count, &count);
    seen_visit_extras(world, channel, roster, seen_look, &least);
    if (has_posts)
        seen_visit_posts(world, channel, roster, seen_look, &least);
    seen->is_confirmed = seen->kept > 0 && least > 1 && is_kept;
    seen->kept += is_kept;
}

uint64_t judge_fleet_seen(const World *world, const WorldChannel *channel,
                          const RosterChannel *roster, uint64_t seen)
{
    uint64_t least = UINT32_MAX;

    if (!seen_are_needed(world, channel))
        return seen;
    seen_visit_extras(world, channel, roster, seen_look, &least);
    if (mode_may(roster->mode, MODE_ADDS))
        seen_visit_posts(world, channel, roster, seen_look_at_post, &least);
    return least;
}

uint32_t judge_fleet_limit(const World *world, const WorldChannel *channel,
                           const RosterChannel *roster)
{
    uint32_t limit = roster->guards.confirm_passes;

    return seen_are_needed(world, channel) && limit < 2 ? 2 : limit;
}

bool judge_fleet_tells(const ChannelReport *report)
{
    return report->guard_count > 0 &&
           guards_row(report->guards[report->guard_count - 1].name)->scope == GUARD_OF_FLEET;
}

static bool held_has_lease(const World *world, const WorldChannel *channel)
{
    const WorldFleet *fleet = world->fleet;

    if (fleet->conditions.lease[0] || (fleet->closes_usec && world->now_usec >= fleet->closes_usec))
        return false;
    for (size_t i = 0; i < WORLD_INTENTS_MAX; i++) {
        const WorldIntent *intent = &fleet->intents[i];

        if (intent->channel == channel && intent->pass == world->pass_serial && !intent->is_open &&
            intent->end == INTENT_UNANSWERED)
            return false;
    }
    return true;
}

/* It is told at the moment in which it is looked at. */
static bool held_has_waited(const World *world, const Guard *guard)
{
    const WorldFleet *fleet = world->fleet;
    uint64_t left_usec = fleet->handover_until_usec > world->now_usec
                             ? fleet->handover_until_usec - world->now_usec
                             : fleet->conditions.handover_usec;

    return guard->planned != (left_usec + USEC_PER_SEC - 1) / USEC_PER_SEC || left_usec == 0;
}

bool judge_fleet_held(const World *world, const WorldChannel *channel, const ChannelReport *report)
{
    bool is_held = false;

    for (size_t i = 0; i < report->guard_count; i++) {
        const Guard *guard = &report->guards[i];

        if (guards_row(guard->name)->scope != GUARD_OF_FLEET)
            continue;
        is_held = true;
        if (!world->fleet || world->dry_run)
            world_broken(world, "%s: %s holds, and there is no fleet", report->id,
                         guard_name_text(guard->name));
        if (guard->name == GUARD_LEASE ? held_has_lease(world, channel)
                                       : held_has_waited(world, guard))
            world_broken(world, "%s: %s holds, and should not", report->id,
                         guard_name_text(guard->name));
    }
    return is_held;
}
