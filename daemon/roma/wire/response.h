/* SPDX-License-Identifier: MIT */
/* From an HTTP answer to what a pass understands: pages read, refusals put into words, waits
 * computed, secrets taken out of texts (API.md sections 1 and 3). */
#pragma once

#include "daemon/http/client.h"
#include "daemon/json/json_parser.h"
#include "daemon/roma/auth/credential.h"
#include "daemon/roma/wire/channels.h"
#include "daemon/roma/wire/members.h"
#include "reconcile/ops.h"

/* The page that one answer is, read while it arrives. Starts as {0}, and serves one after the
 * other.
 */
typedef struct ResponsePage {
    MemberList members;
    ChannelList channels;
} ResponsePage;

/* Reads on in the body of an answer to a request of that kind: this is all that is there of it. It
 * counts for nothing before response_read(). */
void response_feed(ResponsePage *page, RequestKind kind, const char *body, size_t size);

/* Lets go of what is there of the page, and keeps the memory. */
void response_page_clear(ResponsePage *page);
void response_page_done(ResponsePage *page);

/* What reading answers needs, used again for each. */
typedef struct ResponseReader {
    JsonParser parser;
    Buf scratch;
    Buf refusal; /* its body, without secrets */
} ResponseReader;

/* 0 or -ENOMEM. The reader must stay where it is. */
int response_reader_init(ResponseReader *reader);
void response_reader_done(ResponseReader *reader);

/* Fills *ret_answer; what is a page in it stands in `page` and in the answer's body. `credential`
 * is what the request was sent with. */
void response_read(ResponseReader *reader, ResponsePage *page, RequestKind kind,
                   const Credential *credential, const HttpAnswer *http, Answer *ret_answer);

/* The same for a request that is none of a pass: of a success, nothing is read but the status, and
 * whether its body tells an error. */
void response_read_plain(ResponseReader *reader, const Credential *credential,
                         const HttpAnswer *http, Answer *ret_answer);

/* Whether no answer came, or one of a gateway that found no backend: another address may work. */
bool response_is_of_nobody(const HttpAnswer *http);

/* By its Date header: the service's clock, and how far it is from `ours`, whichever is ahead. False
 * where it does not say. */
bool response_clocks_apart(const HttpAnswer *http, uint64_t ours, uint64_t *ret_theirs,
                           uint64_t *ret_apart);

/* Reads Retry-After (RFC 9110 section 10.2.3): a number of seconds, or a date, which counts from
 * `date` (the answer's own, "" for none), else from now. False when it says nothing; a date in the
 * past is 0, and a number too large for microseconds UINT64_MAX. */
bool response_parse_retry_after(const char *text, const char *date, uint64_t realtime_usec,
                                uint64_t *ret_usec);
