/* SPDX-License-Identifier: MIT */
/*
 * The modes: what passes may change in a channel. Each is one row of MODE_ROWS: its constant, its
 * word in settings, rosters, reports and history, what it may change (ModeChanges), and a clause of
 * help. A roster may choose a mode that may change less than the settings' mode, and nothing that
 * this one may not change.
 */
#pragma once

#include <stdbool.h>

#include "config/schema/schema.h"

typedef enum ModeChanges {
    MODE_CHANGES_NOTHING = 0,
    MODE_DELETES = 1 << 0,
    MODE_ADDS = 1 << 1, /* and corrects */
} ModeChanges;

#define MODE_ROWS(ROW)                                                                             \
    ROW(PRUNE, prune, MODE_DELETES, "delete extras")                                               \
    ROW(ADD, add, MODE_ADDS, "add what is missing, correct what differs")                          \
    ROW(SYNC, sync, MODE_DELETES | MODE_ADDS, "both")                                              \
    ROW(OBSERVE, observe, MODE_CHANGES_NOTHING, "only report them")

typedef enum Mode {
#define MODE_CONSTANT(constant, ...) MODE_##constant,
    MODE_ROWS(MODE_CONSTANT)
#undef MODE_CONSTANT
        MODE_COUNT,
} Mode;

/* In the order of Mode, for the tables that read one. */
extern const SchemaChoice mode_choices[];

/* The word of a mode. */
const char *mode_text(Mode mode);

/* Whether passes of that mode may make such changes. */
bool mode_may(Mode mode, ModeChanges changes);

/* Whether a mode may change nothing that another one may not change: it is the same one, or a
 * milder one. */
bool mode_is_milder(Mode mode, Mode than);
