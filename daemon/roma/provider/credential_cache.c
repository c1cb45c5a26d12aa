/* SPDX-License-Identifier: MIT */
#include "daemon/roma/provider/credential_cache.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/random.h"

/* How long before its end a credential is renewed, and how much of that is left to chance: IAM's
 * tokens live a day; the metadata service has the next keys 10 minutes before the end (API.md
 * sections 4.4 and 4.6). */
#define TOKEN_MARGIN_USEC USEC_PER_HOUR
#define TOKEN_JITTER_USEC (15 * USEC_PER_MINUTE)
#define KEYS_MARGIN_USEC (5 * USEC_PER_MINUTE)
#define KEYS_JITTER_USEC (4 * USEC_PER_MINUTE)

/* Between attempts to renew what is still good. */
#define RETRY_USEC USEC_PER_MINUTE

struct CredentialCache {
    const Config *config;
    const Instance *instance;
    CredentialCacheTold told;
    Provider *provider;     /* NULL: files or the environment */
    Credential *credential; /* NULL: none was issued yet */
    Credential *refused;    /* the last that the service refused; NULL: none */
    CredentialStamp stamp;  /* of the files as they were read */
    uint64_t expires_usec;  /* monotonic; USEC_NEVER: not known */
    uint64_t renew_usec;    /* when it is better renewed */
    uint64_t failure_count;
    sd_event_source *answer; /* brings what is known at once; runs once */
    Renewal known;
    Err known_err;
    bool is_awaited; /* a callback is to follow */
    bool is_issuing;
};

static void credential_cache_end(CredentialCache *credential_cache, Renewal renewal, const Err *err)
{
    credential_cache->is_awaited = false;
    credential_cache->failure_count += renewal != RENEWAL_DONE;
    credential_cache->told.on_renewed(credential_cache->told.userdata, renewal, err);
}

static void credential_cache_set(CredentialCache *credential_cache, Credential *credential)
{
    credential_unref(credential_cache->credential);
    credential_cache->credential = credential;
}

/* ---- what has to be issued ---- */

/* A credential that lives shorter than the margin is renewed at half of its life. */
static void credential_cache_set_lifetime(CredentialCache *credential_cache, uint64_t lifetime_usec)
{
    bool is_token = credential_cache->instance->auth.method == AUTH_PASSWORD;
    uint64_t margin_usec = is_token ? TOKEN_MARGIN_USEC : KEYS_MARGIN_USEC;
    uint64_t now_usec = clock_monotonic_usec();

    margin_usec += random_bits() % (is_token ? TOKEN_JITTER_USEC : KEYS_JITTER_USEC);
    if (margin_usec > lifetime_usec / 2)
        margin_usec = lifetime_usec / 2;
    credential_cache->expires_usec = lifetime_usec ? now_usec + lifetime_usec : USEC_NEVER;
    credential_cache->renew_usec =
        lifetime_usec ? credential_cache->expires_usec - margin_usec : USEC_NEVER;
}

static Renewal credential_cache_take(CredentialCache *credential_cache, Credential *credential,
                                     uint64_t lifetime_usec)
{
    bool is_same =
        credential_cache->credential && credential_equal(credential_cache->credential, credential);
    bool is_refused =
        credential_cache->refused && credential_cache->credential == credential_cache->refused;

    credential_cache_set_lifetime(credential_cache, lifetime_usec);
    if (!is_same) {
        credential_cache_set(credential_cache, credential);
        return RENEWAL_DONE;
    }
    credential_unref(credential);
    return is_refused ? RENEWAL_UNCHANGED : RENEWAL_DONE;
}

static void credential_cache_on_issued(void *userdata, Credential *credential,
                                       uint64_t lifetime_usec, const Err *err)
{
    static const Err none;
    CredentialCache *credential_cache = userdata;
    Renewal renewal = RENEWAL_FAILED;

    credential_cache->is_issuing = false;
    if (credential)
        renewal = credential_cache_take(credential_cache, credential, lifetime_usec);
    else
        credential_cache->renew_usec = clock_monotonic_usec() + RETRY_USEC;
    if (credential_cache->is_awaited)
        credential_cache_end(credential_cache, renewal, renewal == RENEWAL_FAILED ? err : &none);
    else
        credential_cache->failure_count += renewal == RENEWAL_FAILED;
}

static void credential_cache_on_wait(void *userdata, uint64_t wait_usec, uint32_t attempts,
                                     const Err *err)
{
    CredentialCache *credential_cache = userdata;

    credential_cache->told.on_wait(credential_cache->told.userdata, wait_usec, attempts, err);
}

static int credential_cache_issue(CredentialCache *credential_cache, Err *err)
{
    int r = credential_cache->is_issuing ? 0 : provider_begin(credential_cache->provider, err);

    if (r < 0) {
        credential_cache->renew_usec = clock_monotonic_usec() + RETRY_USEC;
        return r;
    }
    credential_cache->is_issuing = true;
    return 0;
}

static bool credential_cache_is_expired(const CredentialCache *credential_cache)
{
    return clock_monotonic_usec() >= credential_cache->expires_usec;
}

/* Another request of the same time has had it renewed already. */
static bool credential_cache_is_renewed(const CredentialCache *credential_cache)
{
    return credential_cache->credential && credential_cache->refused &&
           credential_cache->credential != credential_cache->refused &&
           !credential_cache_is_expired(credential_cache);
}

/* ---- what is read ---- */

/* The stamp first: what changes while it is read is noticed the next time. */
static int credential_cache_load(CredentialCache *credential_cache, Credential **ret_credential,
                                 Err *err)
{
    credential_stamp(&credential_cache->instance->auth, credential_cache->config->directory,
                     &credential_cache->stamp);
    return credential_load(&credential_cache->instance->auth, credential_cache->config->directory,
                           ret_credential, err);
}

static Renewal credential_cache_reload(CredentialCache *credential_cache, Err *err)
{
    _cleanup_(credential_unrefp) Credential *fresh = NULL;

    if (credential_cache_load(credential_cache, &fresh, err) < 0)
        return RENEWAL_FAILED;
    if (credential_equal(fresh, credential_cache->credential))
        return RENEWAL_UNCHANGED;
    credential_cache_set(credential_cache, TAKE_PTR(fresh));
    return RENEWAL_DONE;
}

void credential_cache_refresh(CredentialCache *credential_cache)
{
    CredentialStamp stamp;
    Err err;

    if (credential_cache->provider)
        return;
    credential_stamp(&credential_cache->instance->auth, credential_cache->config->directory,
                     &stamp);
    if (memcmp(&stamp, &credential_cache->stamp, sizeof(stamp)) != 0)
        credential_cache_reload(credential_cache, &err);
}

/* ---- renewing ---- */

static int credential_cache_on_known(sd_event_source *source, void *userdata)
{
    CredentialCache *credential_cache = userdata;

    (void)source;
    if (!credential_cache->provider)
        credential_cache->known =
            credential_cache_reload(credential_cache, &credential_cache->known_err);
    credential_cache_end(credential_cache, credential_cache->known, &credential_cache->known_err);
    return 0;
}

int credential_cache_renew(CredentialCache *credential_cache)
{
    int r;

    if (credential_cache->is_awaited)
        return -EALREADY;
    err_clear(&credential_cache->known_err);
    credential_cache->known = RENEWAL_DONE;
    if (credential_cache->provider && !credential_cache_is_renewed(credential_cache)) {
        if (credential_cache_issue(credential_cache, &credential_cache->known_err) >= 0) {
            credential_cache->is_awaited = true;
            return 0;
        }
        credential_cache->known = RENEWAL_FAILED;
    }
    r = sd_event_source_set_enabled(credential_cache->answer, SD_EVENT_ONESHOT);
    if (r < 0)
        return r;
    credential_cache->is_awaited = true;
    return 0;
}

Credential *credential_cache_get(CredentialCache *credential_cache)
{
    Err err;

    if (!credential_cache->provider)
        return credential_cache->credential;
    if (!credential_cache->credential || credential_cache_is_expired(credential_cache))
        return NULL;
    if (clock_monotonic_usec() >= credential_cache->renew_usec &&
        credential_cache_issue(credential_cache, &err) < 0)
        credential_cache->failure_count++;
    return credential_cache->credential;
}

void credential_cache_note_refused(CredentialCache *credential_cache, Credential *credential)
{
    credential_ref(credential);
    credential_unref(credential_cache->refused);
    credential_cache->refused = credential;
}

uint64_t credential_cache_due_usec(const CredentialCache *credential_cache)
{
    return credential_cache->is_issuing ? provider_due_usec(credential_cache->provider) : 0;
}

uint64_t credential_cache_expires_usec(const CredentialCache *credential_cache)
{
    return credential_cache->credential ? credential_cache->expires_usec : USEC_NEVER;
}

uint64_t credential_cache_failure_count(const CredentialCache *credential_cache)
{
    return credential_cache->failure_count;
}

void credential_cache_cancel(CredentialCache *credential_cache)
{
    if (!credential_cache)
        return;
    if (credential_cache->is_issuing)
        provider_cancel(credential_cache->provider);
    sd_event_source_set_enabled(credential_cache->answer, SD_EVENT_OFF);
    credential_cache->is_issuing = credential_cache->is_awaited = false;
}

/* ---- its life ---- */

void credential_cache_take_over(CredentialCache *credential_cache, CredentialCache *old)
{
    credential_cache->failure_count += old->failure_count;
    if (!credential_cache->provider || !old->provider)
        return;
    provider_take_over(credential_cache->provider, old->provider);
    if (!provider_is_same(credential_cache->provider, old->provider))
        return;
    credential_cache_set(credential_cache, TAKE_PTR(old->credential));
    credential_unref(credential_cache->refused);
    credential_cache->refused = TAKE_PTR(old->refused);
    credential_cache->expires_usec = old->expires_usec;
    credential_cache->renew_usec = old->renew_usec;
}

static int credential_cache_add_source(CredentialCache *credential_cache, sd_event *event, Err *err)
{
    int r = sd_event_add_defer(event, &credential_cache->answer, credential_cache_on_known,
                               credential_cache);

    if (r >= 0)
        r = sd_event_source_set_enabled(credential_cache->answer, SD_EVENT_OFF);
    return r < 0 ? err_system(err, r, "cannot set up the event loop") : 0;
}

int credential_cache_new(sd_event *event, Http *http, const Config *config,
                         const Instance *instance, const CredentialCacheTold *told,
                         CredentialCache **ret_cache, Err *err)
{
    _cleanup_(credential_cache_freep) CredentialCache *credential_cache =
        calloc(1, sizeof(*credential_cache));
    ProviderContext context = {
        .event = event,
        .http = http,
        .config = config,
        .instance = instance,
        .on_end = credential_cache_on_issued,
        .on_wait = credential_cache_on_wait,
        .userdata = credential_cache,
        .lockout_store = told->lockout_store,
        .route = told->route,
    };
    int r;

    if (!credential_cache)
        return err_memory(err);
    credential_cache->config = config;
    credential_cache->instance = instance;
    credential_cache->told = *told;
    credential_cache->expires_usec = credential_cache->renew_usec = USEC_NEVER;
    if (provider_is_needed(instance->auth.method))
        r = provider_new(&context, &credential_cache->provider, err);
    else
        r = credential_cache_load(credential_cache, &credential_cache->credential, err);
    if (r >= 0)
        r = credential_cache_add_source(credential_cache, event, err);
    if (r < 0)
        return r;
    *ret_cache = TAKE_PTR(credential_cache);
    return 0;
}

void credential_cache_free(CredentialCache *credential_cache)
{
    if (!credential_cache)
        return;
    if (credential_cache->answer)
        credential_cache_cancel(credential_cache);
    sd_event_source_disable_unref(credential_cache->answer);
    provider_free(credential_cache->provider);
    credential_unref(credential_cache->credential);
    credential_unref(credential_cache->refused);
    free(credential_cache);
}
