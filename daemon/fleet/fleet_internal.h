/* SPDX-License-Identifier: MIT */
/* What the parts of a Fleet share. */
#pragma once

#include "daemon/base/arena.h"
#include "daemon/base/log.h"
#include "daemon/fleet/etcd.h"
#include "daemon/fleet/etcd_files.h"
#include "daemon/fleet/etcd_list.h"
#include "daemon/fleet/etcd_txn.h"
#include "daemon/fleet/fleet.h"
#include "daemon/fleet/keys.h"
#include "reconcile/schedule/lease.h"
#include "reconcile/schedule/ownership.h"

/* Between tries of what etcd does not answer or refuses. */
#define FLEET_RETRY_USEC USEC_PER_SEC

/* A call that nobody else bounds. */
#define FLEET_CALL_USEC (10 * USEC_PER_SEC)

#define FLEET_HOST_SIZE 256

/* What the daemon was told of an owned instance. */
typedef enum FleetUse {
    FLEET_UNUSED,
    FLEET_READING, /* what the one before left is read first */
    FLEET_BEGUN,
    FLEET_STOPPED,
} FleetUse;

typedef struct FleetInstance {
    Fleet *fleet;
    char *key, *name;
    char hash[DIGEST_HEX_SIZE];
    const char *listed_name; /* that the settings give it, while they are taken over */
    bool is_listed;          /* in the settings; else it is given away, and then forgotten */
    Ownership ownership;
    EtcdCall *call;               /* of the ownership */
    sd_event_source *wake, *work; /* the ownership's; retries, and what may not be done at once */
    bool was_not_asked;           /* a request could not be begun: it is unanswered */
    FleetUse use;
    bool is_owned; /* as the log was told */
    uint64_t won;  /* the token by which this host owned it last; 0: it has not */

    /* Of the one before, once it is owned or asked for. */
    char before_host[FLEET_HOST_SIZE], before_set[DIGEST_HEX_SIZE];
    bool has_before, is_handed_over;
    char took_set[DIGEST_HEX_SIZE]; /* that this host had when it took over */
    bool has_settled;               /* the guard `roster` has had its due */

    /* What it left. */
    EtcdList *list;
    bool has_carry, has_past; /* it was read */
    Arena arena;
    FleetPast *past;
    size_t past_count, past_capacity;
    Buf carry;

    /* The record that is to go out, and the one under way. */
    Buf record, next_carry;
    bool has_record;
    Buf record_sent, carry_sent;
    EtcdCall *record_call;
    char last_set[DIGEST_HEX_SIZE], sent_set[DIGEST_HEX_SIZE]; /* in last/K */
    FleetIntending *intendings;
} FleetInstance;

typedef enum FleetEntry {
    ENTRY_NONE,
    ENTRY_ASKED,
    ENTRY_OURS,
    ENTRY_TAKEN, /* the name is another's */
} FleetEntry;

struct Fleet {
    sd_event *event;
    const FleetOps *ops;
    void *userdata;

    /* Of the settings. */
    Arena arena;
    EtcdSettings etcd_settings;
    EtcdFiles files;
    const char *prefix, *host;
    uint64_t lease_usec, handover_usec;
    uint32_t max_instances;

    Http *http;
    Etcd *etcd;
    Mirror *mirror;

    Lease lease;
    EtcdCall *lease_call, *revoke_call;
    sd_event_source *lease_wake;
    bool lease_was_not_asked;
    uint64_t held_usec; /* realtime: since when */

    /* hosts/HOST. */
    FleetEntry entry;
    EtcdCall *entry_call;
    uint64_t entry_token, entry_revision; /* of what was found there */
    bool entry_is_old;                    /* it is to be put again */
    sd_event_source *entry_wake;

    FleetInstance **instances;
    size_t instance_count, instance_capacity;
    sd_event_source *room_wake; /* there may be room; what is not listed may be forgotten */
    char set_digest[DIGEST_HEX_SIZE], set_head[ROSTER_SET_HEAD_SIZE];
    FleetWriting *writings;

    bool has_begun, is_drained, is_ending;
    char trouble[FLEET_WHY_SIZE]; /* what etcd's is; "": none */
    bool trouble_is_of_lease;
    uint64_t trouble_usec; /* monotonic: when it was told */
};

/* ---- fleet.c ---- */

FleetInstance *fleet_find(const Fleet *fleet, const char *key);

/* The whole name of a key in etcd; borrowed from `buf`, which is emptied first. Memory that ran out
 * for an earlier name stays to be seen there: what a transaction was to ask of it is not asked. */
const char *fleet_key(const Fleet *fleet, const char *name, Buf *buf);

/* Ends a transaction and begins its call. 0 or -ENOMEM, and the errors of etcd_call(). */
int fleet_ask(Fleet *fleet, EtcdTxn *txn, Buf *body, uint64_t timeout_usec, EtcdOnAnswer callback,
              void *userdata, EtcdCall **ret_call);

/* Reads the answer to a transaction. False: it is none, and told in the log; whoever asked acts on
 * that before fleet_lease_check(), by which the lease may be lost. */
bool fleet_read(Fleet *fleet, const EtcdAnswer *answer, Arena *arena, EtcdTxnAnswer *ret_txn);

/* Puts a time of now, as RFC 3339. */
void fleet_put_now(JsonWriter *writer, const char *name);

/* Whether everything is given away: the end is near then. */
void fleet_look_for_end(Fleet *fleet);

/* ---- fleet_instances.c ---- */

int fleet_instances_init(Fleet *fleet);
void fleet_instances_done(Fleet *fleet);

/* This host takes part, under its lease; it does no more. */
void fleet_instances_hold(Fleet *fleet);
void fleet_instances_lose(Fleet *fleet, const char *why);

/* "FOLDER/K" with the prefix, as fleet_key(). */
const char *fleet_instance_key(const FleetInstance *instance, const char *folder, Buf *buf);
void fleet_instance_put(FleetInstance *instance, const char *folder, const Buf *value,
                        int64_t lease, EtcdTxn *txn);

/* Looks after what is to be tried again, or told from the event loop. */
void fleet_instance_work_in(FleetInstance *instance, uint64_t delay_usec);

/* ---- fleet_lease.c ---- */

int fleet_lease_init(Fleet *fleet);
void fleet_lease_done(Fleet *fleet);

/* An answer is none, or said that the lease is gone. */
void fleet_lease_check(Fleet *fleet, const EtcdAnswer *answer);

/* ---- fleet_entry.c ---- */

int fleet_entry_init(Fleet *fleet);
void fleet_entry_done(Fleet *fleet);
void fleet_entry_begin(Fleet *fleet); /* a lease is held */
void fleet_entry_end(Fleet *fleet);   /* it is not any more */
void fleet_entry_look(Fleet *fleet);  /* the mirror has changed */
void fleet_entry_put(Fleet *fleet);   /* what it says has changed */

/* ---- fleet_owner.c ---- */

extern const OwnershipOps fleet_owner_ops;

/* What is mirrored of the owner, told to the ownership: of one (NULL: there is none), or all. */
void fleet_owner_look(FleetInstance *instance, const EtcdKey *key, uint64_t revision);
void fleet_owner_look_all(Fleet *fleet);

/* The token was compared and does not hold; the failure branch began with fleet_owner_range(). */
void fleet_owner_fence(FleetInstance *instance, const EtcdTxnAnswer *txn);

/* Parts of transactions: that the token holds; what stands in owner/K; last/K. */
void fleet_owner_compare(FleetInstance *instance, uint64_t token, EtcdTxn *txn);
void fleet_owner_range(FleetInstance *instance, EtcdTxn *txn);
void fleet_owner_put_last(FleetInstance *instance, bool is_released, EtcdTxn *txn);

/* What last/K says; NULL: it is not there. */
void fleet_owner_read_last(FleetInstance *instance, const EtcdKey *last);

/* ---- fleet_take.c ---- */

/* What the one before left is read with the campaign, in that place of its answer and the next one,
 * as far as it is not much. */
void fleet_take_range(FleetInstance *instance, EtcdTxn *txn);
void fleet_take_found(FleetInstance *instance, const EtcdTxnAnswer *txn, size_t place);

/* Reads the rest; then passes begin. */
void fleet_take_begin(FleetInstance *instance);
void fleet_take_again(FleetInstance *instance);
void fleet_take_cancel(FleetInstance *instance);

/* ---- fleet_record.c ---- */

void fleet_record_send(FleetInstance *instance);
void fleet_record_forget(FleetInstance *instance);

/* ---- fleet_intent.c ---- */

/* The instance is lost: those under way end so. The second: without callbacks. */
void fleet_intent_lose(FleetInstance *instance);
void fleet_intent_forget(FleetInstance *instance);

/* ---- fleet_conditions.c ---- */

/* Whether the guard `roster` is settled by now. */
void fleet_conditions_settle(FleetInstance *instance);

/* ---- fleet_write.c ---- */

void fleet_write_forget(Fleet *fleet);

/* ---- fleet_log.c ---- */

/* What etcd's trouble is, once for as long as it is the same; that it is over. Calls of leases need
 * no right, so that one of them says nothing of the others. */
void fleet_log_trouble(Fleet *fleet, bool is_of_lease, const char *why);
void fleet_log_well(Fleet *fleet, bool is_of_lease);

/* A lease is held (NULL), or lost. An instance is owned (NULL), or not any more. */
void fleet_log_lease(const Fleet *fleet, const char *why);
void fleet_log_owner(const FleetInstance *instance, const char *why);

/* The name of this host is another's. */
void fleet_log_taken(const Fleet *fleet, const EtcdKey *key);
