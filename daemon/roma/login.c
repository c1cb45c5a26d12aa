/* Logins: see login.h. */
#include "daemon/roma/login.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/roma/exchange.h"
#include "daemon/roma/iam_token.h"
#include "daemon/roma/refusals.h"

#define DOING "getting a token from IAM"
#define PATH "/v3/auth/tokens?nocatalog=true"
#define TOKEN_HEADER "X-Subject-Token"

/* With nocatalog an answer has a few kilobytes. */
#define ANSWER_SIZE_MAX ((size_t)1024 * 1024)

/* What surrounds the texts in the body, and how much JSON makes of a byte. */
#define BODY_FRAME_SIZE 256U
#define ESCAPED_SIZE_MAX 6U

typedef struct Login {
    Issuer issuer;
    Exchange exchange;
    Buf url;
    Secret *body;
    Credential *sent; /* the password, for scrubbing and for remembering */
    Refusals refusals;
} Login;

/* ---- what is sent ---- */

static void login_put(Secret *body, const char *text)
{
    secret_append(body, text, strlen(text));
}

static void login_put_text(Secret *body, const char *text)
{
    static const char digits[] = "0123456789abcdef";

    login_put(body, "\"");
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        char escaped[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15], '\0'};

        if (c == '"' || c == '\\' || c < ' ')
            login_put(body, escaped);
        else
            secret_append(body, text, 1);
    }
    login_put(body, "\"");
}

static Secret *login_body(const Instance *instance, const Secret *password)
{
    const Auth *auth = &instance->auth;
    const char *project = auth->project_name ? auth->project_name : instance->project_id;
    size_t texts =
        strlen(auth->domain) + strlen(auth->user) + strlen(project) + secret_size(password);
    Secret *body = secret_new(BODY_FRAME_SIZE + ESCAPED_SIZE_MAX * texts);

    if (!body)
        return NULL;
    login_put(body, "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":"
                    "{\"name\":");
    login_put_text(body, auth->user);
    login_put(body, ",\"password\":");
    login_put_text(body, secret_bytes(password));
    login_put(body, ",\"domain\":{\"name\":");
    login_put_text(body, auth->domain);
    login_put(body, "}}}},\"scope\":{\"project\":{");
    login_put(body, auth->project_name ? "\"name\":" : "\"id\":");
    login_put_text(body, project);
    login_put(body, "}}}}");
    return body;
}

static void login_drop(Login *login)
{
    secret_free(login->body);
    credential_unref(login->sent);
    login->body = NULL;
    login->sent = NULL;
}

static int login_send(Login *login)
{
    static const char *const headers[] = {"Content-Type: application/json;charset=utf8",
                                          "User-Agent: rosterd/" ROSTERD_VERSION};
    const Instance *instance = login->issuer.place.instance;
    const Limits *limits = &login->issuer.place.config->limits;
    ExchangeRequest request = {
        .http =
            {
                .method = "POST",
                .url = buf_text(&login->url),
                .headers = headers,
                .header_count = ELEMENTS(headers),
                .body = secret_bytes(login->body),
                .body_size = secret_size(login->body),
                .ca_file = instance->ca_file,
                .connect_timeout_usec = limits->connect_timeout_usec,
                .timeout_usec = limits->timeout_usec,
                .body_size_max = ANSWER_SIZE_MAX,
                .plain_allowed = str_has_prefix(instance->auth.iam_endpoint, "http://"),
            },
        .doing = DOING,
        .secrets = login->sent,
    };

    return exchange_begin(&login->exchange, &request);
}

/* ---- whether to send at all ---- */

static int login_read(Login *login, Secret **ret_password, Err *err)
{
    const IssuerPlace *place = &login->issuer.place;
    const char *file = place->instance->auth.password_file;
    _cleanup_(buf_done) Buf path = {0};

    if (credential_find_file(file, place->config->directory, &path) < 0)
        return err_memory(err);
    refusals_note_file(&login->refusals, buf_text(&path));
    return credential_read_file(file, "password_file", place->config->directory, ret_password, err);
}

static int login_begin(Issuer *issuer, Err *err)
{
    Login *login = (Login *)issuer;
    _cleanup_(secret_freep) Secret *password = NULL;
    int r = login_read(login, &password, err);

    if (r >= 0)
        r = refusals_check(&login->refusals, password, err);
    if (r < 0)
        return r;
    login->body = login_body(issuer->place.instance, password);
    r = login->body ? credential_new_secret(TAKE_PTR(password), &login->sent) : -ENOMEM;
    if (r >= 0)
        r = login_send(login);
    if (r < 0) {
        login_drop(login);
        return err_system(err, r, DOING);
    }
    return 0;
}

/* ---- what comes ---- */

static void login_on_end(void *userdata, AttemptStep step, const HttpAnswer *http, const Err *err)
{
    Login *login = userdata;
    const IssuerPlace *place = &login->issuer.place;
    Credential *credential = NULL;
    Err why = *err;
    const char *token;

    if (step == ATTEMPT_DONE) {
        token = http_answer_header(http, TOKEN_HEADER);
        if (token[0] == '\0')
            err_set(&why, -EPROTO, DOING ": the answer has no " TOKEN_HEADER);
        else if (credential_new_token(token, strlen(token), "IAM's token", &credential, &why) < 0)
            err_context(&why, -EPROTO, DOING);
    } else if (step == ATTEMPT_REFUSED) {
        why = *refusals_add(&login->refusals, login->sent->secret_key, err);
    }
    login_drop(login);
    place->on_end(place->userdata, credential,
                  credential ? iam_token_lifetime_usec(&login->exchange.reader.parser, http->body,
                                                       http->body_size)
                             : 0,
                  &why);
}

/* ---- its life ---- */

static void login_cancel(Issuer *issuer)
{
    Login *login = (Login *)issuer;

    exchange_cancel(&login->exchange);
    login_drop(login);
}

static uint64_t login_due_usec(const Issuer *issuer)
{
    return ((const Login *)issuer)->exchange.due_usec;
}

/* A user's refusals count wherever the token was to be used. */
static void login_take_over(Issuer *issuer, Issuer *old_issuer)
{
    refusals_take_over(&((Login *)issuer)->refusals, &((Login *)old_issuer)->refusals);
}

static void login_free(Issuer *issuer)
{
    Login *login = (Login *)issuer;

    exchange_done(&login->exchange);
    login_drop(login);
    refusals_done(&login->refusals);
    buf_done(&login->url);
    free(login);
}

static const IssuerKind login_kind = {
    .begin = login_begin,
    .cancel = login_cancel,
    .due_usec = login_due_usec,
    .take_over = login_take_over,
    .free = login_free,
};

int login_new(const IssuerPlace *place, Issuer **ret_issuer, Err *err)
{
    _cleanup_(secret_freep) Secret *password = NULL;
    Login *login = calloc(1, sizeof(*login));
    _cleanup_(issuer_freep) Issuer *issuer = (Issuer *)login;
    int r;

    if (!login)
        return err_memory(err);
    login->issuer = (Issuer){.kind = &login_kind, .place = *place};
    buf_puts(&login->url, place->instance->auth.iam_endpoint);
    buf_puts(&login->url, PATH);
    r = exchange_init(&login->exchange, place->event, place->http, place->config, login_on_end,
                      issuer_on_wait, login);
    if (r < 0)
        return err_system(err, r, "cannot set up the event loop");
    if (buf_failed(&login->url) < 0 ||
        refusals_init(&login->refusals, &place->instance->auth, place->memory) < 0)
        return err_memory(err);
    r = login_read(login, &password, err);
    if (r < 0)
        return r;
    *ret_issuer = TAKE_PTR(issuer);
    return 0;
}
