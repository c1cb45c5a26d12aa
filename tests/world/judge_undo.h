/* SPDX-License-Identifier: MIT */
/* What must hold of an undo, written naively. */
#pragma once

#include "tests/world/undo.h"

/* Its changes are about to be recorded: each turns one back, of a member that nobody has changed
 * since, and gives it exactly what was. */
void judge_undo_record(World *world, WorldChannel *channel, const Batch *batch);

/* A recorded change is about to be sent: it may be, now. */
void judge_undo_send(World *world, WorldChannel *channel, const WorldAction *action);

/* What a finished undo says is so. */
void judge_undo_end(World *world);
