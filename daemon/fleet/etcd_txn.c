/* SPDX-License-Identifier: MIT */
#include "daemon/fleet/etcd_txn.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/base64.h"

#define NUMBER_SIZE 24

static void txn_put_bytes(EtcdTxn *txn, const char *name, const void *bytes, size_t size)
{
    buf_reset(&txn->scratch);
    base64_encode(&txn->scratch, bytes, size);
    buf_fail_with(txn->writer.buf, &txn->scratch);
    json_put_string(&txn->writer, name, buf_text(&txn->scratch));
}

static void txn_put_key(EtcdTxn *txn, const char *name, const char *key)
{
    txn_put_bytes(txn, name, key, strlen(key));
}

void etcd_txn_put_number(EtcdTxn *txn, const char *name, uint64_t number)
{
    char text[NUMBER_SIZE];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    json_put_string(&txn->writer, name, text);
}

void etcd_txn_put_range(EtcdTxn *txn, const char *from, const char *to)
{
    txn_put_key(txn, "key", from);
    txn_put_key(txn, "range_end", to);
}

void etcd_txn_put_prefix(EtcdTxn *txn, const char *prefix)
{
    _cleanup_(buf_done) Buf end = {0};

    buf_puts(&end, prefix);
    buf_fail_with(txn->writer.buf, &end);
    if (buf_failed(&end) == 0) /* the next key behind all that begin so */
        end.data[end.size - 1]++;
    etcd_txn_put_range(txn, prefix, buf_text(&end));
}

void etcd_txn_begin(EtcdTxn *txn, Buf *body)
{
    *txn = (EtcdTxn){.writer = {.buf = body, .is_compact = true}};
    json_open_object(&txn->writer, NULL);
    json_open_array(&txn->writer, "compare");
}

void etcd_txn_then(EtcdTxn *txn)
{
    json_close_array(&txn->writer);
    json_open_array(&txn->writer, "success");
}

void etcd_txn_else(EtcdTxn *txn)
{
    json_close_array(&txn->writer);
    json_open_array(&txn->writer, "failure");
}

void etcd_txn_end(EtcdTxn *txn)
{
    json_close_array(&txn->writer);
    json_close_object(&txn->writer);
    buf_done(&txn->scratch);
}

static void txn_compare(EtcdTxn *txn, const char *key, const char *target, const char *result,
                        const char *field, uint64_t number)
{
    json_open_object(&txn->writer, NULL);
    txn_put_key(txn, "key", key);
    json_put_string(&txn->writer, "target", target);
    json_put_string(&txn->writer, "result", result);
    etcd_txn_put_number(txn, field, number);
    json_close_object(&txn->writer);
}

void etcd_txn_compare_created(EtcdTxn *txn, const char *key, uint64_t revision)
{
    txn_compare(txn, key, "CREATE", "EQUAL", "create_revision", revision);
}

void etcd_txn_compare_exists(EtcdTxn *txn, const char *key)
{
    txn_compare(txn, key, "CREATE", "GREATER", "create_revision", 0);
}

void etcd_txn_compare_unchanged(EtcdTxn *txn, const char *key, uint64_t revision)
{
    txn_compare(txn, key, "MOD", "LESS", "mod_revision", revision + 1);
}

static void txn_open(EtcdTxn *txn, const char *request)
{
    json_open_object(&txn->writer, NULL);
    json_open_object(&txn->writer, request);
}

static void txn_close(EtcdTxn *txn)
{
    json_close_object(&txn->writer);
    json_close_object(&txn->writer);
}

/* A request that says nothing but which keys it is about. */
static void txn_put_request(EtcdTxn *txn, const char *request, const char *key, bool is_prefix)
{
    txn_open(txn, request);
    if (is_prefix)
        etcd_txn_put_prefix(txn, key);
    else
        txn_put_key(txn, "key", key);
    txn_close(txn);
}

void etcd_txn_put(EtcdTxn *txn, const char *key, const void *value, size_t size, int64_t lease)
{
    txn_open(txn, "request_put");
    txn_put_key(txn, "key", key);
    txn_put_bytes(txn, "value", value, size);
    if (lease != 0)
        etcd_txn_put_number(txn, "lease", (uint64_t)lease);
    txn_close(txn);
}

void etcd_txn_delete(EtcdTxn *txn, const char *key)
{
    txn_put_request(txn, "request_delete_range", key, false);
}

void etcd_txn_delete_prefix(EtcdTxn *txn, const char *prefix)
{
    txn_put_request(txn, "request_delete_range", prefix, true);
}

void etcd_txn_range(EtcdTxn *txn, const char *key)
{
    txn_put_request(txn, "request_range", key, false);
}

void etcd_txn_range_prefix(EtcdTxn *txn, const char *prefix)
{
    txn_put_request(txn, "request_range", prefix, true);
}

void etcd_txn_delete_range(EtcdTxn *txn, const char *from, const char *to)
{
    txn_open(txn, "request_delete_range");
    etcd_txn_put_range(txn, from, to);
    txn_close(txn);
}

/* The fields of a range of which the first keys are asked for. */
static void txn_put_first(EtcdTxn *txn, const char *from, const char *to, uint64_t limit)
{
    etcd_txn_put_range(txn, from, to);
    etcd_txn_put_number(txn, "limit", limit);
}

void etcd_txn_range_first(EtcdTxn *txn, const char *from, const char *to, uint64_t limit)
{
    txn_open(txn, "request_range");
    txn_put_first(txn, from, to, limit);
    txn_close(txn);
}

void etcd_put_range(Buf *body, const char *from, const char *to, uint64_t limit, uint64_t revision)
{
    EtcdTxn txn = {.writer = {.buf = body, .is_compact = true}};

    json_open_object(&txn.writer, NULL);
    txn_put_first(&txn, from, to, limit);
    etcd_txn_put_number(&txn, "revision", revision);
    json_close_object(&txn.writer);
    buf_done(&txn.scratch);
}

static void put_one_number(Buf *body, const char *name, uint64_t number)
{
    buf_printf(body, "{\"%s\":\"%" PRIu64 "\"}", name, number);
}

void etcd_put_grant(Buf *body, uint64_t ttl_sec)
{
    put_one_number(body, "TTL", ttl_sec);
}

void etcd_put_lease(Buf *body, int64_t lease)
{
    put_one_number(body, "ID", (uint64_t)lease);
}
