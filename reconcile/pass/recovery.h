/* SPDX-License-Identifier: MIT */
/*
 * Channels that left the rosters while deletions in them were undecided (a killed run, an answer
 * that never came): nobody would ever list them again. A pass reads each of them once more, to
 * settle those deletions, and does nothing else there; no report shows them.
 */
#pragma once

#include "reconcile/channel/channel.h"

typedef struct Recoveries {
    Arena arena; /* holds the ids */
    RosterChannel *rosters;
    size_t count, capacity;
    ChannelReport *reports; /* made by recovery_allocate() */
    ChannelPass *channels;
} Recoveries;

void recovery_done(Recoveries *recoveries);

/* Adds the channels of an instance in which deletions are unsettled, whether or not a roster names
 * them. 0 or -ENOMEM; a state that cannot be read adds none: each channel's own plan meets that. */
int recovery_collect(Recoveries *recoveries, const Ops *ops, void *context, size_t instance);

/* Once all are collected: room for their work. 0 or -ENOMEM. */
int recovery_allocate(Recoveries *recoveries);

/* What becomes of one when its list is whole. */
void recovery_on_list(ChannelPass *channel);

/* Once the list of channels is whole, and shows it or (NULL) does not: ends it where its members
 * need not be read, or cannot be: `has_unread` tells of rows whose id cannot be read, which it may
 * be. */
void recovery_look(ChannelPass *channel, const CatalogRow *row, bool has_unread);
