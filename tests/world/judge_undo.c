/* SPDX-License-Identifier: MIT */
#include "tests/world/judge_undo.h"

#include <string.h>

#include "daemon/base/str.h"
#include "tests/world/fleet.h"
#include "tests/world/judge.h"
#include "tests/world/quarantine.h"

/* ---- what is recorded and sent ---- */

static bool undo_is_shown(const WorldChannel *channel, const WorldMember *member)
{
    for (size_t i = 0; i < channel->member_count; i++) {
        if (channel->members[i]->shown_in == channel->list_serial &&
            judge_is_same(channel, channel->members[i], member))
            return true;
    }
    return false;
}

static bool undo_weight_counts(const WorldChannel *channel, const char *group)
{
    for (size_t i = 0; i < channel->row.group_count && group[0]; i++) {
        if (str_equal(channel->row.groups[i].name, group))
            return channel->row.groups[i].weight < 0;
    }
    return !group[0];
}

static bool undo_weights_differ(const MemberFields *a, const MemberFields *b)
{
    return a->weight >= 0 && b->weight >= 0 && a->weight != b->weight;
}

/* Whether the fields that the pass set are otherwise than it left them. */
static bool undo_is_changed(const WorldChannel *channel, const WorldMember *member,
                            const WorldAction *action)
{
    MemberFields made = world_parse_fields(action->after), was = made;
    const MemberFields *live = &member->shown;
    bool is_addition = action->kind == CHANGE_ADD;

    if (!is_addition)
        was = world_parse_fields(action->before);
    if (undo_weight_counts(channel, member->group) && undo_weights_differ(&made, live) &&
        (is_addition || undo_weights_differ(&made, &was)))
        return true;
    if (made.is_backup != live->is_backup && (is_addition || made.is_backup != was.is_backup))
        return true;
    return made.is_enabled != live->is_enabled &&
           (is_addition || made.is_enabled != was.is_enabled);
}

/* The old value where the correction had changed it, else what is live. */
static void undo_rule_correction(const World *world, const WorldChannel *channel,
                                 const WorldMember *member, const WorldAction *action,
                                 const char *after)
{
    MemberFields was = world_parse_fields(action->before), sent = world_parse_fields(after),
                 made = world_parse_fields(action->after), wanted = member->shown;

    if (undo_weights_differ(&made, &was))
        wanted.weight = was.weight;
    if (made.is_backup != was.is_backup)
        wanted.is_backup = was.is_backup;
    if (made.is_enabled != was.is_enabled)
        wanted.is_enabled = was.is_enabled;
    if (undo_weight_counts(channel, member->group) && sent.weight != wanted.weight)
        world_broken(world, "%s is to weigh %d again, not %d", member->id, (int)wanted.weight,
                     (int)sent.weight);
    if (sent.is_backup != wanted.is_backup || sent.is_enabled != wanted.is_enabled)
        world_broken(world, "%s is corrected back as %s", member->id, after);
}

static void undo_rule_addition(World *world, const WorldChannel *channel, const UndoItem *item,
                               const char *after)
{
    const WorldMember *member = world_undo_action(world, item)->member;
    MemberFields was = world_parse_fields(item->before), sent = world_parse_fields(after);
    bool has_group_weight = false;

    for (size_t i = 0; i < channel->row.group_count; i++)
        has_group_weight =
            has_group_weight || (str_equal(channel->row.groups[i].name, member->group) &&
                                 channel->row.groups[i].weight >= 0);
    if (undo_is_shown(channel, member))
        world_broken(world, "%s is added though it is live", member->host);
    if ((!has_group_weight && sent.weight != was.weight) || sent.is_backup != was.is_backup ||
        sent.is_enabled != was.is_enabled)
        world_broken(world, "%s is added back as %s", item->before, after);
}

/* Only who is in quarantine by our hand, and was listed so. */
static void undo_rule_enabling(const World *world, const WorldMember *member, const Change *change)
{
    WorldQuarantine quarantine;

    if (change->after || !strstr(change->before, member->id) || member->shown.is_enabled)
        world_broken(world, "%s is to be enabled and was not listed as disabled", member->id);
    if (!world_find_quarantined(world, member, &quarantine) || !quarantine.is_ours)
        world_broken(world, "%s is to be enabled and rosterd had not disabled it", member->id);
}

static void undo_rule_change(World *world, const WorldChannel *channel, const Change *change)
{
    const UndoItem *item = world_find_undo_item(world, channel, change);
    const WorldAction *action = item ? world_undo_action(world, item) : NULL;
    const WorldMember *member = item ? world_undo_member(world, item) : NULL;

    if (!item)
        world_broken(world, "an undo makes a change that nobody asked for: %s", change->member_id);
    if (change->kind == CHANGE_ADD) {
        undo_rule_addition(world, channel, item, change->after);
        return;
    }
    if (!member || member->shown_in != channel->list_serial)
        world_broken(world, "%s was not listed", change->member_id);
    if (change->kind == CHANGE_ENABLE) {
        undo_rule_enabling(world, member, change);
        return;
    }
    if (undo_is_changed(channel, member, action))
        world_broken(world, "%s, made %s of %s, is undone, and weighs %d, backup %d, enabled %d",
                     member->id, action->after, action->before ? action->before : "nothing",
                     (int)member->shown.weight, member->shown.is_backup, member->shown.is_enabled);
    if (change->kind == CHANGE_CORRECT)
        undo_rule_correction(world, channel, member, action, change->after);
}

static bool undo_is_let(const World *world, const WorldChannel *channel)
{
    return !world->dry_run && (channel->is_paused || (world->fleet && world->fleet->has_hosts));
}

void judge_undo_record(World *world, WorldChannel *channel, const Batch *batch)
{
    if (!undo_is_let(world, channel) || batch->approved)
        world_broken(world, "%s: an undo changes where it may not", channel->row.id);
    channel->part_left = 0;
    for (size_t i = 0; i < batch->change_count; i++)
        undo_rule_change(world, channel, &batch->changes[i]);
}

/* Whether it takes the member out of service. */
static bool undo_takes_out(const WorldAction *action)
{
    return action->member->shown.is_enabled &&
           (action->kind == CHANGE_DELETE ||
            (action->kind == CHANGE_CORRECT && !action->sent.is_enabled));
}

/* Of what the last list shows, and without what the undo has taken out since. */
static size_t undo_count_in_service(const World *world, const WorldChannel *channel)
{
    size_t count = 0;

    for (size_t i = 0; i < channel->member_count; i++)
        count += channel->members[i]->shown_in == channel->list_serial &&
                 channel->members[i]->shown.is_enabled;
    for (size_t i = world->pass_first_action; i < world->action_count; i++) {
        const WorldAction *action = &world->actions[i];

        count -= action->channel == channel && action->was_sent && undo_takes_out(action) &&
                 action->member->shown_in == channel->list_serial;
    }
    return count;
}

static const Guards *undo_guards(const World *world, const WorldChannel *channel)
{
    const WorldUndo *undo = world->undo;

    for (size_t i = 0; i < undo->config.channel_count; i++) {
        if (undo->rosters[i].instance == channel->instance &&
            str_equal(undo->rosters[i].id, channel->row.id))
            return &undo->rosters[i].guards;
    }
    world_broken(world, "%s is not of the undo", channel->row.id);
}

void judge_undo_send(World *world, WorldChannel *channel, const WorldAction *action)
{
    if (!undo_is_let(world, channel) || !world_is_manageable(channel))
        world_broken(world, "an undo changes where none may be");
    if (channel->mutations > 0)
        world_broken(world, "two changes of one channel at once");
    if (!action->was_sent && undo_takes_out(action) &&
        action->member->shown_in == channel->list_serial &&
        undo_count_in_service(world, channel) <= undo_guards(world, channel)->min_remaining)
        world_broken(world, "%s: fewer than %u would stay in service", action->member->id,
                     undo_guards(world, channel)->min_remaining);
}

/* ---- what a finished undo says ---- */

static bool undo_is_equal(const WorldChannel *channel, const UndoItem *item, const WorldMember *was,
                          const WorldMember *member)
{
    MemberFields before = world_parse_fields(item->before), fields = world_fields(member);

    return was->port == member->port && str_equal(was->host, member->host) &&
           str_equal(was->ecs_id, member->ecs_id) &&
           (before.weight == fields.weight || !undo_weight_counts(channel, member->group)) &&
           before.is_backup == fields.is_backup && before.is_enabled == fields.is_enabled;
}

/* Of two that had one identity, one comes back. */
static bool undo_is_one_of(World *world, const WorldChannel *channel, const ChannelUndo *undo,
                           const WorldMember *member)
{
    for (size_t i = 0; i < undo->item_count; i++) {
        const UndoItem *item = &undo->items[i];
        const WorldMember *was = world_undo_action(world, item)->member;

        if (item->done == CHANGE_DELETE && judge_is_same(channel, was, member) &&
            undo_is_equal(channel, item, was, member))
            return true;
    }
    return false;
}

static void undo_rule_added(World *world, const WorldChannel *channel, const ChannelUndo *undo,
                            const WorldMember *was)
{
    for (size_t i = 0; i < channel->member_count; i++) {
        const WorldMember *member = channel->members[i];

        if (member->exists && judge_is_same(channel, member, was) &&
            !undo_is_one_of(world, channel, undo, member))
            world_broken(world, "%s came back as %s, and is not equal", was->id, member->id);
    }
    if (world_count_same(channel, was) != 1)
        world_broken(world, "%s is said to be added, and is there %zu times", was->id,
                     world_count_same(channel, was));
}

static void undo_rule_corrected(World *world, const WorldChannel *channel, const UndoItem *item,
                                const WorldMember *member)
{
    MemberFields was = world_parse_fields(item->before), made = world_parse_fields(item->after),
                 live = world_fields(member);

    if ((undo_weights_differ(&was, &made) && undo_weight_counts(channel, member->group) &&
         live.weight != was.weight) ||
        (was.is_backup != made.is_backup && live.is_backup != was.is_backup) ||
        (was.is_enabled != made.is_enabled && live.is_enabled != was.is_enabled))
        world_broken(world, "%s is said to be corrected back, and is not", member->id);
}

/* Whether the undo has had a hand in the member. */
static bool undo_has_touched(const World *world, const WorldMember *member)
{
    return member->deleted_in == world->pass_serial || member->restored_in == world->pass_serial;
}

/* Two changes of the pass that made one member are undone once. */
static bool undo_shares_member(const ChannelUndo *undo, const UndoItem *item)
{
    for (size_t i = 0; i < undo->item_count; i++) {
        if (&undo->items[i] != item && str_equal(undo->items[i].member_id, item->member_id))
            return true;
    }
    return false;
}

/* What is said to be done of a channel that ended well is so. */
static void undo_rule_done(World *world, const ChannelReport *report, const ChannelUndo *undo,
                           const UndoItem *item)
{
    const WorldChannel *channel = world_find_channel(world, report->channel->instance, report->id);
    const WorldMember *member = world_undo_member(world, item);

    if (item->outcome == OUTCOME_ADDED)
        undo_rule_added(world, channel, undo, world_undo_action(world, item)->member);
    if (item->outcome == OUTCOME_CORRECTED && item->done == CHANGE_CORRECT && member &&
        member->exists && member->late_in != world->pass_serial)
        undo_rule_corrected(world, channel, item, member);
    if (item->outcome == OUTCOME_DELETED && member->exists)
        world_broken(world, "%s lives, the undo says deleted", member->id);
}

static void undo_rule_item(World *world, const ChannelReport *report, const ChannelUndo *undo,
                           const UndoItem *item)
{
    const WorldMember *member = world_undo_member(world, item);

    if (report->result == RESULT_CONVERGED || report->result == RESULT_HELD)
        undo_rule_done(world, report, undo, item);
    if (item->outcome == OUTCOME_PLANNED && !world->dry_run)
        world_broken(world, "%s is left planned", item->member_id);
    if (item->done != CHANGE_DELETE && member && undo_has_touched(world, member) &&
        !undo_shares_member(undo, item) &&
        (item->outcome == OUTCOME_CHANGED || item->outcome == OUTCOME_HELD ||
         item->outcome == OUTCOME_SKIPPED || item->outcome == OUTCOME_PLANNED))
        world_broken(world, "%s was changed, the undo says %s", member->id,
                     ops_outcome_text(item->outcome));
    if ((item->outcome == OUTCOME_CHANGED || item->outcome == OUTCOME_LIVE) &&
        item->attempts == 0 && !item->reason[0])
        world_broken(world, "%s is left alone, and nobody says why", item->member_id);
}

/* Whether the outcomes of all its items come to the channel's result. What a stop or the deadline
 * cut short has an error; what is cut short by a lease is held, and the rest skipped. */
static bool undo_is_well(const World *world, const ChannelUndo *undo, const ChannelReport *report)
{
    size_t counts[OUTCOME_CHANGED + 1] = {0};
    Result result = report->result;
    size_t left, done;

    for (size_t i = 0; i < undo->item_count; i++)
        counts[undo->items[i].outcome]++;
    left = counts[OUTCOME_LIVE] + counts[OUTCOME_CHANGED] + counts[OUTCOME_GONE];
    done = counts[OUTCOME_ADDED] + counts[OUTCOME_CORRECTED] + counts[OUTCOME_DELETED];
    if (result == RESULT_IN_SYNC)
        return left == undo->item_count;
    if (result == RESULT_CONVERGED)
        return done + left == undo->item_count;
    if (result == RESULT_HELD && judge_fleet_tells(report))
        return counts[OUTCOME_HELD] + counts[OUTCOME_SKIPPED] > 0;
    if (result == RESULT_HELD)
        return (counts[OUTCOME_HELD] > 0 || world->fleet) && report->guard_count == 1;
    if (result == RESULT_DRIFT && !report->error)
        return world->dry_run && counts[OUTCOME_PLANNED] > 0 &&
               counts[OUTCOME_PLANNED] + left == undo->item_count;
    return true;
}

void judge_undo_end(World *world)
{
    const Report *report = pass_get_report(world->pass);

    for (size_t i = 0; i < report->channel_count; i++) {
        const ChannelReport *row = &report->channels[i];
        const ChannelUndo *undo = &world->undo->undos[i];
        bool is_good = row->result == RESULT_IN_SYNC || row->result == RESULT_CONVERGED;

        if (row->result == RESULT_PAUSED)
            world_broken(world, "an undo is %s", report_result_text(row->result));
        if (is_good && row->error)
            world_broken(world, "%s: undone with an error: %s", row->id, report_error(row)->text);
        if ((row->result == RESULT_FAILED || row->result == RESULT_UNMANAGEABLE) && !row->error)
            world_broken(world, "%s: an undo failed without saying why", row->id);
        if (!undo_is_well(world, undo, row))
            world_broken(world, "%s: the outcomes do not make it %s", row->id,
                         report_result_text(row->result));
        for (size_t k = 0; k < undo->item_count; k++)
            undo_rule_item(world, row, undo, &undo->items[k]);
    }
}
