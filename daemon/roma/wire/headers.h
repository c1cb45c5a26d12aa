/* SPDX-License-Identifier: MIT */
/* The headers of a request: what it is, and what authorises it (API.md sections 1 and 5). */
#pragma once

#include "daemon/base/clock.h"
#include "daemon/http/client.h"
#include "daemon/roma/auth/credential.h"
#include "daemon/roma/wire/request.h"

#define HEADERS_DATE "X-Sdk-Date: "

/* Those that are the same for all requests of an instance. Starts as {0}. */
typedef struct HeadersBase {
    const Instance *instance;
    char *host;    /* "Host: ..." */
    char *project; /* "X-Project-Id: ..." */
} HeadersBase;

/* Borrows the instance. 0 or -ENOMEM; headers_base_done() in any case. */
int headers_base_init(HeadersBase *base, const Instance *instance);
void headers_base_done(HeadersBase *base);

/* Of one request; used again for the next. Starts as {0}. The lines point into it, into its base
 * and into its credential: it stays where it is while they are in use. */
typedef struct Headers {
    const char *lines[HTTP_HEADERS_MAX];
    size_t count;
    Credential *credential; /* that authorises it */
    Buf authorization;
    char date[sizeof(HEADERS_DATE) + CLOCK_SDK_DATE_SIZE];
} Headers;

/* Builds them for a request that is sent now, and takes a reference of the credential. `scratch` is
 * emptied and used. 0, or as sign_authorization(); headers_clear() in any case. */
int headers_build(Headers *headers, const HeadersBase *base, Credential *credential,
                  const RequestLine *line, Buf *scratch);

/* Wipes what was secret and lets go of the credential; keeps memory for the next. */
void headers_clear(Headers *headers);
void headers_done(Headers *headers);
