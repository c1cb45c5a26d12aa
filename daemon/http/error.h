/* SPDX-License-Identifier: MIT */
/* What a failed request's end means, for people: which host, what happened, what to do. */
#pragma once

#include <curl/curl.h>

#include "daemon/http/client.h"

#define HTTP_ERROR_HOST_SIZE 256

/* Writes transfer->message. */
void http_error_failure(HttpTransfer *transfer, HttpResult result, CURLcode code);

/* ---- for the files of this subject ---- */

/* Whom a request is for; "the service" and "?" where that is not known. */
typedef struct HttpErrorPeer {
    char host[HTTP_ERROR_HOST_SIZE];
    char port[8];
} HttpErrorPeer;

HttpErrorPeer http_error_peer(const HttpTransfer *transfer);
HttpErrorPeer http_error_peer_of(const char *url);

/* The system's reason in the middle of a sentence: "connection refused". */
void http_error_reason(const HttpTransfer *transfer, CURLcode code, char *ret_text, size_t size);

/* Whether descriptors have run out, asked of the system itself: libcurl does not always tell. */
bool http_error_has_no_file(void);

/* Makes the message one that may be shown: names and reasons come from the other side, too. */
void http_error_show(HttpTransfer *transfer);
