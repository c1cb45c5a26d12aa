/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/undo_look.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"

/* ---- what the history says ---- */

static int look_read(const ChannelPass *channel, const char *member_json, MemberFields *ret_fields,
                     uint8_t *ret_told)
{
    int r = channel->ops->read_fields(channel->context, member_json, ret_fields);

    if (r == -ENOMEM)
        return r;
    *ret_told = r < 0 ? 0 : (uint8_t)r;
    return 0;
}

static uint8_t look_compare(const MemberFields *a, const MemberFields *b)
{
    uint8_t states = 0;

    if (a->weight != b->weight && a->weight != OPS_WEIGHT_NONE && b->weight != OPS_WEIGHT_NONE)
        states |= ROSTER_MEMBER_WEIGHT;
    if (a->is_backup != b->is_backup)
        states |= ROSTER_MEMBER_BACKUP;
    if (a->is_enabled != b->is_enabled)
        states |= ROSTER_MEMBER_ENABLED;
    return states;
}

int undo_look_read(const ChannelPass *channel, UndoItem *item)
{
    uint8_t told = 0;
    int r = 0;

    item->states = 0;
    if (item->before)
        r = look_read(channel, item->before, &item->was, &told);
    item->made = item->was;
    if (r == 0 && item->after)
        r = look_read(channel, item->after, &item->made, &told);
    if (r < 0)
        return r;
    if (item->done == CHANGE_ADD && !(told & ROSTER_MEMBER_WEIGHT) &&
        item->listed_weight != OPS_WEIGHT_NONE) {
        item->made.weight = item->listed_weight;
        told |= ROSTER_MEMBER_WEIGHT;
    }
    if (item->done == CHANGE_DISABLE) {
        item->states = ROSTER_MEMBER_ENABLED;
        item->made.is_enabled = false;
    }
    if (item->done == CHANGE_ADD)
        item->states = told | ROSTER_MEMBER_BACKUP | ROSTER_MEMBER_ENABLED;
    else if (item->done == CHANGE_CORRECT)
        item->states = told & look_compare(&item->was, &item->made);
    return 0;
}

/* ---- what a list says ---- */

/* Fields that are otherwise than the pass left them; in a group that has a weight of its own now,
 * weights say nothing. */
static uint8_t look_changed(const ChannelPass *channel, const UndoItem *item, const Extra *row)
{
    uint8_t changed = item->states & look_compare(&item->made, &row->fields);

    if (!desired_is_weightless(&channel->desired, row->group))
        changed &= (uint8_t)~ROSTER_MEMBER_WEIGHT;
    return changed;
}

static const char *look_word(bool is_so, const char *yes, const char *no)
{
    return is_so ? yes : no;
}

/* Names the first field that somebody has changed. */
static void look_explain(UndoItem *item, uint8_t changed, const MemberFields *live)
{
    if (changed & ROSTER_MEMBER_WEIGHT)
        snprintf(item->reason, sizeof(item->reason),
                 "somebody has changed it since: its weight is %d, the pass left %d",
                 (int)live->weight, (int)item->made.weight);
    else
        snprintf(item->reason, sizeof(item->reason), "somebody has changed it since: it is %s now",
                 changed & ROSTER_MEMBER_BACKUP
                     ? look_word(live->is_backup, "a backup", "no backup")
                     : look_word(live->is_enabled, "enabled", "disabled"));
}

static Outcome look_leave(UndoItem *item, Outcome outcome, const char *reason)
{
    str_copy(item->reason, sizeof(item->reason), reason);
    return outcome;
}

/* A member that is not there by the id that it had. */
static Outcome look_at_absent(const Diff *list, UndoItem *item)
{
    if (diff_find_extra_like(list, item->identity, item->identity_size))
        return look_leave(item, OUTCOME_CHANGED,
                          item->is_decided || item->done != CHANGE_ADD
                              ? "somebody has changed it since: it has another id"
                              : "it is not known yet whether that pass added it");
    return look_leave(item, OUTCOME_GONE, "it is not there any more");
}

static const Extra *look_find(const Diff *list, const UndoItem *item)
{
    const Extra *row = diff_find_extra(list, item->member_id);

    return row && identity_compare(row->identity, row->identity_size, item->identity,
                                   item->identity_size) == 0
               ? row
               : NULL;
}

static Outcome look_at_deleted(const ChannelPass *channel, const Diff *list, UndoItem *item,
                               const Extra **ret_row)
{
    (void)channel;
    *ret_row = NULL;
    if (diff_find_extra_like(list, item->identity, item->identity_size))
        return look_leave(item, OUTCOME_LIVE, "it is live");
    return OUTCOME_PLANNED;
}

static Outcome look_at_added(const ChannelPass *channel, const Diff *list, UndoItem *item,
                             const Extra **ret_row)
{
    uint8_t changed;

    *ret_row = look_find(list, item);
    if (!*ret_row)
        return look_at_absent(list, item);
    changed = look_changed(channel, item, *ret_row);
    if (!changed)
        return OUTCOME_PLANNED;
    look_explain(item, changed, &(*ret_row)->fields);
    return OUTCOME_CHANGED;
}

/* Whether the member has the old values already. */
static bool look_is_as_before(const UndoItem *item, const Extra *row)
{
    return (item->states & look_compare(&item->was, &row->fields)) == 0;
}

static Outcome look_at_corrected(const ChannelPass *channel, const Diff *list, UndoItem *item,
                                 const Extra **ret_row)
{
    uint8_t changed;

    *ret_row = look_find(list, item);
    if (!*ret_row)
        return look_at_absent(list, item);
    if (!item->states)
        return look_leave(item, OUTCOME_CHANGED, "the history does not say what was changed");
    if (item->states & ROSTER_MEMBER_WEIGHT &&
        !desired_is_weightless(&channel->desired, (*ret_row)->group))
        return look_leave(item, OUTCOME_CHANGED, "its group has a weight of its own now");
    if (look_is_as_before(item, *ret_row))
        return look_leave(item, OUTCOME_LIVE, "it is as it was before");
    changed = look_changed(channel, item, *ret_row);
    if (!changed)
        return OUTCOME_PLANNED;
    look_explain(item, changed, &(*ret_row)->fields);
    return OUTCOME_CHANGED;
}

/* Only who is in quarantine by our hand is enabled: whoever was enabled and disabled again since is
 * disabled by somebody else. */
static Outcome look_at_disabled(const ChannelPass *channel, const Diff *list, UndoItem *item,
                                const Extra **ret_row)
{
    const Quarantined *row;

    *ret_row = look_find(list, item);
    if (!*ret_row)
        return look_at_absent(list, item);
    if ((*ret_row)->fields.is_enabled)
        return look_leave(item, OUTCOME_LIVE, "it is enabled");
    row = map_find(&channel->quarantine_ids, item->member_id, strlen(item->member_id));
    if (!row || !row->is_ours)
        return look_leave(item, OUTCOME_CHANGED, "it is not in quarantine any more");
    return OUTCOME_PLANNED;
}

Outcome undo_look_at(const ChannelPass *channel, const Diff *list, UndoItem *item,
                     const Extra **ret_row)
{
    static Outcome (*const looks[CHANGE_KIND_COUNT])(const ChannelPass *, const Diff *, UndoItem *,
                                                     const Extra **) = {
        [CHANGE_DELETE] = look_at_deleted,
        [CHANGE_ADD] = look_at_added,
        [CHANGE_CORRECT] = look_at_corrected,
        [CHANGE_DISABLE] = look_at_disabled,
    };

    assert(item->done < CHANGE_KIND_COUNT && looks[item->done]);
    item->reason[0] = '\0';
    return looks[item->done](channel, list, item, ret_row);
}
