/* SPDX-License-Identifier: MIT */
#include "reconcile/request/advice.h"

#include <string.h>

/* In the order of AuthMethod. */
static const char *const credential_advice[] = {
    [AUTH_TOKEN] = "put a token that is valid for this project into token_file",
    [AUTH_PASSWORD] = "check domain, user, password_file and the project",
    [AUTH_AKSK] = "check access_key_file, secret_key_file and, for temporary keys, "
                  "security_token_file",
    [AUTH_AGENCY] = "check the agency of this host",
    [AUTH_ENVIRONMENT] = "check HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK and, for temporary keys, "
                         "HUAWEICLOUD_SDK_SECURITY_TOKEN",
};

/* A refused clock is no matter of keys (API.md section 3.2, code 0303). */
static bool advice_is_about_clock(const char *code)
{
    const char *dot = strchr(code, '.');

    return dot && strcmp(dot, ".0303") == 0;
}

static const char *advice_find(const Instance *instance, RequestKind kind, Verdict verdict,
                               const Answer *answer)
{
    if (answer->kind != ANSWER_HTTP)
        return NULL;
    if (verdict == VERDICT_RENEW && !advice_is_about_clock(answer->code))
        return credential_advice[instance->auth.method];
    if (kind == REQUEST_LIST_CHANNELS && answer->http == 404)
        return "check endpoint, api, project_id and instance_id of this instance in the settings";
    return NULL;
}

void advice_add(const Instance *instance, RequestKind kind, Verdict verdict, const Answer *answer,
                Err *err)
{
    const char *advice = advice_find(instance, kind, verdict, answer);
    size_t size = strlen(err->text);

    if (!advice || size + strlen(advice) + sizeof("; ") > sizeof(err->text))
        return;
    memcpy(err->text + size, "; ", 2);
    memcpy(err->text + size + 2, advice, strlen(advice) + 1);
}
