/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/undo.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "reconcile/apply/apply.h"
#include "reconcile/apply/changes.h"
#include "reconcile/apply/held.h"
#include "reconcile/apply/kinds.h"
#include "reconcile/apply/sent.h"
#include "reconcile/apply/undo_look.h"

ChangeKind undo_kind(ChangeKind done)
{
    static const ChangeKind kinds[CHANGE_KIND_COUNT] = {
        [CHANGE_DELETE] = CHANGE_ADD,
        [CHANGE_ADD] = CHANGE_DELETE,
        [CHANGE_CORRECT] = CHANGE_CORRECT,
        [CHANGE_DISABLE] = CHANGE_ENABLE,
    };

    assert(done < CHANGE_KIND_COUNT && done != CHANGE_ENABLE);
    return kinds[done];
}

Outcome undo_effect(ChangeKind done)
{
    return kinds_row(done)->recorded;
}

Outcome undo_outcome(const UndoItem *item)
{
    const KindRow *kind = kinds_row(undo_kind(item->done));

    return item->outcome == kind->success ? kind->recorded : item->outcome;
}

UndoItem *undo_item(const ChannelPass *channel, size_t number)
{
    const ChannelUndo *undo = channel->undo;

    assert(undo && number < channel->change_count);
    assert(channel->sent[number].wanted < undo->item_count);
    return &undo->items[channel->sent[number].wanted];
}

/* ---- who is in service ---- */

/* Whether undoing the item takes a member out of service that is in service. */
static bool undo_takes_out(const UndoItem *item)
{
    if (item->done == CHANGE_ADD)
        return true;
    return item->done == CHANGE_CORRECT && item->states & ROSTER_MEMBER_ENABLED &&
           !item->was.is_enabled;
}

/* Whether it brings one into service. */
static bool undo_brings_in(const UndoItem *item)
{
    if (item->done == CHANGE_DELETE)
        return item->was.is_enabled;
    if (item->done == CHANGE_DISABLE)
        return true;
    return item->done == CHANGE_CORRECT && item->states & ROSTER_MEMBER_ENABLED &&
           item->was.is_enabled;
}

size_t undo_count_staying(const ChannelPass *channel)
{
    const Diff *list = channel->reading;
    size_t staying = list->extras_in_service;

    for (size_t i = channel->first_deletion; i < channel->change_count; i++) {
        const Extra *row = diff_find_extra(list, channel->changes[i].member_id);
        bool is_meant = undo_item(channel, i)->outcome != OUTCOME_CHANGED;

        assert(!row || !row->fields.is_enabled || staying > 0);
        staying -= is_meant && row && row->fields.is_enabled;
    }
    return staying;
}

/* How many would be in service once all that is planned is done. */
static size_t undo_expect_staying(const ChannelPass *channel)
{
    const ChannelUndo *undo = channel->undo;
    size_t staying = channel->diff.extras_in_service;

    for (size_t i = 0; i < undo->item_count; i++) {
        const UndoItem *item = &undo->items[i];

        if (item->outcome != OUTCOME_PLANNED)
            continue;
        staying += undo_brings_in(item);
        staying -= undo_takes_out(item) && item->planned.is_enabled;
    }
    return staying;
}

/* What is planned takes too many out of service: that part of it is held. */
static void undo_hold(ChannelPass *channel)
{
    const Guards *guards = &channel->roster->guards;
    size_t staying = undo_expect_staying(channel), held = 0;
    Err err = {0};

    if (guard_keeps_enough(guards, staying))
        return;
    for (size_t i = 0; i < channel->undo->item_count; i++) {
        UndoItem *item = &channel->undo->items[i];

        if (item->outcome != OUTCOME_PLANNED || !undo_takes_out(item))
            continue;
        item->outcome = OUTCOME_HELD;
        held++;
    }
    if (held == 0)
        return;
    held_add(channel, guard_at_least_remaining(guards, staying));
    err_set(&err, -EPERM,
            "%zu members are not taken out by the undo: %zu members in service would stay, "
            "min_remaining is %" PRIu32,
            held, staying, guards->min_remaining);
    channel_tell(channel, EVENT_HELD, &err);
}

/* ---- from items to changes ---- */

/* A member as the roster would state it: where it is by its identity, from which its texts are
 * borrowed, its fields by the history. */
static int undo_state_member(const ChannelPass *channel, const UndoItem *item,
                             RosterMember *ret_member, uint16_t *ret_port)
{
    const char *group, *address;

    if (!identity_unpack(item->identity, item->identity_size, &group, &address, ret_port) ||
        address - group > INT16_MAX)
        return -EINVAL;
    *ret_member = (RosterMember){
        .address = address,
        .group_at = (int16_t)(group[0] ? group - address : 0),
        .is_ecs = channel->report->is_ecs,
        .states = item->done == CHANGE_CORRECT ? item->states : 0,
        .weight = item->was.weight == OPS_WEIGHT_NONE ? 0 : (uint16_t)item->was.weight,
        .backup = item->was.is_backup,
        .enabled = item->was.is_enabled,
    };
    return 0;
}

/* What is sent of a member that is added or corrected; `before` is the row that it is made from. */
static const char *undo_compose(ChannelPass *channel, const UndoItem *item, const char *before)
{
    RosterMember member;
    uint16_t port;

    if (undo_state_member(channel, item, &member, &port) < 0)
        return NULL;
    return channel->ops->compose(
        channel->context,
        &(MemberPost){
            .wanted = &member,
            .port = port,
            .states = member.states,
            .leaves_weight =
                item->done == CHANGE_DELETE
                    ? desired_has_group_weight(&channel->desired, config_member_group(&member))
                    : !desired_is_weightless(&channel->desired, config_member_group(&member)),
            .before = before,
        },
        &channel->diff.arena);
}

static int undo_put(ChannelPass *channel, size_t number)
{
    const UndoItem *item = &channel->undo->items[number];
    const Extra *row = NULL;
    Change change = {
        .kind = undo_kind(item->done),
        .member_id = "",
        .identity = item->identity,
        .identity_size = item->identity_size,
    };

    if (item->done != CHANGE_DELETE) {
        row = diff_find_extra(&channel->diff, item->member_id);
        assert(row);
        change.member_id = row->id;
        change.before = row->member_json;
    }
    if (change.kind == CHANGE_ADD || change.kind == CHANGE_CORRECT) {
        change.after = undo_compose(channel, item, row ? row->member_json : item->before);
        if (!change.after)
            return -ENOMEM;
    }
    channel->sent[channel->change_count] = (Sent){.wanted = number};
    channel->changes[channel->change_count++] = change;
    return 0;
}

/* Those of a kind that are planned, and do, or do not, take members out of service. */
static int undo_put_all(ChannelPass *channel, ChangeKind done, bool takes_out)
{
    int r = 0;

    for (size_t i = 0; i < channel->undo->item_count && r == 0; i++) {
        const UndoItem *item = &channel->undo->items[i];

        if (item->done == done && item->outcome == OUTCOME_PLANNED &&
            undo_takes_out(item) == takes_out)
            r = undo_put(channel, i);
    }
    return r;
}

static int undo_make_changes(ChannelPass *channel)
{
    size_t count = channel->undo->item_count;
    int r = changes_allocate(channel, count);

    if (r == 0)
        r = undo_put_all(channel, CHANGE_DISABLE, false);
    if (r == 0)
        r = undo_put_all(channel, CHANGE_DELETE, false);
    if (r == 0)
        r = undo_put_all(channel, CHANGE_CORRECT, false);
    channel->first_deletion = channel->change_count;
    channel->is_made = channel->first_deletion == 0;
    if (r == 0)
        r = undo_put_all(channel, CHANGE_CORRECT, true);
    return r < 0 ? r : undo_put_all(channel, CHANGE_ADD, true);
}

/* ---- the first list ---- */

/* A group that is no more is not created: what was in it cannot come back. */
static int undo_check_groups(const ChannelPass *channel, Err *err)
{
    for (size_t i = 0; i < channel->undo->item_count; i++) {
        const UndoItem *item = &channel->undo->items[i];
        _cleanup_(buf_done) Buf groups = {0};
        RosterMember member;
        uint16_t port;

        if (item->done != CHANGE_DELETE || item->outcome != OUTCOME_PLANNED ||
            !channel->row->tells_groups || undo_state_member(channel, item, &member, &port) < 0 ||
            str_is_empty(config_member_group(&member)) ||
            desired_has_group(&channel->desired, config_member_group(&member)))
            continue;
        desired_print_groups(&channel->desired, &groups);
        return err_set(err, -EINVAL,
                       "the channel has no group %s any more, and rosterd creates none: create it, "
                       "then undo again; it has: %s",
                       config_member_group(&member),
                       buf_failed(&groups) < 0 ? "?" : buf_text(&groups));
    }
    return 0;
}

/* Decides about an item by the list. Where two were put into one place, they became one member, of
 * which one item is undone. 0 or -ENOMEM. */
static int undo_decide_one(ChannelPass *channel, UndoItem *item, Map *members)
{
    const Extra *row = NULL;
    int r = undo_look_read(channel, item);

    if (r < 0)
        return r;
    item->outcome = undo_look_at(channel, &channel->diff, item, &row);
    if (!row)
        return 0;
    item->planned = row->fields;
    if (item->outcome == OUTCOME_PLANNED)
        r = map_put(members, row->id, strlen(row->id), item);
    if (item->outcome == OUTCOME_PLANNED && r == 0) {
        str_copy(item->reason, sizeof(item->reason), "another change of that pass made the same");
        item->outcome = OUTCOME_LIVE;
    }
    return r < 0 ? r : 0;
}

static int undo_decide(ChannelPass *channel)
{
    _cleanup_(map_done) Map members = {0};
    int r = 0;

    for (size_t i = 0; i < channel->undo->item_count && r == 0; i++)
        r = undo_decide_one(channel, &channel->undo->items[i], &members);
    return r;
}

static size_t undo_count(const ChannelPass *channel, Outcome outcome)
{
    size_t count = 0;

    for (size_t i = 0; i < channel->undo->item_count; i++)
        count += channel->undo->items[i].outcome == outcome;
    return count;
}

/* What is planned is sent later, or not at all. */
static void undo_skip_planned(ChannelPass *channel)
{
    for (size_t i = 0; i < channel->undo->item_count; i++) {
        UndoItem *item = &channel->undo->items[i];

        if (item->outcome == OUTCOME_PLANNED)
            item->outcome = OUTCOME_SKIPPED;
    }
}

/* What the state says of who is in quarantine, where the pass has disabled anybody. */
static int undo_recall(ChannelPass *channel, Err *err)
{
    for (size_t i = 0; i < channel->undo->item_count; i++) {
        if (channel->undo->items[i].done == CHANGE_DISABLE)
            return channel_recall_quarantine(channel, err);
    }
    return 0;
}

/* No guard but min_remaining holds an undo, but conditions of other hosts do. 0 or -ENOMEM. */
static int undo_ask_fleet(ChannelPass *channel)
{
    Conditions conditions;

    channel->ops->get_conditions(channel->context, channel->roster->instance, &conditions);
    return held_look_at_fleet(channel, &conditions);
}

static void undo_fail(ChannelPass *channel, const Err *err)
{
    undo_skip_planned(channel);
    channel_end(channel, RESULT_FAILED, err);
}

Result undo_result(const ChannelPass *channel)
{
    if (undo_count(channel, OUTCOME_HELD) > 0)
        return RESULT_HELD;
    if (undo_count(channel, OUTCOME_PLANNED) > 0)
        return RESULT_DRIFT;
    return channel->change_count > 0 ? RESULT_CONVERGED : RESULT_IN_SYNC;
}

void undo_on_list(ChannelPass *channel)
{
    Err err = {0};
    int r;

    assert(channel->undo && !channel->is_done && channel->change_count == 0);
    channel->report->has_list = true;
    channel->report->live_count = channel->diff.live_count;
    r = undo_recall(channel, &err);
    if (r == 0)
        r = undo_decide(channel) < 0 ? err_memory(&err) : undo_check_groups(channel, &err);
    if (r < 0) {
        undo_fail(channel, &err);
        return;
    }
    undo_hold(channel);
    if (channel->dry_run || undo_count(channel, OUTCOME_PLANNED) == 0) {
        channel_end(channel, undo_result(channel), NULL);
        return;
    }
    r = undo_make_changes(channel);
    undo_skip_planned(channel);
    if (r == 0)
        r = undo_ask_fleet(channel);
    if (r < 0)
        channel_end(channel, RESULT_FAILED, (err_memory(&err), &err));
    else if (channel->is_withheld)
        held_end_by_fleet(channel);
    else
        apply_record(channel);
}
