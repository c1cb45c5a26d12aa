/* SPDX-License-Identifier: MIT */
/*
 * HTTP over the control socket, on the daemon's own loop: one request a connection, bounded in
 * number (admission.h), size and time, so that a client that is stuck, slow or hostile costs a pass
 * nothing. The only file that knows libmicrohttpd.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"

#define SERVER_BODY_SIZE_MAX (64U * 1024U)
#define SERVER_HEADERS_SIZE_MAX (64U * 1024U)
#define SERVER_IDLE_SECONDS 10U
#define SERVER_TIME_USEC (10 * USEC_PER_SEC) /* for a whole request, and for taking its answer */

typedef struct Server Server;

/* A request, whole. `path` and `body` live until it is answered. */
typedef struct ServerCall ServerCall;

/* Answers by server_reply(), at once or later. */
typedef void (*ServerOnCall)(ServerCall *call, void *userdata);

/* Serves a listening socket, which it takes over, also on failure. 0, -ENOMEM, -EIO, sd-event's. */
int server_new(sd_event *event, int listen_fd, ServerOnCall on_call, void *userdata,
               Server **ret_server);

/* After every call was answered. NULL is fine. */
void server_free(Server *server);
DEFINE_CLEANUP(Server, server_free)

const char *server_call_method(const ServerCall *call);
const char *server_call_path(const ServerCall *call);

/* A parameter of the query, or NULL. */
const char *server_call_find(const ServerCall *call, const char *name);

/* A header, or NULL. */
const char *server_call_header(const ServerCall *call, const char *name);

/* What came as the request's body. */
const Buf *server_call_body(const ServerCall *call);

/* The user at the other side, as the kernel tells (unix(7)); (uid_t)-1 where it does not. */
uid_t server_call_uid(const ServerCall *call);

/* Whether the other side is root or this process's own user, as the kernel tells (unix(7)). */
bool server_call_may_change(const ServerCall *call);

/* Answers with a JSON body, which is taken over; once for each call, which is gone with it. */
void server_reply(ServerCall *call, int status, Buf *body);
