/* SPDX-License-Identifier: MIT */
/* Passes under way, for the other files of daemon/store. */
#pragma once

#include "daemon/store/store_internal.h"

/* The pass under way with that id, or NULL. */
StorePass *pass_find(Store *store, const char *id);

/* Gives it its row in the open transaction, unless it has it. -EINVAL: no such pass is under way.
 */
int pass_insert(Store *store, const char *id, Err *err);

/* What a commit has made true: its row is there. */
void pass_mark_recorded(Store *store, const char *id);

/* Looks whether some action of an ended pass is undecided, where it may be; keeps it in
 * store->has_in_doubt. */
int pass_look_in_doubt(Store *store, Err *err);
