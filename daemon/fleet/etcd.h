/* SPDX-License-Identifier: MIT */
/*
 * DOC: etcd, through its gateway
 *
 * What several hosts share stands in etcd (3.4 or newer), which is asked over the JSON gateway of
 * its client port; ETCD.md beside this file says what its answers mean. One Etcd serves a daemon:
 * it knows the endpoints, tries them in turn with short tries, begins with the one that answered
 * last, and logs in where a user is named.
 *
 * A call ends in one of three ways. ANSWERED: etcd did it, and says what it found. REFUSED: etcd
 * says why it did nothing. UNANSWERED: no endpoint said anything in time that settles it, so that
 * it may have been done, or may still be done. All calls may be sent twice: each is one that
 * changes nothing the second time (a transaction compares what it found first), so that a try which
 * had no answer is followed by one at the next endpoint.
 *
 * etcd_txn.h writes transactions and reads what they found; etcd_watch.h follows the changes of
 * keys.
 */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/base/secret.h"
#include "daemon/http/client.h"
#include "daemon/json/json_parser.h"

#define ETCD_ENDPOINTS_MAX 16

/* etcd takes values of 1.5 MiB and answers no more than that and a little around it. */
#define ETCD_ANSWER_SIZE_MAX (8U * 1024U * 1024U)

/* A try at one endpoint, connecting included; half of the time that the call has, where that is
 * less and there are others. */
#define ETCD_TRY_USEC (2 * USEC_PER_SEC)

typedef struct EtcdSettings {
    const char *const *endpoints; /* https://host:port, or http:// on loopback; without a path */
    size_t endpoint_count;        /* 1 to ETCD_ENDPOINTS_MAX */
    const char *ca_file;          /* NULL: the system's authorities */
    const char *cert_file, *key_file; /* NULL: none */
    const char *user;                 /* NULL: none */
    const Secret *password;           /* with `user` */
} EtcdSettings;

typedef struct Etcd Etcd;
typedef struct EtcdCall EtcdCall;

typedef enum EtcdResult { ETCD_ANSWERED, ETCD_REFUSED, ETCD_UNANSWERED } EtcdResult;

/* So many calls are under way at once; who comes later waits for a turn, but calls of leases. */
#define ETCD_CALLS_MAX 16

/* gRPC's codes (google.rpc.Code), those that matter. */
#define ETCD_CODE_NOT_FOUND 5
#define ETCD_CODE_PERMISSION_DENIED 7
#define ETCD_CODE_EXHAUSTED 8 /* also: the answer is over ETCD_ANSWER_SIZE_MAX */
#define ETCD_CODE_OUT_OF_RANGE 11
#define ETCD_CODE_UNAUTHENTICATED 16

/* Borrowed for the time of the callback. */
typedef struct EtcdAnswer {
    EtcdResult result;
    const Json *root;    /* ANSWERED: an object */
    int code;            /* REFUSED: gRPC's; 0: it names none */
    const char *message; /* "" when ANSWERED; else for people, with the endpoint */
} EtcdAnswer;

typedef void (*EtcdOnAnswer)(void *userdata, const EtcdAnswer *answer);

/* Borrows the settings and `http`. 0 or -ENOMEM. */
int etcd_new(sd_event *event, Http *http, const EtcdSettings *settings, Etcd **ret_etcd);

/* Cancels what is under way, without callbacks. NULL is fine. */
void etcd_free(Etcd *etcd);
DEFINE_CLEANUP(Etcd, etcd_free)

/*
 * Begins a call: `path` is such as "kv/txn", `body` is copied. The callback comes later, once, from
 * the event loop, within `timeout_usec` or a little after. 0; -ENOMEM, sd-event's: then no callback
 * comes. `ret_call` (may be NULL) is valid until the callback is called.
 */
int etcd_call(Etcd *etcd, const char *path, const Buf *body, uint64_t timeout_usec,
              EtcdOnAnswer callback, void *userdata, EtcdCall **ret_call);

/* Ends a call without its callback. What it did by then is not known. */
void etcd_cancel(EtcdCall *call);

/* The number of the endpoint that answered last, or that is next where that one has failed since.
 */
size_t etcd_get_endpoint(const Etcd *etcd);
