/* SPDX-License-Identifier: MIT */
#include "tests/world/judge_pass.h"

#include "daemon/base/str.h"
#include "tests/world/judge.h"
#include "tests/world/quarantine.h"

void judge_pass_ask(World *world, const Request *request)
{
    WorldChannel *channel = world_find_channel(world, request->instance, request->channel_id);

    if (!channel)
        return;
    if (request->offset == 0 && channel->asked_in == world->pass_serial)
        channel->heard_in = world->pass_serial; /* it begins anew */
    channel->asked_in = world->pass_serial;
    channel->is_asked = true;
}

void judge_pass_answer(World *world, const WorldEvent *event)
{
    const MemberPage *page = event->answer.members;
    WorldChannel *channel =
        world_find_channel(world, event->request.instance, event->request.channel_id);

    if (!channel)
        return;
    channel->is_asked = false;
    if (!page || event->request.offset + page->row_count >= page->total)
        channel->heard_in = world->pass_serial;
}

/* Whether its list is being read for the first time, and has not failed yet. */
static bool judge_is_to_be_heard(World *world, const RosterChannel *roster)
{
    for (size_t i = 0; i < world->channel_count; i++) {
        const WorldChannel *channel = &world->channels[i];

        if (channel->instance == roster->instance && channel->asked_in == world->pass_serial &&
            channel->is_asked && channel->heard_in != world->pass_serial &&
            (roster->id ? str_equal(roster->id, channel->row.id)
                        : str_equal(roster->name, channel->row.name)))
            return true;
    }
    return false;
}

/* Whether a change is a deletion of this pass, or of one that it goes on for; what was in
 * quarantine was counted when it entered. In a fleet a plan that passed by the guards waits for its
 * intent, and one that needed its approval beside that may be known first. */
static bool judge_counts(const World *world, const WorldAction *action)
{
    bool leaves =
        action->kind == CHANGE_DISABLE || (action->kind == CHANGE_DELETE && !action->is_due);

    if (world->fleet && action->is_approved)
        return false;
    return leaves && !action->is_undo && (action->pass == world->pass_serial || action->was_sent);
}

/* Deletions of an instance that count in this pass, and in how many channels. */
static void judge_count(const World *world, size_t instance, uint64_t *ret_deletes,
                        uint64_t *ret_channels)
{
    *ret_deletes = *ret_channels = 0;
    for (size_t c = 0; c < world->channel_count; c++) {
        const WorldChannel *channel = &world->channels[c];
        uint64_t deletes = 0;

        for (size_t i = world->instances[instance].counted_from; i < world->action_count; i++) {
            const WorldAction *action = &world->actions[i];

            deletes += channel->instance == instance && action->channel == channel &&
                       judge_counts(world, action);
        }
        *ret_deletes += deletes;
        *ret_channels += deletes > 0;
    }
}

static bool judge_pass_plans(World *world, const WorldChannel *channel, const Change *change)
{
    bool is_due = false;

    if (change->kind == CHANGE_DELETE)
        world_is_quarantined(channel, world_find_member(world, change->member_id), &is_due);
    return change->kind == CHANGE_DISABLE || (change->kind == CHANGE_DELETE && !is_due);
}

void judge_pass_record(World *world, const WorldChannel *channel, const Batch *batch)
{
    const Guards *limits = &world->config.guards;
    uint64_t planned = 0, deletes, channels, waited_usec = world->now_usec - world->begun_usec;

    for (size_t i = 0; i < batch->change_count; i++)
        planned += judge_pass_plans(world, channel, &batch->changes[i]);
    if (planned == 0 ||
        (limits->max_deletes_total == GUARD_OFF && limits->max_channels == GUARD_OFF))
        return;
    for (size_t i = 0; i < world->config.channel_count; i++) {
        const RosterChannel *roster = &world->rosters[i];

        if (roster->instance == channel->instance && judge_is_to_be_heard(world, roster) &&
            waited_usec < world->config.limits.pass_deadline_usec / 4)
            world_broken(world, "%s is changed before %s was heard of", channel->row.id,
                         roster->id ? roster->id : roster->name);
    }
    judge_count(world, channel->instance, &deletes, &channels);
    if (batch->approved)
        return;
    if (limits->max_deletes_total != GUARD_OFF && deletes + planned > limits->max_deletes_total)
        world_broken(world, "%zu deletions in one pass", (size_t)(deletes + planned));
    for (size_t i = world->instances[channel->instance].counted_from; i < world->action_count;
         i++) {
        if (world->actions[i].channel == channel && judge_counts(world, &world->actions[i]))
            return;
    }
    if (limits->max_channels != GUARD_OFF && channels + 1 > limits->max_channels)
        world_broken(world, "deletions in %zu channels in one pass", (size_t)channels + 1);
}

/* Extras that are in quarantine, whether it is still asked for or not. */
static size_t judge_pass_waiting(const ChannelReport *report)
{
    size_t count = 0;

    for (size_t i = 0; i < report->extra_count; i++)
        count +=
            report->extras[i].outcome == OUTCOME_QUARANTINED || report->extras[i].until_usec > 0;
    return count;
}

void judge_pass_held(World *world, const ChannelReport *report)
{
    const Guards *limits = &world->config.guards;

    for (size_t i = 0; i < report->guard_count; i++) {
        const Guard *guard = &report->guards[i];

        if (guard->limit != limits->limits[guard->name] || guard->planned <= guard->limit)
            world_broken(world, "%s: %s refuses %zu, the limit is %u", report->id,
                         guard_name_text(guard->name), (size_t)guard->planned,
                         limits->limits[guard->name]);
        if (guard->name == GUARD_MAX_DELETES_TOTAL && report->channel->quarantine_usec == 0 &&
            guard->planned < report->extra_count - judge_pass_waiting(report))
            world_broken(world, "%s: fewer deletions in all than in the channel", report->id);
    }
}

static bool judge_covers(size_t scope, size_t instance)
{
    return scope == PASS_ALL_INSTANCES || scope == instance;
}

void judge_pass_begin(World *world)
{
    world->begun_usec = world->now_usec;
    if (world->undo)
        return;
    for (size_t i = 0; i < world->config.instance_count; i++) {
        if (judge_covers(world->begun_scope, i) && !world->is_stopped)
            world->instances[i].counted_from = world->action_count;
    }
    world->begun_scope = world->scope;
}
