/* Keeping a credential: see keeper.h. */
#include "daemon/roma/keeper.h"

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

struct Keeper {
    const Config *config;
    const Instance *instance;
    KeeperTold told;
    Issuer *issuer;          /* NULL: files or the environment */
    Credential *credential;  /* NULL: none was issued yet */
    Credential *refused;     /* the last that the service refused; NULL: none */
    CredentialStamp stamp;   /* of the files as they were read */
    uint64_t expires_usec;   /* monotonic; USEC_NEVER: not known */
    uint64_t renew_usec;     /* when it is better renewed */
    sd_event_source *answer; /* brings what is known at once; runs once */
    Renewal known;
    Err known_err;
    bool is_awaited; /* a callback is to follow */
    bool is_issuing;
};

static void keeper_end(Keeper *keeper, Renewal renewal, const Err *err)
{
    keeper->is_awaited = false;
    keeper->told.on_renewed(keeper->told.userdata, renewal, err);
}

static void keeper_set(Keeper *keeper, Credential *credential)
{
    credential_unref(keeper->credential);
    keeper->credential = credential;
}

/* ---- what has to be issued ---- */

/* What lives shorter than its margin is renewed at its half. */
static void keeper_set_lifetime(Keeper *keeper, uint64_t lifetime_usec)
{
    bool is_token = keeper->instance->auth.method == AUTH_PASSWORD;
    uint64_t margin_usec = is_token ? TOKEN_MARGIN_USEC : KEYS_MARGIN_USEC;
    uint64_t now_usec = clock_monotonic_usec();

    margin_usec += random_bits() % (is_token ? TOKEN_JITTER_USEC : KEYS_JITTER_USEC);
    if (margin_usec > lifetime_usec / 2)
        margin_usec = lifetime_usec / 2;
    keeper->expires_usec = lifetime_usec ? now_usec + lifetime_usec : USEC_NEVER;
    keeper->renew_usec = lifetime_usec ? keeper->expires_usec - margin_usec : USEC_NEVER;
}

static Renewal keeper_take(Keeper *keeper, Credential *credential, uint64_t lifetime_usec)
{
    bool is_same = keeper->credential && credential_equal(keeper->credential, credential);
    bool is_refused = keeper->refused && keeper->credential == keeper->refused;

    keeper_set_lifetime(keeper, lifetime_usec);
    if (!is_same) {
        keeper_set(keeper, credential);
        return RENEWAL_DONE;
    }
    credential_unref(credential);
    return is_refused ? RENEWAL_UNCHANGED : RENEWAL_DONE;
}

static void keeper_on_issued(void *userdata, Credential *credential, uint64_t lifetime_usec,
                             const Err *err)
{
    static const Err none;
    Keeper *keeper = userdata;
    Renewal renewal = RENEWAL_FAILED;

    keeper->is_issuing = false;
    if (credential)
        renewal = keeper_take(keeper, credential, lifetime_usec);
    else
        keeper->renew_usec = clock_monotonic_usec() + RETRY_USEC;
    if (keeper->is_awaited)
        keeper_end(keeper, renewal, renewal == RENEWAL_FAILED ? err : &none);
}

static void keeper_on_wait(void *userdata, uint64_t wait_usec, uint32_t attempts, const Err *err)
{
    Keeper *keeper = userdata;

    keeper->told.on_wait(keeper->told.userdata, wait_usec, attempts, err);
}

static int keeper_issue(Keeper *keeper, Err *err)
{
    int r = keeper->is_issuing ? 0 : issuer_begin(keeper->issuer, err);

    if (r < 0) {
        keeper->renew_usec = clock_monotonic_usec() + RETRY_USEC;
        return r;
    }
    keeper->is_issuing = true;
    return 0;
}

static bool keeper_is_expired(const Keeper *keeper)
{
    return clock_monotonic_usec() >= keeper->expires_usec;
}

/* Another request of the same time has had it renewed already. */
static bool keeper_is_renewed(const Keeper *keeper)
{
    return keeper->credential && keeper->refused && keeper->credential != keeper->refused &&
           !keeper_is_expired(keeper);
}

/* ---- what is read ---- */

/* The stamp first: what changes while it is read is noticed the next time. */
static int keeper_load(Keeper *keeper, Credential **ret_credential, Err *err)
{
    credential_stamp(&keeper->instance->auth, keeper->config->directory, &keeper->stamp);
    return credential_load(&keeper->instance->auth, keeper->config->directory, ret_credential, err);
}

static Renewal keeper_reload(Keeper *keeper, Err *err)
{
    _cleanup_(credential_unrefp) Credential *fresh = NULL;

    if (keeper_load(keeper, &fresh, err) < 0)
        return RENEWAL_FAILED;
    if (credential_equal(fresh, keeper->credential))
        return RENEWAL_UNCHANGED;
    keeper_set(keeper, TAKE_PTR(fresh));
    return RENEWAL_DONE;
}

void keeper_refresh(Keeper *keeper)
{
    CredentialStamp stamp;
    Err err;

    if (keeper->issuer)
        return;
    credential_stamp(&keeper->instance->auth, keeper->config->directory, &stamp);
    if (memcmp(&stamp, &keeper->stamp, sizeof(stamp)) != 0)
        keeper_reload(keeper, &err);
}

/* ---- renewing ---- */

static int keeper_on_known(sd_event_source *source, void *userdata)
{
    Keeper *keeper = userdata;

    (void)source;
    if (!keeper->issuer) {
        err_clear(&keeper->known_err);
        keeper->known = keeper_reload(keeper, &keeper->known_err);
    }
    keeper_end(keeper, keeper->known, &keeper->known_err);
    return 0;
}

int keeper_renew(Keeper *keeper)
{
    int r;

    if (keeper->is_awaited)
        return -EALREADY;
    err_clear(&keeper->known_err);
    keeper->known = RENEWAL_DONE;
    if (keeper->issuer && !keeper_is_renewed(keeper)) {
        if (keeper_issue(keeper, &keeper->known_err) >= 0) {
            keeper->is_awaited = true;
            return 0;
        }
        keeper->known = RENEWAL_FAILED;
    }
    r = sd_event_source_set_enabled(keeper->answer, SD_EVENT_ONESHOT);
    if (r < 0)
        return r;
    keeper->is_awaited = true;
    return 0;
}

Credential *keeper_get(Keeper *keeper)
{
    Err err;

    if (!keeper->issuer)
        return keeper->credential;
    if (!keeper->credential || keeper_is_expired(keeper))
        return NULL;
    if (clock_monotonic_usec() >= keeper->renew_usec)
        (void)keeper_issue(keeper, &err);
    return keeper->credential;
}

void keeper_note_refused(Keeper *keeper, Credential *credential)
{
    credential_ref(credential);
    credential_unref(keeper->refused);
    keeper->refused = credential;
}

uint64_t keeper_due_usec(const Keeper *keeper)
{
    return keeper->is_issuing ? issuer_due_usec(keeper->issuer) : 0;
}

void keeper_cancel(Keeper *keeper)
{
    if (!keeper)
        return;
    if (keeper->is_issuing)
        issuer_cancel(keeper->issuer);
    sd_event_source_set_enabled(keeper->answer, SD_EVENT_OFF);
    keeper->is_issuing = keeper->is_awaited = false;
}

/* ---- its life ---- */

void keeper_take_over(Keeper *keeper, Keeper *old)
{
    if (!keeper->issuer || !old->issuer)
        return;
    issuer_take_over(keeper->issuer, old->issuer);
    if (!issuer_is_same(keeper->issuer, old->issuer))
        return;
    keeper_set(keeper, TAKE_PTR(old->credential));
    credential_unref(keeper->refused);
    keeper->refused = TAKE_PTR(old->refused);
    keeper->expires_usec = old->expires_usec;
    keeper->renew_usec = old->renew_usec;
}

static int keeper_add_source(Keeper *keeper, sd_event *event, Err *err)
{
    int r = sd_event_add_defer(event, &keeper->answer, keeper_on_known, keeper);

    if (r >= 0)
        r = sd_event_source_set_enabled(keeper->answer, SD_EVENT_OFF);
    return r < 0 ? err_system(err, r, "cannot set up the event loop") : 0;
}

int keeper_new(sd_event *event, Http *http, const Config *config, const Instance *instance,
               const KeeperTold *told, Keeper **ret_keeper, Err *err)
{
    _cleanup_(keeper_freep) Keeper *keeper = calloc(1, sizeof(*keeper));
    IssuerPlace place = {
        .event = event,
        .http = http,
        .config = config,
        .instance = instance,
        .on_end = keeper_on_issued,
        .on_wait = keeper_on_wait,
        .userdata = keeper,
        .memory = told->memory,
    };
    int r;

    if (!keeper)
        return err_memory(err);
    keeper->config = config;
    keeper->instance = instance;
    keeper->told = *told;
    keeper->expires_usec = keeper->renew_usec = USEC_NEVER;
    if (issuer_is_needed(instance->auth.method))
        r = issuer_new(&place, &keeper->issuer, err);
    else
        r = keeper_load(keeper, &keeper->credential, err);
    if (r >= 0)
        r = keeper_add_source(keeper, event, err);
    if (r < 0)
        return r;
    *ret_keeper = TAKE_PTR(keeper);
    return 0;
}

void keeper_free(Keeper *keeper)
{
    if (!keeper)
        return;
    if (keeper->answer)
        keeper_cancel(keeper);
    sd_event_source_disable_unref(keeper->answer);
    issuer_free(keeper->issuer);
    credential_unref(keeper->credential);
    credential_unref(keeper->refused);
    free(keeper);
}
