/* SPDX-License-Identifier: MIT */
/*
 * DOC: HTTP on one event loop
 *
 * This room is all that rosterd knows of HTTP: the client of the service and of IAM, the server
 * behind the control socket, and the small blocking client with which rosterctl asks that socket.
 *
 * The client (libcurl, only here) has many requests under way at once. http_submit() begins one
 * and sends it at most once: it is never sent again from within, and what is not surely unsent is
 * said to be lost, because a deletion that may have had its effect must not be counted as one that
 * did not. loop.h joins libcurl's sockets and timer to sd-event, transfer.h is one request on one
 * handle, error.h puts failures into words with their remedy. A proxy is used where a request names
 * one, never because the environment does; what fails there was surely not sent, and counts as no
 * word of the service. A connection is used again until it
 * is ten minutes old; after a failure the next request asks for a fresh one.
 *
 * The server (libmicrohttpd, only in server.c and server_request.c) takes one request a connection
 * and is bounded in number (admission.h: a share for each user or address, slots kept for root and
 * for the daemon's own user), in size and in time, so that a client which is stuck, slow or hostile
 * costs a pass nothing. It listens where tcp_socket.h does, or on the control socket. unix_client.h
 * is the other side of it; misdirected.h says when a request was meant for another daemon.
 *
 * Who owns what: the caller keeps headers and body until the callback, the answer is borrowed for
 * the callback, and http_free() ends what is under way without callbacks. Errors of a request are
 * results (HttpResult), not error codes; only what cannot be begun returns a negative errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"

#define HTTP_HEADERS_MAX 8
#define HTTP_BODY_SIZE_MAX (16U * 1024U * 1024U)
#define HTTP_MESSAGE_SIZE 768

/* An older connection serves no further request: what a name stands for may have changed. */
#define HTTP_CONNECTION_AGE_MAX_USEC (10 * USEC_PER_MINUTE)

#define HTTP_CONNECTIONS_KEPT_MAX 64

typedef struct Http Http;
typedef struct HttpTransfer HttpTransfer;

/* A proxy that makes a tunnel (CONNECT, RFC 9110 section 9.3.6), in which TLS goes to the other
 * side itself. */
typedef struct HttpProxy {
    const char *url;  /* http://HOST:PORT */
    const char *user; /* with `password`, as basic authentication; NULL: without */
    const char *password;
} HttpProxy;

/* What is sent. `headers` ("Name: value"), their bytes and `body` are borrowed until the callback
 * has returned or http_cancel() has; the rest only for the time of http_submit(). */
/* Takes what came of the answer's body, in the order in which it came. False: it is enough, the
 * request ends as HTTP_LOST. May not cancel or submit. */
typedef bool (*HttpOnPiece)(void *userdata, const char *bytes, size_t size);

/* Is shown what is there so far of an answer's body that is collected; it may move until the next
 * time. May not cancel or submit. */
typedef void (*HttpOnBody)(void *userdata, const char *body, size_t size);

/* Whether it may be sent, asked each time at the last point before bytes leave: on a new connection
 * and on a kept one. False: it ends as HTTP_WITHHELD. May not cancel or submit. */
typedef bool (*HttpMaySend)(void *userdata);

typedef struct HttpRequest {
    const char *method;
    const char *url;
    const char *target; /* what is asked for at `url`, sent as it is; NULL: what `url` says */
    const char *const *headers;
    size_t header_count; /* HTTP_HEADERS_MAX at most */
    const void *body;    /* NULL without one */
    size_t body_size;
    const char *ca_file;              /* NULL: the system's authorities; else these alone */
    const char *cert_file, *key_file; /* PEM: who we are, to a server that asks; NULL: nobody */
    const HttpProxy *proxy;           /* NULL: none; with https:// only */
    uint64_t connect_timeout_usec;
    uint64_t timeout_usec; /* of the whole, connecting included */
    size_t body_size_max;  /* of the answer; HTTP_BODY_SIZE_MAX is the service's */
    size_t receive_size;   /* how much of it is received at once; 0: as much as TLS gives */
    /* Of an answer without an end: what comes of its body goes there, with the callback's userdata,
     * and is not kept; body_size_max does not count. NULL: it is collected. */
    HttpOnPiece on_piece;
    HttpOnBody on_body; /* called each time more has come, with the callback's userdata; or NULL */
    HttpMaySend may_send;             /* asked with the callback's userdata; NULL: it may */
    bool plain_allowed;               /* http:// too */
    bool is_fresh;                    /* on a new connection, to an address looked up anew */
    uint64_t connection_age_max_usec; /* 0: HTTP_CONNECTION_AGE_MAX_USEC; whole seconds count */
} HttpRequest;

typedef enum HttpResult {
    HTTP_ANSWERED,  /* status, headers and the whole body are there */
    HTTP_NOT_SENT,  /* surely nothing of the request was sent */
    HTTP_WITHHELD,  /* likewise, because may_send() did not let it go */
    HTTP_LOST,      /* the connection ended, or broke the protocol, after sending had begun */
    HTTP_TIMEOUT,   /* sending had begun, and no whole answer came in time */
    HTTP_UNTRUSTED, /* the other side's certificate does not hold; nothing was sent */
    HTTP_TOO_BIG,   /* the answer's body or headers are over their bounds */
} HttpResult;

/* What came of it; borrowed for the time of the callback. */
typedef struct HttpAnswer {
    HttpResult result;
    int status;       /* with HTTP_ANSWERED and HTTP_TOO_BIG; below 200 when no final one came */
    const char *body; /* HTTP_ANSWERED: followed by a NUL */
    size_t body_size;
    bool is_of_proxy;    /* HTTP_NOT_SENT: the proxy, or the way to it, failed */
    int proxy_status;    /* and this is what it answered; 0: nothing */
    const char *message; /* "" with HTTP_ANSWERED; else for people: the host, what, what to do */
    uint64_t took_usec;  /* from http_submit() to its end */
    const HttpTransfer *transfer;
} HttpAnswer;

typedef void (*HttpOnAnswer)(void *userdata, const HttpAnswer *answer);

/* Takes a reference of the loop. 0, -ENOMEM, or sd-event's error. */
int http_new(sd_event *event, Http **ret_http);

/* Cancels what is under way. Not to be called from a callback of it. NULL is fine. */
void http_free(Http *http);
DEFINE_CLEANUP(Http, http_free)

/* Opens, and keeps, so many connections at the most from now on: whoever has more requests under
 * way waits. Those kept the longest are closed for others. `connections_max` > 0; before it is
 * called, a request that needs a connection gets one, and HTTP_CONNECTIONS_KEPT_MAX are kept. */
void http_limit_connections(Http *http, size_t connections_max);

/* Lets no kept connection, and nothing that was read of a ca_file, serve a request from now on.
 * Those under way go on. 0 or -ENOMEM. */
int http_renew(Http *http);

/*
 * Begins a request. The callback comes later, once, from the event loop, never from within this
 * call; it may submit and cancel others. `ret_transfer` (may be NULL) is valid until the callback
 * is called. -EINVAL for too many headers or an url, method or file name that cannot be used,
 * -ENOMEM; then no callback comes. A proxy for an url without TLS is one that cannot be used.
 */
int http_submit(Http *http, const HttpRequest *request, HttpOnAnswer callback, void *userdata,
                HttpTransfer **ret_transfer);

/* Ends a request without its callback. What was sent by then is not known. */
void http_cancel(HttpTransfer *transfer);

/* The value of the final answer's header, "" without one; borrowed like the answer. Neither 1xx
 * answers nor trailers count. */
const char *http_answer_header(const HttpAnswer *answer, const char *name);

/* Reads a date in any of the forms of RFC 9110 section 5.6.7. 0 or -EINVAL. */
int http_parse_date(const char *text, uint64_t *ret_realtime_usec);
