/* SPDX-License-Identifier: MIT */
#include "daemon/roma/provider/provider_metadata.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/roma/provider/retrying_request.h"
#include "daemon/roma/provider/security_key.h"

#define ENDPOINT "http://169.254.169.254"
#define TOKEN_PATH "/meta-data/latest/api/token"
#define KEY_PATH "/openstack/latest/securitykey"
#define DOING_TOKEN "getting a session of the metadata service"
#define DOING_KEY "getting keys from the metadata service"
#define SESSION_HEADER "X-Metadata-Token: "

/* A session is asked for 6 hours, as the vendor's SDK does, and not used in its last minutes. */
#define SESSION_TTL_HEADER "X-Metadata-Token-Ttl-Seconds: 21600"
#define SESSION_USEC (6 * USEC_PER_HOUR - 5 * USEC_PER_MINUTE)

/* The service is one hop away. */
#define TIMEOUT_USEC (3 * USEC_PER_SEC)
#define METADATA_ANSWER_SIZE_MAX ((size_t)64 * 1024)

/* The metadata service's words on a host that has no agency. */
#define NO_AGENCY "agency must be configured"

typedef struct ProviderMetadata {
    Provider provider;
    RetryingRequest request;
    Buf token_url;
    Buf key_url;
    Credential *session;    /* the token of version 2; NULL: none */
    Secret *session_header; /* the line with it */
    uint64_t session_until_usec;
    const char *headers[2];
    bool asks_for_session; /* in the request under way */
    bool renewed_session;  /* since provider_metadata_begin() */
} ProviderMetadata;

static void provider_metadata_drop_session(ProviderMetadata *metadata)
{
    credential_unref(metadata->session);
    secret_free(metadata->session_header);
    metadata->session = NULL;
    metadata->session_header = NULL;
}

static void provider_metadata_end(ProviderMetadata *metadata, Credential *credential,
                                  uint64_t lifetime_usec, const Err *err)
{
    metadata->provider.context.on_end(metadata->provider.context.userdata, credential,
                                      lifetime_usec, err);
}

/* ---- requests ---- */

static int provider_metadata_ask(ProviderMetadata *metadata, const char *method, const char *url,
                                 const char *header, const char *doing)
{
    HttpRequest request = {
        .method = method,
        .url = url,
        .headers = metadata->headers,
        .header_count = header ? 2 : 1,
        .connect_timeout_usec = TIMEOUT_USEC,
        .timeout_usec = TIMEOUT_USEC,
        .body_size_max = METADATA_ANSWER_SIZE_MAX,
        .plain_allowed = str_has_prefix(url, "http://"),
    };

    metadata->headers[0] = "User-Agent: rosterd/" ROSTERD_VERSION;
    metadata->headers[1] = header;
    return retrying_request_begin(&metadata->request, &request, doing, metadata->session);
}

static int provider_metadata_ask_session(ProviderMetadata *metadata)
{
    provider_metadata_drop_session(metadata);
    metadata->asks_for_session = metadata->renewed_session = true;
    return provider_metadata_ask(metadata, "PUT", metadata->token_url.data, SESSION_TTL_HEADER,
                                 DOING_TOKEN);
}

static int provider_metadata_ask_key(ProviderMetadata *metadata)
{
    metadata->asks_for_session = false;
    return provider_metadata_ask(
        metadata, "GET", metadata->key_url.data,
        metadata->session_header ? secret_bytes(metadata->session_header) : NULL, DOING_KEY);
}

static int provider_metadata_begin(Provider *provider, Err *err)
{
    ProviderMetadata *metadata = (ProviderMetadata *)provider;
    bool has_session = metadata->session && clock_monotonic_usec() < metadata->session_until_usec;
    int r;

    metadata->renewed_session = false;
    r = has_session ? provider_metadata_ask_key(metadata) : provider_metadata_ask_session(metadata);
    return r < 0 ? err_system(err, r, DOING_KEY) : 0;
}

/* ---- answers ---- */

static int provider_metadata_keep_session(ProviderMetadata *metadata, const HttpAnswer *http,
                                          Err *err)
{
    size_t size = http->body_size;
    Secret *token;
    int r;

    while (size > 0 && (http->body[size - 1] == '\n' || http->body[size - 1] == '\r'))
        size--;
    if (size > 0 && http->body[0] == '{')
        return err_set(err, -EPROTO, "the answer is JSON instead of a session token");
    r = credential_check_header(http->body, size, "the session token", err);
    if (r < 0)
        return r;
    token = secret_new_copy(http->body, size);
    metadata->session_header = secret_new(strlen(SESSION_HEADER) + size);
    if (token && credential_new_secret(token, &metadata->session) < 0)
        token = NULL;
    if (!token || !metadata->session_header) {
        provider_metadata_drop_session(metadata);
        return err_memory(err);
    }
    secret_append(metadata->session_header, SESSION_HEADER, strlen(SESSION_HEADER));
    secret_append(metadata->session_header, http->body, size);
    metadata->session_until_usec = clock_monotonic_usec() + SESSION_USEC;
    return 0;
}

/* By the service's clock where it tells it: this host's may be wrong. 0: not known, and refusal
 * will tell. */
static uint64_t provider_metadata_lifetime_usec(const SecurityKey *key, const HttpAnswer *http)
{
    uint64_t until_usec, now_usec;

    if (clock_parse_rfc3339(key->expires_at, &until_usec) < 0)
        return 0;
    if (http_parse_date(http_answer_header(http, "Date"), &now_usec) < 0)
        now_usec = clock_realtime_usec();
    return until_usec > now_usec ? until_usec - now_usec : 0;
}

static void provider_metadata_take_key(ProviderMetadata *metadata, const HttpAnswer *http)
{
    Credential *credential = NULL;
    SecurityKey key = {0};
    Err err = {0};
    uint64_t lifetime_usec = 0;
    int r = security_key_parse(http->body, http->body_size, &key, &err);

    if (r >= 0)
        r = credential_new_keys(secret_bytes(key.access), key.secret, key.token, &credential, &err);
    if (r < 0) {
        err_context(&err, r, DOING_KEY);
    } else {
        key.secret = NULL;
        lifetime_usec = provider_metadata_lifetime_usec(&key, http);
    }
    security_key_done(&key);
    provider_metadata_end(metadata, credential, lifetime_usec, &err);
}

/* A service without version 2 is not an error: the provider asks version 1. */
static void provider_metadata_on_session(ProviderMetadata *metadata, AttemptStep step,
                                         const HttpAnswer *http, const Err *err)
{
    bool is_missing = step == ATTEMPT_FAILED && (err->http == 404 || err->http == 405);
    Err why = *err;
    int r = 0;

    if (step == ATTEMPT_DONE) {
        r = provider_metadata_keep_session(metadata, http, &why);
        if (r < 0)
            err_context(&why, r, DOING_TOKEN);
    } else if (!is_missing)
        r = -EREMOTEIO;
    if (r >= 0) {
        r = provider_metadata_ask_key(metadata);
        if (r < 0)
            err_system(&why, r, DOING_KEY);
    }
    if (r < 0)
        provider_metadata_end(metadata, NULL, 0, &why);
}

static void provider_metadata_refused(ProviderMetadata *metadata, const HttpAnswer *http,
                                      const Err *err)
{
    Err why = *err;
    int r = -EACCES;

    if (http->body_size > 0 && strstr(http->body, NO_AGENCY))
        err_set(&why, r,
                DOING_KEY ": this host has no agency: bind one with access to ROMA Connect to it");
    else if (metadata->session && !metadata->renewed_session) {
        r = provider_metadata_ask_session(metadata);
        if (r < 0)
            err_system(&why, r, DOING_TOKEN);
    }
    if (r < 0)
        provider_metadata_end(metadata, NULL, 0, &why);
}

static void provider_metadata_on_end(void *userdata, AttemptStep step, const HttpAnswer *http,
                                     const Err *err)
{
    ProviderMetadata *metadata = userdata;

    if (metadata->asks_for_session)
        provider_metadata_on_session(metadata, step, http, err);
    else if (step == ATTEMPT_DONE)
        provider_metadata_take_key(metadata, http);
    else if (step == ATTEMPT_REFUSED)
        provider_metadata_refused(metadata, http, err);
    else
        provider_metadata_end(metadata, NULL, 0, err);
}

/* ---- its life ---- */

static void provider_metadata_cancel(Provider *provider)
{
    retrying_request_cancel(&((ProviderMetadata *)provider)->request);
}

static uint64_t provider_metadata_due_usec(const Provider *provider)
{
    return ((const ProviderMetadata *)provider)->request.due_usec;
}

/* A session is cheap: the next fetch asks for one. */
static void provider_metadata_take_over(Provider *provider, Provider *old)
{
    (void)provider;
    (void)old;
}

static void provider_metadata_free(Provider *provider)
{
    ProviderMetadata *metadata = (ProviderMetadata *)provider;

    retrying_request_done(&metadata->request);
    provider_metadata_drop_session(metadata);
    buf_done(&metadata->token_url);
    buf_done(&metadata->key_url);
    free(metadata);
}

static const ProviderKind metadata_kind = {
    .begin = provider_metadata_begin,
    .cancel = provider_metadata_cancel,
    .due_usec = provider_metadata_due_usec,
    .take_over = provider_metadata_take_over,
    .free = provider_metadata_free,
};

int provider_metadata_new(const ProviderContext *context, Provider **ret_provider, Err *err)
{
    const char *endpoint = context->instance->auth.metadata_endpoint;
    ProviderMetadata *metadata = calloc(1, sizeof(*metadata));
    _cleanup_(provider_freep) Provider *provider = (Provider *)metadata;
    int r;

    if (!metadata)
        return err_memory(err);
    metadata->provider = (Provider){.kind = &metadata_kind, .context = *context};
    endpoint = endpoint ? endpoint : ENDPOINT;
    buf_puts(&metadata->token_url, endpoint);
    buf_puts(&metadata->token_url, TOKEN_PATH);
    buf_puts(&metadata->key_url, endpoint);
    buf_puts(&metadata->key_url, KEY_PATH);
    r = retrying_request_init(&metadata->request, context->event, context->http, context->config,
                              context->route, provider_metadata_on_end, provider_on_wait, metadata);
    if (r < 0)
        return err_system(err, r, "cannot set up the event loop");
    if (buf_failed(&metadata->token_url) < 0 || buf_failed(&metadata->key_url) < 0)
        return err_memory(err);
    *ret_provider = TAKE_PTR(provider);
    return 0;
}
