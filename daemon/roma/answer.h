/* From an HTTP answer to what a pass understands: pages read, refusals put into words, waits
 * computed, secrets taken out of texts (API.md sections 1 and 3). */
#pragma once

#include "daemon/http/http.h"
#include "daemon/roma/channels.h"
#include "daemon/roma/credential.h"
#include "daemon/roma/members.h"
#include "reconcile/ops.h"

/* What reading answers needs, used again for each. */
typedef struct AnswerReader {
    BodyParser parser;
    MemberList members;
    ChannelList channels;
    Buf scratch;
    Buf refusal; /* its body, without secrets */
} AnswerReader;

/* 0 or -ENOMEM. The reader must stay where it is. */
int answer_reader_init(AnswerReader *reader);
void answer_reader_done(AnswerReader *reader);

/* Fills *ret_answer. Pages in it live until the next call or answer_reader_clear(). `credential` is
 * what the request was sent with. */
void answer_read(AnswerReader *reader, RequestKind kind, const Credential *credential,
                 const HttpAnswer *http, Answer *ret_answer);

/* The same for a request that is none of a pass: of a success, nothing is read but the status. */
void answer_read_plain(AnswerReader *reader, const Credential *credential, const HttpAnswer *http,
                       Answer *ret_answer);

/* Lets go of the pages. */
void answer_reader_clear(AnswerReader *reader);

/* Reads Retry-After (RFC 9110 section 10.2.3): a number of seconds, or a date, which counts from
 * `date` (the answer's own, "" for none), else from now. False when it says nothing; a date in the
 * past is 0, and nothing is more than a year. */
bool answer_parse_retry_after(const char *text, const char *date, uint64_t realtime_usec,
                              uint64_t *ret_usec);
