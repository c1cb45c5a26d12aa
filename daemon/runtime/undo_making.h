/* SPDX-License-Identifier: MIT */
/* An undo as it is made out of the history: a step at a time, none of which holds the loop for
 * long, however many changes there are. */
#pragma once

#include "daemon/runtime/undo.h"

typedef struct UndoMaking UndoMaking;

/* As undo_new(): `store`, `config` and the texts of `choice` are borrowed and outlive it. Errors,
 * told in `err`: -ENOENT no pass changed anything; the store's; -ENOMEM. */
int undo_making_new(Store *store, const Config *config, const UndoChoice *choice,
                    UndoMaking **ret_making, Err *err);

/* NULL is fine. */
void undo_making_free(UndoMaking *making);
DEFINE_CLEANUP(UndoMaking, undo_making_free)

/* Makes the next step. 1: more steps follow; 0: the undo is whole; errors as undo_new(). */
int undo_making_step(UndoMaking *making, Undo **ret_undo, Err *err);
