/* SPDX-License-Identifier: MIT */
#include "daemon/roma/wire/response.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"
#include "daemon/json/json_parser.h"
#include "daemon/roma/wire/error.h"

/* Signatures are refused beyond this (API.md section 5). */
#define CLOCK_TOLERANCE_USEC (15 * USEC_PER_MINUTE)

int response_reader_init(ResponseReader *reader)
{
    *reader = (ResponseReader){.scratch = {.is_secret = true}, .refusal = {.is_secret = true}};
    return json_parser_init(&reader->parser);
}

void response_reader_done(ResponseReader *reader)
{
    json_parser_done(&reader->parser);
    buf_done(&reader->scratch);
    buf_done(&reader->refusal);
}

void response_feed(ResponsePage *page, RequestKind kind, const char *body, size_t size)
{
    if (kind == REQUEST_LIST_MEMBERS)
        members_feed(&page->members, body, size);
    else if (kind == REQUEST_LIST_CHANNELS)
        channels_feed(&page->channels, body, size);
}

void response_page_clear(ResponsePage *page)
{
    members_clear(&page->members);
    channels_clear(&page->channels);
}

void response_page_done(ResponsePage *page)
{
    members_done(&page->members);
    channels_done(&page->channels);
}

bool response_parse_retry_after(const char *text, const char *date, uint64_t realtime_usec,
                                uint64_t *ret_usec)
{
    uint64_t seconds, until_usec, from_usec;
    int r;

    while (text[0] == '0' && text[1] != '\0')
        text++;
    r = str_parse_uint(text, UINT64_MAX / USEC_PER_SEC, &seconds);
    if (r == 0)
        *ret_usec = seconds * USEC_PER_SEC;
    else if (r == -ERANGE)
        *ret_usec = UINT64_MAX;
    else if (http_parse_date(text, &until_usec) == 0) {
        if (date[0] == '\0' || http_parse_date(date, &from_usec) < 0)
            from_usec = realtime_usec;
        *ret_usec = until_usec > from_usec ? until_usec - from_usec : 0;
    } else
        return false;
    return true;
}

bool response_is_of_nobody(const HttpAnswer *http)
{
    return http->result == HTTP_NOT_SENT || http->result == HTTP_LOST ||
           http->result == HTTP_TIMEOUT || http->status == 502 || http->status == 503 ||
           http->status == 504;
}

static void response_append_part(Buf *message, const char *text)
{
    if (message->size > 0)
        buf_puts(message, "; ");
    buf_puts(message, text);
}

bool response_clocks_apart(const HttpAnswer *http, uint64_t ours, uint64_t *ret_theirs,
                           uint64_t *ret_apart)
{
    if (http_parse_date(http_answer_header(http, "Date"), ret_theirs) < 0)
        return false;
    *ret_apart = *ret_theirs > ours ? *ret_theirs - ours : ours - *ret_theirs;
    return true;
}

static void response_append_clock(const HttpAnswer *http, Buf *message)
{
    uint64_t theirs, ours = clock_realtime_usec(), apart;
    char theirs_text[CLOCK_RFC3339_SIZE], ours_text[CLOCK_RFC3339_SIZE], duration[48];

    if (!response_clocks_apart(http, ours, &theirs, &apart))
        return;
    if (apart <= CLOCK_TOLERANCE_USEC)
        return;
    clock_format_rfc3339(theirs, theirs_text);
    clock_format_rfc3339(ours, ours_text);
    clock_format_duration(apart, duration, sizeof(duration));
    response_append_part(message, "the service's clock says ");
    buf_printf(message, "%s, this host's %s, %s apart: correct this host's clock", theirs_text,
               ours_text, duration);
}

/* The text without secrets and control characters, cut to its place. */
static void response_put_text(const Credential *credential, Buf *text, char *ret_text, size_t size)
{
    _cleanup_(buf_done) Buf shown = {.is_secret = true};

    credential_redact(credential, text);
    for (size_t i = 0; i < text->size; i++) {
        if ((unsigned char)text->data[i] < ' ' || text->data[i] == 0x7f)
            text->data[i] = ' ';
    }
    utf8_append_shown(&shown, buf_text(text));
    str_copy(ret_text, size, buf_text(&shown));
}

static void response_put_string(ResponseReader *reader, const Credential *credential,
                                const char *string, char *ret_text, size_t size)
{
    buf_reset(&reader->scratch);
    buf_puts(&reader->scratch, string);
    response_put_text(credential, &reader->scratch, ret_text, size);
}

static void response_read_request_id(ResponseReader *reader, const Credential *credential,
                                     const HttpAnswer *http, Answer *answer)
{
    const char *request_id = http_answer_header(http, "X-Request-Id");

    if (request_id[0] != '\0')
        response_put_string(reader, credential, request_id, answer->request_id,
                            sizeof(answer->request_id));
}

static void response_read_retry_after(const HttpAnswer *http, Answer *answer)
{
    const char *retry_after = http_answer_header(http, "Retry-After");

    answer->has_retry_after =
        response_parse_retry_after(retry_after, http_answer_header(http, "Date"),
                                   clock_realtime_usec(), &answer->retry_after_usec);
}

/* The body's error, or what else stands there: of an answer that is no success, or not the one that
 * was promised, or that tells an error all the same. */
static void response_read_error(ResponseReader *reader, const Credential *credential,
                                const HttpAnswer *http, Answer *answer)
{
    ErrorBody error;

    /* Before json-c makes copies of it. */
    buf_append(&reader->refusal, http->body, http->body_size);
    credential_redact(credential, &reader->refusal);
    error_parse(&reader->parser, buf_text(&reader->refusal), reader->refusal.size, &error);
    buf_done(&reader->refusal);
    answer->tells_error = error.is_told;
    answer->told_http = error.http;
    if (http->status >= 300 && http->status < 400)
        response_append_part(&error.message,
                             "a redirect, which is not followed: correct the endpoint");
    if (http->status == 401 && credential && credential->access_key)
        response_append_clock(http, &error.message);
    response_put_text(credential, &error.message, answer->message, sizeof(answer->message));
    buf_done(&error.message);
    response_put_string(reader, credential, error.code, answer->code, sizeof(answer->code));
    if (error.request_id[0] != '\0')
        response_put_string(reader, credential, error.request_id, answer->request_id,
                            sizeof(answer->request_id));
    response_read_retry_after(http, answer);
}

static int response_parse_page(ResponseReader *reader, ResponsePage *page, RequestKind kind,
                               const HttpAnswer *http, Err *err)
{
    return kind == REQUEST_LIST_MEMBERS
               ? members_parse(&page->members, &reader->parser, http->body, http->body_size, err)
               : channels_parse(&page->channels, &reader->parser, http->body, http->body_size, err);
}

static void response_read_page(ResponseReader *reader, ResponsePage *page, RequestKind kind,
                               const Credential *credential, const HttpAnswer *http, Answer *answer)
{
    Err err = {0};
    int r = response_parse_page(reader, page, kind, http, &err);

    /* A page that tells an error is none, however many rows stand beside it. */
    if (r < 0 && error_is_told(http->body, http->body_size)) {
        response_read_error(reader, credential, http, answer);
    } else if (r < 0 || http->status != 200) {
        answer->kind = ANSWER_ODD;
        response_put_string(reader, credential, r < 0 ? err.text : "a list is answered with 200",
                            answer->message, sizeof(answer->message));
    } else if (kind == REQUEST_LIST_MEMBERS) {
        answer->members = &page->members.page;
    } else {
        answer->channels = &page->channels.page;
    }
}

/* The success that the service promises to a change; 0: the request is a reading. */
static int response_promised(RequestKind kind)
{
    switch (kind) {
    case REQUEST_DELETE_MEMBER:
    case REQUEST_DISABLE_MEMBER:
    case REQUEST_ENABLE_MEMBER:
        return 204;
    case REQUEST_ADD_MEMBERS:
        return 201;
    case REQUEST_LIST_CHANNELS:
    case REQUEST_LIST_MEMBERS:
        break;
    }
    return 0;
}

static void response_read_http(ResponseReader *reader, ResponsePage *page, RequestKind kind,
                               const Credential *credential, const HttpAnswer *http, Answer *answer)
{
    int promised = response_promised(kind);
    uint64_t theirs_usec;

    answer->kind = ANSWER_HTTP;
    answer->http = http->status;
    if (!response_is_of_nobody(http))
        answer->has_date = response_clocks_apart(http, clock_realtime_usec(), &theirs_usec,
                                                 &answer->clock_apart_usec);
    response_read_request_id(reader, credential, http, answer);
    if (http->status < 300 && promised == 0)
        response_read_page(reader, page, kind, credential, http, answer);
    else if (http->status != promised || error_is_told(http->body, http->body_size))
        response_read_error(reader, credential, http, answer);
}

/* An answer too big to read has its status all the same. Of a deletion and of a refusal that is
 * what counts; of a list it is the rows. */
static void response_read_too_big(RequestKind kind, const HttpAnswer *http, Answer *answer)
{
    if (http->status < 200) {
        answer->kind = ANSWER_LOST;
        return;
    }
    answer->http = http->status;
    if (http->status >= 300)
        response_read_retry_after(http, answer);
    answer->kind = response_promised(kind) || http->status >= 300 ? ANSWER_HTTP : ANSWER_ODD;
}

/* Describes a request that got no whole answer. */
static void response_read_end(RequestKind kind, const HttpAnswer *http, Answer *answer)
{
    switch (http->result) {
    case HTTP_TOO_BIG:
        response_read_too_big(kind, http, answer);
        break;
    case HTTP_NOT_SENT:
        answer->kind = ANSWER_NOT_SENT;
        break;
    case HTTP_WITHHELD:
        answer->kind = ANSWER_WITHHELD;
        break;
    case HTTP_ANSWERED:
    case HTTP_LOST:
        answer->kind = ANSWER_LOST;
        break;
    case HTTP_TIMEOUT:
        answer->kind = ANSWER_TIMEOUT;
        break;
    case HTTP_UNTRUSTED:
        answer->kind = ANSWER_UNTRUSTED;
        break;
    }
}

void response_read(ResponseReader *reader, ResponsePage *page, RequestKind kind,
                   const Credential *credential, const HttpAnswer *http, Answer *ret_answer)
{
    *ret_answer = (Answer){.took_usec = http->took_usec};
    str_copy(ret_answer->message, sizeof(ret_answer->message), http->message);
    if (http->result == HTTP_ANSWERED)
        response_read_http(reader, page, kind, credential, http, ret_answer);
    else
        response_read_end(kind, http, ret_answer);
}

void response_read_plain(ResponseReader *reader, const Credential *credential,
                         const HttpAnswer *http, Answer *ret_answer)
{
    *ret_answer = (Answer){.took_usec = http->took_usec};
    str_copy(ret_answer->message, sizeof(ret_answer->message), http->message);
    if (http->result != HTTP_ANSWERED) {
        response_read_end(REQUEST_DELETE_MEMBER, http, ret_answer);
        return;
    }
    ret_answer->kind = ANSWER_HTTP;
    ret_answer->http = http->status;
    response_read_request_id(reader, credential, http, ret_answer);
    if (http->status >= 300 || error_is_told(http->body, http->body_size))
        response_read_error(reader, credential, http, ret_answer);
}
