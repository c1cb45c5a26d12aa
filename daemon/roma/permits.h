/* SPDX-License-Identifier: MIT */
/* Which changes of an instance may be sent: those that are recorded. A deletion is known by its
 * member, an addition or correction by its action. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/arena.h"
#include "daemon/base/map.h"
#include "reconcile/ops.h"

/* Starts as {0}. */
typedef struct Permits {
    Map members;
    Arena keys;
} Permits;

void permits_done(Permits *permits);

/* 0, -EINVAL for what is no id (str_is_id()), -ENOMEM. */
int permits_add(Permits *permits, const char *channel_id, const char *member_id);

bool permits_has(const Permits *permits, const char *channel_id, const char *member_id);

/* The same of a change that is named by its action in the history. */
int permits_add_action(Permits *permits, const char *channel_id, uint64_t action);
bool permits_has_action(const Permits *permits, const char *channel_id, uint64_t action);

/* The same of a change, as its kind is known. */
int permits_add_change(Permits *permits, const char *channel_id, const Change *change);

/* Whether the mode of its channel and the permits let a change be sent: what a pass has `recorded`
 * where the mode makes such changes, what an undo has recorded (`undone`) in all but `observe`. */
bool permits_let(const Permits *recorded, const Permits *undone, const Request *request);

/* Forgets all. */
void permits_clear(Permits *permits);
