/* SPDX-License-Identifier: MIT */
/* An instance's part of a pass: its channels are found (lookup.h), then each is started when there
 * is a slot for it. */
#pragma once

#include "reconcile/pass/instance_channel.h"
#include "reconcile/pass/lookup.h"
#include "reconcile/pass/pass_guards.h"

typedef struct InstancePass {
    Dispatch dispatch; /* initialised by the pass */
    Catalog catalog;
    Lookup lookup; /* of its channels */
    InstanceChannel *channels;
    CatalogRow **rows; /* what each resolved to; NULL: it did not */
    size_t channel_count, capacity;
    /* What their ChannelPasses have of the pass, borrowed. */
    const ChosenPlans *chosen;
    GroupCommit *group_commit;
    size_t *open_count;
    TakeOver *take_over;
    ChannelPass *done; /* ChannelPasses that are, and were not looked at since */
    size_t first;      /* the one to begin with */
    size_t next;       /* how many of them, from there on, were started */
    size_t heard; /* how many of them, from there on, were listed once or have failed an attempt */
    bool is_resolved;
    PassGuards guards;
} InstancePass;

/* Room for so many channels. 0 or -ENOMEM; instance_done() in both cases. */
int instance_init(InstancePass *instance, size_t channel_capacity);
void instance_done(InstancePass *instance);

/* Before the start: one of the channels that it was initialised for. */
void instance_add(InstancePass *instance, const InstanceChannel *channel);

/* The same of one that is listed for recovery.h: `pass` is filled in. */
void instance_add_recovery(InstancePass *instance, const RosterChannel *roster,
                           ChannelReport *report, ChannelPass *pass);

/* Pauses its channels that this entry of the rosters means and that are not done. */
void instance_pause(InstancePass *instance, const RosterChannel *roster);

/* Ends what is under way; its dispatch is stopped. */
void instance_abandon(InstancePass *instance);

/* Looks for its channels, of which there are some; `is_probe` as in PassScope, `first` is the
 * channel to begin with then, `memory` (may be NULL) what is known of its list. */
void instance_start(InstancePass *instance, bool is_probe, size_t first, LookupMemory *memory);

/* The channel to begin with, out of what the pass before left (PassScope.firsts); 0 is left. */
size_t instance_take_first(const InstancePass *instance, size_t *first);

/* Leaves the channel to begin with the next time: the first for which nothing was sent yet, or 0.
 */
void instance_leave_first(const InstancePass *instance, size_t *first);

/* When instance_pump() has something to do without an answer coming first; USEC_NEVER: not. */
uint64_t instance_next_usec(const InstancePass *instance);

/* Once all its channels are done: what is left to say of it, and in `spent` (may be NULL) what was
 * sent, for the pass that goes on where this one was stopped. */
void instance_conclude(InstancePass *instance, const Report *report, InstanceReport *ret_report,
                       PassSpent *spent);

/* Starts channels, sends requests and carries plans out as far as may be now. */
void instance_pump(InstancePass *instance);
