/* The agency: see agency.h. */
#include "daemon/roma/agency.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/roma/exchange.h"
#include "daemon/roma/security_key.h"

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

typedef struct Agency {
    Issuer issuer;
    Exchange exchange;
    Buf token_url;
    Buf key_url;
    Credential *session;    /* the token of version 2; NULL: none */
    Secret *session_header; /* the line with it */
    uint64_t session_until_usec;
    const char *headers[2];
    bool asks_for_session; /* in the request under way */
    bool renewed_session;  /* since agency_begin() */
} Agency;

static void agency_drop_session(Agency *agency)
{
    credential_unref(agency->session);
    secret_free(agency->session_header);
    agency->session = NULL;
    agency->session_header = NULL;
}

static void agency_end(Agency *agency, Credential *credential, uint64_t lifetime_usec,
                       const Err *err)
{
    agency->issuer.place.on_end(agency->issuer.place.userdata, credential, lifetime_usec, err);
}

/* ---- requests ---- */

static int agency_ask(Agency *agency, const char *method, const char *url, const char *header,
                      const char *doing)
{
    ExchangeRequest request = {
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
    return exchange_begin(&agency->exchange, &request);
}

static int agency_ask_session(Agency *agency)
{
    agency_drop_session(agency);
    agency->asks_for_session = agency->renewed_session = true;
    return agency_ask(agency, "PUT", agency->token_url.data, SESSION_TTL_HEADER, DOING_TOKEN);
}

static int agency_ask_key(Agency *agency)
{
    agency->asks_for_session = false;
    return agency_ask(agency, "GET", agency->key_url.data,
                      agency->session_header ? secret_bytes(agency->session_header) : NULL,
                      DOING_KEY);
}

static int agency_begin(Issuer *issuer, Err *err)
{
    Agency *agency = (Agency *)issuer;
    bool has_session = agency->session && clock_monotonic_usec() < agency->session_until_usec;
    int r;

    agency->renewed_session = false;
    r = has_session ? agency_ask_key(agency) : agency_ask_session(agency);
    return r < 0 ? err_system(err, r, DOING_KEY) : 0;
}

/* ---- answers ---- */

static int agency_keep_session(Agency *agency, const HttpAnswer *http, Err *err)
{
    size_t size = http->body_size;
    Secret *token;
    int r;

    while (size > 0 && (http->body[size - 1] == '\n' || http->body[size - 1] == '\r'))
        size--;
    r = credential_check_header(http->body, size, "the session token", err);
    if (r < 0)
        return r;
    token = secret_new_copy(http->body, size);
    agency->session_header = secret_new(strlen(SESSION_HEADER) + size);
    if (token && credential_new_secret(token, &agency->session) < 0)
        token = NULL;
    if (!token || !agency->session_header) {
        agency_drop_session(agency);
        return err_memory(err);
    }
    secret_append(agency->session_header, SESSION_HEADER, strlen(SESSION_HEADER));
    secret_append(agency->session_header, http->body, size);
    agency->session_until_usec = clock_monotonic_usec() + SESSION_USEC;
    return 0;
}

/* By the service's clock where it tells it: this host's may be wrong. 0: not known, and refusal
 * will tell. */
static uint64_t agency_lifetime_usec(const SecurityKey *key, const HttpAnswer *http)
{
    uint64_t until_usec, now_usec;

    if (clock_parse_rfc3339(key->expires_at, &until_usec) < 0)
        return 0;
    if (http_parse_date(http_answer_header(http, "Date"), &now_usec) < 0)
        now_usec = clock_realtime_usec();
    return until_usec > now_usec ? until_usec - now_usec : 0;
}

static void agency_take_key(Agency *agency, const HttpAnswer *http)
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
        lifetime_usec = agency_lifetime_usec(&key, http);
    }
    security_key_done(&key);
    agency_end(agency, credential, lifetime_usec, &err);
}

/* No version 2 of the service is no failure: version 1 is asked. */
static void agency_on_session(Agency *agency, AttemptStep step, const HttpAnswer *http,
                              const Err *err)
{
    bool is_missing = step == ATTEMPT_FAILED && (err->http == 404 || err->http == 405);
    Err why = *err;
    int r = 0;

    if (step == ATTEMPT_DONE) {
        r = agency_keep_session(agency, http, &why);
        if (r < 0)
            err_context(&why, r, DOING_TOKEN);
    } else if (!is_missing)
        r = -EREMOTEIO;
    if (r >= 0) {
        r = agency_ask_key(agency);
        if (r < 0)
            err_system(&why, r, DOING_KEY);
    }
    if (r < 0)
        agency_end(agency, NULL, 0, &why);
}

static void agency_refused(Agency *agency, const HttpAnswer *http, const Err *err)
{
    Err why = *err;
    int r = -EACCES;

    if (http->body_size > 0 && strstr(http->body, NO_AGENCY))
        err_set(&why, r,
                DOING_KEY ": this host has no agency: bind one with access to ROMA Connect to it");
    else if (agency->session && !agency->renewed_session) {
        r = agency_ask_session(agency);
        if (r < 0)
            err_system(&why, r, DOING_TOKEN);
    }
    if (r < 0)
        agency_end(agency, NULL, 0, &why);
}

static void agency_on_end(void *userdata, AttemptStep step, const HttpAnswer *http, const Err *err)
{
    Agency *agency = userdata;

    if (agency->asks_for_session)
        agency_on_session(agency, step, http, err);
    else if (step == ATTEMPT_DONE)
        agency_take_key(agency, http);
    else if (step == ATTEMPT_REFUSED)
        agency_refused(agency, http, err);
    else
        agency_end(agency, NULL, 0, err);
}

/* ---- its life ---- */

static void agency_cancel(Issuer *issuer)
{
    exchange_cancel(&((Agency *)issuer)->exchange);
}

static uint64_t agency_due_usec(const Issuer *issuer)
{
    return ((const Agency *)issuer)->exchange.due_usec;
}

/* A session is cheap: the next fetch asks for one. */
static void agency_take_over(Issuer *issuer, Issuer *old)
{
    (void)issuer;
    (void)old;
}

static void agency_free(Issuer *issuer)
{
    Agency *agency = (Agency *)issuer;

    exchange_done(&agency->exchange);
    agency_drop_session(agency);
    buf_done(&agency->token_url);
    buf_done(&agency->key_url);
    free(agency);
}

static const IssuerKind agency_kind = {
    .begin = agency_begin,
    .cancel = agency_cancel,
    .due_usec = agency_due_usec,
    .take_over = agency_take_over,
    .free = agency_free,
};

int agency_new(const IssuerPlace *place, Issuer **ret_issuer, Err *err)
{
    const char *endpoint = place->instance->auth.metadata_endpoint;
    Agency *agency = calloc(1, sizeof(*agency));
    _cleanup_(issuer_freep) Issuer *issuer = (Issuer *)agency;
    int r;

    if (!agency)
        return err_memory(err);
    agency->issuer = (Issuer){.kind = &agency_kind, .place = *place};
    endpoint = endpoint ? endpoint : ENDPOINT;
    buf_puts(&agency->token_url, endpoint);
    buf_puts(&agency->token_url, TOKEN_PATH);
    buf_puts(&agency->key_url, endpoint);
    buf_puts(&agency->key_url, KEY_PATH);
    r = exchange_init(&agency->exchange, place->event, place->http, place->config, agency_on_end,
                      issuer_on_wait, agency);
    if (r < 0)
        return err_system(err, r, "cannot set up the event loop");
    if (buf_failed(&agency->token_url) < 0 || buf_failed(&agency->key_url) < 0)
        return err_memory(err);
    *ret_issuer = TAKE_PTR(issuer);
    return 0;
}
