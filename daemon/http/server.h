/* SPDX-License-Identifier: MIT */
/*
 * HTTP over a listening socket, on the daemon's own loop: one request a connection, bounded in
 * number (admission.h), size and time, so that a client that is stuck, slow or hostile costs a pass
 * nothing. server.c and server_request.c alone know libmicrohttpd.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/mem.h"
#include "daemon/base/secret.h"

#define SERVER_BODY_SIZE_MAX (64U * 1024U)
#define SERVER_HEADERS_SIZE_MAX (64U * 1024U)
#define SERVER_HEADERS_MAX 2U /* that an answer may have besides */
#define SERVER_JSON "application/json"
#define SERVER_HTML "text/html; charset=utf-8"
#define SERVER_TEXT "text/plain; charset=utf-8"
#define SERVER_TIME_USEC (10 * USEC_PER_SEC) /* for a whole request, and for taking its answer */

/* What a browser may load on behalf of an answer: nothing. */
#define SERVER_POLICY                                                                              \
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

typedef struct Server Server;

/* A request, whole. `path` and `body` live until it is answered. */
typedef struct ServerRequest ServerRequest;

/* Answers by server_reply(), at once or later. */
typedef void (*ServerOnRequest)(ServerRequest *request, void *userdata);

/* Called before connections are taken. */
typedef void (*ServerOnAccept)(void *userdata);

/* What it shows of itself, in PEM. */
typedef struct ServerTls {
    const char *certificates; /* its own, and those that lead to its authority; NULL: no TLS */
    const Secret *key;
} ServerTls;

/* Serves a listening socket, which it takes over, also on failure. 0, -ENOMEM, -EIO, sd-event's. */
int server_new(sd_event *event, int listen_fd, ServerOnRequest on_request, void *userdata,
               Server **ret_server);

/* The same over TCP; each request is answered before ServerOnRequest returns. `on_accept` may be
 * NULL. -EINVAL for a certificate and a key that cannot be used, told in `err`. */
int server_new_tcp(sd_event *event, int listen_fd, const ServerTls *tls, ServerOnRequest on_request,
                   ServerOnAccept on_accept, void *userdata, Server **ret_server, Err *err);

/* New connections see this certificate, or no TLS; those that are there go on with theirs. Errors
 * likewise, and nothing has changed. */
int server_use_tls(Server *server, const ServerTls *tls, Err *err);

/* After every request was answered. NULL is fine. */
void server_free(Server *server);
DEFINE_CLEANUP(Server, server_free)

const char *server_request_method(const ServerRequest *request);
const char *server_request_path(const ServerRequest *request);

/* A parameter of the query, or NULL. */
const char *server_request_find(const ServerRequest *request, const char *name);

/* A header, or NULL. */
const char *server_request_header(const ServerRequest *request, const char *name);

/* What came as the request's body. */
const Buf *server_request_body(const ServerRequest *request);

/* The user at the other side, as the kernel tells (unix(7)); (uid_t)-1 where it does not, and over
 * TCP. */
uid_t server_request_uid(const ServerRequest *request);

/* Whether it came over TCP. */
bool server_request_is_remote(const ServerRequest *request);

/* Whether the other side is root or this process's own user, as the kernel tells (unix(7)). */
bool server_request_may_change(const ServerRequest *request);

/* The Content-Security-Policy of its answer, in place of SERVER_POLICY: text that is never freed.
 */
void server_request_set_policy(ServerRequest *request, const char *policy);

/* Adds a header to its answer: texts that are never freed; SERVER_HEADERS_MAX at most. */
void server_request_add_header(ServerRequest *request, const char *name, const char *value);

/* Answers with a JSON body, which is taken over; once for each request, which is gone with it. */
void server_reply(ServerRequest *request, int status, Buf *body);

/* The same with a body of another type, as Content-Type has it: text that is never freed. */
void server_reply_type(ServerRequest *request, int status, const char *content_type, Buf *body);

/* What follows in an answer that is too big to be made in one turn of the loop. */
typedef struct ServerParts {
    /* Appends the next part, which is never empty, as big as one turn may make (SERVER_PART_SIZE).
     * 1: more follows; 0: it was the last; an error: what would follow is not to be had any more,
     * and the connection is cut, so that nobody takes what went out for all there is. */
    int (*next)(void *userdata, Buf *part);
    /* Once, when the answer is out or was cut. */
    void (*done)(void *userdata);
    void *userdata;
} ServerParts;

#define SERVER_PART_SIZE (64U * 1024U)

/* The same with a body that begins with `first`, which is taken over, and goes on with `rest`: each
 * part is asked for when the other side has taken the one before, for which it has
 * SERVER_TIME_USEC. It goes out in chunks (RFC 9112, section 7.1). */
void server_reply_parts(ServerRequest *request, int status, const char *content_type, Buf *first,
                        const ServerParts *rest);
