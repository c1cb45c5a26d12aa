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
#define ANSWER_SIZE_MAX ((size_t)64 * 1024)

/* What it says on a host that no agency is bound to. */
#define NO_AGENCY "agency must be configured"

typedef struct ProviderMetadata {
    Provider provider;
    RetryingRequest exchange;
    Buf token_url;
    Buf key_url;
    Credential *session;    /* the token of version 2; NULL: none */
    Secret *session_header; /* the line with it */
    uint64_t session_until_usec;
    const char *headers[2];
    bool asks_for_session; /* in the request under way */
    bool renewed_session;  /* since provider_metadata_begin() */
} ProviderMetadata;

static void provider_metadata_drop_session(ProviderMetadata *agency)
{
    credential_unref(agency->session);
    secret_free(agency->session_header);
    agency->session = NULL;
    agency->session_header = NULL;
}

static void provider_metadata_end(ProviderMetadata *agency, Credential *credential,
                                  uint64_t lifetime_usec, const Err *err)
{
    agency->provider.place.on_end(agency->provider.place.userdata, credential, lifetime_usec, err);
}

/* ---- requests ---- */

static int provider_metadata_ask(ProviderMetadata *agency, const char *method, const char *url,
                                 const char *header, const char *doing)
{
    RetryingRequestInput request = {
        .http =
            {
                .method = method,
                .url = url,
                .headers = agency->headers,
                .header_count = header ? 2 : 1,
                .connect_timeout_usec = TIMEOUT_USEC,
                .timeout_usec = TIMEOUT_USEC,
                .body_size_max = ANSWER_SIZE_MAX,
                .plain_allowed = str_has_prefix(url, "http://"),
            },
        .doing = doing,
        .secrets = agency->session,
    };

    agency->headers[0] = "User-Agent: rosterd/" ROSTERD_VERSION;
    agency->headers[1] = header;
    return retrying_request_begin(&agency->exchange, &request);
}

static int provider_metadata_ask_session(ProviderMetadata *agency)
{
    provider_metadata_drop_session(agency);
    agency->asks_for_session = agency->renewed_session = true;
    return provider_metadata_ask(agency, "PUT", agency->token_url.data, SESSION_TTL_HEADER,
                                 DOING_TOKEN);
}

static int provider_metadata_ask_key(ProviderMetadata *agency)
{
    agency->asks_for_session = false;
    return provider_metadata_ask(
        agency, "GET", agency->key_url.data,
        agency->session_header ? secret_bytes(agency->session_header) : NULL, DOING_KEY);
}

static int provider_metadata_begin(Provider *provider, Err *err)
{
    ProviderMetadata *agency = (ProviderMetadata *)provider;
    bool has_session = agency->session && clock_monotonic_usec() < agency->session_until_usec;
    int r;

    agency->renewed_session = false;
    r = has_session ? provider_metadata_ask_key(agency) : provider_metadata_ask_session(agency);
    return r < 0 ? err_system(err, r, DOING_KEY) : 0;
}

/* ---- answers ---- */

static int provider_metadata_keep_session(ProviderMetadata *agency, const HttpAnswer *http,
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
    agency->session_header = secret_new(strlen(SESSION_HEADER) + size);
    if (token && credential_new_secret(token, &agency->session) < 0)
        token = NULL;
    if (!token || !agency->session_header) {
        provider_metadata_drop_session(agency);
        return err_memory(err);
    }
    secret_append(agency->session_header, SESSION_HEADER, strlen(SESSION_HEADER));
    secret_append(agency->session_header, http->body, size);
    agency->session_until_usec = clock_monotonic_usec() + SESSION_USEC;
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

static void provider_metadata_take_key(ProviderMetadata *agency, const HttpAnswer *http)
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
    provider_metadata_end(agency, credential, lifetime_usec, &err);
}

/* No version 2 of the service is no failure: version 1 is asked. */
static void provider_metadata_on_session(ProviderMetadata *agency, AttemptStep step,
                                         const HttpAnswer *http, const Err *err)
{
    bool is_missing = step == ATTEMPT_FAILED && (err->http == 404 || err->http == 405);
    Err why = *err;
    int r = 0;

    if (step == ATTEMPT_DONE) {
        r = provider_metadata_keep_session(agency, http, &why);
        if (r < 0)
            err_context(&why, r, DOING_TOKEN);
    } else if (!is_missing)
        r = -EREMOTEIO;
    if (r >= 0) {
        r = provider_metadata_ask_key(agency);
        if (r < 0)
            err_system(&why, r, DOING_KEY);
    }
    if (r < 0)
        provider_metadata_end(agency, NULL, 0, &why);
}

static void provider_metadata_refused(ProviderMetadata *agency, const HttpAnswer *http,
                                      const Err *err)
{
    Err why = *err;
    int r = -EACCES;

    if (http->body_size > 0 && strstr(http->body, NO_AGENCY))
        err_set(&why, r,
                DOING_KEY ": this host has no agency: bind one with access to ROMA Connect to it");
    else if (agency->session && !agency->renewed_session) {
        r = provider_metadata_ask_session(agency);
        if (r < 0)
            err_system(&why, r, DOING_TOKEN);
    }
    if (r < 0)
        provider_metadata_end(agency, NULL, 0, &why);
}

static void provider_metadata_on_end(void *userdata, AttemptStep step, const HttpAnswer *http,
                                     const Err *err)
{
    ProviderMetadata *agency = userdata;

    if (agency->asks_for_session)
        provider_metadata_on_session(agency, step, http, err);
    else if (step == ATTEMPT_DONE)
        provider_metadata_take_key(agency, http);
    else if (step == ATTEMPT_REFUSED)
        provider_metadata_refused(agency, http, err);
    else
        provider_metadata_end(agency, NULL, 0, err);
}

/* ---- its life ---- */

static void provider_metadata_cancel(Provider *provider)
{
    retrying_request_cancel(&((ProviderMetadata *)provider)->exchange);
}

static uint64_t provider_metadata_due_usec(const Provider *provider)
{
    return ((const ProviderMetadata *)provider)->exchange.due_usec;
}

/* A session is cheap: the next fetch asks for one. */
static void provider_metadata_take_over(Provider *provider, Provider *old)
{
    (void)provider;
    (void)old;
}

static void provider_metadata_free(Provider *provider)
{
    ProviderMetadata *agency = (ProviderMetadata *)provider;

    retrying_request_done(&agency->exchange);
    provider_metadata_drop_session(agency);
    buf_done(&agency->token_url);
    buf_done(&agency->key_url);
    free(agency);
}

static const ProviderKind agency_kind = {
    .begin = provider_metadata_begin,
    .cancel = provider_metadata_cancel,
    .due_usec = provider_metadata_due_usec,
    .take_over = provider_metadata_take_over,
    .free = provider_metadata_free,
};

int provider_metadata_new(const ProviderContext *place, Provider **ret_issuer, Err *err)
{
    const char *endpoint = place->instance->auth.metadata_endpoint;
    ProviderMetadata *agency = calloc(1, sizeof(*agency));
    _cleanup_(provider_freep) Provider *provider = (Provider *)agency;
    int r;

    if (!agency)
        return err_memory(err);
    agency->provider = (Provider){.kind = &agency_kind, .place = *place};
    endpoint = endpoint ? endpoint : ENDPOINT;
    buf_puts(&agency->token_url, endpoint);
    buf_puts(&agency->token_url, TOKEN_PATH);
    buf_puts(&agency->key_url, endpoint);
    buf_puts(&agency->key_url, KEY_PATH);
    r = retrying_request_init(&agency->exchange, place->event, place->http, place->config,
                              provider_metadata_on_end, provider_on_wait, agency);
    if (r < 0)
        return err_system(err, r, "cannot set up the event loop");
    if (buf_failed(&agency->token_url) < 0 || buf_failed(&agency->key_url) < 0)
        return err_memory(err);
    *ret_issuer = TAKE_PTR(provider);
    return 0;
}
