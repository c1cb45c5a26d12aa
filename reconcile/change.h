/* SPDX-License-Identifier: MIT */
/*
 * What is done to members: the kinds of change, one change that is about to be sent, and the
 * changes of one channel, which are recorded together before the first of them is sent.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

/* The constant, and the word of the history and of a plan's digest. */
#define CHANGE_ROWS(ROW)                                                                           \
    ROW(DELETE, delete)                                                                            \
    ROW(ADD, add)                                                                                  \
    ROW(CORRECT, correct)                                                                          \
    ROW(DISABLE, disable)                                                                          \
    ROW(ENABLE, enable)

typedef enum ChangeKind {
#define CHANGE_CONSTANT(constant, ...) CHANGE_##constant,
    CHANGE_ROWS(CHANGE_CONSTANT)
#undef CHANGE_CONSTANT
        CHANGE_KIND_COUNT,
} ChangeKind;

/* A change about to be sent. */
typedef struct Change {
    ChangeKind kind;
    const char *member_id; /* as the list has it; "" of an addition, which has none yet */
    const void *identity;  /* identity.h */
    size_t identity_size;
    const char *before; /* the complete row, as the service gave it; NULL of an addition */
    const char *after;  /* the member as it is sent (API.md section 1.4); NULL of what is not
                         * posted */
    uint64_t action;    /* set by Ops.record(): names the change in the history */
} Change;

typedef struct Batch {
    const char *pass;
    const RosterChannel *channel;
    const char *instance_name;
    const char *instance_key; /* set by Ops.record(): config/instance_key.h */
    const char *channel_id;
    const char *channel_name;
    const char *digest;
    bool approved; /* passes its guards by an approval, which this batch spends */
    Change *changes;
    size_t change_count;
} Batch;

/* The word of a kind, and the kind of a word; CHANGE_KIND_COUNT for a word that is none. */
const char *change_kind_text(ChangeKind kind);
ChangeKind change_kind_of(const char *word);
