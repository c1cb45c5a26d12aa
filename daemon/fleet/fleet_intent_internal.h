/* SPDX-License-Identifier: MIT */
/* An intent under way. */
#pragma once

#include "daemon/fleet/fleet_internal.h"
#include "daemon/fleet/fleet_pieces.h"

/* Scopes of pauses that cover a channel, the widest first. */
#define SCOPES_MAX 4

typedef struct IntentScope {
    PauseScope scope;
    char name[KEYS_NAME_SIZE];
    uint64_t ended; /* the revision of a pause there that is over; 0: none is known */
} IntentScope;

struct FleetIntending {
    FleetInstance *instance;
    FleetIntending *previous, *next;
    FleetOnIntended callback;
    void *userdata;
    sd_event_source *lost; /* tells that the instance is */
    EtcdCall *call;
    uint64_t token;
    FleetPieces pieces;
    size_t at; /* the piece under way */
    uint32_t tries;
    uint64_t time_usec; /* realtime */
    char *pass, *digest, *channel_id, *channel_name;
    char *spent_approval; /* NULL: none */
    bool is_undo;
    IntentScope scopes[SCOPES_MAX];
    size_t scope_count;
};

/* Whether the piece under way spends the approval. */
bool fleet_intent_spends(const FleetIntending *intending);

/* What the piece under way compares, and does. `key` is scratch. */
void fleet_intent_compare(FleetIntending *intending, EtcdTxn *txn, Buf *key);
void fleet_intent_put(FleetIntending *intending, EtcdTxn *txn, Buf *key);

/* What says why it was not taken, in this order: the owner, this piece, the approval, the pauses.
 */
void fleet_intent_look(FleetIntending *intending, EtcdTxn *txn, Buf *key);
