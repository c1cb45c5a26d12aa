/* SPDX-License-Identifier: MIT */
/*
 * DOC: stories
 *
 * A story is all that a pass of an imaginary world did, in words: what it asked of the service and
 * when, what it had the state keep, what the log was told, and the whole report, field by field. A
 * test compares it with the text of that name below tests/unit/stories, so that nothing that can be
 * seen of a pass changes without being seen.
 */
#pragma once

#include "daemon/base/buf.h"
#include "tests/world/world.h"

typedef struct Story {
    const char *name; /* of its file */
    World *world;
    Ops ops;
    Buf text;
} Story;

/* From now on tells what passes of the world ask and do. One story at a time. */
void story_begin(Story *story, const char *name, World *world);

/* A pass, or the undo of the last that changed something, under a heading; then its report. */
void story_pass(const char *heading);
void story_dry_pass(const char *heading);
void story_undo(const char *heading);
void story_dry_undo(const char *heading);

/* The undo of the pass, or undo, with that number. */
void story_undo_of(const char *heading, uint32_t serial);

/* The same, while something is done some time after its begin. */
void story_pass_with(const char *heading, uint64_t after_usec,
                     void (*act)(World *world, void *argument), void *argument);
void story_undo_with(const char *heading, uint64_t after_usec,
                     void (*act)(World *world, void *argument), void *argument);

/* Compares it with its text (story_text.h) and frees the world. */
void story_end(void);

/* Frees the world, and gives the text away instead. */
char *story_take(void);
