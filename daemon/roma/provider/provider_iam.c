/* SPDX-License-Identifier: MIT */
#include "daemon/roma/provider/provider_iam.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"
#include "daemon/roma/auth/lockout.h"
#include "daemon/roma/provider/retrying_request.h"

#define DOING "getting a token from IAM"
#define PATH "/v3/auth/tokens?nocatalog=true"
#define IAM_TOKEN_HEADER "X-Subject-Token"

/* With nocatalog an answer has a few kilobytes. */
#define IAM_ANSWER_SIZE_MAX ((size_t)1024 * 1024)

/* The size of the body around the texts, and how many bytes JSON makes of one at most. */
#define BODY_FRAME_SIZE 256U
#define ESCAPED_SIZE_MAX 6U

typedef struct ProviderIam {
    Provider provider;
    RetryingRequest request;
    Buf url;
    Secret *body;
    Credential *sent; /* the password: taken out of messages, and remembered where IAM refuses it */
    Lockouts lockouts;
} ProviderIam;

/* ---- what is sent ---- */

static void provider_iam_put(Secret *body, const char *text)
{
    secret_append(body, text, strlen(text));
}

static void provider_iam_put_text(Secret *body, const char *text)
{
    static const char digits[] = "0123456789abcdef";

    provider_iam_put(body, "\"");
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        char escaped[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15], '\0'};

        if (c == '"' || c == '\\' || c < ' ')
            provider_iam_put(body, escaped);
        else
            secret_append(body, text, 1);
    }
    provider_iam_put(body, "\"");
}

static Secret *provider_iam_body(const Instance *instance, const Secret *password)
{
    const Auth *auth = &instance->auth;
    const char *project = auth->project_name ? auth->project_name : instance->project_id;
    size_t texts =
        strlen(auth->domain) + strlen(auth->user) + strlen(project) + secret_size(password);
    Secret *body = secret_new(BODY_FRAME_SIZE + ESCAPED_SIZE_MAX * texts);

    if (!body)
        return NULL;
    provider_iam_put(body,
                     "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":"
                     "{\"name\":");
    provider_iam_put_text(body, auth->user);
    provider_iam_put(body, ",\"password\":");
    provider_iam_put_text(body, secret_bytes(password));
    provider_iam_put(body, ",\"domain\":{\"name\":");
    provider_iam_put_text(body, auth->domain);
    provider_iam_put(body, "}}}},\"scope\":{\"project\":{");
    provider_iam_put(body, auth->project_name ? "\"name\":" : "\"id\":");
    provider_iam_put_text(body, project);
    provider_iam_put(body, "}}}}");
    return body;
}

static void provider_iam_drop(ProviderIam *iam)
{
    secret_free(iam->body);
    credential_unref(iam->sent);
    iam->body = NULL;
    iam->sent = NULL;
}

static int provider_iam_send(ProviderIam *iam)
{
    static const char *const headers[] = {"Content-Type: application/json;charset=utf8",
                                          "User-Agent: rosterd/" ROSTERD_VERSION};
    const ProviderContext *context = &iam->provider.context;
    HttpRequest request = {
        .method = "POST",
        .url = buf_text(&iam->url),
        .headers = headers,
        .header_count = ELEMENTS(headers),
        .body = secret_bytes(iam->body),
        .body_size = secret_size(iam->body),
        .body_size_max = IAM_ANSWER_SIZE_MAX,
    };

    route_apply(context->route, context->instance->auth.iam_endpoint, &request);
    return retrying_request_begin(&iam->request, &request, DOING, iam->sent);
}

/* ---- whether to send at all ---- */

/* 0 where it does not stand there. */
static uint64_t provider_iam_time_usec(const Json *token, const char *key)
{
    uint64_t usec = 0;
    const char *text;

    if (json_get_string(json_find(token, key), &text) < 0 || clock_parse_rfc3339(text, &usec) < 0)
        return 0;
    return usec;
}

uint64_t provider_iam_lifetime_usec(JsonParser *parser, const char *body, size_t size)
{
    _cleanup_(json_freep) Json *root = NULL;
    uint64_t from_usec, until_usec;
    const Json *token;

    if (json_parse(parser, body, size, &root, NULL) < 0)
        return 0;
    token = json_find(root, "token");
    from_usec = provider_iam_time_usec(token, "issued_at");
    until_usec = provider_iam_time_usec(token, "expires_at");
    return from_usec > 0 && until_usec > from_usec ? until_usec - from_usec : 0;
}

/* The body that it is sent in is JSON. */
static bool provider_iam_is_utf8(const Secret *password)
{
    const char *text = secret_bytes(password);
    size_t left = secret_size(password);

    while (left > 0) {
        size_t size = utf8_sequence(text, left);

        if (size == 0)
            return false;
        text += size;
        left -= size;
    }
    return true;
}

static int provider_iam_read(ProviderIam *iam, Secret **ret_password, Err *err)
{
    const ProviderContext *context = &iam->provider.context;
    const char *file = context->instance->auth.password_file;
    _cleanup_(buf_done) Buf path = {0};
    int r;

    if (secret_file_find(file, context->config->directory, &path) < 0)
        return err_memory(err);
    lockout_note_file(&iam->lockouts, buf_text(&path));
    r = secret_file_read(file, "auth.password_file", context->config->directory, ret_password, err);
    if (r >= 0 && !provider_iam_is_utf8(*ret_password)) {
        secret_free(*ret_password);
        *ret_password = NULL;
        r = err_set(err, -EINVAL,
                    "auth.password_file: not UTF-8: %s: IAM would take it for a wrong password: "
                    "save the file in UTF-8 (it may be in Latin-1)",
                    buf_text(&path));
    }
    return r;
}

static int provider_iam_begin(Provider *provider, Err *err)
{
    ProviderIam *iam = (ProviderIam *)provider;
    _cleanup_(secret_freep) Secret *password = NULL;
    int r = provider_iam_read(iam, &password, err);

    if (r >= 0)
        r = lockout_check(&iam->lockouts, password, err);
    if (r < 0)
        return r;
    iam->body = provider_iam_body(provider->context.instance, password);
    r = iam->body ? credential_new_secret(TAKE_PTR(password), &iam->sent) : -ENOMEM;
    if (r >= 0)
        r = provider_iam_send(iam);
    if (r < 0) {
        provider_iam_drop(iam);
        return err_system(err, r, DOING);
    }
    return 0;
}

/* ---- what comes ---- */

static void provider_iam_on_end(void *userdata, AttemptStep step, const HttpAnswer *http,
                                const Err *err)
{
    ProviderIam *iam = userdata;
    const ProviderContext *context = &iam->provider.context;
    Credential *credential = NULL;
    Err why = *err;
    const char *token;

    if (step == ATTEMPT_DONE) {
        token = http_answer_header(http, IAM_TOKEN_HEADER);
        if (token[0] == '\0')
            err_set(&why, -EPROTO, DOING ": the answer has no " IAM_TOKEN_HEADER);
        else if (credential_new_token(token, strlen(token), "IAM's token", &credential, &why) < 0)
            err_context(&why, -EPROTO, DOING);
    } else if (step == ATTEMPT_REFUSED) {
        why = *lockout_add(&iam->lockouts, iam->sent->secret_key, err);
    }
    provider_iam_drop(iam);
    context->on_end(context->userdata, credential,
                    credential ? provider_iam_lifetime_usec(&iam->request.reader.parser, http->body,
                                                            http->body_size)
                               : 0,
                    &why);
}

/* ---- its life ---- */

static void provider_iam_cancel(Provider *provider)
{
    ProviderIam *iam = (ProviderIam *)provider;

    retrying_request_cancel(&iam->request);
    provider_iam_drop(iam);
}

static uint64_t provider_iam_due_usec(const Provider *provider)
{
    return ((const ProviderIam *)provider)->request.due_usec;
}

/* A user's lockouts count wherever the token was to be used. */
static void provider_iam_take_over(Provider *provider, Provider *before)
{
    lockout_take_over(&((ProviderIam *)provider)->lockouts, &((ProviderIam *)before)->lockouts);
}

static void provider_iam_free(Provider *provider)
{
    ProviderIam *iam = (ProviderIam *)provider;

    retrying_request_done(&iam->request);
    provider_iam_drop(iam);
    lockout_done(&iam->lockouts);
    buf_done(&iam->url);
    free(iam);
}

static const ProviderKind iam_kind = {
    .begin = provider_iam_begin,
    .cancel = provider_iam_cancel,
    .due_usec = provider_iam_due_usec,
    .take_over = provider_iam_take_over,
    .free = provider_iam_free,
};

int provider_iam_new(const ProviderContext *context, Provider **ret_provider, Err *err)
{
    _cleanup_(secret_freep) Secret *password = NULL;
    ProviderIam *iam = calloc(1, sizeof(*iam));
    _cleanup_(provider_freep) Provider *provider = (Provider *)iam;
    int r;

    if (!iam)
        return err_memory(err);
    iam->provider = (Provider){.kind = &iam_kind, .context = *context};
    buf_puts(&iam->url, context->instance->auth.iam_endpoint);
    buf_puts(&iam->url, PATH);
    r = retrying_request_init(&iam->request, context->event, context->http, context->config,
                              context->route, provider_iam_on_end, provider_on_wait, iam);
    if (r < 0)
        return err_system(err, r, "cannot set up the event loop");
    if (buf_failed(&iam->url) < 0 ||
        lockout_init(&iam->lockouts, &context->instance->auth, context->lockout_store) < 0)
        return err_memory(err);
    r = provider_iam_read(iam, &password, err);
    if (r < 0)
        return r;
    *ret_provider = TAKE_PTR(provider);
    return 0;
}
