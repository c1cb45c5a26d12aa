/* SPDX-License-Identifier: MIT */
/* An undo in an imaginary world: the real reconcile/apply/add.c puts back what the history says was
 * deleted. Its rules, and the deletions that it takes out of the history, are written naively. */
#pragma once

#include "tests/world/world.h"

typedef struct WorldUndo {
    Config config; /* the world's, but with the channels of the undo */
    RosterChannel rosters[WORLD_CHANNELS_MAX];
    Addition additions[WORLD_CHANNELS_MAX];
    AdditionItem items[]; /* those of a channel follow each other */
} WorldUndo;

/* Begins the undo of all that pass `serial` deleted or may have deleted, its channels paused first
 * unless it is a dry run. False: there is nothing, and no pass has begun. */
bool world_begin_undo(World *world, uint32_t serial, bool dry_run);

/* The undo of the last pass that deleted something, to its end. */
void world_undo(World *world);
void world_dry_undo(World *world);

/* The last pass that deleted something; 0: none did. */
uint32_t world_last_deleting(const World *world);

const AdditionItem *world_undo_item(const World *world, size_t channel, size_t number);
uint32_t world_count_items(const World *world, AdditionOutcome outcome);

/* The live members of that identity. */
size_t world_count_same(const WorldChannel *channel, const WorldMember *member);

/* ---- the state (undo_record.c) ---- */

/* Records one that is about to be sent, once. */
void world_record_undone(World *world, WorldChannel *channel, const AdditionItem *item);

/* An answer came. */
void world_hear_undone(World *world, const WorldEvent *event, bool may_have_worked);

/* The undo is over: what is known of each is its outcome. */
void world_decide_undone(World *world);

/* ---- the rules ---- */

void world_rule_addition(World *world, const Request *request);
void world_rule_undone(World *world);
