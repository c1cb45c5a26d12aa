/* SPDX-License-Identifier: MIT */
/* What is asked of the service, as it stands on the wire: method, path and query (API.md sections
 * 0, 1.1, 1.6, 1.10). */
#pragma once

#include "daemon/roma/auth/sign.h"
#include "reconcile/ops.h"

#define REQUEST_ID_SIZE_MAX 64
#define REQUEST_PATH_SIZE 384
#define REQUEST_NUMBER_SIZE 21 /* of 64 bits, in digits, with the NUL */

typedef struct RequestLine {
    const char *method;
    char path[REQUEST_PATH_SIZE];
    SignPair query[2];
    size_t query_count;
    const void *body; /* NULL: none, which request_line() sets */
    size_t body_size;
    char limit[REQUEST_NUMBER_SIZE];
    char offset[REQUEST_NUMBER_SIZE];
} RequestLine;

/* Fills *ret_line (which must stay where it is: its query points into it). Ids are checked again
 * here, whoever checked them before. -EINVAL for one that may not stand in a path, or for a limit
 * out of 1 to 500 (API.md section 1.1). */
int request_line(const Instance *instance, const Request *request, RequestLine *ret_line);

/* Appends endpoint, path and query. */
void request_append_url(const Instance *instance, const RequestLine *line, Buf *buf);

/* Appends the Host header's value: the endpoint's host and port, the scheme's own port left out. */
void request_append_host(const Instance *instance, Buf *buf);
