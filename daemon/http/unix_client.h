/* SPDX-License-Identifier: MIT */
/* One request to a program on this host, over its Unix socket; waits for the answer. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/base/err.h"

typedef struct UnixRequest {
    const char *method;
    const char *target; /* path and query */
    const char *header; /* one more, whole; NULL: none */
    const char *body;   /* NULL: none */
} UnixRequest;

/*
 * Sends a request and appends the answer to `ret_body`. No answer is too long in coming:
 * a pass may take its time. Errors, told in `err`: -ENOENT and -ECONNREFUSED nobody listens there,
 * -EACCES, -EINVAL, -EFBIG over HTTP_BODY_SIZE_MAX, -EIO, -ENOMEM.
 */
int unix_client_ask(const char *socket_path, const UnixRequest *request, int *ret_status,
                    Buf *ret_body, Err *err);

/* Appends a text so that it can stand in a target's query. */
void unix_client_append_escaped(Buf *buf, const char *text);
