/* SPDX-License-Identifier: MIT */
/* SDK-HMAC-SHA256, the signature of requests with access keys (API.md section 5). */
#pragma once

#include <stddef.h>

#include "daemon/base/buf.h"
#include "daemon/base/digest.h"
#include "daemon/base/secret.h"

#define SIGN_HEADERS_MAX 8
#define SIGN_QUERY_MAX 16

/* A query parameter, not encoded, or a header. */
typedef struct SignPair {
    const char *name;
    const char *value;
} SignPair;

/* What is signed: all headers given, x-sdk-date among them, and they are to be sent as they stand
 * here. Names in any case and order. */
typedef struct SignInput {
    const char *method;
    const char *path; /* as sent: without the query, not encoded */
    const SignPair *query;
    size_t query_count; /* SIGN_QUERY_MAX at most */
    const SignPair *headers;
    size_t header_count; /* SIGN_HEADERS_MAX at most */
    const void *body;    /* NULL without one */
    size_t body_size;
} SignInput;

/* Appends a query as it stands in the canonical request, which serves in a URL as well: sorted and
 * encoded. SIGN_QUERY_MAX pairs at most. */
void sign_append_query(const SignPair *query, size_t count, Buf *buf);

/* Appends the canonical request. 0; -EINVAL for too many pairs; -ENOMEM. */
int sign_canonical_request(const SignInput *input, Buf *buf);

/* The signature alone: of a canonical request, for a date as in x-sdk-date. 0 or -ENOMEM. */
int sign_digest(const Buf *canonical, const char *date, const Secret *secret_key,
                char ret_hex[static DIGEST_HEX_SIZE]);

/*
 * Appends the value of the Authorization header. `scratch` is emptied and used; who signs often
 * keeps one. 0; -EINVAL for too many pairs or without x-sdk-date; -ENOMEM.
 */
int sign_authorization(const SignInput *input, const char *access_key, const Secret *secret_key,
                       Buf *scratch, Buf *buf);
