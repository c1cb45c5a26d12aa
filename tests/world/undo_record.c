/* SPDX-License-Identifier: MIT */
/* What the imaginary state keeps of an undo: each addition is recorded before it is sent, and has
 * its outcome when the undo ends. One that is cut short leaves some without, for later lists. */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "tests/world/undo.h"

static WorldAction *undo_find_action(World *world, const char *member_id)
{
    for (size_t i = world->pass_first_action; i < world->action_count; i++) {
        WorldAction *action = &world->actions[i];

        if (action->is_undo && action->pass == world->pass_serial &&
            str_equal(action->member->id, member_id))
            return action;
    }
    return NULL;
}

void world_record_undone(World *world, WorldChannel *channel, const AdditionItem *item)
{
    WorldAction *action = undo_find_action(world, item->member_id);

    if (action)
        return;
    if (mem_grow(&world->actions, &world->action_capacity, world->action_count + 1,
                 sizeof(*world->actions)) < 0)
        fail_msg("the test is out of memory");
    action = &world->actions[world->action_count++];
    *action = (WorldAction){
        .kind = CHANGE_ADD,
        .is_undo = true,
        .channel = channel,
        .member = world_find_member(world, item->member_id),
        .pass = world->pass_serial,
        .identity = malloc(item->identity_size),
        .identity_size = item->identity_size,
        .after = strdup(item->member_json),
        .realtime_usec = world->realtime_usec,
        .recorded_usec = world->now_usec,
        .was_sent = true,
    };
    if (!action->identity || !action->after)
        fail_msg("the test is out of memory");
    memcpy(action->identity, item->identity, item->identity_size);
}

void world_hear_undone(World *world, const WorldEvent *event, bool may_have_worked)
{
    WorldAction *action = undo_find_action(world, event->request.member_id);

    if (action)
        action->may_have_gone = action->may_have_gone || may_have_worked;
}

void world_decide_undone(World *world)
{
    const WorldUndo *undo = world->undo;

    for (size_t i = 0; i < undo->config.channel_count; i++) {
        for (size_t k = 0; k < undo->additions[i].item_count; k++) {
            const AdditionItem *item = &undo->additions[i].items[k];
            WorldAction *action = undo_find_action(world, item->member_id);

            if (!action || item->is_open)
                continue;
            action->is_decided = true;
            action->attempts = item->attempts;
            action->outcome = item->outcome == ADDITION_ADDED    ? OUTCOME_ADDED
                              : item->outcome == ADDITION_FAILED ? OUTCOME_FAILED
                                                                 : OUTCOME_SKIPPED;
        }
    }
}
