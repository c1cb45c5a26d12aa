/*
 * Putting deleted members back (PRODUCT.md section 5, API.md section 1.4): the channel is listed
 * first, what is live again is left alone, the rest is added one at a time, and only a second
 * listing says that it worked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ChannelPass ChannelPass;

typedef enum RestoreOutcome {
    RESTORE_SKIPPED, /* not sent before the end */
    RESTORE_PLANNED, /* dry run: it would be added */
    RESTORE_LIVE,    /* it was there: left alone */
    RESTORE_ADDED,
    RESTORE_FAILED,
} RestoreOutcome;

/* A member to be put back. All that is pointed to outlives the pass. */
typedef struct RestoreItem {
    uint64_t action; /* the deletion that is undone */
    const char *member_id;
    const void *identity; /* identity.h, of its channel then */
    size_t identity_size;
    const char *member_json;
    RestoreOutcome outcome;
    uint32_t attempts;
} RestoreItem;

/* Those of one channel. */
typedef struct Restore {
    RestoreItem *items;
    size_t item_count;
    size_t next; /* the item under way */
    uint32_t looks;
    uint32_t failures_in_row;
    bool was_sent; /* something was */
} Restore;

/* The channel's first list is whole. */
void restore_on_list(ChannelPass *channel);

/* "added" and so on. */
const char *restore_outcome_text(RestoreOutcome outcome);
