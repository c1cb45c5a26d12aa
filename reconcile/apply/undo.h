/* SPDX-License-Identifier: MIT */
/*
 * DOC: turning a pass back
 *
 * An undo goes by what the history says of the pass, and not by a roster. The channel is listed
 * first, and each change of the pass is looked at by itself (undo_look.h): what was deleted is
 * added again, what was added is deleted, what was corrected gets the old values of the fields that
 * the correction changed, what was disabled for quarantine and is still in it is enabled. What
 * somebody has changed since is left alone, and each item says why.
 *
 * What is left to do are changes like those of any plan: recorded, sent, and confirmed by a list
 * (apply.h). Members come into service first; what takes members out of service, deletions and
 * corrections that disable, comes last, `settle` after the others were listed, and only while
 * `min_remaining` members in service stay. No approval passes that guard.
 */
#pragma once

#include "reconcile/channel/channel.h"

/* One change of the pass that is undone. All that is pointed to outlives the pass. */
typedef struct UndoItem {
    uint64_t action; /* of the change, in the history */
    ChangeKind done; /* what it was */
    bool is_decided; /* the history knows that it took effect */
    const char *member_id;
    const void *identity; /* identity.h, of its channel then */
    size_t identity_size;
    const char *before; /* the complete row; NULL of an addition */
    const char *after;  /* the member as it was sent; NULL of a deletion */
    int32_t
        listed_weight; /* of an addition, as a list showed it then; OPS_WEIGHT_NONE: not known */

    Outcome outcome;  /* of undoing it */
    char reason[112]; /* why it was left alone; "" where it was not */
    uint32_t attempts;
    MemberFields was;     /* by `before` */
    MemberFields made;    /* by `after`; of a deletion as `was` */
    uint8_t states;       /* ROSTER_MEMBER_* bits: the fields that are compared, and of a correction
                             those that it changed */
    MemberFields planned; /* of a live member, as the list said that this was decided by */
} UndoItem;

/* Those of one channel. */
typedef struct ChannelUndo {
    UndoItem *items;
    size_t item_count;
} ChannelUndo;

/* The outcome that the history has of a change of that kind that took effect. */
Outcome undo_effect(ChangeKind done);

/* What came of undoing an item, in the words of the history. */
Outcome undo_outcome(const UndoItem *item);

/* What undoes a change of that kind; nothing undoes CHANGE_ENABLE. */
ChangeKind undo_kind(ChangeKind done);

/* The channel's first list is whole. */
void undo_on_list(ChannelPass *channel);

/* The item that a change of the channel undoes. Borrowed. */
UndoItem *undo_item(const ChannelPass *channel, size_t number);

/* The id of the member that a change added or corrected, where the last list shows it as it should
 * be; else NULL. */
const char *undo_find_made(const ChannelPass *channel, size_t number);

/* How many members are in service by the last list, without those that the undo takes out. */
size_t undo_count_staying(const ChannelPass *channel);

/* Leaves alone what is no more, by the last list, as the change that is to come was made for. 0, or
 * the state's error told in `err`. */
int undo_review(ChannelPass *channel, Err *err);

/* What a channel comes to of which nothing failed. */
Result undo_result(const ChannelPass *channel);
