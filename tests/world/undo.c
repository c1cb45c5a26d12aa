/* SPDX-License-Identifier: MIT */
#include "tests/world/undo.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "tests/world/judge.h"
#include "tests/world/trace.h"

/* ---- out of the history ---- */

/* Where the changes are taken from. */
typedef struct UndoSource {
    const WorldAction *actions;
    size_t count;
    uint32_t serial; /* the pass */
    bool is_handed;
} UndoSource;

bool world_is_undoable(const WorldAction *action, uint32_t serial)
{
    if (action->kind == CHANGE_ENABLE)
        return false;
    return action->pass == serial && (!action->is_decided || world_has_worked(action));
}

uint32_t world_last_changing(const World *world)
{
    for (size_t i = world->action_count; i > 0; i--) {
        const WorldAction *action = &world->actions[i - 1];

        if (!action->is_undo && world_is_undoable(action, action->pass))
            return action->pass;
    }
    return 0;
}

static void undo_add_item(ChannelUndo *undo, size_t number, const WorldAction *action)
{
    const char *listed_id = action->listed.id ? action->listed.id : "";

    undo->items[undo->item_count++] = (UndoItem){
        .action = number + 1,
        .done = action->kind,
        .is_decided = action->is_decided,
        .member_id = action->kind == CHANGE_ADD ? listed_id : action->member->id,
        .identity = action->identity,
        .identity_size = action->identity_size,
        .before = action->before,
        .after = action->after,
        .listed_weight = action->listed.id ? action->listed.weight : OPS_WEIGHT_NONE,
        .outcome = OUTCOME_SKIPPED,
    };
}

/* One entry for the channel, whose items begin at `first`. Returns how many it has. */
static size_t undo_add_channel(World *world, WorldUndo *undo, WorldChannel *channel,
                               const UndoSource *source, size_t first)
{
    const RosterChannel *roster = world_find_roster(world, channel);
    size_t number = undo->config.channel_count;
    ChannelUndo *of_channel = &undo->undos[number];

    of_channel->items = &undo->items[first];
    for (size_t i = 0; i < source->count; i++) {
        const WorldAction *action = &source->actions[i];

        if (action->channel == channel && world_is_undoable(action, source->serial))
            undo_add_item(of_channel, i, action);
    }
    if (of_channel->item_count == 0)
        return 0;
    undo->rosters[number] = (RosterChannel){
        .instance = channel->instance,
        .id = channel->row.id,
        .mode = MODE_PRUNE,
        .guards = roster ? roster->guards : world->config.guards,
        .allow_empty = true,
        .file = "",
    };
    undo->config.channel_count++;
    return of_channel->item_count;
}

static bool undo_begin(World *world, const UndoSource *source, bool dry_run)
{
    size_t count = 0, found = 0;
    WorldUndo *undo;

    for (size_t i = 0; i < source->count; i++)
        count += world_is_undoable(&source->actions[i], source->serial);
    if (count == 0)
        return false;
    undo = calloc(1, sizeof(*undo) + count * sizeof(undo->items[0]));
    if (!undo)
        fail_msg("the test is out of memory");
    undo->rosters = world_alloc(world, world->channel_count, sizeof(RosterChannel));
    undo->undos = world_alloc(world, world->channel_count, sizeof(ChannelUndo));
    undo->handed = source->is_handed ? source->actions : NULL;
    undo->config = world->config;
    undo->config.channels = undo->rosters;
    undo->config.channel_count = 0;
    for (size_t i = 0; i < world->channel_count; i++) {
        size_t added = undo_add_channel(world, undo, &world->channels[i], source, found);

        found += added;
        if (added > 0 && !dry_run) {
            world->channels[i].is_paused = true;
            world->channels[i].pause_end_usec = 0;
        }
    }
    world_forget(world);
    world->undo = undo;
    world_trace(world, "undo of pass-%u%s: %zu changes in %zu channels", source->serial,
                source->is_handed ? " of another host" : "", found, undo->config.channel_count);
    world_begin_prepared(world, dry_run);
    return true;
}

bool world_begin_undo(World *world, uint32_t serial, bool dry_run)
{
    return undo_begin(world, &(UndoSource){world->actions, world->action_count, serial, false},
                      dry_run);
}

bool world_begin_handed_undo(World *world, const WorldAction *actions, size_t count)
{
    return count > 0 &&
           undo_begin(world, &(UndoSource){actions, count, actions[0].pass, true}, false);
}

static void undo_last(World *world, bool dry_run)
{
    if (!world_begin_undo(world, world_last_changing(world), dry_run))
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

const UndoItem *world_undo_item(const World *world, size_t channel, size_t number)
{
    return &world->undo->undos[channel].items[number];
}

uint32_t world_count_items(const World *world, Outcome outcome)
{
    uint32_t count = 0;

    for (size_t i = 0; i < world->undo->config.channel_count; i++) {
        for (size_t k = 0; k < world->undo->undos[i].item_count; k++)
            count += world_undo_item(world, i, k)->outcome == outcome;
    }
    return count;
}

const WorldAction *world_undo_action(const World *world, const UndoItem *item)
{
    const WorldAction *actions = world->undo->handed ? world->undo->handed : world->actions;

    return &actions[item->action - 1];
}

WorldMember *world_undo_member(World *world, const UndoItem *item)
{
    return item->member_id[0] ? world_find_member(world, item->member_id) : NULL;
}

/* Two that were deleted may have had one identity. */
static bool undo_is_addition(const UndoItem *item, const Change *change)
{
    MemberFields was = world_parse_fields(item->before), sent = world_parse_fields(change->after);

    return item->identity_size == change->identity_size &&
           memcmp(item->identity, change->identity, change->identity_size) == 0 &&
           was.is_backup == sent.is_backup && was.is_enabled == sent.is_enabled &&
           (was.weight == sent.weight || sent.weight == OPS_WEIGHT_NONE);
}

/* Two that were added may have become one member, as the later of them was sent. */
static bool undo_is_deletion(const UndoItem *item, const Change *change)
{
    MemberFields made = world_parse_fields(item->after), live = world_parse_fields(change->before);

    return str_equal(item->member_id, change->member_id) && made.is_backup == live.is_backup &&
           made.is_enabled == live.is_enabled;
}

static bool undo_is_of(const UndoItem *item, const Change *change)
{
    if (item->done == CHANGE_DELETE)
        return change->kind == CHANGE_ADD && undo_is_addition(item, change);
    if (item->done == CHANGE_ADD)
        return change->kind == CHANGE_DELETE && undo_is_deletion(item, change);
    return change->kind == undo_kind(item->done) && str_equal(item->member_id, change->member_id);
}

const UndoItem *world_find_undo_item(const World *world, const WorldChannel *channel,
                                     const Change *change)
{
    const WorldUndo *undo = world->undo;

    for (size_t i = 0; undo && i < undo->config.channel_count; i++) {
        if (undo->rosters[i].instance != channel->instance ||
            !str_equal(undo->rosters[i].id, channel->row.id))
            continue;
        for (size_t k = 0; k < undo->undos[i].item_count; k++) {
            if (undo_is_of(&undo->undos[i].items[k], change))
                return &undo->undos[i].items[k];
        }
    }
    return NULL;
}

size_t world_count_same(const WorldChannel *channel, const WorldMember *member)
{
    size_t count = 0;

    for (size_t i = 0; i < channel->member_count; i++)
        count += channel->members[i]->exists && judge_is_same(channel, channel->members[i], member);
    return count;
}
