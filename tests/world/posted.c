/* SPDX-License-Identifier: MIT */
#include "tests/world/posted.h"

#include "daemon/base/str.h"
#include "tests/world/quarantine.h"
#include "tests/world/undo.h"
#include "tests/world/world_ops.h"

bool world_has_worked(const WorldAction *action)
{
    return action->outcome == OUTCOME_DELETED || action->outcome == OUTCOME_ADDED ||
           action->outcome == OUTCOME_CORRECTED || action->outcome == OUTCOME_DISABLED ||
           action->outcome == OUTCOME_ENABLED;
}

/* How long an addition or a correction may be carried out and not listed yet. */
#define WORLD_ADDED_LAG_USEC (60 * USEC_PER_SEC)

static bool posted_is_listed(const WorldAction *action, const SettleList *list)
{
    if (action->kind == CHANGE_ADD)
        return list->find_listed(list->list, action->identity, action->identity_size) != NULL;
    return list->find_corrected(list->list, action->identity, action->identity_size, action->before,
                                action->after) != NULL;
}

ListedMember posted_find_listed(const WorldAction *action, const SettleList *list)
{
    const char *id = action->kind == CHANGE_ADD
                         ? list->find_listed(list->list, action->identity, action->identity_size)
                         : NULL;

    return (ListedMember){id ? world_find_member(action->channel->world, id)->id : NULL,
                          OPS_WEIGHT_NONE};
}

/* If it is as it should be, somebody else made it so. */
static bool posted_is_never_sent(const WorldAction *action)
{
    return action->kind != CHANGE_DELETE && !action->was_sent;
}

/* What a whole list says of an addition or a correction. */
int posted_settle(const WorldAction *action, const SettleList *list)
{
    uint64_t now_usec = action->channel->world->now_usec;

    if (posted_is_never_sent(action))
        return SETTLEMENT_FAILED;
    if (action->kind == CHANGE_DISABLE || action->kind == CHANGE_ENABLE)
        return world_settle_switch(action, list);
    if (posted_is_listed(action, list))
        return SETTLEMENT_GONE;
    return now_usec - action->recorded_usec < WORLD_ADDED_LAG_USEC ? SETTLEMENT_LATER
                                                                   : SETTLEMENT_FAILED;
}

Outcome posted_outcome(const WorldAction *action, int settlement)
{
    if (posted_is_never_sent(action))
        return OUTCOME_SKIPPED;
    if (settlement == SETTLEMENT_FAILED)
        return OUTCOME_FAILED;
    if (action->kind == CHANGE_ADD)
        return OUTCOME_ADDED;
    if (action->kind == CHANGE_CORRECT)
        return OUTCOME_CORRECTED;
    if (action->kind != CHANGE_DELETE && settlement != SETTLEMENT_ABSENT)
        return action->kind == CHANGE_DISABLE ? OUTCOME_DISABLED : OUTCOME_ENABLED;
    return settlement == SETTLEMENT_ABSENT ? OUTCOME_GONE : OUTCOME_DELETED;
}

/* The member that an undo puts back. */
static WorldMember *posted_describe_undone(World *world, const WorldChannel *channel,
                                           const Change *change)
{
    const UndoItem *item = world_find_undo_item(world, channel, change);

    if (!item)
        world_broken(world, "%s is added, and the undo does not know it", change->after);
    return world_undo_action(world, item)->member;
}

/* What is to be added, as a member that is in no list. */
WorldMember *posted_describe(World *world, const WorldChannel *channel, const RosterChannel *roster,
                             const Change *change)
{
    WorldMember *member;
    char after[512];

    if (world->undo)
        return posted_describe_undone(world, channel, change);
    member = arena_alloc(&world->arena, sizeof(*member));
    if (!member)
        fail_msg("the test is out of memory");
    for (size_t i = 0; i < roster->member_count; i++) {
        const MemberFields fields = world_parse_fields(change->after);

        world_describe_wanted(&roster->members[i], channel->row.port, &fields, after,
                              sizeof(after));
        if (!str_equal(after, change->after))
            continue;
        *member = (WorldMember){
            .host = roster->members[i].address,
            .canonical = roster->members[i].address,
            .ecs_id = roster->members[i].address,
            .group = config_member_group(&roster->members[i]),
            .port = roster->members[i].port ? roster->members[i].port : channel->row.port,
            .status = 1,
        };
        return member;
    }
    world_broken(world, "%s is added, and the roster does not want it", change->after);
}

int world_read_fields(void *context, const char *member_json, MemberFields *ret_fields)
{
    (void)context;
    *ret_fields = world_parse_fields(member_json);
    return (ret_fields->weight == OPS_WEIGHT_NONE ? 0 : ROSTER_MEMBER_WEIGHT) |
           ROSTER_MEMBER_BACKUP | ROSTER_MEMBER_ENABLED;
}

const char *world_compose(void *context, const MemberPost *post, Arena *arena)
{
    MemberFields fields = post->before ? world_parse_fields(post->before)
                                       : (MemberFields){OPS_WEIGHT_NONE, false, true};
    char text[512];

    (void)context;
    if (post->leaves_weight)
        fields.weight = OPS_WEIGHT_NONE;
    if (post->states & ROSTER_MEMBER_WEIGHT)
        fields.weight = post->wanted->weight;
    if (post->states & ROSTER_MEMBER_BACKUP)
        fields.is_backup = post->wanted->backup;
    if (post->states & ROSTER_MEMBER_ENABLED)
        fields.is_enabled = post->wanted->enabled;
    world_describe_wanted(post->wanted, post->port, &fields, text, sizeof(text));
    return arena_string(arena, text);
}
