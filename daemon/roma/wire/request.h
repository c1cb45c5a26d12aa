/* SPDX-License-Identifier: MIT */
/*
 * DOC: the requests of the service, and what each of them is called
 *
 * What a pass asks of the service goes through four rooms, and has one name in each:
 *
 *   Request          reconcile/ops.h       what a pass asks: kind, channel, member; no HTTP in it
 *   Call             reconcile/request     a Request with its attempts, until its one end
 *   RequestLine      daemon/roma/wire      a Request in the service's terms: method, path, query
 *   HttpRequest      daemon/http           one send to one URL, with its headers and its body
 *   HttpTransfer     daemon/http           an HttpRequest under way, on its handle of libcurl
 *   RetryingRequest  daemon/roma/provider  an HttpRequest with its attempts, to get a credential
 *
 * dispatch sends a Call; the client (daemon/roma/client.c) refuses a change that is not permitted,
 * has request_line() write method and path and headers_build() sign them, and http_submit() sends
 * the result once. What comes back is an HttpAnswer, which response.h reads into an Answer, and
 * dispatch decides whether the Call is sent again. Two more have nothing to do with the service: a
 * ServerRequest (daemon/http/server.h) is what the daemon is asked on its control socket, and a
 * UnixRequest (daemon/http/unix_client.h) is the same on rosterctl's side.
 *
 * Paths and queries are those of API.md sections 0, 1.1, 1.6, 1.10 and 1.11.
 */
#pragma once

#include "daemon/base/str.h"
#include "daemon/roma/auth/sign.h"
#include "reconcile/ops.h"

#define REQUEST_PATH_SIZE 384

typedef struct RequestLine {
    const char *method;
    char path[REQUEST_PATH_SIZE];
    SignPair query[4];
    size_t query_count;
    const void *body; /* NULL: none, which request_line() sets */
    size_t body_size;
    char limit[STR_UINT_SIZE];
    char offset[STR_UINT_SIZE];
} RequestLine;

/* Fills *ret_line (which must stay where it is: its query points into it). Ids are checked again
 * here, whoever checked them before. -EINVAL for one that may not stand in a path, or for a limit
 * out of 1 to PAGE_ROWS_MAX (API.md section 1.1). */
int request_line(const Instance *instance, const Request *request, RequestLine *ret_line);

/* Appends path and query, which are sent as they are. */
void request_append_target(const RequestLine *line, Buf *buf);

/* Appends the Host header's value: the endpoint's host and port, the scheme's own port left out. */
void request_append_host(const Instance *instance, Buf *buf);
