/* SPDX-License-Identifier: MIT */
/*
 * The guards of a whole pass, for each instance by itself. A channel whose own guards let its plan
 * pass waits here until each channel of the instance was listed once, has failed an attempt, or a
 * quarter of the pass's deadline is over, so that a stalled channel delays the others by its first
 * attempt alone. Then the plans that wait are judged together, once. If a guard refuses, they all
 * are held, and nothing but approved plans passes in this pass any more. If none does, they pass,
 * and a plan that comes later counts against what is left: it alone is held where that is too
 * little.
 *
 * Approved plans count, and are not held. Where the instance's digest is approved, which is of all
 * plans that only these guards hold, each of them is. Where all of these guards are off, nothing
 * waits.
 */
#pragma once

#include "reconcile/channel/channel.h"

/* What a pass has sent that was ended by a reload, or by something else from outside. It counts in
 * the pass that goes on where that one ended. */
typedef struct PassSpent {
    uint64_t deletes;
    Arena arena; /* holds the ids */
    const char **channel_ids;
    size_t channel_count, channel_capacity;
} PassSpent;

void pass_spent_done(PassSpent *spent);

/* Counts deletions that were sent in a channel. Without memory the channel is counted once more
 * later, which holds rather more. */
void pass_spent_add(PassSpent *spent, const char *channel_id, uint64_t deletes);

/* Takes over what is counted in another one, which is empty then. */
void pass_spent_take(PassSpent *spent, PassSpent *other);

typedef struct PassGuards {
    const Config *config;
    const Ops *ops;
    void *context; /* of ops */
    const Dispatch *dispatch;
    bool dry_run;
    uint64_t open_usec; /* the plans that wait are judged then at the latest */
    bool is_open;       /* they were */
    bool refuses;       /* and are held: nothing but approved plans passes */
    GuardTotals totals; /* of plans that passed; where it refuses, of all plans */
    PassSpent before;   /* what an earlier pass sent that this one goes on for */
    ChannelPass **waiting;
    size_t waiting_count, capacity;
    char
        approved[DIGEST_HEX_SIZE]; /* of the plans that waited, where that let them pass; else "" */
    const char **digests;          /* room for one of each channel */
    Guard guards[GUARD_COUNT];     /* as evaluated when something was held last */
} PassGuards;

/* Room for so many channels. 0 or -ENOMEM; pass_guards_done() in both cases. The rest is borrowed.
 */
int pass_guards_init(PassGuards *guards, const Dispatch *dispatch, size_t channel_capacity,
                     bool dry_run);
void pass_guards_done(PassGuards *guards);

/* The pass begins: what an earlier one sent is taken out of `spent` (NULL:
 * nothing). */
void pass_guards_begin(PassGuards *guards, PassSpent *spent);

/* A channel with deletions planned that its own guards let through. It is carried out or held
 * later, by pass_guards_pump(). */
void pass_guards_add(PassGuards *guards, ChannelPass *channel);

/* Ends the waiting as far as may be; `is_heard`: each channel of the instance was listed once, or
 * has failed an attempt. */
void pass_guards_pump(PassGuards *guards, bool is_heard);

/* When pass_guards_pump() has something to do without an answer coming first; USEC_NEVER: not. */
uint64_t pass_guards_next_usec(const PassGuards *guards);

/* Fills in what these guards have to say of the instance, whose channels are done. */
void pass_guards_report(const PassGuards *guards, const Report *report,
                        InstanceReport *instance_report);
