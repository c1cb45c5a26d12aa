/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes whole HTTP answers: the first byte chooses what was asked, the next two the status; then
 * the headers Retry-After, Date and X-Request-Id in a line each, and the body. Whatever comes in,
 * what a pass is told is of a kind that fits the status, and its texts hold neither control
 * characters nor the secret that the request was sent with.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/roma/wire/response.h"

#define SECRET "SesameOpen0123456789"
#define HEADERS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__wrap_http_answer_header(const HttpAnswer *answer, const char *name);

static const char *headers[HEADERS];

/* Stands in for libcurl's. */
const char *__wrap_http_answer_header(const HttpAnswer *answer, const char *name)
{
    static const char *const names[HEADERS] = {"Retry-After", "Date", "X-Request-Id"};

    (void)answer;
    for (size_t i = 0; i < HEADERS; i++) {
        if (str_equal(names[i], name))
            return headers[i];
    }
    return "";
}

static Credential *get_credential(void)
{
    static Credential *credential;
    Secret *secret;

    if (credential)
        return credential;
    secret = secret_new_copy(SECRET, strlen(SECRET));
    assert(secret && credential_new_keys("AK", secret, NULL, &credential, NULL) == 0);
    return credential;
}

static void check_text(const char *text, size_t size)
{
    assert(strnlen(text, size) < size);
    for (const char *c = text; *c; c++)
        assert((unsigned char)*c >= ' ' && *c != 0x7f);
    assert(!strstr(text, SECRET));
}

static bool is_change(RequestKind kind)
{
    return request_is_change(kind);
}

static void check_kind(RequestKind kind, const HttpAnswer *http, const Answer *answer)
{
    bool is_list = http->status < 300 && !is_change(kind);

    assert(answer->http == http->status);
    assert(answer->kind == ANSWER_HTTP || (is_list && answer->kind == ANSWER_ODD));
    assert(answer->kind != ANSWER_ODD || answer->message[0] != '\0');
    assert(!answer->members || (is_list && kind == REQUEST_LIST_MEMBERS));
    assert(!answer->channels || (is_list && kind == REQUEST_LIST_CHANNELS));
    if (is_list && answer->kind == ANSWER_HTTP && !answer->tells_error)
        assert(http->status == 200 && (answer->members || answer->channels));
    if (answer->tells_error)
        assert(!answer->members && !answer->channels);
    if (http->status >= 300 && http->body_size > 0)
        assert(answer->message[0] != '\0' || answer->code[0] != '\0');
}

static void check_answer(RequestKind kind, const HttpAnswer *http)
{
    static ResponseReader reader;
    static ResponsePage page;
    Answer answer;

    if (!reader.parser.tokener)
        assert(response_reader_init(&reader) == 0);
    response_feed(&page, kind, http->body, http->body_size / 2);
    response_read(&reader, &page, kind, get_credential(), http, &answer);
    check_kind(kind, http, &answer);
    check_text(answer.message, sizeof(answer.message));
    check_text(answer.code, sizeof(answer.code));
    check_text(answer.request_id, sizeof(answer.request_id));
    response_page_clear(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const RequestKind kinds[] = {REQUEST_LIST_CHANNELS,  REQUEST_LIST_MEMBERS,
                                        REQUEST_DELETE_MEMBER,  REQUEST_ADD_MEMBERS,
                                        REQUEST_DISABLE_MEMBER, REQUEST_ENABLE_MEMBER};
    _cleanup_free_ char *text = NULL;
    HttpAnswer http = {.result = HTTP_ANSWERED, .message = ""};
    char *at;

    if (size < 3)
        return 0;
    text = strndup((const char *)data + 3, size - 3);
    assert(text);
    http.status = 200 + (data[1] * 256 + data[2]) % 400;
    at = text;
    for (size_t i = 0; i < HEADERS; i++) {
        headers[i] = at;
        at = strchrnul(at, '\n');
        if (*at != '\0')
            *at++ = '\0';
    }
    http.body = at;
    http.body_size = strlen(at);
    check_answer(kinds[data[0] % 4], &http);
    return 0;
}
