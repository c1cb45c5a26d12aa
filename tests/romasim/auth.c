/* SPDX-License-Identifier: MIT */
/* Who may ask: tokens and signatures of member API requests (API.md sections 3.2, 3.3 and 5). */
#include "tests/romasim/auth.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/romasim/answer.h"
#include "tests/romasim/credentials.h"
#include "tests/romasim/sign.h"
#include "tests/romasim/stats.h"
#include "tests/romasim/timing.h"

#define DATE_TOLERANCE_SEC (15 * 60)
#define FAILURES_MAX 5

AuthLocks auth_locks = {.key_seconds = 5 * 60, .user_seconds = 15 * 60};

static bool refuse(Request *r, const char *code, const char *why)
{
    answer_error(r, 401, code, "Incorrect IAM authentication information: %s", why);
    return false;
}

/* A credential of one project is no good in another; a project that is not there is not its
 * business. */
static bool check_project(Request *r, const char *project_id)
{
    const char *stated = request_header(r, "X-Project-Id");

    if ((!project_id || strcmp(project_id, r->project_id) == 0 ||
         !model_has_project(r->project_id)) &&
        (!stated || strcmp(stated, r->project_id) == 0))
        return true;
    answer_error(r, 403, "APIG.0302", "The IAM user is not authorized to access the API");
    return false;
}

static bool check_token(Request *r, const char *text)
{
    const Token *t = credentials_find_token(text);

    if (!t)
        return refuse(r, "APIG.0301", "decrypt token fail");
    if (t->expires_msec > 0 && t->expires_msec <= timing_now_msec())
        return refuse(r, "APIG.0307", "the token must be updated");
    if (t->is_unscoped) {
        answer_error(r, 401, "APIG.1003", "The token has no project");
        return false;
    }
    return check_project(r, t->project_id);
}

/* 20240102T030405Z, within 15 minutes of the service's clock. */
static bool check_date(Request *r)
{
    const char *text = request_header(r, "X-Sdk-Date");
    struct tm parts = {0};
    const char *end = text ? strptime(text, "%Y%m%dT%H%M%SZ", &parts) : NULL;
    double off;

    if (!end || *end || strlen(text) != 16)
        return refuse(r, "APIG.0301", "X-Sdk-Date is missing or malformed");
    off = difftime(timing_wall(), timegm(&parts));
    if (off <= DATE_TOLERANCE_SEC && off >= -DATE_TOLERANCE_SEC)
        return true;
    answer_error(
        r, 401, "APIG.0303",
        "Incorrect app authentication information: X-Sdk-Date differs from the server time "
        "by more than 15 minutes");
    return false;
}

static bool check_security_token(Request *r, const Key *k)
{
    const char *sent = request_header(r, "X-Security-Token");

    if (k->security_token && !sent)
        return refuse(r, "APIG.0301", "x-security-token not found");
    if (sent && (!k->security_token || strcmp(sent, k->security_token) != 0))
        return refuse(r, "APIG.0301", "x-security-token does not belong to the ak");
    return true;
}

/* More than five wrong signatures in a row lock the key for everybody who uses it. */
static bool check_signature(Request *r, Key *k, const Signature *s)
{
    if (sign_names_are_good(s) && sign_verify(r, s, k->secret)) {
        k->failures = 0;
        return true;
    }
    stats_count_signature_failure();
    if (++k->failures > FAILURES_MAX) {
        k->failures = 0;
        k->locked_until_msec = timing_now_msec() + (uint64_t)auth_locks.key_seconds * 1000u;
    }
    return refuse(r, "APIG.0301", "verify aksk signature fail");
}

static bool check_key(Request *r, const Signature *s)
{
    Key *k = credentials_find_key(s->access);
    uint64_t now = timing_now_msec();

    if (!k || (k->expires_msec > 0 && k->expires_msec <= now)) {
        answer_error(
            r, 401, "APIG.0301",
            "Incorrect IAM authentication information: Get secretKey failed, ak:%s, err:ak %s",
            s->access, k ? "has expired" : "not exist");
        return false;
    }
    if (k->locked_until_msec > now)
        return refuse(r, "APIG.0301", "AK access failed to reach the limit,forbidden");
    return check_date(r) && check_security_token(r, k) && check_signature(r, k, s) &&
           check_project(r, k->project_id);
}

bool auth_check(Request *r)
{
    const char *authorization = request_header(r, "Authorization");
    const char *token = request_header(r, "X-Auth-Token");
    Signature s = {0};
    bool ok;

    if ((authorization && token) || request_count_header(r, "Authorization") > 1 ||
        request_count_header(r, "X-Auth-Token") > 1) {
        answer_error(r, 400, "APIG.0106",
                     "Orchestration error: exactly one credential must be sent");
        return false;
    }
    if (token)
        return check_token(r, token);
    if (!authorization)
        return refuse(r, "APIG.0301", "x-auth-token not found");
    if (!sign_parse(authorization, &s)) {
        stats_count_signature_failure();
        return refuse(r, "APIG.0301", "verify aksk signature fail, malformed Authorization");
    }
    ok = check_key(r, &s);
    sign_done(&s);
    return ok;
}
