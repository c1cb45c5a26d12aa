/* SPDX-License-Identifier: MIT */
/* One request to a program on this host, over its Unix socket; waits for the answer. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"

/* How long a socket may take to let us in, how long it may be silent, and how long an answer may
 * take as a whole where nobody looks after the waiting (on_wait). */
#define UNIX_CLIENT_CONNECT_USEC (10 * USEC_PER_SEC)
#define UNIX_CLIENT_SILENCE_USEC (30 * USEC_PER_SEC)
#define UNIX_CLIENT_WHOLE_USEC (120 * USEC_PER_SEC)

/* Called about once a second while an answer is waited for, which bounds nothing else then: whether
 * to go on waiting, else why not, in `err`. */
typedef int (*UnixClientOnWait)(void *userdata, Err *err);

/* Called with what came of an answer's body. 0, or an error, which ends it, told in `err`. */
typedef int (*UnixClientOnBody)(void *userdata, const char *bytes, size_t size, Err *err);

typedef struct UnixRequest {
    const char *method;
    const char *target; /* path and query */
    const char *header; /* one more, whole; NULL: none */
    const char *body;   /* NULL: none */
    /* Whose program may be asked, besides root's and our own. */
    const uid_t *owners;
    size_t owner_count;
    size_t size_max;          /* of an answer's body; 0: HTTP_BODY_SIZE_MAX */
    UnixClientOnWait on_wait; /* NULL: the bounds above hold */
    UnixClientOnBody on_body; /* of an answer with status 200, in place of ret_body; NULL: none */
    void *userdata;           /* of on_wait */
    void *body_userdata;      /* of on_body */
} UnixRequest;

/*
 * Sends a request and appends the answer to `ret_body` as it comes, once it is known whose program
 * listens: the kernel tells (SO_PEERCRED of unix(7)). Errors, told in `err`: -ENOENT and
 * -ECONNREFUSED nobody listens there; -EACCES; -EREMCHG somebody else's program listens, nothing
 * was sent; -ETIMEDOUT; -EFBIG over size_max; -EPROTO; -EIO; -ENOMEM; on_wait's; on_body's.
 */
int unix_client_ask(const char *socket_path, const UnixRequest *request, int *ret_status,
                    Buf *ret_body, Err *err);

/* Takes a whole answer apart, headers and all: whatever is in it, for tests as well. 0; -EPROTO
 * what answers is no rosterd; -EIO it is not whole; -ENOMEM. */
int unix_client_parse(const Buf *answer, int *ret_status, Buf *ret_body, Err *err);

/* Appends a text so that it can stand in a target's query. */
void unix_client_append_escaped(Buf *buf, const char *text);
