/* SPDX-License-Identifier: MIT */
/* An etcd of which a test says each answer, and what it was asked, in words: keys and values as
 * they are instead of in base64, times as T, a digest by its first four digits, transactions
 * without quotes. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <systemd/sd-event.h>

#include "daemon/base/clock.h"
#include "daemon/fleet/etcd.h"
#include "daemon/fleet/etcd_txn.h"
#include "daemon/http/client.h"
#include "tests/unit/peer.h"

#define SCRIPT_PEERS 3
#define SCRIPT_ASKED_MAX 32

typedef struct EtcdScript {
    sd_event *event;
    Http *http;
    Peer *peers[SCRIPT_PEERS];
    char urls[SCRIPT_PEERS][32];
    const char *endpoints[SCRIPT_PEERS];
    EtcdSettings settings; /* one endpoint, where a test does not say more */
    Etcd *etcd;
    PeerConnection *asked[SCRIPT_ASKED_MAX]; /* what has no answer yet, in its order */
    char paths[SCRIPT_ASKED_MAX][32];        /* of them, such as "kv/txn" */
    size_t asked_count;
    Buf said;
} EtcdScript;

int etcd_script_setup(void **state);
int etcd_script_teardown(void **state);

/* Turns the loop until so many questions wait for an answer. */
void etcd_script_await(EtcdScript *script, size_t asked);

/* What was asked first, there where a path is named, and waits no more; answers it. */
PeerConnection *etcd_script_take(EtcdScript *script);
PeerConnection *etcd_script_take_of(EtcdScript *script, const char *path);
void etcd_script_answer(EtcdScript *script, int status, const char *body);
void etcd_script_answer_to(EtcdScript *script, const char *path, int status, const char *body);

/* A line of what happened, as what is asked is one. */
void etcd_script_say(EtcdScript *script, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends a text, with the addresses of endpoints as "etcd-0". */
void etcd_script_name(const EtcdScript *script, const char *text, Buf *named);

/* This is said, and nothing more, since the last time; in any order, where several are asked for at
 * once. */
void etcd_script_expect(EtcdScript *script, const char *lines);
void etcd_script_expect_any(EtcdScript *script, const char *lines);

/* Begins a call that says what came of it; with all the time that it needs. */
EtcdCall *etcd_script_begin_for(EtcdScript *script, const char *path, const char *body,
                                uint64_t timeout_usec);
EtcdCall *etcd_script_begin(EtcdScript *script, const char *path, const char *body);

/* When its next try is due, or it ends; monotonic. */
uint64_t etcd_script_due_of(const EtcdCall *call);

/* An EtcdOnAnswer that says what came; its userdata is the script. */
void etcd_script_on_answer(void *userdata, const EtcdAnswer *answer);

/* A key as it stands in answers; the buffer is emptied first. */
const char *etcd_script_key(Buf *buf, const char *key, const char *value, uint64_t created,
                            uint64_t changed, int64_t lease);
