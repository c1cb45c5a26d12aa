/* SPDX-License-Identifier: MIT */
/*
 * An imaginary etcd: keys with revisions and leases, transactions that compare and then do, a log
 * of all changes, of which the older part may be compacted. It answers at once and truly; what goes
 * wrong on the way there and back is the net's (net.c). Its clock is that of the world.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETCD_KEY_SIZE 112
#define ETCD_PARTS_MAX 6

/* What is written into a key: numbers suffice. */
typedef struct EtcdValue {
    size_t host;
    uint64_t set;
    uint64_t number; /* of an undo that is handed over, of an intent; the sum of an approved plan */
    bool is_released, is_answered, opens_window;
} EtcdValue;

typedef struct EtcdKv {
    char key[ETCD_KEY_SIZE];
    EtcdValue value;
    int64_t lease;            /* 0: none */
    uint64_t created, edited; /* revisions; created 0: there is no such key */
} EtcdKv;

typedef struct EtcdLease {
    int64_t id;
    uint64_t ttl_usec, end_usec;
} EtcdLease;

/* A put, or (of a key that is no more: created 0) a deletion. */
typedef struct EtcdChange {
    uint64_t revision;
    EtcdKv kv;
} EtcdChange;

typedef enum EtcdKind {
    ETCD_GRANT,
    ETCD_KEEPALIVE,
    ETCD_REVOKE,
    ETCD_TXN,
    ETCD_SNAPSHOT, /* all keys but those that begin with `~` */
} EtcdKind;

/* That the key was created by that revision; 0: is not there. */
typedef struct EtcdCompare {
    char key[ETCD_KEY_SIZE];
    uint64_t created;
    bool is_any;     /* that it is there, whoever made it */
    uint64_t edited; /* else, where it is not 0, that it was written last in that revision */
} EtcdCompare;

typedef struct EtcdDo {
    char key[ETCD_KEY_SIZE];
    bool is_delete;
    EtcdValue value;
    int64_t lease;
} EtcdDo;

typedef struct EtcdRequest {
    EtcdKind kind;
    uint64_t ttl_usec;
    int64_t lease;
    EtcdCompare compares[ETCD_PARTS_MAX];
    size_t compare_count;
    EtcdDo dos[ETCD_PARTS_MAX];
    size_t do_count;
    char look[ETCD_KEY_SIZE]; /* a key of which the answer has the value from before; "": none */
} EtcdRequest;

typedef struct EtcdAnswer {
    bool is_refused; /* a lease that it names is gone: nothing was done */
    bool has_succeeded;
    uint64_t revision, ttl_usec;
    int64_t lease;
    EtcdKv compared[ETCD_PARTS_MAX]; /* what is there of the keys that were compared */
    EtcdKv looked;
    EtcdKv *keys; /* of ETCD_SNAPSHOT: allocated, for free() */
    size_t key_count;
} EtcdAnswer;

typedef struct Etcd {
    EtcdKv *keys;
    size_t key_count, key_capacity;
    EtcdLease *leases;
    size_t lease_count, lease_capacity;
    int64_t last_lease;
    EtcdChange *changes;
    size_t change_count, change_capacity;
    uint64_t revision;
    uint64_t compacted; /* changes up to that revision cannot be had any more */
    uint64_t now_usec;
} Etcd;

void etcd_init(Etcd *etcd);
void etcd_done(Etcd *etcd);

/* NULL: there is none. */
const EtcdKv *etcd_find(const Etcd *etcd, const char *key);
EtcdLease *etcd_find_lease(Etcd *etcd, int64_t id);

/* Lets the time come, and ends the leases whose own is over; when the next one is (USEC_NEVER). */
void etcd_advance(Etcd *etcd, uint64_t now_usec);
uint64_t etcd_next_usec(const Etcd *etcd);

/* Another leader: the time of each lease begins anew. */
void etcd_change_leader(Etcd *etcd);

void etcd_serve(Etcd *etcd, const EtcdRequest *request, EtcdAnswer *ret_answer);

/* ---- writing requests ---- */

void etcd_compare(EtcdRequest *request, const char *key, uint64_t created);
void etcd_compare_any(EtcdRequest *request, const char *key);
void etcd_compare_unchanged(EtcdRequest *request, const EtcdKv *kv);
void etcd_put(EtcdRequest *request, const char *key, EtcdValue value, int64_t lease);
void etcd_delete(EtcdRequest *request, const char *key);
