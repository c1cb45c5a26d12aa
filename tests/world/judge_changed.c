/* SPDX-License-Identifier: MIT */
#include "tests/world/judge_changed.h"

#include "daemon/base/str.h"

static uint16_t changed_port(const WorldChannel *channel, uint16_t port)
{
    return port ? port : channel->row.port;
}

/* The roster's entry for a member, or NULL. */
static const RosterMember *changed_entry(const WorldChannel *channel, const RosterChannel *roster,
                                         const WorldMember *member)
{
    for (size_t i = 0; i < roster->member_count; i++) {
        const RosterMember *wanted = &roster->members[i];

        if (str_equal(config_member_group(wanted), member->group) &&
            str_equal(wanted->address, wanted->is_ecs ? member->ecs_id : member->canonical) &&
            changed_port(channel, wanted->port) == changed_port(channel, member->port))
            return wanted;
    }
    return NULL;
}

/* A group's weight counts for all its members, and one that is not told may be there. */
static bool changed_weight_counts(const WorldChannel *channel, const char *group)
{
    if (!group[0])
        return true;
    for (size_t i = 0; i < channel->row.group_count; i++) {
        if (str_equal(channel->row.groups[i].name, group))
            return channel->row.groups[i].weight < 0;
    }
    return false;
}

static unsigned changed_states(const WorldChannel *channel, const RosterMember *wanted,
                               const MemberFields *live)
{
    unsigned states = 0;

    if (wanted->states & ROSTER_MEMBER_WEIGHT && live->weight >= 0 &&
        wanted->weight != live->weight &&
        changed_weight_counts(channel, config_member_group(wanted)))
        states |= ROSTER_MEMBER_WEIGHT;
    if (wanted->states & ROSTER_MEMBER_BACKUP && wanted->backup != live->is_backup)
        states |= ROSTER_MEMBER_BACKUP;
    if (wanted->states & ROSTER_MEMBER_ENABLED && wanted->enabled != live->is_enabled)
        states |= ROSTER_MEMBER_ENABLED;
    return states;
}

static const ChangedReport *changed_find(const ChannelReport *report, const WorldMember *member)
{
    for (size_t i = 0; i < report->changed_count; i++) {
        if (str_equal(report->changed[i].id, member->id))
            return &report->changed[i];
    }
    return NULL;
}

static void changed_check_member(const World *world, const ChannelReport *report,
                                 const WorldMember *member, unsigned states)
{
    const ChangedReport *row = changed_find(report, member);
    Mode mode = report->channel->mode;
    bool is_told =
        row && (mode_may(mode, MODE_ADDS) ||
                row->outcome == (mode == MODE_OBSERVE ? OUTCOME_PLANNED : OUTCOME_SKIPPED));

    if (!row)
        world_broken(world, "%s: %s is changed (%u) and not reported", report->id, member->id,
                     states);
    if (row->states != states || row->live.weight != member->shown.weight ||
        row->live.is_backup != member->shown.is_backup ||
        row->live.is_enabled != member->shown.is_enabled || !is_told)
        world_broken(world, "%s: %s is changed (%u) and reported as %u, %s", report->id, member->id,
                     states, row->states, ops_outcome_text(row->outcome));
}

/* Whether the report's plan was made from the list that was read last. */
static bool changed_is_of_last_list(const World *world, const WorldChannel *channel,
                                    const ChannelReport *report)
{
    for (size_t i = world->pass_first_action; i < world->action_count; i++) {
        if (world->actions[i].channel == channel && world->actions[i].pass == world->pass_serial)
            return false;
    }
    return report->has_list && !world->is_stopped && !report->error &&
           report->result != RESULT_FAILED;
}

unsigned judge_changed_states(const WorldChannel *channel, const RosterChannel *roster,
                              const WorldMember *member)
{
    const RosterMember *wanted =
        member->shown_in == channel->list_serial ? changed_entry(channel, roster, member) : NULL;

    return wanted ? changed_states(channel, wanted, &member->shown) : 0;
}

void judge_changed(const World *world, const WorldChannel *channel, const ChannelReport *report)
{
    bool is_said_in_sync = report->result == RESULT_IN_SYNC || report->result == RESULT_CONVERGED;
    bool is_checked = changed_is_of_last_list(world, channel, report);
    size_t count = 0;

    for (size_t i = 0; i < channel->member_count; i++) {
        const WorldMember *member = channel->members[i];
        unsigned states = judge_changed_states(channel, report->channel, member);

        count += states != 0;
        if (states && is_checked)
            changed_check_member(world, report, member, states);
    }
    if (is_said_in_sync && count > 0)
        world_broken(world, "%s is said to be %s, and %zu members are changed", report->id,
                     report_result_text(report->result), count);
    if (is_checked && count != report->changed_count)
        world_broken(world, "%s: %zu members are changed, %zu are reported", report->id, count,
                     report->changed_count);
}
