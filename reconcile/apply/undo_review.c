/* SPDX-License-Identifier: MIT */
/* What lists after the first say of what an undo does. */
#include "daemon/base/str.h"
#include "reconcile/apply/sent.h"
#include "reconcile/apply/undo.h"
#include "reconcile/apply/undo_look.h"

/* The correction has the fields that it was sent for. */
static bool undo_is_corrected(const UndoItem *item, const MemberFields *live)
{
    return (!(item->states & ROSTER_MEMBER_WEIGHT) || live->weight == item->was.weight) &&
           (!(item->states & ROSTER_MEMBER_BACKUP) || live->is_backup == item->was.is_backup) &&
           (!(item->states & ROSTER_MEMBER_ENABLED) || live->is_enabled == item->was.is_enabled);
}

const char *undo_find_made(const ChannelPass *channel, size_t number)
{
    const UndoItem *item = undo_item(channel, number);
    const Diff *list = &channel->confirmed;
    const Extra *row = NULL;

    if (item->done == CHANGE_CORRECT)
        row = diff_find_extra(list, item->member_id);
    if (!row)
        row = diff_find_extra_like(list, item->identity, item->identity_size);
    if (row && item->done == CHANGE_CORRECT && !undo_is_corrected(item, &row->fields))
        return NULL;
    return row ? row->id : NULL;
}

/* A correction sends the whole member: no field of it may be another one now. */
static bool undo_is_as_planned(const UndoItem *item, const Extra *row)
{
    return row->fields.weight == item->planned.weight &&
           row->fields.is_backup == item->planned.is_backup &&
           row->fields.is_enabled == item->planned.is_enabled;
}

static void undo_review_item(ChannelPass *channel, UndoItem *item)
{
    const Extra *row = NULL;
    Outcome outcome = undo_look_at(channel, channel->reading, item, &row);

    if (outcome == OUTCOME_PLANNED && row && !undo_is_as_planned(item, row)) {
        str_copy(item->reason, sizeof(item->reason), "somebody changed it during the undo");
        outcome = OUTCOME_CHANGED;
    }
    if (outcome != OUTCOME_PLANNED)
        item->outcome = outcome;
}

int undo_review(ChannelPass *channel, Err *err)
{
    int r = 0;

    for (size_t i = channel->next; i < channel->change_count && r == 0; i++) {
        UndoItem *item = undo_item(channel, i);
        Outcome before = item->outcome;

        if (channel->sent[i].is_decided || item->done == CHANGE_DELETE)
            continue;
        undo_review_item(channel, item);
        if (item->outcome != before)
            r = sent_decide(channel, i, OUTCOME_SKIPPED, err);
    }
    return r;
}
