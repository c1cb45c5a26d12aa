/* SPDX-License-Identifier: MIT */
/*
 * Putting deleted members back (API.md section 1.4): the channel is listed
 * first, what is live again is left alone, the rest is added one at a time, and only a second
 * listing says that it worked.
 */
#pragma once

#include "reconcile/channel/channel.h"

/* A member to be put back. All that is pointed to outlives the pass. */
typedef struct AdditionItem {
    uint64_t action; /* the deletion that is undone */
    const char *member_id;
    const void *identity; /* identity.h, of its channel then */
    size_t identity_size;
    const char *member_json;
    AdditionOutcome outcome;
    uint32_t attempts;
    Answer answer;        /* the last one; without rows */
    const char *added_id; /* of one ADDED, as the list that confirmed it has it; the report owns it;
                             NULL: not known, or no memory */
    bool is_open;         /* it was sent, and no list has told yet what became of it */
    uint64_t record;      /* the owner's: names it in the history; 0: not recorded */
    bool is_uncertain;    /* answered by another success than the one promised: a list tells */
} AdditionItem;

/* Those of one channel. */
typedef struct Addition {
    AdditionItem *items;
    size_t item_count;
    size_t next; /* the item under way */
    uint32_t looks;
    uint32_t failures_in_row;
    bool was_sent; /* something was */
} Addition;

/* The channel's first list is whole. */
void add_on_list(ChannelPass *channel);
