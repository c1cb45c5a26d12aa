/* SPDX-License-Identifier: MIT */
#include "daemon/roma/wire/headers.h"

#include <errno.h>
#include <string.h>

#define CONTENT_TYPE "Content-Type: application/json"
#define USER_AGENT "User-Agent: rosterd/" ROSTERD_VERSION
#define HOST "Host: "
#define PROJECT "X-Project-Id: "
#define AUTHORIZATION "Authorization: "

int headers_base_init(HeadersBase *base, const Instance *instance)
{
    Buf host = {0}, project = {0};

    base->instance = instance;
    buf_puts(&host, HOST);
    request_append_host(instance, &host);
    buf_puts(&project, PROJECT);
    buf_puts(&project, instance->project_id);
    base->host = buf_take(&host);
    base->project = buf_take(&project);
    return base->host && base->project ? 0 : -ENOMEM;
}

void headers_base_done(HeadersBase *base)
{
    free(base->host);
    free(base->project);
    *base = (HeadersBase){0};
}

static void headers_add(Headers *headers, const char *line)
{
    headers->lines[headers->count++] = line;
}

/* Signs the least that says all (API.md section 5): what else is sent may be touched on the way. */
static int headers_sign(Headers *headers, const HeadersBase *base, const RequestLine *line,
                        Buf *scratch)
{
    const Credential *credential = headers->credential;
    const SignPair pairs[] = {
        {"host", base->host + strlen(HOST)},
        {"x-project-id", base->project + strlen(PROJECT)},
        {"x-sdk-date", headers->date + strlen(HEADERS_DATE)},
        {"x-security-token", credential->security_token},
    };
    SignInput input = {
        .method = line->method,
        .path = line->path,
        .query = line->query,
        .query_count = line->query_count,
        .headers = pairs,
        .header_count = credential->security_token ? ELEMENTS(pairs) : ELEMENTS(pairs) - 1,
        .body = line->body,
        .body_size = line->body_size,
    };
    int r;

    memcpy(headers->date, HEADERS_DATE, strlen(HEADERS_DATE));
    clock_format_sdk_date(clock_realtime_usec(), headers->date + strlen(HEADERS_DATE));
    buf_puts(&headers->authorization, AUTHORIZATION);
    r = sign_authorization(&input, credential->access_key, credential->secret_key, scratch,
                           &headers->authorization);
    if (r < 0)
        return r;
    headers_add(headers, base->project);
    headers_add(headers, headers->date);
    if (credential->security_token_header)
        headers_add(headers, secret_bytes(credential->security_token_header));
    headers_add(headers, headers->authorization.data);
    return 0;
}

/* A token and a signature are never sent together. */
int headers_build(Headers *headers, const HeadersBase *base, Credential *credential,
                  const RequestLine *line, Buf *scratch)
{
    headers->credential = credential_ref(credential);
    headers_add(headers, base->host);
    headers_add(headers, CONTENT_TYPE);
    headers_add(headers, USER_AGENT);
    if (!credential->token_header)
        return headers_sign(headers, base, line, scratch);
    headers_add(headers, secret_bytes(credential->token_header));
    return 0;
}

void headers_clear(Headers *headers)
{
    if (headers->authorization.data)
        explicit_bzero(headers->authorization.data, headers->authorization.size);
    buf_reset(&headers->authorization);
    credential_unref(headers->credential);
    headers->credential = NULL;
    headers->count = 0;
}

void headers_done(Headers *headers)
{
    headers_clear(headers);
    buf_done(&headers->authorization);
}
