/* SPDX-License-Identifier: MIT */
/* One change of a pass that is to be undone, against a list: whether there is something to undo,
 * and whether somebody has changed the member since. */
#pragma once

#include "reconcile/apply/undo.h"

/* Reads the fields that the history has of an item. 0, or -ENOMEM; fields that cannot be read leave
 * it alone later. */
int undo_look_read(const ChannelPass *channel, UndoItem *item);

/* OUTCOME_PLANNED: it is to be undone, `ret_row` is the live member that is deleted or corrected
 * (NULL: it is added). Else LIVE, it is as it was before; GONE, the member is not there any more;
 * CHANGED, somebody has changed it; and the item says so in its reason. */
Outcome undo_look_at(const ChannelPass *channel, const Diff *list, UndoItem *item,
                     const Extra **ret_row);
