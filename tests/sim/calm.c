/* SPDX-License-Identifier: MIT */
/* The calm after it all, in which every channel comes to where it can be. */
#include "daemon/base/str.h"
#include "tests/sim/owner.h"
#include "tests/world/judge.h"
#include "tests/world/judge_changed.h"
#include "tests/world/trace.h"

/* ---- what can be ---- */

static size_t calm_count_meant(const World *world, const RosterChannel *roster,
                               const WorldChannel **ret_channel)
{
    size_t count = 0;

    for (size_t i = 0; i < world->channel_count; i++) {
        const WorldChannel *channel = &world->channels[i];

        if (channel->instance != roster->instance || !channel->exists ||
            !(roster->id ? str_equal(channel->row.id, roster->id)
                         : str_equal(channel->row.name, roster->name)))
            continue;
        *ret_channel = channel;
        count++;
    }
    return count;
}

/* The channel that the roster means, when it and no other entry means it and it can be managed. */
static const WorldChannel *calm_find(const World *world, const RosterChannel *roster)
{
    const WorldChannel *channel = NULL, *other = NULL;
    size_t claims = 0;

    if (calm_count_meant(world, roster, &channel) != 1 || !world_is_manageable(channel))
        return NULL;
    for (size_t i = 0; i < world->config.channel_count; i++)
        claims += calm_count_meant(world, &world->rosters[i], &other) == 1 && other == channel;
    return claims == 1 ? channel : NULL;
}

/* ---- what must be ---- */

static bool calm_has_changed(const WorldChannel *channel, const RosterChannel *roster)
{
    for (size_t i = 0; i < channel->member_count; i++) {
        if (judge_changed_states(channel, roster, channel->members[i]))
            return true;
    }
    return false;
}

/* Whether an earlier member has the same place: a port that is left out, and the channel's own. */
static bool calm_is_twin(const WorldChannel *channel, size_t number)
{
    for (size_t i = 0; i < number; i++) {
        if (channel->members[i]->exists &&
            judge_is_same(channel, channel->members[i], channel->members[number]))
            return true;
    }
    return false;
}

/* Whether the quota, or who must stay in service meanwhile, may keep the channel from having all
 * that the roster wants. */
static bool calm_may_be_full(const WorldChannel *channel, const RosterChannel *roster)
{
    size_t staying = roster->member_count;

    for (size_t i = 0; i < channel->member_count; i++) {
        const WorldMember *member = channel->members[i];

        if (!member->exists)
            continue;
        if (world_is_desired(channel, roster, member))
            staying += calm_is_twin(channel, i);
        else
            staying +=
                world_is_ignored(channel, roster, member) || !mode_may(roster->mode, MODE_DELETES);
    }
    return channel->quota > 0 && (staying > channel->quota || roster->guards.min_remaining > 0);
}

static void calm_check_channel(const World *world, const ChannelReport *report)
{
    const RosterChannel *roster = report->channel;
    const WorldChannel *channel = calm_find(world, roster);
    size_t extras = 0;

    if (!channel)
        return;
    for (size_t i = 0; i < channel->member_count; i++)
        extras += channel->members[i]->exists &&
                  !world_is_desired(channel, roster, channel->members[i]) &&
                  !world_is_ignored(channel, roster, channel->members[i]);
    if (world_lacks_group(channel, roster))
        return;
    if (report->missing_count > 0 && calm_may_be_full(channel, roster))
        return;
    if (report->result == RESULT_FAILED)
        world_broken(world, "%s fails though all faults are over: %s", channel->row.id,
                     report_error(report)->text);
    if (mode_may(roster->mode, MODE_ADDS) && report->missing_count > 0)
        world_broken(world, "%s still lacks %zu members (%s) though all faults are over",
                     channel->row.id, report->missing_count, report_result_text(report->result));
    if (mode_may(roster->mode, MODE_ADDS) && calm_has_changed(channel, roster))
        world_broken(world, "%s still has changed members (%s) though all faults are over",
                     channel->row.id, report_result_text(report->result));
    if (mode_may(roster->mode, MODE_DELETES) && extras > 0)
        world_broken(world, "%s still has %zu extras (%s) though all faults are over",
                     channel->row.id, extras, report_result_text(report->result));
    if (extras == 0 && report->missing_count == 0 && !calm_has_changed(channel, roster) &&
        report->enabled_count == 0 && report->result > RESULT_CONVERGED)
        world_broken(world, "%s is in sync and is said to be %s", channel->row.id,
                     report_result_text(report->result));
}

/* Whatever was cut short, in channels that left the rosters as well, has an outcome by now. */
static void calm_check_history(const World *world)
{
    for (size_t i = 0; i < world->action_count; i++) {
        const WorldAction *action = &world->actions[i];

        if (!action->is_decided && world_is_manageable(action->channel))
            world_broken(world, "%s: the deletion of %s is undecided though all faults are over",
                         action->channel->row.id, action->member->id);
    }
}

void sim_calm_check(const World *world)
{
    const Report *report = pass_get_report(world->pass);

    for (size_t i = 0; i < report->channel_count; i++)
        calm_check_channel(world, &report->channels[i]);
}

/* ---- the way there ---- */

/* One exchange makes no room where the channel has more members than it may. */
static void calm_raise_quota(WorldChannel *channel)
{
    size_t count = 0;

    for (size_t i = 0; i < channel->member_count; i++)
        count += channel->members[i]->exists;
    if (channel->quota > 0 && channel->quota < count)
        channel->quota = count;
}

void sim_calm_begin(Sim *sim)
{
    World *world = sim->world;

    world->scope = PASS_ALL_INSTANCES;
    world->is_probe = world->refuses_changes = false;
    world_trace(world, "all faults are over");
    sim->is_calm = true;
    sim_owner_calm(sim);
    world->disturb = NULL;
    world->record_error = world->decide_error = world->remember_error = 0;
    world->config.limits.pass_deadline_usec = USEC_PER_HOUR;
    for (size_t i = 0; i < world->channel_count; i++) {
        world->channels[i].exists = true;
        world->channels[i].is_paused = false;
        world->channels[i].lag_usec = 0;
        world->channels[i].late_usec = 0;
        calm_raise_quota(&world->channels[i]);
    }
    world->config.windows = (ChangeWindows){.window_count = 0};
    for (size_t i = 0; i < world->config.channel_count; i++) {
        world->rosters[i].pause = NULL;
        world->rosters[i].windows = (ChangeWindows){.window_count = 0};
    }
    for (size_t i = 0; i < world->config.instance_count; i++) {
        world->instances[i].renewal = RENEWAL_DONE;
        world->instances[i].credential_min = 0;
        sim->instances[i] = (SimInstance){0};
    }
}

/* Long enough for no deletion to count for the fight guard, whatever the clock did. */
static uint64_t calm_peace_usec(const World *world)
{
    uint64_t until_usec = world->realtime_usec;

    for (size_t i = 0; i < world->action_count; i++) {
        if (world->actions[i].realtime_usec > until_usec)
            until_usec = world->actions[i].realtime_usec;
    }
    return until_usec - world->realtime_usec + GUARD_FIGHT_SPAN_USEC + USEC_PER_SEC;
}

static void calm_passes(Sim *sim, uint64_t gap_usec, uint32_t count)
{
    sim->world->chosen = NULL;
    for (uint32_t i = 0; i < count; i++) {
        sim->world->gap_usec = gap_usec;
        world_pass(sim->world);
        gap_usec = sim->interval_usec;
    }
}

void sim_calm_approve(World *world)
{
    const Report *report = pass_get_report(world->pass);

    for (size_t i = 0; i < report->channel_count; i++) {
        if (report->channels[i].result == RESULT_HELD)
            world_approve(world, report->channels[i].digest);
    }
}

/* In a full channel, extras enter quarantine one by one. */
#define CALM_QUARANTINES_MAX 40

/* Whether extras are in quarantine, or have been and nobody has approved yet that they go. */
static bool calm_waits(const World *world)
{
    const Report *report = pass_get_report(world->pass);

    for (size_t i = 0; i < report->channel_count; i++) {
        const ChannelReport *channel = &report->channels[i];

        for (size_t k = 0; k < channel->extra_count; k++) {
            if (channel->extras[k].outcome == OUTCOME_QUARANTINED ||
                channel->extras[k].outcome == OUTCOME_HELD)
                return true;
        }
    }
    return false;
}

/* Sightings need confirm_passes lists, a fight an hour; whatever is held then, people approve. */
void sim_calm(Sim *sim)
{
    uint32_t confirm_max = 1;

    for (size_t i = 0; i < sim->world->config.channel_count; i++) {
        uint32_t confirm = sim->world->rosters[i].guards.confirm_passes;

        confirm_max = confirm > confirm_max ? confirm : confirm_max;
    }
    sim_calm_begin(sim);
    calm_passes(sim, sim->interval_usec, confirm_max);
    calm_passes(sim, calm_peace_usec(sim->world), 1);
    for (uint32_t i = 0; i < 3; i++) {
        sim_calm_approve(sim->world);
        calm_passes(sim, sim->interval_usec, 2);
    }
    for (uint32_t i = 0; i < CALM_QUARANTINES_MAX && calm_waits(sim->world); i++) {
        sim_calm_approve(sim->world);
        calm_passes(sim, WORLD_QUARANTINE_MAX_USEC, 2);
        sim_calm_approve(sim->world);
        calm_passes(sim, sim->interval_usec, 2);
    }
    sim_calm_check(sim->world);
    calm_check_history(sim->world);
}
