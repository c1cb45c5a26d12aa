/* SPDX-License-Identifier: MIT */
/* A real etcd on loopback, in a folder of its own, and a client of it. Where no etcd is installed,
 * a test is skipped and says so. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "daemon/base/clock.h"
#include "daemon/fleet/etcd.h"
#include "daemon/fleet/etcd_txn.h"
#include "daemon/fleet/etcd_watch.h"
#include "tests/scratch.h"

typedef struct EtcdCase {
    sd_event *event;
    Http *http;
    char folder[SCRATCH_SIZE], url[64];
    const char *endpoints[4];
    EtcdSettings settings;
    Etcd *etcd;
    pid_t pid;                /* of the server; 0: none */
    char prefix[32], key[48]; /* which begins so */
    uint64_t timeout_usec;    /* of calls */
    size_t test_count, answers;
    EtcdResult result;
    int code;
    char message[512];
    Json *root; /* of the last answer, owned */
    Arena arena;
    EtcdTxnAnswer txn;
} EtcdCase;

/* Of all tests of a program. */
int etcd_case_setup(void **state);
int etcd_case_teardown(void **state);

/* Before each: the one endpoint, and keys of its own. */
int etcd_case_begin(void **state);

/* Begins a call, or makes one and awaits its end. */
void etcd_case_submit(EtcdCase *etcd_case, const char *path, const char *body);
void etcd_case_ask(EtcdCase *etcd_case, const char *path, const char *body);

/* Makes a call that etcd answers, and reads it as a transaction's. */
void etcd_case_ask_txn(EtcdCase *etcd_case, EtcdTxn *txn, Buf *body);

/* Turns the loop until so many answers came in all. */
void etcd_case_await(EtcdCase *etcd_case, size_t answers);

/* A lease of so many seconds. */
int64_t etcd_case_grant(EtcdCase *etcd_case, uint64_t ttl_sec);
uint64_t etcd_case_keep(EtcdCase *etcd_case, int64_t lease);
