/* SPDX-License-Identifier: MIT */
/*
 * What is asked of etcd's keys, and what it found: transactions (kv/txn), which compare first and
 * then do all or nothing, and leases (lease/grant, lease/keepalive, lease/revoke). Keys and values
 * stand in base64, 64-bit numbers as strings; a number that is 0, or a list that is empty, is left
 * out of answers. A transaction that was compared otherwise is answered with 200 as well, without
 * "succeeded".
 */
#pragma once

#include "daemon/base/arena.h"
#include "daemon/json/json_writer.h"

/* ---- writing ---- */

/* In this order: etcd_txn_begin(), compares, etcd_txn_then(), requests, etcd_txn_else(), requests,
 * etcd_txn_end(). */
typedef struct EtcdTxn {
    JsonWriter writer;
    Buf scratch;
} EtcdTxn;

/* Appends to `body`, which stays the caller's; memory that runs out shows there. */
void etcd_txn_begin(EtcdTxn *txn, Buf *body);
void etcd_txn_then(EtcdTxn *txn);
void etcd_txn_else(EtcdTxn *txn);
void etcd_txn_end(EtcdTxn *txn);

/* The key was made in that revision; 0: there is none. */
void etcd_txn_compare_created(EtcdTxn *txn, const char *key, uint64_t revision);

/* The key has not changed since that revision: its last change is no newer. */
void etcd_txn_compare_unchanged(EtcdTxn *txn, const char *key, uint64_t revision);

/* There is such a key. */
void etcd_txn_compare_exists(EtcdTxn *txn, const char *key);

/* `lease` 0: it stays without one. */
void etcd_txn_put(EtcdTxn *txn, const char *key, const void *value, size_t size, int64_t lease);
void etcd_txn_delete(EtcdTxn *txn, const char *key);

/* The key, or all that begin with a text that is not empty, or the first of a range. */
void etcd_txn_range(EtcdTxn *txn, const char *key);
void etcd_txn_range_prefix(EtcdTxn *txn, const char *prefix);
void etcd_txn_range_first(EtcdTxn *txn, const char *from, const char *to, uint64_t limit);
void etcd_txn_delete_prefix(EtcdTxn *txn, const char *prefix);

/* All from a key on that come before another. */
void etcd_txn_delete_range(EtcdTxn *txn, const char *from, const char *to);

/* Fields of an object that is written otherwise: all keys that begin so, whose last byte is no
 * 0xff; the keys from one on that come before another; a number, as a string, for some readers of
 * JSON take numbers for floating ones. */
void etcd_txn_put_prefix(EtcdTxn *txn, const char *prefix);
void etcd_txn_put_range(EtcdTxn *txn, const char *from, const char *to);
void etcd_txn_put_number(EtcdTxn *txn, const char *name, uint64_t number);

/* The body of kv/range: the first `limit` keys from one on that come before another, as they were
 * in a revision (0: now). */
void etcd_put_range(Buf *body, const char *from, const char *to, uint64_t limit, uint64_t revision);

/* {"TTL": seconds}, {"ID": lease}. */
void etcd_put_grant(Buf *body, uint64_t ttl_sec);
void etcd_put_lease(Buf *body, int64_t lease);

/* ---- reading ---- */

typedef struct EtcdKey {
    const char *key;   /* never NULL; what has a NUL in it is no key of ours and is left out */
    const char *value; /* likewise; followed by a NUL */
    size_t value_size;
    uint64_t created, changed; /* revisions */
    int64_t lease;             /* 0: none */
} EtcdKey;

typedef struct EtcdFound {
    const EtcdKey *keys;
    size_t count;
    bool has_more; /* of the keys that were asked for there are others behind */
} EtcdFound;

typedef struct EtcdTxnAnswer {
    bool succeeded;
    uint64_t revision;
    const EtcdFound *found; /* one for each request that was carried out; empty but for ranges */
    size_t found_count;
} EtcdTxnAnswer;

/* Read answers, into the arena. 0; -EPROTO with `err`: it is none; -ENOMEM. */
int etcd_read_txn(const Json *root, Arena *arena, EtcdTxnAnswer *ret_answer, Err *err);

/* The answer of kv/range. */
int etcd_read_range(const Json *root, Arena *arena, EtcdFound *ret_found, uint64_t *ret_revision,
                    Err *err);

/* `ttl_sec` 0: there is no such lease. The revision is the newest that the member knew. */
int etcd_read_grant(const Json *root, int64_t *ret_lease, uint64_t *ret_ttl_sec, Err *err);
int etcd_read_keepalive(const Json *root, int64_t lease, uint64_t *ret_ttl_sec,
                        uint64_t *ret_revision, Err *err);

/* One key as it stands in answers and in what a watch tells. */
int etcd_read_key(const Json *kv, Arena *arena, EtcdKey *ret_key, Err *err);

/* A 64-bit number from 0, as a string or a number; 0 where it is left out. 0 or -EPROTO. */
int etcd_read_number(const Json *value, uint64_t *ret_number);
