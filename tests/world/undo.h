/* SPDX-License-Identifier: MIT */
/* An undo in an imaginary world: the real reconcile/apply/undo.c turns back what the history says
 * of a pass. The changes that it takes out of the history, and its rules (judge_undo.h), are
 * written naively. */
#pragma once

#include "tests/world/world.h"

typedef struct WorldUndo {
    Config config; /* the world's, but with the channels of the undo */
    RosterChannel *rosters;
    ChannelUndo *undos;        /* of each of these */
    const WorldAction *handed; /* what is undone; NULL: changes out of the history of this world */
    UndoItem items[];          /* those of a channel follow each other */
} WorldUndo;

/* Begins the undo of all that pass `serial` changed or may have changed, its channels paused first
 * unless it is a dry run. False: there is nothing, and no pass has begun. */
bool world_begin_undo(World *world, uint32_t serial, bool dry_run);

/* The undo of changes that another host's history has, as they are in this world (borrowed). */
bool world_begin_handed_undo(World *world, const WorldAction *actions, size_t count);

/* Whether the undo of that pass turns back a change, as far as is known of it by now. */
bool world_is_undoable(const WorldAction *action, uint32_t serial);

/* The undo of the last pass that changed something and was no undo, to its end. */
void world_undo(World *world);
void world_dry_undo(World *world);

/* That pass; 0: there is none. */
uint32_t world_last_changing(const World *world);

const UndoItem *world_undo_item(const World *world, size_t channel, size_t number);
uint32_t world_count_items(const World *world, Outcome outcome);

/* The change that an item undoes, and the live member that it is about by its id; NULL: none. */
const WorldAction *world_undo_action(const World *world, const UndoItem *item);
WorldMember *world_undo_member(World *world, const UndoItem *item);

/* The item of the undo under way that a change turns back; NULL: none. */
const UndoItem *world_find_undo_item(const World *world, const WorldChannel *channel,
                                     const Change *change);

/* The live members of that identity. */
size_t world_count_same(const WorldChannel *channel, const WorldMember *member);
