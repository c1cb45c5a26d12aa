/* SPDX-License-Identifier: MIT */
#include "tests/world/judge.h"

#include <string.h>

#include "daemon/base/str.h"
#include "tests/world/fleet.h"
#include "tests/world/judge_changed.h"
#include "tests/world/judge_fleet.h"
#include "tests/world/judge_pass.h"
#include "tests/world/quarantine.h"

static uint16_t judge_port(const WorldChannel *channel, uint16_t port)
{
    return port ? port : channel->row.port;
}

static bool judge_is_ip(const WorldChannel *channel)
{
    return str_equal(channel->row.member_type, "ip");
}

bool judge_is_same(const WorldChannel *channel, const WorldMember *a, const WorldMember *b)
{
    return str_equal(a->group, b->group) &&
           judge_port(channel, a->port) == judge_port(channel, b->port) &&
           (judge_is_ip(channel) ? str_equal(a->canonical, b->canonical)
                                 : str_equal(a->ecs_id, b->ecs_id));
}

bool judge_is_extra(const WorldChannel *channel, const RosterChannel *roster,
                    const WorldMember *member)
{
    return member->shown_in == channel->list_serial && !world_is_desired(channel, roster, member) &&
           !world_is_ignored(channel, roster, member);
}

/* Changes of a kind within the hour before the plan was made, those whose outcome nobody knows
 * included. */
static uint64_t judge_fights(const World *world, const WorldChannel *channel, ChangeKind kind,
                             const WorldMember *member)
{
    uint64_t count = 0;

    for (size_t i = 0; i < world->action_count; i++) {
        const WorldAction *action = &world->actions[i];

        if (action->channel != channel || action->is_undo ||
            action->realtime_usec + GUARD_FIGHT_SPAN_USEC <= channel->listed_realtime_usec ||
            action->kind != kind || (action->is_decided && !world_has_worked(action)))
            continue;
        count += judge_is_same(channel, action->member, member);
    }
    return count;
}

static uint64_t judge_sightings(const WorldChannel *channel, const WorldMember *member)
{
    return member->streak_list == channel->whole_lists ? member->streak + 1 : 1;
}

static void judge_refuse(Judgement *judgement, GuardName name, uint64_t planned, bool refuses)
{
    judgement->planned[name] = planned;
    judgement->refuses[name] = refuses;
    judgement->any = judgement->any || refuses;
}

static bool judge_deletes(const RosterChannel *roster)
{
    return roster->mode == MODE_OBSERVE || mode_may(roster->mode, MODE_DELETES);
}

/* Whether the list shows what the roster's member is. */
static bool judge_is_shown(const WorldChannel *channel, const WorldMember *wanted)
{
    for (size_t i = 0; i < channel->member_count; i++) {
        if (channel->members[i]->shown_in == channel->list_serial &&
            judge_is_same(channel, channel->members[i], wanted))
            return true;
    }
    return false;
}

bool judge_is_missing(const WorldChannel *channel, const RosterMember *member)
{
    const WorldMember wanted = {
        .group = config_member_group(member),
        .canonical = member->address,
        .ecs_id = member->address,
        .port = member->port,
    };

    return !judge_is_shown(channel, &wanted);
}

/* What is to be added; returns the most fights, with those over additions. */
static uint64_t judge_count_added(const World *world, const WorldChannel *channel,
                                  const RosterChannel *roster, Judgement *judgement,
                                  uint64_t *staying, uint64_t fights)
{
    for (size_t i = 0; i < roster->member_count && mode_may(roster->mode, MODE_ADDS); i++) {
        const RosterMember *member = &roster->members[i];
        const WorldMember wanted = {
            .group = config_member_group(member),
            .canonical = member->address,
            .ecs_id = member->address,
            .port = member->port,
        };
        uint64_t count;

        if (judge_is_shown(channel, &wanted))
            continue;
        judgement->adds++;
        *staying += !(member->states & ROSTER_MEMBER_ENABLED) || member->enabled;
        count = judge_fights(world, channel, CHANGE_ADD, &wanted);
        fights = count > fights ? count : fights;
    }
    return fights;
}

/* What is to be corrected; likewise. */
static uint64_t judge_count_changed(const World *world, const WorldChannel *channel,
                                    const RosterChannel *roster, Judgement *judgement,
                                    uint64_t *staying, uint64_t fights)
{
    for (size_t i = 0; i < channel->member_count && mode_may(roster->mode, MODE_ADDS); i++) {
        const WorldMember *member = channel->members[i];
        unsigned states = judge_changed_states(channel, roster, member);
        uint64_t count = states ? judge_fights(world, channel, CHANGE_CORRECT, member) : 0;

        judgement->corrects += states != 0;
        if (states & ROSTER_MEMBER_ENABLED && member->shown.is_enabled) {
            judgement->disables++;
            --*staying;
        } else if (states & ROSTER_MEMBER_ENABLED) {
            ++*staying;
        }
        fights = count > fights ? count : fights;
    }
    return fights;
}

/* An extra enters quarantine, waits in it, or is deleted; returns the most fights, with its own. */
static uint64_t judge_count_extra(const World *world, const WorldChannel *channel,
                                  const RosterChannel *roster, const WorldMember *member,
                                  Judgement *judgement, uint64_t *seen, uint64_t fights)
{
    bool is_due = false, is_in = world_is_quarantined(channel, member, &is_due);
    bool enters = !is_in && roster->quarantine_usec > 0;
    bool is_silent = enters && !member->shown.is_enabled;
    uint64_t count = judge_fights(world, channel, enters ? CHANGE_DISABLE : CHANGE_DELETE, member);

    if (is_in && !is_due)
        return fights;
    judgement->enters += enters;
    judgement->silent += is_silent;
    judgement->deletes += !enters;
    judgement->due += is_due;
    if (!is_in && judge_sightings(channel, member) < *seen)
        *seen = judge_sightings(channel, member);
    return count > fights && !is_silent ? count : fights;
}

Judgement judge(const World *world, const WorldChannel *channel, const RosterChannel *roster)
{
    const Guards *limits = &roster->guards;
    Judgement judgement = {0};
    uint64_t counted = 0, staying = 0, fights = 0, seen = UINT32_MAX, percent, leaving;

    for (size_t i = 0; i < channel->member_count; i++) {
        const WorldMember *member = channel->members[i];

        if (member->shown_in != channel->list_serial)
            continue;
        if (!judge_is_extra(channel, roster, member)) {
            counted += world_is_desired(channel, roster, member);
            staying += member->shown.is_enabled;
            continue;
        }
        counted++;
        judgement.extras++;
        if (!judge_deletes(roster)) {
            staying += member->shown.is_enabled;
            continue;
        }
        fights = judge_count_extra(world, channel, roster, member, &judgement, &seen, fights);
    }
    fights = judge_count_added(world, channel, roster, &judgement, &staying, fights);
    fights = judge_count_changed(world, channel, roster, &judgement, &staying, fights);
    leaving = judgement.deletes + judgement.enters - judgement.due;
    percent = counted ? (leaving * 100 + counted - 1) / counted : 100;
    judge_refuse(&judgement, GUARD_MAX_DELETES, leaving + judgement.disables,
                 leaving + judgement.disables > limits->max_deletes);
    judge_refuse(&judgement, GUARD_MAX_ADDS, judgement.adds + judgement.corrects,
                 judgement.adds + judgement.corrects > limits->max_adds);
    judge_refuse(&judgement, GUARD_MAX_DELETE_PERCENT, percent,
                 leaving * 100 > limits->max_delete_percent * counted);
    judge_refuse(&judgement, GUARD_MIN_REMAINING, staying,
                 leaving + judgement.due + judgement.disables > 0 &&
                     staying < limits->min_remaining);
    seen = judge_fleet_seen(world, channel, roster, seen);
    judge_refuse(&judgement, GUARD_CONFIRM_PASSES, seen,
                 seen < judge_fleet_limit(world, channel, roster));
    judge_refuse(&judgement, GUARD_ROSTER, world_has_other_rosters(world),
                 world_has_other_rosters(world));
    judge_refuse(&judgement, GUARD_FIGHT, fights, fights >= 3);
    return judgement;
}

/* ---- plans ---- */

static uint64_t judge_mix(uint64_t sum, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;

    for (size_t i = 0; i < size; i++)
        sum = (sum ^ byte[i]) * UINT64_C(0x100000001b3);
    return (sum ^ 0xff) * UINT64_C(0x100000001b3);
}

static uint64_t judge_text(uint64_t sum, const char *text)
{
    return judge_mix(sum, text, strlen(text));
}

/* Of an extra: whether it is to be disabled or deleted; 0: neither. */
static uint64_t judge_leaving(const WorldChannel *channel, const RosterChannel *roster,
                              const WorldMember *member)
{
    bool is_due = false, is_in = world_is_quarantined(channel, member, &is_due);

    if (is_in && !is_due)
        return 0;
    return judge_text(!is_in && roster->quarantine_usec > 0 ? 60 : 2, member->id);
}

uint64_t judge_plan(const WorldChannel *channel, const RosterChannel *roster)
{
    uint64_t sum = judge_text(channel->instance, channel->row.id);

    for (size_t i = 0; i < roster->member_count; i++) {
        const RosterMember *member = &roster->members[i];
        uint16_t port = judge_port(channel, member->port);

        const unsigned stated[] = {member->states, member->weight, member->backup, member->enabled};

        sum += judge_mix(
            judge_mix(judge_text(judge_text(1, config_member_group(member)), member->address),
                      &port, sizeof(port)),
            stated, sizeof(stated));
        if (mode_may(roster->mode, MODE_ADDS) && judge_is_missing(channel, member))
            sum +=
                judge_mix(judge_text(judge_text(50, config_member_group(member)), member->address),
                          &port, sizeof(port));
    }
    for (size_t i = 0; i < channel->member_count; i++) {
        if (judge_deletes(roster) && judge_is_extra(channel, roster, channel->members[i]))
            sum += judge_leaving(channel, roster, channel->members[i]);
        if (mode_may(roster->mode, MODE_ADDS) &&
            judge_changed_states(channel, roster, channel->members[i]))
            sum += judge_text(3 + judge_changed_states(channel, roster, channel->members[i]),
                              channel->members[i]->id);
    }
    return sum ? sum : 1;
}

/* ---- held ---- */

static const ChannelReport *judge_report(const World *world, const Event *event)
{
    const Report *report = pass_get_report(world->pass);

    for (size_t i = 0; i < report->channel_count; i++) {
        const ChannelReport *channel = &report->channels[i];

        if (channel->id && str_equal(channel->id, event->channel_id) &&
            str_equal(channel->instance_name, event->instance_name) && channel->has_list)
            return channel;
    }
    world_broken(world, "%s is held and has no report", event->channel_id);
}

/* The code may have counted fewer sightings than there were: those before a death are lost,
 * and those of passes that needed none. Where it did, a take-over may last longer. */
static void judge_guard(World *world, const ChannelReport *report, const Judgement *judgement,
                        GuardName name)
{
    const Guard *guard = NULL;
    bool is_lower;

    for (size_t i = 0; i < report->guard_count; i++)
        guard = report->guards[i].name == name ? &report->guards[i] : guard;
    if (name == GUARD_CONFIRM_PASSES) {
        is_lower = guard && world->may_undercount &&
                   (guard->planned < judgement->planned[name] || world->fleet);
        if (is_lower)
            return;
    }
    if (judgement->refuses[name] != (guard != NULL))
        world_broken(world, "%s: %s %s, and should not", report->id, guard_name_text(name),
                     guard ? "refuses" : "does not refuse");
    if (guard && guard->planned != judgement->planned[name])
        world_broken(world, "%s: %s measures %zu, it is %zu", report->id, guard_name_text(name),
                     (size_t)guard->planned, (size_t)judgement->planned[name]);
}

/* Whether the pass has recorded changes of the channel already. */
static bool judge_has_begun(const World *world, const WorldChannel *channel)
{
    for (size_t i = world->pass_first_action; i < world->action_count; i++) {
        if (world->actions[i].channel == channel && world->actions[i].pass == world->pass_serial &&
            world->actions[i].kind != CHANGE_ENABLE)
            return true;
    }
    return false;
}

/* Held between additions and deletions: what the last list shows in service is too little. */
static void judge_held_late(const World *world, const WorldChannel *channel,
                            const RosterChannel *roster)
{
    uint32_t staying = 0;

    for (size_t i = 0; i < channel->member_count; i++) {
        const WorldMember *member = channel->members[i];

        staying += member->shown_in == channel->list_serial &&
                   !judge_is_extra(channel, roster, member) && member->shown.is_enabled;
    }
    if (staying >= roster->guards.min_remaining)
        world_broken(world, "%s: %u members stay, and the deletions are held", channel->row.id,
                     staying);
}

void judge_held(World *world, const Event *event)
{
    const ChannelReport *report;
    WorldChannel *channel;
    Judgement judgement;

    if (!event->channel_id[0] || world->undo)
        return;
    report = judge_report(world, event);
    channel = world_find_channel(world, report->channel->instance, report->id);
    if (judge_fleet_held(world, channel, report))
        return;
    if (judge_has_begun(world, channel)) {
        judge_held_late(world, channel, report->channel);
        return;
    }
    judgement = judge(world, channel, report->channel);
    for (GuardName name = 0; name < GUARD_COUNT; name++) {
        if (guards_row(name)->scope == GUARD_OF_CHANNEL)
            judge_guard(world, report, &judgement, name);
    }
    if (guards_row(report->guards[0].name)->scope == GUARD_OF_PASS)
        judge_pass_held(world, report);
    channel->held_plan = judge_plan(channel, report->channel);
    str_copy(channel->held_digest, sizeof(channel->held_digest), event->digest);
}

/* ---- lists in a row ---- */

static void judge_count_list(World *world, WorldChannel *channel, const ChannelReport *report)
{
    channel->whole_lists++;
    for (size_t i = 0; i < report->extra_count; i++) {
        WorldMember *member = world_find_member(world, report->extras[i].id);

        if (!member)
            continue;
        member->streak = member->streak_list + 1 == channel->whole_lists ? member->streak + 1 : 1;
        member->streak_list = channel->whole_lists;
    }
}

void judge_count_lists(World *world)
{
    const Report *report = pass_get_report(world->pass);

    for (size_t i = 0; i < report->channel_count && !world->dry_run && !world->undo; i++) {
        const ChannelReport *row = &report->channels[i];
        WorldChannel *channel = row->id && row->has_list
                                    ? world_find_channel(world, row->channel->instance, row->id)
                                    : NULL;

        /* What a death left no trace of was never seen. */
        if (!channel || (world->is_dead &&
                         (channel->remembered_in != world->pass_serial || channel->is_buffered)))
            continue;
        judge_count_list(world, channel, row);
    }
}
