/* SPDX-License-Identifier: MIT */
/* The guards once more, written naively: what an imaginary world thinks of a plan. */
#pragma once

#include "tests/world/world.h"

typedef struct Judgement {
    size_t extras;
    size_t deletes;  /* of them, that are to be deleted */
    size_t due;      /* of these, out of quarantine */
    size_t enters;   /* of the extras, those that enter quarantine */
    size_t silent;   /* of these, those that are disabled already */
    size_t adds;     /* missing, that the mode adds */
    size_t corrects; /* changed, likewise */
    size_t disables; /* of them, into no service */
    uint64_t planned[GUARD_COUNT];
    bool refuses[GUARD_COUNT];
    bool any; /* refuses */
} Judgement;

/* Of the list that the channel's pass has just read. */
Judgement judge(const World *world, const WorldChannel *channel, const RosterChannel *roster);

/* Whether both have one identity. */
bool judge_is_same(const WorldChannel *channel, const WorldMember *a, const WorldMember *b);

/* Whether the last list shows a member that the roster does not want, or lacks one that it does. */
bool judge_is_extra(const WorldChannel *channel, const RosterChannel *roster,
                    const WorldMember *member);
bool judge_is_missing(const WorldChannel *channel, const RosterMember *member);

/* A sum over channel, roster and extras, in no order's favour. */
uint64_t judge_plan(const WorldChannel *channel, const RosterChannel *roster);

/* When a channel is told to be held: its report must say what the judgement says. */
void judge_held(World *world, const Event *event);

/* At the end of a pass, or its death: counts its whole lists. Those of a dry run or an undo do not
 * count. */
void judge_count_lists(World *world);
