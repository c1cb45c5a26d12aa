/* SPDX-License-Identifier: MIT */
/* The imaginary state: sightings, deletions, approvals and pauses, as daemon/store keeps them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "tests/world/fleet.h"
#include "tests/world/judge.h"
#include "tests/world/judge_undo.h"
#include "tests/world/posted.h"
#include "tests/world/quarantine.h"
#include "tests/world/trace.h"
#include "tests/world/world.h"

static WorldChannel *state_channel(World *world, const RosterChannel *roster,
                                   const char *channel_id)
{
    WorldChannel *channel = world_find_channel(world, roster->instance, channel_id);

    if (!channel)
        world_broken(world, "the state was asked about the unknown channel %s", channel_id);
    return channel;
}

void world_pause(World *world, WorldChannel *channel, uint64_t until_usec)
{
    channel->is_paused = true;
    channel->pause_end_usec = until_usec;
    for (size_t i = 0; world->pass && !world->is_dead && i < world->config.channel_count; i++) {
        const RosterChannel *roster = &world->rosters[i];

        if (roster->instance == channel->instance &&
            (roster->id ? str_equal(roster->id, channel->row.id)
                        : str_equal(roster->name, channel->row.name)))
            pass_pause(world->pass, roster);
    }
}

/* ---- life and death ---- */

bool world_is_alive_before(World *world)
{
    if (world->is_dead)
        return false;
    world->effects++;
    if (world->kills_before && world->effects == world->kill_at_call)
        world->is_dead = true;
    return !world->is_dead;
}

void world_note_effect(World *world)
{
    if (world->effects == world->kill_at_call)
        world->is_dead = true;
}

static void state_copy_sightings(Sighting **to, size_t *to_count, const Sighting *from,
                                 size_t from_count)
{
    free(*to);
    *to = calloc(from_count + 1, sizeof(**to));
    if (!*to)
        fail_msg("the test is out of memory");
    if (from_count > 0)
        memcpy(*to, from, from_count * sizeof(**to));
    *to_count = from_count;
}

void world_flush(World *world)
{
    for (size_t i = 0; i < world->channel_count; i++) {
        WorldChannel *channel = &world->channels[i];

        if (channel->is_buffered)
            state_copy_sightings(&channel->durable, &channel->durable_count, channel->sightings,
                                 channel->sighting_count);
        channel->is_buffered = false;
    }
    for (size_t i = world->first_buffered; i < world->action_count; i++)
        world->actions[i].is_durable = world->actions[i].is_decided;
}

void world_kill(World *world)
{
    for (size_t i = 0; i < world->channel_count; i++) {
        WorldChannel *channel = &world->channels[i];

        if (channel->is_buffered)
            state_copy_sightings(&channel->sightings, &channel->sighting_count, channel->durable,
                                 channel->durable_count);
        channel->is_buffered = false;
    }
    for (size_t i = world->first_buffered; i < world->action_count; i++)
        world->actions[i].is_decided = world->actions[i].is_durable;
    for (size_t i = 0; i < world->config.instance_count; i++) {
        throttle_done(&world->throttles[i]);
        world->instances[i].begun_count = 0;
        world->instances[i].held_until_usec = 0;
        pass_spent_done(&world->spent[i]);
        world->instances[i].counted_from = world->action_count;
    }
    world->is_abandoned = true;
    world->kill_count++;
    world->may_undercount = true;
    world_trace(world, "killed");
    world_forget(world);
}

/* ---- remembering ---- */

static int state_add_changes(const World *world, const WorldChannel *channel, ChannelRecord *record)
{
    for (size_t i = 0; i < world->action_count; i++) {
        const WorldAction *action = &world->actions[i];

        if (action->channel != channel || action->is_undo ||
            (action->is_decided && !world_has_worked(action)))
            continue;
        if (channel_record_add_change(record, action->kind, action->identity, action->identity_size,
                                      action->realtime_usec) < 0)
            return -ENOMEM;
    }
    return 0;
}

static bool state_is_paused(WorldChannel *channel)
{
    if (channel->pause_end_usec && channel->pause_end_usec <= channel->world->realtime_usec)
        channel->is_paused = false;
    return channel->is_paused;
}

int world_recall(void *context, const RosterChannel *roster, const ChannelRow *row,
                 ChannelRecord *record, Err *err)
{
    World *world = context;
    WorldChannel *channel = state_channel(world, roster, row->id);

    channel->recall_count++;
    if (world->recall_error)
        return err_system(err, world->recall_error, "the state");
    for (size_t i = 0; i < channel->sighting_count; i++) {
        if (channel_record_add_sighting(record, channel->sightings[i].member_id,
                                        channel->sightings[i].count) < 0)
            return err_memory(err);
    }
    if (state_add_changes(world, channel, record) < 0)
        return err_memory(err);
    if (state_is_paused(channel) &&
        channel_record_set_pause(record, "for a test", channel->pause_end_usec,
                                 PAUSE_SCOPE_CHANNEL) < 0)
        return err_memory(err);
    return 0;
}

int world_remember(void *context, const RosterChannel *roster, const char *channel_id,
                   const Sighting *sightings, size_t count, Err *err)
{
    World *world = context;
    WorldChannel *channel = state_channel(world, roster, channel_id);

    world->remember_count++;
    if (world->is_dead)
        return err_set(err, -EIO, "dead");
    if (world->dry_run)
        world_broken(world, "a dry run writes sightings");
    if (!world_is_alive_before(world))
        return err_set(err, -EIO, "dead");
    state_copy_sightings(&channel->sightings, &channel->sighting_count, sightings, count);
    for (size_t i = 0; i < count; i++)
        channel->sightings[i].member_id = world_keep_sighting(world, sightings[i].member_id);
    channel->is_buffered = true;
    channel->remembered_in = world->pass_serial;
    world_note_effect(world);
    if (world->remember_error)
        return err_system(err, world->remember_error, "the state");
    return 0;
}

int world_unsettled(void *context, size_t instance, UnsettledAdd add, void *userdata)
{
    World *world = context;

    if (world->dry_run)
        world_broken(world, "a dry run asks what is to be settled");
    for (size_t i = 0; i < world->channel_count; i++) {
        WorldChannel *channel = &world->channels[i];
        bool is_doubtful = false;

        for (size_t k = 0; k < world->action_count; k++)
            is_doubtful = is_doubtful ||
                          (world->actions[k].channel == channel && !world->actions[k].is_decided);
        if (is_doubtful && channel->instance == instance && add(userdata, channel->row.id) < 0)
            return -ENOMEM;
    }
    return 0;
}

int world_settle(void *context, const RosterChannel *roster, const char *channel_id,
                 const SettleList *list, Err *err)
{
    World *world = context;
    WorldChannel *channel = state_channel(world, roster, channel_id);

    if (world->is_dead)
        return err_set(err, -EIO, "dead");
    if (world->dry_run)
        world_broken(world, "a dry run settles deletions");
    for (size_t i = 0; i < world->action_count; i++) {
        WorldAction *action = &world->actions[i];
        int settlement;

        if (action->channel != channel || action->is_decided)
            continue;
        if (action->pass == world->pass_serial)
            world_broken(world, "the change of %s is settled in its own pass", action->member->id);
        settlement = action->kind == CHANGE_DELETE
                         ? list->settle_member(list->list, action->member->id)
                         : posted_settle(action, list);
        if (settlement < 0)
            return err_memory(err);
        if (settlement == SETTLEMENT_LATER ||
            (settlement == SETTLEMENT_ABSENT && action->absent_count++ < WORLD_ABSENT_LISTS))
            continue;
        action->is_decided = true;
        action->outcome = posted_outcome(action, settlement);
        action->decided_usec = world->now_usec;
        action->listed = posted_find_listed(action, list);
        world->first_buffered = i < world->first_buffered ? i : world->first_buffered;
        world_trace(world, "%s: settled as %s", action->member->id,
                    ops_outcome_text(action->outcome));
    }
    world_settle_quarantine(world, channel, roster, list);
    return 0;
}

static char *state_copy(const char *text)
{
    char *copy = text ? strdup(text) : NULL;

    if (text && !copy)
        fail_msg("the test is out of memory");
    return copy;
}

static void state_add_action(World *world, WorldChannel *channel, const Batch *batch,
                             Change *change)
{
    WorldAction *action;

    if (mem_grow(&world->actions, &world->action_capacity, world->action_count + 1,
                 sizeof(*world->actions)) < 0)
        fail_msg("the test is out of memory");
    action = &world->actions[world->action_count++];
    *action = (WorldAction){
        .kind = change->kind,
        .is_undo = world->undo != NULL,
        .channel = channel,
        .member = change->kind == CHANGE_ADD
                      ? posted_describe(world, channel, batch->channel, change)
                      : world_find_member(world, change->member_id),
        .pass = world->pass_serial,
        .identity = malloc(change->identity_size),
        .identity_size = change->identity_size,
        .before = state_copy(change->before),
        .after = state_copy(change->after),
        .sent = change->after ? world_parse_fields(change->after) : (MemberFields){0},
        .realtime_usec = world->realtime_usec,
        .recorded_usec = world->now_usec,
        .is_approved = batch->approved,
    };
    if (!action->identity)
        fail_msg("the test is out of memory");
    world_note_switch(world, channel, action, batch->channel->quarantine_usec);
    memcpy(action->identity, change->identity, change->identity_size);
    change->action = world->action_count;
}

int world_may_change(void *context)
{
    World *world = context;

    world->asked_step = world->steps;
    world->asked_count++;
    world->holds_changes = world->holds_changes || world->refuses_changes;
    return !world->refuses_changes;
}

static void state_judge_batch(World *world, const Batch *batch)
{
    WorldChannel *channel = state_channel(world, batch->channel, batch->channel_id);
    const WorldApproval *approval = world_find_approval(world, batch->digest);

    if (!str_equal(batch->pass, world->pass_id))
        world_broken(world, "changes of pass %s are recorded in %s", batch->pass, world->pass_id);
    if (batch->approved && !approval)
        world_broken(world, "an approval is spent that was not given");
    if (world->undo)
        judge_undo_record(world, channel, batch);
    else
        world_rule_record(world, channel, batch);
    if (batch->approved && approval->plan && approval->plan != judge_plan(channel, batch->channel))
        world_broken(world, "an approval serves another plan than it was given for");
}

static void state_add_batch(World *world, Batch *batch)
{
    WorldChannel *channel = state_channel(world, batch->channel, batch->channel_id);

    if (batch->approved) {
        WorldApproval *approval = world_find_approval(world, batch->digest);

        approval->is_spent = true;
        channel->opened_in = approval->opens_window ? world->pass_serial : 0;
    }
    for (size_t i = 0; i < batch->change_count; i++)
        state_add_action(world, channel, batch, &batch->changes[i]);
    world_trace(world, "%s: %zu changes are recorded%s", batch->channel_id, batch->change_count,
                batch->approved ? ", approved" : "");
}

int world_record(void *context, Batch *batches, size_t count, Err *err)
{
    World *world = context;

    if (world->is_dead)
        return err_set(err, -EIO, "dead");
    if (world->holds_changes || world->asked_count == 0 || world->asked_step != world->steps)
        world_broken(world, "changes are recorded, and nobody said that changes may be made");
    for (size_t i = 0; i < count; i++)
        state_judge_batch(world, &batches[i]);
    if (!world_is_alive_before(world))
        return err_set(err, -EIO, "dead");
    world->commit_count++;
    if (world->record_error)
        return err_system(err, world->record_error, "the state cannot be written");
    for (size_t i = 0; i < count; i++)
        state_add_batch(world, &batches[i]);
    world_flush(world);
    world_note_effect(world);
    return 0;
}

static void state_keep_listed(World *world, WorldAction *action, const ListedMember *listed)
{
    const WorldMember *member = listed ? world_find_member(world, listed->id) : NULL;

    if (action->kind == CHANGE_ADD && action->outcome == OUTCOME_ADDED && !member)
        world_broken(world, "%s is added, and nobody knows as whom", action->after);
    if (member)
        action->listed = (ListedMember){member->id, listed->weight};
}

int world_decide(void *context, uint64_t number, Outcome outcome, uint32_t attempts,
                 const ListedMember *listed, const Answer *answer, Err *err)
{
    World *world = context;
    WorldAction *action;

    if (!world_is_alive_before(world))
        return err_set(err, -EIO, "dead");
    world->decide_count++;
    if (world->decide_error && world->decide_count >= world->decide_error_from)
        return err_system(err, world->decide_error, "the state cannot be written");
    if (number == 0 || number > world->action_count)
        world_broken(world, "an outcome for the action %zu, which is none", (size_t)number);
    action = &world->actions[number - 1];
    if ((action->is_decided && (action->outcome != OUTCOME_FAILED || outcome != OUTCOME_GONE)) ||
        action->pass != world->pass_serial)
        world_broken(world, "the change of %s is decided twice", action->member->id);
    if (outcome == OUTCOME_PLANNED || outcome == OUTCOME_HELD)
        world_broken(world, "a recorded change cannot be planned or held");
    action->is_decided = true;
    action->decided_usec = world->now_usec;
    action->outcome = outcome;
    state_keep_listed(world, action, listed);
    action->attempts = attempts;
    action->http = answer ? answer->http : 0;
    str_copy(action->code, sizeof(action->code), answer ? answer->code : "");
    str_copy(action->request_id, sizeof(action->request_id), answer ? answer->request_id : "");
    world_trace(world, "%s: %s after %u attempts", action->member->id, ops_outcome_text(outcome),
                attempts);
    world_note_effect(world);
    return 0;
}

const WorldAction *world_find_action(const World *world, const WorldMember *member)
{
    for (size_t i = world->action_count; i > 0; i--) {
        if (world->actions[i - 1].member == member && !world->actions[i - 1].is_undo)
            return &world->actions[i - 1];
    }
    return NULL;
}
