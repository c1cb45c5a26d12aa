/* SPDX-License-Identifier: MIT */
#include "tests/world/undo.h"

#include <stdlib.h>

#include "daemon/base/str.h"
#include "tests/world/judge.h"
#include "tests/world/trace.h"

/* ---- out of the history ---- */

static bool undo_is_meant(const WorldAction *action, uint32_t serial)
{
    return action->kind == CHANGE_DELETE && action->pass == serial &&
           (!action->is_decided || action->outcome == OUTCOME_DELETED);
}

uint32_t world_last_deleting(const World *world)
{
    for (size_t i = world->action_count; i > 0; i--) {
        if (undo_is_meant(&world->actions[i - 1], world->actions[i - 1].pass))
            return world->actions[i - 1].pass;
    }
    return 0;
}

static void undo_add_item(Addition *addition, size_t number, const WorldAction *action)
{
    addition->items[addition->item_count++] = (AdditionItem){
        .action = number + 1,
        .member_id = action->member->id,
        .identity = action->identity,
        .identity_size = action->identity_size,
        .member_json = action->before,
    };
}

/* One entry for the channel, whose items begin at `first`. Returns how many it has. */
static size_t undo_add_channel(World *world, WorldUndo *undo, WorldChannel *channel,
                               uint32_t serial, size_t first)
{
    size_t number = undo->config.channel_count;
    Addition *addition = &undo->additions[number];

    addition->items = &undo->items[first];
    for (size_t i = 0; i < world->action_count; i++) {
        if (world->actions[i].channel == channel && undo_is_meant(&world->actions[i], serial))
            undo_add_item(addition, i, &world->actions[i]);
    }
    if (addition->item_count == 0)
        return 0;
    undo->rosters[number] = (RosterChannel){
        .instance = channel->instance,
        .id = channel->row.id,
        .mode = MODE_PRUNE,
        .allow_empty = true,
        .file = "",
    };
    undo->config.channel_count++;
    return addition->item_count;
}

bool world_begin_undo(World *world, uint32_t serial, bool dry_run)
{
    size_t count = 0, found = 0;
    WorldUndo *undo;

    for (size_t i = 0; i < world->action_count; i++)
        count += undo_is_meant(&world->actions[i], serial);
    if (count == 0)
        return false;
    undo = calloc(1, sizeof(*undo) + count * sizeof(undo->items[0]));
    if (!undo)
        fail_msg("the test is out of memory");
    undo->config = world->config;
    undo->config.channels = undo->rosters;
    undo->config.channel_count = 0;
    for (size_t i = 0; i < world->channel_count; i++) {
        size_t added = undo_add_channel(world, undo, &world->channels[i], serial, found);

        found += added;
        if (added > 0 && !dry_run) {
            world->channels[i].is_paused = true;
            world->channels[i].pause_end_usec = 0;
        }
    }
    world_forget(world);
    world->undo = undo;
    world_trace(world, "undo of pass-%u: %zu members in %zu channels", serial, found,
                undo->config.channel_count);
    world_begin_prepared(world, dry_run);
    return true;
}

static void undo_last(World *world, bool dry_run)
{
    if (!world_begin_undo(world, world_last_deleting(world), dry_run))
        fail_msg("there is nothing to undo");
    world_finish(world);
}

void world_undo(World *world)
{
    undo_last(world, false);
}

void world_dry_undo(World *world)
{
    undo_last(world, true);
}

/* ---- looking ---- */

const AdditionItem *world_undo_item(const World *world, size_t channel, size_t number)
{
    return &world->undo->additions[channel].items[number];
}

uint32_t world_count_items(const World *world, AdditionOutcome outcome)
{
    uint32_t count = 0;

    for (size_t i = 0; i < world->undo->config.channel_count; i++) {
        for (size_t k = 0; k < world->undo->additions[i].item_count; k++)
            count += world_undo_item(world, i, k)->outcome == outcome;
    }
    return count;
}

size_t world_count_same(const WorldChannel *channel, const WorldMember *member)
{
    size_t count = 0;

    for (size_t i = 0; i < channel->member_count; i++)
        count += channel->members[i]->exists && judge_is_same(channel, channel->members[i], member);
    return count;
}

/* ---- what may be sent ---- */

static bool undo_is_shown(const WorldChannel *channel, const WorldMember *member)
{
    for (size_t i = 0; i < channel->member_count; i++) {
        if (channel->members[i]->shown_in == channel->list_serial &&
            judge_is_same(channel, channel->members[i], member))
            return true;
    }
    return false;
}

static const AdditionItem *undo_find_item(const World *world, const Request *request)
{
    const WorldUndo *undo = world->undo;

    for (size_t i = 0; undo && i < undo->config.channel_count; i++) {
        if (undo->rosters[i].instance != request->instance ||
            !str_equal(undo->rosters[i].id, request->channel_id))
            continue;
        for (size_t k = 0; k < undo->additions[i].item_count; k++) {
            if (str_equal(undo->additions[i].items[k].member_id, request->member_id))
                return &undo->additions[i].items[k];
        }
    }
    return NULL;
}

static void undo_rule_body(const World *world, const WorldMember *member, const Request *request)
{
    char json[512];
    const MemberRow row = {
        .id = member->id,
        .host = member->host,
        .ecs_id = member->ecs_id,
        .group = member->group,
        .port = member->port,
        .fields = member->recorded,
    };

    world_describe(&row, json, sizeof(json));
    if (!str_equal(json, request->member_json))
        world_broken(world, "%s is added back as %s", json, request->member_json);
}

void world_rule_addition(World *world, const Request *request)
{
    WorldChannel *channel = world_find_channel(world, request->instance, request->channel_id);
    const WorldMember *member = world_find_member(world, request->member_id);

    if (!channel || !member || !undo_find_item(world, request))
        world_broken(world, "an addition that nobody asked for");
    if (world->dry_run || !world_is_manageable(channel))
        world_broken(world, "an addition where none may be");
    if (!channel->is_paused)
        world_broken(world, "an addition to a channel that is not paused");
    if (channel->mutations > 0)
        world_broken(world, "two changes of one channel at once");
    if (undo_is_shown(channel, member))
        world_broken(world, "%s is added though it is live", member->host);
    if (request->is_ecs != !str_equal(channel->row.member_type, "ip"))
        world_broken(world, "%s is added to a channel of the other kind", member->host);
    undo_rule_body(world, member, request);
    channel->mutations++;
    world_record_undone(world, channel, undo_find_item(world, request));
}

/* ---- what a finished undo says ---- */

static bool undo_is_equal(const WorldMember *was, const WorldMember *member)
{
    MemberFields fields = world_fields(member);

    return was->port == member->port && str_equal(was->host, member->host) &&
           str_equal(was->ecs_id, member->ecs_id) && was->recorded.weight == fields.weight &&
           was->recorded.is_backup == fields.is_backup &&
           was->recorded.is_enabled == fields.is_enabled;
}

/* Of two that had one identity, one comes back. */
static bool undo_is_one_of(World *world, const WorldChannel *channel, const Addition *addition,
                           const WorldMember *member)
{
    for (size_t i = 0; i < addition->item_count; i++) {
        const WorldMember *was = world_find_member(world, addition->items[i].member_id);

        if (judge_is_same(channel, was, member) && undo_is_equal(was, member))
            return true;
    }
    return false;
}

static void undo_rule_equal(World *world, const WorldChannel *channel, const Addition *addition,
                            const WorldMember *was)
{
    for (size_t i = 0; i < channel->member_count; i++) {
        const WorldMember *member = channel->members[i];

        if (member->exists && judge_is_same(channel, member, was) &&
            !undo_is_one_of(world, channel, addition, member))
            world_broken(world, "%s came back as %s, and is not equal", was->id, member->id);
    }
    if (world_count_same(channel, was) != 1)
        world_broken(world, "%s is said to be added, and is there %zu times", was->id,
                     world_count_same(channel, was));
}

static bool undo_was_restored(const World *world, const WorldChannel *channel,
                              const WorldMember *was)
{
    for (size_t i = 0; i < channel->member_count; i++) {
        if (channel->members[i]->restored_in == world->pass_serial &&
            judge_is_same(channel, channel->members[i], was))
            return true;
    }
    return false;
}

/* Two members that had one identity are one addition. */
static bool undo_has_sent_its_twin(World *world, const WorldChannel *channel,
                                   const Addition *addition, const WorldMember *was)
{
    for (size_t i = 0; i < addition->item_count; i++) {
        const AdditionItem *item = &addition->items[i];

        if (item->attempts > 0 && !str_equal(item->member_id, was->id) &&
            judge_is_same(channel, world_find_member(world, item->member_id), was))
            return true;
    }
    return false;
}

static void undo_rule_item(World *world, const ChannelReport *report, const Addition *addition,
                           const AdditionItem *item)
{
    const WorldChannel *channel = world_find_channel(world, report->channel->instance, report->id);
    const WorldMember *was = world_find_member(world, item->member_id);
    bool is_restored = undo_was_restored(world, channel, was);

    if (item->outcome == ADDITION_ADDED && report->result == RESULT_CONVERGED)
        undo_rule_equal(world, channel, addition, was);
    if (is_restored && item->outcome != ADDITION_ADDED && item->outcome != ADDITION_FAILED &&
        !undo_has_sent_its_twin(world, channel, addition, was))
        world_broken(world, "%s was added, the undo says %s", was->id,
                     ops_addition_text(item->outcome));
    if ((item->attempts > 0) !=
        (item->outcome == ADDITION_ADDED || item->outcome == ADDITION_FAILED))
        world_broken(world, "%s: %u attempts, the undo says %s", was->id, item->attempts,
                     ops_addition_text(item->outcome));
    if ((item->outcome == ADDITION_PLANNED) && !world->dry_run)
        world_broken(world, "%s is left planned", was->id);
}

/* Whether the outcomes of all its items come to the channel's result. What a stop or the deadline
 * cut short has an error. */
static bool undo_is_well(const World *world, const Addition *addition, const ChannelReport *report)
{
    size_t counts[ADDITION_FAILED + 1] = {0};
    Result result = report->result;

    for (size_t i = 0; i < addition->item_count; i++)
        counts[addition->items[i].outcome]++;
    if (result == RESULT_IN_SYNC)
        return counts[ADDITION_LIVE] == addition->item_count;
    if (result == RESULT_CONVERGED)
        return counts[ADDITION_ADDED] > 0 &&
               counts[ADDITION_ADDED] + counts[ADDITION_LIVE] == addition->item_count;
    if (result == RESULT_DRIFT && !err_is_set(&report->error))
        return world->dry_run && counts[ADDITION_PLANNED] > 0 &&
               counts[ADDITION_PLANNED] + counts[ADDITION_LIVE] == addition->item_count;
    return true;
}

void world_rule_undone(World *world)
{
    const Report *report = pass_get_report(world->pass);

    for (size_t i = 0; i < report->channel_count; i++) {
        const ChannelReport *row = &report->channels[i];
        const Addition *addition = &world->undo->additions[i];
        bool is_good = row->result == RESULT_IN_SYNC || row->result == RESULT_CONVERGED;

        if (row->result == RESULT_HELD || row->result == RESULT_PAUSED)
            world_broken(world, "an undo is %s", report_result_text(row->result));
        if (is_good && err_is_set(&row->error))
            world_broken(world, "%s: undone with an error: %s", row->id, row->error.text);
        if ((row->result == RESULT_FAILED || row->result == RESULT_UNMANAGEABLE) &&
            !err_is_set(&row->error))
            world_broken(world, "%s: an undo failed without saying why", row->id);
        if (!undo_is_well(world, addition, row))
            world_broken(world, "%s: the outcomes do not make it %s", row->id,
                         report_result_text(row->result));
        for (size_t k = 0; k < addition->item_count; k++)
            undo_rule_item(world, row, addition, &addition->items[k]);
    }
}
