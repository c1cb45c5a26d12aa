/* SPDX-License-Identifier: MIT */
/*
 * The guards: limits that hold a plan back. Each is one row of GUARD_ROWS, and all that the program
 * does with guards follows from the rows, in their order: the keys of `guards:` in
 * settings and rosters with their bounds and defaults, that a roster may only be stricter, in which
 * order they are evaluated and reported, their words in reports, plans and logs, and whether a
 * refusal is part of a plan's digest. To add a guard: add a row, write its measure
 * (guard_measure_NAME in reconcile/plan/guard.c), and describe it in rosterd.yaml(5).
 *
 * The columns: its constant and its key; what its number counts, for people, of one and of several,
 * or what it says without a number, and ""; one sentence of help;
 * least and greatest limit, and the default; how the limit holds (GuardLimit); whose plan it judges
 * (GuardScope); what of a refusal the digest covers (GuardCover); whether it has a key (SETTABLE),
 * one that may be `off` (SWITCHABLE), or none, its limit being the default (FIXED).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/clock.h"

/* A test that adds a row defines this one. */
#ifndef GUARD_ROWS_MORE
#define GUARD_ROWS_MORE(ROW)
#endif

#define GUARD_ROWS(ROW)                                                                            \
    ROW(MAX_DELETES, max_deletes, "deletion planned", "deletions planned",                         \
        "the most deletions in a channel and pass", 0, 100000, 10, GUARD_AT_MOST,                  \
        GUARD_OF_CHANNEL, GUARD_COVERED, SETTABLE)                                                 \
    ROW(MAX_ADDS, max_adds, "addition or correction planned", "additions and corrections planned", \
        "the most additions and corrections in a channel and pass", 0, 1000000, 50, GUARD_AT_MOST, \
        GUARD_OF_CHANNEL, GUARD_COVERED, SETTABLE)                                                 \
    ROW(MAX_DELETE_PERCENT, max_delete_percent, "% planned", "% planned",                          \
        "the most deletions, in percent of the live members that are not ignored", 0, 100, 50,     \
        GUARD_AT_MOST, GUARD_OF_CHANNEL, GUARD_COVERED, SETTABLE)                                  \
    ROW(MIN_REMAINING, min_remaining, "left in service", "left in service",                        \
        "the fewest members in service that stay", 0, 100000, 1, GUARD_AT_LEAST, GUARD_OF_CHANNEL, \
        GUARD_COVERED_BY_NUMBER, SETTABLE)                                                         \
    ROW(CONFIRM_PASSES, confirm_passes, "sighting", "sightings",                                   \
        "in how many whole lists in a row, one a pass, an extra must be seen", 1, 1000, 1,         \
        GUARD_AT_LEAST, GUARD_OF_CHANNEL, GUARD_UNCOVERED, SETTABLE)                               \
    ROW(FIGHT, fight, "change within the hour", "changes within the hour",                         \
        "how often a member is changed alike within an hour while somebody undoes it", 3, 3, 3,    \
        GUARD_BELOW, GUARD_OF_CHANNEL, GUARD_COVERED, FIXED)                                       \
    ROW(MAX_DELETES_TOTAL, max_deletes_total, "deletion planned in the instance",                  \
        "deletions planned in the instance",                                                       \
        "the most deletions in all channels of an instance and a pass", 0, 1000000, 25,            \
        GUARD_AT_MOST, GUARD_OF_PASS, GUARD_UNCOVERED, SWITCHABLE)                                 \
    ROW(MAX_CHANNELS, max_channels, "channel with deletions planned",                              \
        "channels with deletions planned",                                                         \
        "the most channels of an instance with deletions in a pass", 0, 1000000, 5, GUARD_AT_MOST, \
        GUARD_OF_PASS, GUARD_UNCOVERED, SWITCHABLE)                                                \
    ROW(ROSTER, roster, "its rosters are not those of the last owner", "",                         \
        "whether this host has the rosters of the one that owned the instance before", 0, 0, 0,    \
        GUARD_AT_MOST, GUARD_OF_CHANNEL, GUARD_UNCOVERED, FIXED)                                   \
    ROW(LEASE, lease, "no lease outlives a change", "",                                            \
        "whether a change has its answer before another host may take over", 1, 1, 1,              \
        GUARD_AT_LEAST, GUARD_OF_FLEET, GUARD_UNCOVERED, FIXED)                                    \
    ROW(HANDOVER, handover, "second until changes of the last owner are over",                     \
        "seconds until changes of the last owner are over",                                        \
        "whether nothing that an owner before sent is under way any more", 0, 0, 0, GUARD_AT_MOST, \
        GUARD_OF_FLEET, GUARD_UNCOVERED, FIXED)                                                    \
    GUARD_ROWS_MORE(ROW)

/* In the order in which a report names the first that refuses. */
typedef enum GuardName {
#define GUARD_CONSTANT(constant, ...) GUARD_##constant,
    GUARD_ROWS(GUARD_CONSTANT)
#undef GUARD_CONSTANT
        GUARD_COUNT,
} GuardName;

/* The limits in force. */
typedef union Guards {
    struct {
#define GUARD_FIELD(constant, key, ...) uint32_t key;
        GUARD_ROWS(GUARD_FIELD)
#undef GUARD_FIELD
    };
    uint32_t limits[GUARD_COUNT]; /* the same by GuardName */
} Guards;

/* The limit of a guard that is switched off: it never refuses. */
#define GUARD_OFF UINT32_MAX

/* The hour within which the fight guard counts, and the state remembers. */
#define GUARD_FIGHT_SPAN_USEC USEC_PER_HOUR

typedef enum GuardLimit {
    GUARD_AT_MOST,  /* refuses above its limit: less is stricter */
    GUARD_AT_LEAST, /* refuses below its limit: more is stricter */
    GUARD_BELOW,    /* refuses at its limit already */
} GuardLimit;

typedef enum GuardScope {
    GUARD_OF_CHANNEL, /* each channel's plan by itself */
    GUARD_OF_PASS,    /* the plans of all channels of an instance; a roster has no say */
    GUARD_OF_FLEET,   /* no plan, but what other hosts have to do with the instance: a condition,
                       * which   no approval passes and which holds undo and whatever is enabled again
                       * too */
} GuardScope;

typedef enum GuardCover {
    GUARD_UNCOVERED,
    GUARD_COVERED,           /* that it refuses */
    GUARD_COVERED_BY_NUMBER, /* and at what measure */
} GuardCover;

typedef struct GuardRow {
    const char *name;    /* its key, and its word in reports */
    const char *one;     /* what its number counts, of one */
    const char *several; /* and of others; "": `one` says all, without a number */
    const char *help;
    uint32_t least, most, preset;
    GuardLimit holds;
    GuardScope scope;
    GuardCover cover;
    bool is_fixed;
    bool may_be_off;
} GuardRow;

/* The row of a guard. */
const GuardRow *guards_row(GuardName name);

/* The guard of that name, or NULL. */
const GuardRow *guards_find(const char *name);

/* What a guard says for people behind its name: "20 deletions planned, limit 10", or `why` where
 * that is neither NULL nor ""; or all in short, with its name and without what is counted:
 * "max_deletes 20, limit 10". Conditions have no limit that anybody could set. `row` NULL: one that
 * is not known, whose name is `name`. Return ret_text, cut at `size`. */
const char *guards_describe(const GuardRow *row, uint64_t planned, uint64_t limit, const char *why,
                            char *ret_text, size_t size);
const char *guards_describe_short(const GuardRow *row, const char *name, uint64_t planned,
                                  uint64_t limit, char *ret_text, size_t size);

/* The limit in force: that of `guards`, or the fixed one of a guard without a key. */
uint64_t guards_limit(const Guards *guards, GuardName name);

/* Whether the row says nothing of settings and rosters. */
static inline bool guards_is_of_hosts(const GuardRow *row)
{
    return row->is_fixed && row->cover == GUARD_UNCOVERED;
}

/* Whether the guard refuses at that measure. */
bool guards_refuse(GuardName name, uint64_t limit, uint64_t measured);

/* Whether `limit` refuses wherever `than` does. */
bool guards_is_as_strict(GuardName name, uint32_t limit, uint32_t than);
