/* SPDX-License-Identifier: MIT */
/* The table stands in the order of API.md sections 3.2 and 3.3. */
#include "reconcile/request/classify.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"

/* The front gateway says APIG.0nnn or APIGW.0nnn, the service APIG.nnnn, its life cycle APIC.nnnn,
 * IAM IAM.nnnn. */
typedef enum Family { FAMILY_APIG, FAMILY_APIC, FAMILY_IAM } Family;

/* The number means different things under different statuses: let the status decide. */
#define BY_STATUS ((Verdict)-1)

typedef struct CodeRow {
    Family family;
    uint16_t first, last; /* a range of numbers, both included */
    Verdict verdict;
} CodeRow;

static const CodeRow code_rows[] = {
    /* 3.2, the front gateway */
    {FAMILY_APIG, 101, 101, VERDICT_CHANNEL},    /* API, path or host not known */
    {FAMILY_APIG, 103, 105, VERDICT_RETRY_SLOW}, /* the gateway's own configuration is missing */
    {FAMILY_APIG, 106, 106, VERDICT_PERMANENT},  /* a required header or parameter is malformed */
    {FAMILY_APIG, 107, 107, VERDICT_RETRY},      /* script error */
    {FAMILY_APIG, 201, 201, BY_STATUS},          /* 400, 413, 414, 494; 500, 502, 504 */
    {FAMILY_APIG, 202, 203, VERDICT_RETRY},      /* backend unavailable, backend timeout */
    {FAMILY_APIG, 204, 205, VERDICT_INSTANCE},   /* TLS version, client certificate */
    {FAMILY_APIG, 301, 301, VERDICT_RENEW},      /* IAM authentication wrong */
    {FAMILY_APIG, 302, 302, VERDICT_CHANNEL},    /* IAM user not allowed */
    {FAMILY_APIG, 303, 303, VERDICT_RENEW},      /* app authentication wrong, or the clock */
    {FAMILY_APIG, 304, 304, VERDICT_CHANNEL},    /* app denied */
    {FAMILY_APIG, 305, 305, VERDICT_INSTANCE},   /* authentication denied */
    {FAMILY_APIG, 306, 306, VERDICT_CHANNEL},    /* API denied */
    {FAMILY_APIG, 307, 307, VERDICT_RENEW},      /* the token must be updated */
    {FAMILY_APIG, 308, 308, VERDICT_THROTTLE},   /* throttling */
    {FAMILY_APIG, 310, 310, VERDICT_CHANNEL},    /* project unavailable */
    {FAMILY_APIG, 401, 402, VERDICT_CHANNEL},    /* denied by IP address */
    {FAMILY_APIG, 404, 405, VERDICT_CHANNEL},    /* likewise */
    {FAMILY_APIG, 501, 502, VERDICT_PERMANENT},  /* app quota, app frozen */
    {FAMILY_APIG, 601, 601, VERDICT_RETRY},      /* internal */
    {FAMILY_APIG, 602, 602, VERDICT_PERMANENT},  /* bad request */
    {FAMILY_APIG, 605, 606, VERDICT_RETRY},      /* gateway internals */
    {FAMILY_APIG, 608, 611, VERDICT_RETRY},      /* gateway internals */
    {FAMILY_APIG, 613, 613, VERDICT_RETRY},      /* IAM unavailable */
    {FAMILY_APIG, 802, 802, VERDICT_CHANNEL},    /* IAM user disabled in the region */
    /* 3.3, the service */
    {FAMILY_APIG, 1000, 1000, VERDICT_INSTANCE},  /* token missing */
    {FAMILY_APIG, 1001, 1002, VERDICT_RENEW},     /* token expired, wrong, not resolved */
    {FAMILY_APIG, 1003, 1003, VERDICT_INSTANCE},  /* token without a project */
    {FAMILY_APIG, 1005, 1005, VERDICT_CHANNEL},   /* not permitted, although 401 in the table */
    {FAMILY_APIG, 1007, 1009, VERDICT_INSTANCE},  /* token without domain or user */
    {FAMILY_APIG, 1010, 1010, VERDICT_RETRY},     /* decision point unreachable, although 401 */
    {FAMILY_APIG, 1011, 1013, VERDICT_INSTANCE},  /* real-name, balance, account frozen */
    {FAMILY_APIG, 1020, 1020, VERDICT_CHANNEL},   /* insufficient permissions */
    {FAMILY_APIG, 1029, 1029, VERDICT_RETRY},     /* PDP5 unreachable */
    {FAMILY_APIG, 1113, 1113, VERDICT_CHANNEL},   /* no permission on this channel */
    {FAMILY_APIG, 1119, 1120, VERDICT_PERMANENT}, /* permission */
    {FAMILY_APIG, 1136, 1136, VERDICT_CHANNEL},   /* no permission on this instance */
    {FAMILY_APIG, 1149, 1149, VERDICT_PERMANENT}, /* no permission for an instance task */
    {FAMILY_APIG, 1201, 1201, VERDICT_PERMANENT}, /* cross-tenant */
    {FAMILY_APIG, 2000, 2013, VERDICT_PERMANENT}, /* parameters */
    {FAMILY_APIG, 2015, 2015, VERDICT_PERMANENT}, /* bad address */
    {FAMILY_APIG, 2025, 2025, VERDICT_PERMANENT}, /* bad port */
    {FAMILY_APIG, 2041, 2042, VERDICT_PERMANENT}, /* microservice */
    {FAMILY_APIG, 2108, 2108, VERDICT_PERMANENT}, /* engine */
    {FAMILY_APIG, 3001, 3023, VERDICT_CHANNEL},   /* something else is missing; 3023: the channel */
    {FAMILY_APIG, 3024, 3024, BY_STATUS},         /* the member: gone, with 404 to a deletion */
    {FAMILY_APIG, 3025, 3025, VERDICT_CHANNEL},   /* a certificate: not a member */
    {FAMILY_APIG, 3030, 3030, VERDICT_CHANNEL},   /* the instance does not exist */
    {FAMILY_APIG, 3092, 3092, VERDICT_CHANNEL},   /* the ECS does not exist */
    {FAMILY_APIG, 3100, 3100, VERDICT_CHANNEL},   /* quota */
    {FAMILY_APIG, 3109, 3110, VERDICT_CHANNEL},   /* quota */
    {FAMILY_APIG, 3208, 3208, VERDICT_PERMANENT}, /* channel name exists */
    {FAMILY_APIG, 3306, 3306, VERDICT_PERMANENT}, /* address exists */
    {FAMILY_APIG, 3309, 3309, VERDICT_PERMANENT}, /* already performed */
    {FAMILY_APIG, 3414, 3414, VERDICT_CHANNEL},   /* channel in use */
    {FAMILY_APIG, 3458, 3458, VERDICT_PERMANENT}, /* feature unsupported */
    {FAMILY_APIG, 3471, 3471, VERDICT_CHANNEL},   /* not possible on this type of channel */
    {FAMILY_APIG, 3500, 3500, VERDICT_RETRY},     /* sync to etcd failed */
    {FAMILY_APIG, 3711, 3711, VERDICT_PERMANENT}, /* changeable once a minute */
    {FAMILY_APIG, 3718, 3718, VERDICT_RETRY_SLOW}, /* an instance task is in progress */
    {FAMILY_APIG, 3719, 3719, VERDICT_PERMANENT},  /* referenced by another channel */
    {FAMILY_APIG, 9004, 9007, VERDICT_RETRY},      /* IAM, VPC, DNS, ELB failed */
    {FAMILY_APIG, 9008, 9008, VERDICT_THROTTLE},   /* too many requests, although 500 */
    {FAMILY_APIG, 9013, 9013, VERDICT_RETRY},      /* CCMS failed */
    {FAMILY_APIG, 9999, 9999, VERDICT_RETRY},      /* system error; concurrent changes */
    {FAMILY_APIC, 7100, 7100, VERDICT_INSTANCE},   /* token missing */
    {FAMILY_APIC, 7101, 7102, VERDICT_RENEW},      /* token expired, bad */
    {FAMILY_APIC, 7103, 7103, VERDICT_INSTANCE},   /* no project */
    {FAMILY_APIC, 7105, 7105, VERDICT_INSTANCE},   /* no user */
    {FAMILY_APIC, 7106, 7106, VERDICT_CHANNEL},    /* restricted */
    {FAMILY_APIC, 7107, 7107, VERDICT_INSTANCE},   /* no role */
    {FAMILY_APIC, 7109, 7111, VERDICT_CHANNEL},    /* suspended, read-only, not yours */
    {FAMILY_APIC, 7130, 7130, VERDICT_CHANNEL},    /* other project */
    {FAMILY_APIC, 7300, 7300, VERDICT_CHANNEL},    /* action denied */
    {FAMILY_APIC, 7302, 7302, VERDICT_CHANNEL},    /* instance not found */
    {FAMILY_APIC, 7701, 7701, VERDICT_RETRY_SLOW}, /* state conflict, an upgrade for one */
    {FAMILY_APIC, 7712, 7712, VERDICT_PERMANENT},  /* locked by an order */
    {FAMILY_APIC, 9000, 9000, VERDICT_RETRY},      /* internal */
    {FAMILY_APIC, 9100, 9100, VERDICT_RETRY},      /* database */
    {FAMILY_APIC, 9999, 9999, VERDICT_RETRY},      /* system */
    /* 4.1, IAM */
    {FAMILY_IAM, 1, 1, VERDICT_RENEW},      /* authentication failed */
    {FAMILY_IAM, 2, 4, VERDICT_CHANNEL},    /* not permitted, not found */
    {FAMILY_IAM, 6, 6, VERDICT_RETRY},      /* internal */
    {FAMILY_IAM, 12, 12, VERDICT_THROTTLE}, /* too many requests */
    {FAMILY_IAM, 61, 67, VERDICT_RENEW},    /* locked, wrong or expired password */
    {FAMILY_IAM, 80, 82, VERDICT_CHANNEL},  /* a user of the console alone, and the like */
};

#define CODE_MEMBER_MISSING 3024
#define CODE_ECS_MISSING 3092
#define CODE_ALREADY_DONE 3309

static bool classify_parse_code(const char *code, Family *ret_family, uint16_t *ret_number)
{
    const char *dot = strchr(code, '.');
    uint16_t number = 0;

    if (!dot || strlen(dot + 1) != 4)
        return false;
    for (const char *digit = dot + 1; *digit; digit++) {
        if (*digit < '0' || *digit > '9')
            return false;
        number = (uint16_t)(number * 10 + (*digit - '0'));
    }
    if (str_has_prefix(code, "APIC."))
        *ret_family = FAMILY_APIC;
    else if (str_has_prefix(code, "IAM."))
        *ret_family = FAMILY_IAM;
    else if (str_has_prefix(code, "APIG.") || (str_has_prefix(code, "APIGW.") && number < 1000))
        *ret_family = FAMILY_APIG;
    else
        return false;
    *ret_number = number;
    return true;
}

static Verdict classify_by_code(const char *code)
{
    Family family;
    uint16_t number;

    if (!classify_parse_code(code, &family, &number))
        return BY_STATUS;
    for (size_t i = 0; i < ELEMENTS(code_rows); i++) {
        const CodeRow *row = &code_rows[i];

        if (row->family == family && row->first <= number && number <= row->last)
            return row->verdict;
    }
    return BY_STATUS;
}

bool classify_knows(const char *code)
{
    return classify_by_code(code) != BY_STATUS;
}

static bool classify_is_member_missing(const char *code)
{
    Family family;
    uint16_t number;

    return classify_parse_code(code, &family, &number) && family == FAMILY_APIG &&
           number == CODE_MEMBER_MISSING;
}

static Verdict classify_by_status(int http)
{
    switch (http) {
    case 401:
        return VERDICT_RENEW;
    case 403:
    case 404:
        return VERDICT_CHANNEL;
    case 429:
        return VERDICT_THROTTLE;
    case 408:
    case 500:
    case 502:
    case 503:
    case 504:
        return VERDICT_RETRY;
    default:
        return VERDICT_PERMANENT;
    }
}

static bool classify_is_switch(RequestKind kind)
{
    return kind == REQUEST_DISABLE_MEMBER || kind == REQUEST_ENABLE_MEMBER;
}

/* An error under the status of a success counts as if it had come with a status of its own. What no
 * table knows is taken for the service's own failure: it is asked again, and never believed. */
static Verdict classify_told(RequestKind kind, const Answer *answer)
{
    Verdict verdict = classify_by_code(answer->code);

    if (classify_is_member_missing(answer->code))
        return kind == REQUEST_DELETE_MEMBER ? VERDICT_GONE
               : classify_is_switch(kind)    ? VERDICT_UNCERTAIN
                                             : VERDICT_CHANNEL;
    if (verdict == BY_STATUS && answer->told_http)
        verdict = classify_by_status(answer->told_http);
    return verdict == BY_STATUS ? VERDICT_RETRY : verdict;
}

/* What a change may be told that is about this member alone: an ECS that does not exist; and what a
 * list tells, that it is so already, and of a switch that there is no such member (API.md section
 * 1.11). */
static Verdict classify_changed(RequestKind kind, const Answer *answer)
{
    Family family;
    uint16_t number;

    if (kind == REQUEST_DELETE_MEMBER || !request_is_change(kind) ||
        !classify_parse_code(answer->code, &family, &number) || family != FAMILY_APIG)
        return BY_STATUS;
    if (number == CODE_ECS_MISSING && kind == REQUEST_ADD_MEMBERS)
        return VERDICT_PERMANENT;
    if (number == CODE_MEMBER_MISSING && answer->http == 404 && classify_is_switch(kind))
        return VERDICT_UNCERTAIN;
    return number == CODE_ALREADY_DONE ? VERDICT_UNCERTAIN : BY_STATUS;
}

/* The status has the last word twice: whatever its code, a 404 that is not the member's own means
 * that a channel, an instance or an address is wrong, and a 403 is not spent on one member only. */
static Verdict classify_failure(RequestKind kind, const Answer *answer)
{
    Verdict verdict = classify_changed(kind, answer);

    if (verdict != BY_STATUS)
        return verdict;
    if (answer->http == 404 && classify_is_member_missing(answer->code))
        return kind == REQUEST_DELETE_MEMBER ? VERDICT_GONE : VERDICT_CHANNEL;
    if (answer->http == 404)
        return VERDICT_CHANNEL;
    verdict = classify_by_code(answer->code);
    if (verdict == BY_STATUS)
        return classify_by_status(answer->http);
    return verdict == VERDICT_PERMANENT && answer->http == 403 ? VERDICT_CHANNEL : verdict;
}

static Verdict classify_success(RequestKind kind, const Answer *answer)
{
    switch (kind) {
    case REQUEST_DELETE_MEMBER:
    case REQUEST_DISABLE_MEMBER:
    case REQUEST_ENABLE_MEMBER:
        return answer->http == 204 ? VERDICT_DONE : VERDICT_UNCERTAIN;
    case REQUEST_ADD_MEMBERS:
        return answer->http == 201 ? VERDICT_DONE : VERDICT_UNCERTAIN;
    case REQUEST_LIST_CHANNELS:
    case REQUEST_LIST_MEMBERS:
        break;
    }
    return answer->http == 200 ? VERDICT_DONE : VERDICT_PERMANENT;
}

static Verdict classify_http(RequestKind kind, const Answer *answer)
{
    if (answer->http < 200 || answer->http >= 300)
        return classify_failure(kind, answer);
    return answer->tells_error ? classify_told(kind, answer) : classify_success(kind, answer);
}

Verdict classify(RequestKind kind, const Answer *answer)
{
    switch (answer->kind) {
    case ANSWER_HTTP:
        return classify_http(kind, answer);
    case ANSWER_ODD:
        return request_is_change(kind) ? VERDICT_PERMANENT : VERDICT_ODD;
    case ANSWER_TIMEOUT:
    case ANSWER_LOST:
    case ANSWER_NOT_SENT:
        return VERDICT_RETRY;
    case ANSWER_UNTRUSTED:
        return VERDICT_INSTANCE;
    case ANSWER_WITHHELD:
        return VERDICT_WITHHELD;
    case ANSWER_REFUSED:
        break;
    }
    return VERDICT_CHANNEL;
}

bool classify_sends_again(Verdict verdict)
{
    return verdict == VERDICT_RETRY || verdict == VERDICT_RETRY_SLOW || verdict == VERDICT_THROTTLE;
}

bool classify_is_ambiguous(const Answer *answer)
{
    switch (answer->kind) {
    case ANSWER_TIMEOUT:
    case ANSWER_LOST:
    case ANSWER_ODD:
        return true;
    case ANSWER_HTTP:
        return answer->http < 400 || answer->http >= 500 || answer->http == 408;
    case ANSWER_NOT_SENT:
    case ANSWER_UNTRUSTED:
    case ANSWER_REFUSED:
    case ANSWER_WITHHELD:
        break;
    }
    return false;
}

bool classify_is_unheard(const Answer *answer)
{
    return answer->kind == ANSWER_TIMEOUT || answer->kind == ANSWER_LOST ||
           (answer->kind == ANSWER_HTTP && (answer->http == 504 || answer->http == 408));
}

bool classify_is_lockout(const Answer *answer)
{
    return answer->kind == ANSWER_HTTP && answer->http == 401 &&
           strstr(answer->message, "reach the limit");
}

void classify_name(const Answer *answer, Err *err)
{
    err->http = answer->http;
    str_copy(err->code, sizeof(err->code), answer->code);
    str_copy(err->request_id, sizeof(err->request_id), answer->request_id);
}

void classify_explain(const Answer *answer, const char *doing, Err *ret_err)
{
    if (answer->http)
        err_set(ret_err, -EREMOTEIO, "%s: the service answered %d%s%s: %s", doing, answer->http,
                answer->code[0] ? " " : "", answer->code,
                answer->message[0] ? answer->message : "without a message");
    else
        err_set(ret_err, -EREMOTEIO, "%s: %s", doing, answer->message);
    classify_name(answer, ret_err);
}

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

static bool classify_has_number(const char *code, const char *number)
{
    const char *dot = strchr(code, '.');

    return dot && str_equal(dot + 1, number);
}

bool classify_is_full(const Answer *answer)
{
    return answer->kind == ANSWER_HTTP && classify_has_number(answer->code, "3110");
}

static const char *classify_find_advice(const Instance *instance, RequestKind kind, Verdict verdict,
                                        const Answer *answer)
{
    assert((size_t)instance->auth.method < ELEMENTS(credential_advice));
    if (answer->kind != ANSWER_HTTP)
        return NULL;
    /* A refused clock is no matter of keys (API.md section 3.2, code 0303). */
    if (verdict == VERDICT_RENEW && !classify_has_number(answer->code, "0303"))
        return credential_advice[instance->auth.method];
    if (kind == REQUEST_LIST_CHANNELS && answer->http == 404)
        return "check endpoint, api, project_id and instance_id of this instance in the settings";
    if (kind == REQUEST_ADD_MEMBERS && classify_is_full(answer))
        return "the channel holds as many members as it may: have its quota raised, or delete a "
               "member that nobody needs";
    return NULL;
}

void classify_advise(const Instance *instance, RequestKind kind, Verdict verdict,
                     const Answer *answer, Err *err)
{
    const char *advice = classify_find_advice(instance, kind, verdict, answer);
    size_t size = strlen(err->text);

    if (!advice || size + strlen(advice) + sizeof("; ") > sizeof(err->text))
        return;
    memcpy(err->text + size, "; ", 2);
    memcpy(err->text + size + 2, advice, strlen(advice) + 1);
}
