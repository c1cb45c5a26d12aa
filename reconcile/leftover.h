/*
 * Channels that left the rosters while deletions in them were undecided (a killed run, an answer
 * that never came): nobody would ever list them again. A pass reads each of them once more, to
 * settle those deletions, and does nothing else there; no report shows them.
 */
#pragma once

#include "reconcile/channel.h"

typedef struct Leftovers {
    Arena arena; /* holds the ids */
    RosterChannel *rosters;
    size_t count, capacity;
    ChannelReport *reports; /* made by leftovers_allocate() */
    ChannelPass *channels;
} Leftovers;

void leftovers_done(Leftovers *leftovers);

/* Adds the channels of an instance in which deletions are unsettled, whether or not a roster names
 * them. 0 or -ENOMEM; a state that cannot be read adds none: each channel's own plan meets that. */
int leftovers_collect(Leftovers *leftovers, const Ops *ops, void *context, size_t instance);

/* Once all are collected: room for their work. 0 or -ENOMEM. */
int leftovers_allocate(Leftovers *leftovers);

/* What becomes of one when its list is whole. */
void leftover_on_list(ChannelPass *channel);

/* Once the list of channels is whole, and shows it or (NULL) does not: ends it where its members
 * need not be read. */
void leftover_look(ChannelPass *channel, const CatalogRow *row);
