/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "config/endpoint_host.h"
#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/check/check.h"
#include "daemon/check/resolve.h"
#include "daemon/roma/client.h"
#include "daemon/roma/probe.h"
#include "reconcile/request/classify.h"
#include "reconcile/request/dispatch.h"

#define STEP_SECRETS "secrets"
#define STEP_DNS "DNS"
#define STEP_PROXY "proxy" /* told of where the settings name one */
#define STEP_TLS "TLS"
#define STEP_CLOCK "clock"
#define STEP_CREDENTIAL "credential"
#define STEP_RIGHTS "rights"

/* One instance on its way. */
typedef struct Check {
    const Instance *instance;
    Config config; /* of this instance alone, which borrows all that it has */
    Store *store;
    CheckTold told;
    void *userdata;
    sd_event *event;
    RomaClient *client; /* NULL: the secrets cannot be used */
    Probe *probe;
    bool uses_proxy;
    bool is_answered;   /* what is waited for has come */
    const char *failed; /* the step that the next ones depend on; NULL: none has failed */
    Renewal renewal;
    Err renewal_err;
} Check;

static void check_done(Check *check)
{
    probe_free(check->probe);
    roma_client_free(check->client);
    sd_event_unref(check->event);
}

static void check_tell(const Check *check, const char *step, CheckResult result, const char *text)
{
    const CheckLine line = {check->instance->name, step, result, text};

    check->told(check->userdata, &line);
}

static void check_fail(Check *check, const char *step, const char *text)
{
    check_tell(check, step, CHECK_FAILED, text);
    check->failed = step;
}

static void check_leave(const Check *check, const char *step, const char *failed)
{
    char text[64];

    snprintf(text, sizeof(text), "it needs what failed above: %s", failed);
    check_tell(check, step, CHECK_UNTRIED, text);
}

/* Waits for the answer under way. */
static int check_wait(Check *check, Err *err)
{
    while (!check->is_answered) {
        int r = sd_event_run(check->event, UINT64_MAX);

        if (r < 0)
            return err_system(err, r, "the event loop failed");
    }
    return 0;
}

/* ---- secrets ---- */

static const char *check_describe_secrets(AuthMethod method)
{
    switch (method) {
    case AUTH_AGENCY:
        return "the metadata service has them";
    case AUTH_ENVIRONMENT:
        return "they are in the environment";
    case AUTH_TOKEN:
    case AUTH_PASSWORD:
    case AUTH_AKSK:
        break;
    }
    return "each file can be read, by nobody else";
}

static void check_on_answer(void *userdata, void *tag, const Answer *answer);

static void check_on_renewed(void *userdata, size_t instance, Renewal renewal, const Err *err)
{
    Check *check = userdata;

    (void)instance;
    check->renewal = renewal;
    check->renewal_err = *err;
    check->is_answered = true;
}

static int check_recall_lockout(void *userdata, const char *subject, Lockout *ret_lockout)
{
    const Check *check = userdata;

    return check->store ? store_recall_lockout(check->store, subject, ret_lockout, NULL) : 0;
}

static int check_secrets(Check *check, Err *err)
{
    const LockoutStore lockout_store = {.recall = check_recall_lockout, .userdata = check};
    Err why = {0};
    int r = roma_client_new(check->event, &check->config, true, check_on_answer, check_on_renewed,
                            check, &check->client, &why);

    if (r == -ENOMEM)
        return err_memory(err);
    if (r < 0) {
        check_tell(check, STEP_SECRETS, CHECK_FAILED, why.text);
        return 0;
    }
    roma_client_remember_lockouts(check->client, &lockout_store);
    check_tell(check, STEP_SECRETS, CHECK_OK, check_describe_secrets(check->instance->auth.method));
    return 0;
}

/* ---- the way to the service ---- */

static int check_dns(Check *check, Err *err)
{
    const Instance *instance = check->instance;
    _cleanup_(buf_done) Buf found = {0};
    char host[ADDRESS_SIZE_MAX];
    Err why = {0};
    int r;

    endpoint_host(check->uses_proxy ? instance->proxy : instance->endpoint, host);
    r = resolve_host(host, &found, &why);
    if (r == 0 && check->uses_proxy)
        buf_puts(&found, ", the proxy, which looks up the endpoint itself");
    if (r == -ENOMEM || buf_failed(&found) < 0)
        return err_memory(err);
    if (r < 0)
        check_fail(check, STEP_DNS, why.text);
    else
        check_tell(check, STEP_DNS, CHECK_OK, buf_text(&found));
    return 0;
}

static void check_tell_clock(const Check *check, const ProbeAnswer *answer)
{
    char theirs[CLOCK_RFC3339_SIZE], ours[CLOCK_RFC3339_SIZE], apart[48], text[320];

    clock_format_duration(answer->apart_usec, apart, sizeof(apart));
    if (!answer->has_date) {
        check_tell(check, STEP_CLOCK, CHECK_UNTRIED, "the service does not tell its time");
    } else if (answer->apart_usec <= DISPATCH_CLOCK_APART_USEC) {
        snprintf(text, sizeof(text), "within %s of the service's", apart);
        check_tell(check, STEP_CLOCK, CHECK_OK, text);
    } else {
        clock_format_rfc3339(answer->theirs_usec, theirs);
        clock_format_rfc3339(answer->ours_usec, ours);
        snprintf(text, sizeof(text),
                 "the service's clock says %s, this host's %s, %s apart: correct this host's clock "
                 "(timedatectl set-ntp true): beyond 5 minutes change windows count as closed, "
                 "beyond 15 signed requests are refused",
                 theirs, ours, apart);
        check_tell(check, STEP_CLOCK, CHECK_FAILED, text);
    }
}

static void check_tell_proxy(Check *check, const ProbeAnswer *answer)
{
    if (answer->is_of_proxy)
        check_fail(check, STEP_PROXY, answer->message);
    else if (check->uses_proxy)
        check_tell(check, STEP_PROXY, CHECK_OK, "it lets us through to the endpoint");
    else if (check->instance->proxy)
        check_tell(check, STEP_PROXY, CHECK_OK, "not used: the endpoint is on this host");
}

static void check_on_probe(void *userdata, const ProbeAnswer *answer)
{
    Check *check = userdata;
    bool is_plain = str_has_prefix(check->instance->endpoint, "http://");

    check->is_answered = true;
    check_tell_proxy(check, answer);
    if (check->failed)
        check_leave(check, STEP_TLS, check->failed);
    else if (!answer->has_answered)
        check_fail(check, STEP_TLS, answer->message);
    else
        check_tell(check, STEP_TLS, CHECK_OK,
                   is_plain ? "an answer came, without TLS: http:// on this host"
                            : "an answer came, the certificate is trusted");
    if (check->failed)
        check_leave(check, STEP_CLOCK, check->failed);
    else
        check_tell_clock(check, answer);
}

static int check_tls(Check *check, Err *err)
{
    int r;

    if (!check->failed) {
        check->is_answered = false;
        r = probe_begin(check->event, &check->config, check->instance, check_on_probe, check,
                        &check->probe, err);
        if (r >= 0)
            return check_wait(check, err);
        /* The password of a proxy is a secret, too. */
        if (r == -ENOMEM || check->client)
            return r;
        check->failed = STEP_SECRETS;
    }
    if (check->uses_proxy)
        check_leave(check, STEP_PROXY, check->failed);
    check_leave(check, STEP_TLS, check->failed);
    check_leave(check, STEP_CLOCK, check->failed);
    return 0;
}

/* ---- what the service lets us do ---- */

/* Where the service refuses what the credential may, it has taken the credential itself. */
static bool check_is_taken(const Answer *answer, Verdict verdict)
{
    return answer->kind == ANSWER_HTTP && answer->tells_error && !classify_sends_again(verdict) &&
           (answer->http == 401 || answer->http == 403 || answer->http == 404);
}

static void check_tell_refusal(const Check *check, const Answer *answer, Verdict verdict)
{
    Err why;

    classify_explain(answer, "reading the list of channels", &why);
    classify_advise(check->instance, REQUEST_LIST_CHANNELS, verdict, answer, &why);
    if (verdict == VERDICT_RENEW) {
        check_tell(check, STEP_CREDENTIAL, CHECK_FAILED, why.text);
        check_leave(check, STEP_RIGHTS, STEP_CREDENTIAL);
        return;
    }
    if (check_is_taken(answer, verdict))
        check_tell(check, STEP_CREDENTIAL, CHECK_OK, "the service takes it");
    else
        check_tell(check, STEP_CREDENTIAL, CHECK_UNTRIED, "no answer tells: see rights");
    if (answer->kind == ANSWER_HTTP && (answer->http == 403 || answer->http == 401) &&
        strlen(why.text) + 120 < sizeof(why.text))
        strcat(why.text, "; give whoever this credential belongs to the right to read VPC channels "
                         "in this project");
    check_tell(check, STEP_RIGHTS, CHECK_FAILED, why.text);
}

static void check_on_answer(void *userdata, void *tag, const Answer *answer)
{
    Check *check = userdata;
    Verdict verdict = classify(REQUEST_LIST_CHANNELS, answer);
    char text[80];

    (void)tag;
    check->is_answered = true;
    if (verdict != VERDICT_DONE || !answer->channels) {
        check_tell_refusal(check, answer, verdict);
        return;
    }
    snprintf(text, sizeof(text), "the list of channels can be read, it has %" PRIu64,
             answer->channels->total);
    check_tell(check, STEP_CREDENTIAL, CHECK_OK, "the service takes it");
    check_tell(check, STEP_RIGHTS, CHECK_OK, text);
}

static void check_tell_not_issued(Check *check)
{
    const Answer refused = {.kind = ANSWER_HTTP, .http = check->renewal_err.http};

    if (refused.http == 401)
        classify_advise(check->instance, REQUEST_LIST_CHANNELS, VERDICT_RENEW, &refused,
                        &check->renewal_err);
    check_tell(check, STEP_CREDENTIAL, CHECK_FAILED, check->renewal_err.text);
    check_leave(check, STEP_RIGHTS, STEP_CREDENTIAL);
}

/* What stops the way to the service stops that to IAM where both go through one proxy. */
static bool check_is_cut_off(const Check *check)
{
    const Auth *auth = &check->instance->auth;

    return check->failed && (auth->method != AUTH_AGENCY) &&
           (auth->method != AUTH_PASSWORD ||
            (check->uses_proxy && !str_equal(check->failed, STEP_TLS) &&
             !endpoint_host_is_near(auth->iam_endpoint)));
}

static int check_leave_rights(const Check *check, const char *failed)
{
    check_leave(check, STEP_CREDENTIAL, failed);
    check_leave(check, STEP_RIGHTS, failed);
    return 0;
}

/* Has the credential issued where it is not read: whether there is one. It comes from elsewhere
 * than the service, and is tried whatever failed on the way to that. */
static int check_issue(Check *check, bool *ret_has_credential, Err *err)
{
    AuthMethod method = check->instance->auth.method;
    int r;

    *ret_has_credential = true;
    if (method != AUTH_PASSWORD && method != AUTH_AGENCY)
        return 0;
    check->is_answered = false;
    r = roma_client_renew(check->client, 0);
    if (r < 0)
        return err_system(err, r, "no credential can be asked for");
    r = check_wait(check, err);
    if (r >= 0 && check->renewal == RENEWAL_FAILED) {
        check_tell_not_issued(check);
        *ret_has_credential = false;
    }
    return r;
}

static int check_rights(Check *check, Err *err)
{
    const Request request = {.kind = REQUEST_LIST_CHANNELS, .limit = 1};
    bool has_credential;
    int r;

    if (!check->client)
        return check_leave_rights(check, STEP_SECRETS);
    if (check_is_cut_off(check))
        return check_leave_rights(check, check->failed);
    r = check_issue(check, &has_credential, err);
    if (r < 0 || !has_credential)
        return r;
    if (check->failed)
        return check_leave_rights(check, check->failed);
    check->is_answered = false;
    r = roma_client_submit(check->client, &request);
    return r < 0 ? err_system(err, r, "the list of channels cannot be asked for")
                 : check_wait(check, err);
}

int check_instance(const Config *config, size_t instance, Store *store, CheckTold told,
                   void *userdata, Err *err)
{
    _cleanup_(check_done) Check check = {
        .instance = &config->instances[instance],
        .config = *config,
        .store = store,
        .told = told,
        .userdata = userdata,
    };
    int r;

    assert(instance < config->instance_count);
    check.uses_proxy = check.instance->proxy && !endpoint_host_is_near(check.instance->endpoint);
    check.config.instances = check.instance;
    check.config.instance_count = 1;
    check.config.channels = NULL;
    check.config.channel_count = 0;
    check.config.retry.attempts = 1;
    r = sd_event_new(&check.event);
    if (r < 0)
        return err_system(err, r, "cannot set up the event loop");
    r = check_secrets(&check, err);
    if (r >= 0)
        r = check_dns(&check, err);
    if (r >= 0)
        r = check_tls(&check, err);
    return r < 0 ? r : check_rights(&check, err);
}
