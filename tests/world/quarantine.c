/* SPDX-License-Identifier: MIT */
#include "tests/world/quarantine.h"

#include <string.h>

#include "daemon/base/str.h"
#include "tests/world/judge_undo.h"
#include "tests/world/trace.h"
#include "tests/world/world_ops.h"

/* For so long a list may show a member as it was before it was switched. */
#define QUARANTINE_LAG_USEC (60 * USEC_PER_SEC)

/* ---- the state ---- */

static const WorldAction *quarantine_action(const World *world, size_t number)
{
    return number > 0 ? &world->actions[number - 1] : NULL;
}

static uint64_t quarantine_left(const World *world, const WorldQuarantine *quarantine)
{
    return quarantine->due_usec > world->now_usec ? quarantine->due_usec - world->now_usec : 0;
}

/* Whether the last that was recorded of it is that it is enabled, and it was. */
static bool quarantine_was_enabled(const World *world, const WorldMember *member)
{
    const WorldAction *action = quarantine_action(world, member->entry.enabled_by);

    return member->entry.enabled_by > member->entry.disabled_by && action->is_decided &&
           (action->outcome == OUTCOME_ENABLED || action->outcome == OUTCOME_GONE);
}

bool world_find_quarantined(const World *world, const WorldMember *member,
                            WorldQuarantine *ret_quarantine)
{
    const WorldAction *action = quarantine_action(world, member->entry.disabled_by);

    if (member->entry.disabled_by > member->entry.freed_at &&
        member->entry.disabled_by > member->entry.entered_at) {
        if (quarantine_was_enabled(world, member) ||
            (action->is_decided && action->outcome != OUTCOME_DISABLED))
            return false;
        *ret_quarantine = (WorldQuarantine){
            .is_ours = true,
            .due_usec =
                (action->is_decided ? action->decided_usec : world->now_usec) + action->span_usec,
        };
        return true;
    }
    if (member->entry.entered_usec == 0)
        return false;
    *ret_quarantine =
        (WorldQuarantine){.due_usec = member->entry.entered_usec + member->entry.entered_span_usec};
    return true;
}

bool world_is_quarantined(const WorldChannel *channel, const WorldMember *member, bool *ret_is_due)
{
    WorldQuarantine quarantine;

    if (member->shown.is_enabled || !world_find_quarantined(channel->world, member, &quarantine))
        return false;
    *ret_is_due = quarantine.due_usec <= channel->listed_usec;
    return true;
}

int world_recall_quarantine(void *context, const RosterChannel *roster, const char *channel_id,
                            Quarantine *quarantine, Err *err)
{
    World *world = context;
    const WorldChannel *channel = world_find_channel(world, roster->instance, channel_id);

    for (size_t i = 0; i < channel->member_count; i++) {
        WorldQuarantine found;
        Quarantined row;

        if (!world_find_quarantined(world, channel->members[i], &found))
            continue;
        if (world->recall_error)
            return err_system(err, world->recall_error, "the state");
        row = (Quarantined){
            .member_id = channel->members[i]->id,
            .is_ours = found.is_ours,
            .left_usec = quarantine_left(world, &found),
            .until_usec = world->realtime_usec + quarantine_left(world, &found),
        };
        if (quarantine_add(quarantine, &row) < 0)
            return err_memory(err);
    }
    return 0;
}

static void quarantine_free(World *world, WorldMember *member)
{
    member->entry.freed_at = world->action_count;
    member->entry.entered_usec = 0;
    world_trace(world, "%s: in quarantine no more", member->id);
}

int world_enter_quarantine(void *context, const RosterChannel *roster, const ChannelRow *row,
                           const char *const *member_ids, size_t count, Err *err)
{
    World *world = context;

    if (world->dry_run || world->undo || roster->quarantine_usec == 0)
        world_broken(world, "%s: members enter a quarantine where none may", row->id);
    if (!world_is_alive_before(world))
        return err_set(err, -EIO, "dead");
    for (size_t i = 0; i < count; i++) {
        WorldMember *member = world_find_member(world, member_ids[i]);

        if (!member || member->shown.is_enabled)
            world_broken(world, "%s enters quarantine and is enabled", member_ids[i]);
        member->entry.entered_at = world->action_count;
        member->entry.entered_usec = world->now_usec;
        member->entry.entered_span_usec = roster->quarantine_usec;
        world_trace(world, "%s: in quarantine", member->id);
    }
    world_note_effect(world);
    return 0;
}

int world_leave_quarantine(void *context, const RosterChannel *roster, const char *channel_id,
                           const char *const *member_ids, size_t count, Err *err)
{
    World *world = context;

    (void)roster;
    if (world->dry_run)
        world_broken(world, "%s: a dry run lets members out of quarantine", channel_id);
    if (!world_is_alive_before(world))
        return err_set(err, -EIO, "dead");
    for (size_t i = 0; i < count; i++) {
        WorldMember *member = world_find_member(world, member_ids[i]);
        WorldQuarantine quarantine;

        if (world_find_quarantined(world, member, &quarantine) && quarantine.is_ours)
            world_broken(world, "%s is let out of quarantine and stays disabled", member->id);
        quarantine_free(world, member);
    }
    world_note_effect(world);
    return 0;
}

void world_note_switch(const World *world, const WorldChannel *channel, WorldAction *action,
                       uint64_t span_usec)
{
    action->span_usec = span_usec;
    if (action->kind == CHANGE_DELETE)
        world_is_quarantined(channel, action->member, &action->is_due);
    if (action->kind == CHANGE_DISABLE)
        action->member->entry.disabled_by = world->action_count;
    if (action->kind == CHANGE_ENABLE)
        action->member->entry.enabled_by = world->action_count;
}

int world_settle_switch(const WorldAction *action, const SettleList *list)
{
    SwitchLook look = list->look(list->list, action->member->id);
    SwitchLook wanted = action->kind == CHANGE_DISABLE ? SWITCH_DISABLED : SWITCH_ENABLED;

    if (look == SWITCH_UNKNOWN || look == SWITCH_ABSENT)
        return SETTLEMENT_ABSENT;
    if (look == wanted)
        return SETTLEMENT_GONE;
    return action->channel->world->now_usec - action->recorded_usec < QUARANTINE_LAG_USEC
               ? SETTLEMENT_LATER
               : SETTLEMENT_FAILED;
}

static void quarantine_lengthen(World *world, WorldMember *member, uint64_t span_usec)
{
    WorldAction *action =
        member->entry.disabled_by > 0 ? &world->actions[member->entry.disabled_by - 1] : NULL;

    if (action && action->span_usec < span_usec)
        action->span_usec = span_usec;
    if (member->entry.entered_span_usec < span_usec)
        member->entry.entered_span_usec = span_usec;
}

void world_settle_quarantine(World *world, WorldChannel *channel, const RosterChannel *roster,
                             const SettleList *list)
{
    for (size_t i = 0; i < channel->member_count; i++) {
        WorldMember *member = channel->members[i];
        const WorldAction *action = quarantine_action(world, member->entry.disabled_by);
        WorldQuarantine quarantine;
        SwitchLook look;

        if (!world_find_quarantined(world, member, &quarantine))
            continue;
        quarantine_lengthen(world, member, roster->quarantine_usec);
        if (quarantine.is_ours && !action->is_decided)
            continue;
        look = list->look(list->list, member->id);
        if (look == SWITCH_ABSENT ||
            (look == SWITCH_ENABLED &&
             (!quarantine.is_ours ||
              world->now_usec - action->decided_usec >= QUARANTINE_LAG_USEC)))
            quarantine_free(world, member);
    }
}

/* ---- the rules ---- */

/* What rosterd may take for its own work: as far as lists could tell. */
void world_rule_shown(World *world, WorldMember *member)
{
    const WorldAction *action = quarantine_action(world, member->entry.disabled_by);
    uint64_t since_usec =
        action && action->is_decided ? action->decided_usec : member->entry.switched_usec;

    if (member->shown.is_enabled && world->now_usec - since_usec >= QUARANTINE_LAG_USEC)
        member->entry.may_be_ours = false;
}

static WorldAction *quarantine_recorded(World *world, const WorldChannel *channel,
                                        const Request *request, ChangeKind kind)
{
    WorldAction *action;

    if (request->action == 0 || request->action > world->action_count)
        world_broken(world, "%s is switched and was not recorded", request->member_id);
    action = &world->actions[request->action - 1];
    if (action->kind != kind || action->channel != channel || action->pass != world->pass_serial ||
        action->is_decided || !str_equal(action->member->id, request->member_id))
        world_broken(world, "%s is switched and was not recorded so", request->member_id);
    return action;
}

static bool quarantine_is_condemned(const WorldChannel *channel, const RosterChannel *roster,
                                    const WorldMember *member)
{
    return mode_may(roster->mode, MODE_DELETES) && !world_is_desired(channel, roster, member) &&
           !world_is_ignored(channel, roster, member);
}

/* Whether something waits for room in a full channel: then extras go one by one. */
static bool quarantine_is_full(const World *world, const WorldChannel *channel)
{
    for (size_t i = world->pass_first_action; i < world->action_count; i++) {
        if (world->actions[i].channel == channel && world->actions[i].was_refused_full &&
            world->actions[i].pass == world->pass_serial)
            return true;
    }
    return false;
}

static void rule_disable(World *world, const WorldChannel *channel, const RosterChannel *roster,
                         WorldAction *action)
{
    bool is_full = quarantine_is_full(world, channel);
    WorldMember *member = action->member;
    uint32_t staying = 0;

    if (roster->quarantine_usec == 0 || !quarantine_is_condemned(channel, roster, member))
        world_broken(world, "%s is disabled and may not be", member->id);
    for (size_t i = 0; i < channel->member_count; i++) {
        const WorldMember *other = channel->members[i];

        staying += other->shown_in == channel->list_serial && other->shown.is_enabled &&
                   other != member &&
                   (is_full || world_is_desired(channel, roster, other) ||
                    world_is_ignored(channel, roster, other));
    }
    if (staying < roster->guards.min_remaining && !action->is_approved)
        world_broken(world, "%s is disabled, and %u members are left in service", member->id,
                     staying);
    member->entry.may_be_ours = true;
    member->entry.switched_usec = world->now_usec;
}

static void rule_enable(const World *world, const WorldChannel *channel,
                        const RosterChannel *roster, const WorldMember *member)
{
    if (!member->entry.may_be_ours && member->status == 2)
        world_broken(world, "%s is enabled and rosterd had not disabled it", member->id);
    if (quarantine_is_condemned(channel, roster, member))
        world_broken(world, "%s is enabled and is an extra", member->id);
}

void world_rule_switch(World *world, const Request *request)
{
    const RosterChannel *roster = request->channel;
    WorldChannel *channel = world_find_channel(world, request->instance, request->channel_id);
    bool disables = request->kind == REQUEST_DISABLE_MEMBER;
    const ChangeGate gate = config_gate(&world->config, roster);
    WorldAction *action =
        quarantine_recorded(world, channel, request, disables ? CHANGE_DISABLE : CHANGE_ENABLE);

    if (world->undo) {
        judge_undo_send(world, channel, action);
        if (disables || (!action->member->entry.may_be_ours && action->member->status == 2))
            world_broken(world, "an undo switches %s", action->member->id);
        channel->mutations++;
        action->was_sent = true;
        return;
    }
    if (world->dry_run || roster->mode == MODE_OBSERVE || !world_is_manageable(channel))
        world_broken(world, "%s is switched where nothing may be changed", action->member->id);
    if (channel->is_paused || (roster->pause && roster->pause->until_usec == 0))
        world_broken(world, "%s is switched and its channel is paused", action->member->id);
    if (channel->mutations > 0)
        world_broken(world, "two changes of one channel at once");
    if (disables)
        rule_disable(world, channel, roster, action);
    else if (change_gate_look(&gate, world->realtime_usec).is_frozen)
        world_broken(world, "%s is enabled in a freeze", action->member->id);
    else
        rule_enable(world, channel, roster, action->member);
    channel->mutations++;
    action->was_sent = true;
}

void world_rule_quarantine(World *world, const RosterChannel *roster, const WorldMember *member)
{
    const WorldAction *action = quarantine_action(world, member->entry.disabled_by);
    uint64_t since_usec = member->entry.switched_usec, span_usec = action ? action->span_usec : 0;
    WorldQuarantine quarantine;
    bool is_in = world_find_quarantined(world, member, &quarantine) && !member->shown.is_enabled;

    if (!is_in && roster->quarantine_usec == 0)
        return;
    if (!is_in)
        world_broken(world, "%s is deleted and was not in quarantine", member->id);
    if (!quarantine.is_ours) {
        since_usec = member->entry.entered_usec;
        span_usec = member->entry.entered_span_usec;
    }
    if (world->now_usec - since_usec < span_usec)
        world_broken(world, "%s is deleted after %zu s in quarantine", member->id,
                     (size_t)((world->now_usec - since_usec) / USEC_PER_SEC));
}

void world_rule_enabled(World *world, const WorldChannel *channel, const Batch *batch)
{
    if (world->dry_run || world->undo || channel->is_paused ||
        batch->channel->mode == MODE_OBSERVE ||
        (batch->channel->pause && batch->channel->pause->until_usec == 0) || batch->approved)
        world_broken(world, "members are enabled where nothing may be changed");
    for (size_t i = 0; i < batch->change_count; i++) {
        const Change *change = &batch->changes[i];
        const WorldMember *member = world_find_member(world, change->member_id);
        WorldQuarantine quarantine;

        if (change->kind != CHANGE_ENABLE || change->after)
            world_broken(world, "%s is recorded among those to be enabled", change->member_id);
        if (!member || member->shown_in != channel->list_serial || member->shown.is_enabled ||
            !strstr(change->before, member->id))
            world_broken(world, "%s was not listed as disabled", change->member_id);
        if (!world_find_quarantined(world, member, &quarantine) || !quarantine.is_ours)
            world_broken(world, "%s is to be enabled and rosterd had not disabled it", member->id);
    }
}
