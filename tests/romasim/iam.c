/* SPDX-License-Identifier: MIT */
/* IAM's tokens by password (API.md section 4.1). */
#include "tests/romasim/iam.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/answer.h"
#include "tests/romasim/auth.h"
#include "tests/romasim/credentials.h"
#include "tests/romasim/stats.h"
#include "tests/romasim/timing.h"

#define TOKEN_BYTES 1152
#define FAILURES_MAX 5
#define CATALOG_ENTRIES 60

bool iam_keystone_errors;

static void refuse(Request *r, int status, const char *code, const char *title, const char *message)
{
    Text t = {0};

    if (!iam_keystone_errors) {
        answer_error(r, status, code, "%s", message);
        return;
    }
    text_addf(&t, "{\"error\":{\"code\":%d,\"message\":\"%s\",\"title\":\"%s\"}}", status, message,
              title);
    answer_json(r, status, &t);
    snprintf(r->answer.code, sizeof(r->answer.code), "%s", code);
}

/* What the request asks for; borrowed from its body. */
typedef struct Login {
    const char *domain;
    const char *name;
    const char *password;
    const char *project_id;
    const char *project_name;
    bool is_scoped;
} Login;

static json_object *one_method(JsonError *e, json_object *identity)
{
    static const char *const keys[] = {"methods", "password", NULL};
    json_object *methods = jsonget_array(e, identity, "methods");
    json_object *first =
        jsonget_length(methods) == 1 ? json_object_array_get_idx(methods, 0) : NULL;

    jsonget_only(e, identity, "identity", keys);
    if (!json_object_is_type(first, json_type_string) ||
        strcmp(json_object_get_string(first), "password") != 0)
        jsonget_fail(e, "identity.methods must be [\"password\"]");
    return jsonget_object(e, jsonget_object(e, identity, "password"), "user");
}

static void read_scope(JsonError *e, json_object *auth, Login *login)
{
    json_object *scope = jsonget_object(e, auth, "scope");
    json_object *project = jsonget_object(e, scope, "project");

    login->project_id = jsonget_string(e, project, "id");
    login->project_name = jsonget_string(e, project, "name");
    login->is_scoped = project != NULL;
    if (project && !login->project_id && !login->project_name)
        jsonget_fail(e, "scope.project has neither id nor name");
}

static bool read_login(json_object *body, Login *ret_login)
{
    static const char *const keys[] = {"identity", "scope", NULL};
    JsonError e = {0};
    json_object *auth = jsonget_object(&e, body, "auth");
    json_object *user = one_method(&e, jsonget_object(&e, auth, "identity"));
    Login login = {0};
    bool ok;

    jsonget_only(&e, auth, "auth", keys);
    login.name = jsonget_string(&e, user, "name");
    login.password = jsonget_string(&e, user, "password");
    login.domain = jsonget_string(&e, jsonget_object(&e, user, "domain"), "name");
    read_scope(&e, auth, &login);
    ok = !e.text && login.name && login.password && login.domain;
    free(e.text);
    if (ok)
        *ret_login = login;
    return ok;
}

/* NULL: it is answered. */
static const User *check_password(Request *r, const Login *login)
{
    User *u = credentials_find_user(login->domain, login->name);
    uint64_t now = timing_now_msec();

    if (u && u->locked_until_msec > now) {
        refuse(r, 401, "IAM.0061", "Unauthorized", "The user is locked.");
        return NULL;
    }
    if (u && strcmp(u->password, login->password) == 0) {
        u->failures = 0;
        return u;
    }
    if (u && ++u->failures >= FAILURES_MAX) {
        u->failures = 0;
        u->locked_until_msec = now + (uint64_t)auth_locks.user_seconds * 1000u;
    }
    refuse(r, 401, "IAM.0062", "Unauthorized", "The username or password is wrong.");
    return NULL;
}

static const Project *find_project(const Login *login)
{
    for (size_t i = 0; i < model.n_projects; i++) {
        const Project *p = &model.projects[i];

        if (login->project_id ? strcmp(p->id, login->project_id) == 0
                              : strcmp(p->name, login->project_name) == 0)
            return p;
    }
    return NULL;
}

static bool may_use(const User *u, const Project *p)
{
    if (!u->projects)
        return true;
    for (size_t i = 0; i < json_object_array_length(u->projects); i++) {
        const char *allowed = json_object_get_string(json_object_array_get_idx(u->projects, i));

        if (allowed && (strcmp(allowed, p->id) == 0 || strcmp(allowed, p->name) == 0))
            return true;
    }
    return false;
}

/* An opaque text of the size and look of the real thing; the caller owns it. */
static char *new_token(void)
{
    unsigned char bytes[TOKEN_BYTES];
    char *text = alloc_zero(TOKEN_BYTES / 3 * 4 + 8, 1);

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        alloc_die("no random bytes");
    memcpy(text, "MII", 3);
    EVP_EncodeBlock((unsigned char *)text + 3, bytes, sizeof(bytes));
    for (char *c = text; *c; c++)
        *c = *c == '/' ? '-' : *c;
    return text;
}

/* The service catalog, which a client should decline by nocatalog: it is large. */
static void add_catalog(Text *t)
{
    text_add(t, ",\"catalog\":[");
    for (int i = 0; i < CATALOG_ENTRIES; i++)
        text_addf(t,
                  "%s{\"type\":\"service%d\",\"id\":\"%032d\",\"name\":\"service%d\",\"endpoints\":"
                  "[{\"id\":\"%032d\",\"interface\":\"public\",\"region\":\"*\",\"url\":"
                  "\"https://service%d.example.com/v1.0\"}]}",
                  i > 0 ? "," : "", i, i, i, i, i);
    text_add(t, "]");
}

static void answer_token(Request *r, const User *u, const Project *p)
{
    const char *nocatalog = request_parameter(r, "nocatalog");
    char issued[32], expires[32], *token = new_token();
    Text t = {0};

    timing_rfc3339(timing_wall(), issued, sizeof(issued));
    timing_rfc3339(timing_wall() + u->token_seconds, expires, sizeof(expires));
    issued[19] = expires[19] = '\0';
    text_addf(&t,
              "{\"token\":{\"expires_at\":\"%s.575000Z\",\"issued_at\":\"%s.575000Z\",\"methods\":"
              "[\"password\"],\"roles\":[{\"id\":\"0\",\"name\":\"te_admin\"}]",
              expires, issued);
    if (!nocatalog || !nocatalog[0])
        add_catalog(&t);
    if (p) {
        text_add(&t, ",\"project\":{\"id\":");
        text_add_json(&t, p->id);
        text_add(&t, ",\"name\":");
        text_add_json(&t, p->name);
        text_add(&t, ",\"domain\":{\"id\":\"d0\",\"name\":");
        text_add_json(&t, u->domain);
        text_add(&t, "}}");
    }
    text_add(&t, ",\"user\":{\"id\":\"u0\",\"name\":");
    text_add_json(&t, u->name);
    text_add(&t, ",\"password_expires_at\":\"\",\"domain\":{\"id\":\"d0\",\"name\":");
    text_add_json(&t, u->domain);
    text_add(&t, "}}}}");
    credentials_add_token(token, p ? p->id : NULL, !p, u->token_seconds);
    stats_count_login();
    answer_json(r, 201, &t);
    answer_add_header(r, "X-Subject-Token", token);
    free(token);
}

static bool check_form(Request *r)
{
    const char *type = request_header(r, "Content-Type");

    for (size_t i = 0; i < r->n_parameters; i++)
        if (strcmp(r->parameters[i].name, "nocatalog") != 0)
            return false;
    return type && strncmp(type, "application/json", 16) == 0;
}

void iam_create_token(Request *r)
{
    json_object *body = check_form(r) ? jsonget_parse(r->body.data, r->body.len) : NULL;
    const Project *p = NULL;
    const User *u = NULL;
    Login login;

    if (!body || !read_login(body, &login))
        refuse(r, 400, "IAM.0011", "Bad Request", "Request body or parameters are invalid.");
    else if ((u = check_password(r, &login)) && login.is_scoped && !(p = find_project(&login)))
        refuse(r, 404, "IAM.0004", "Not Found", "Could not find the project.");
    else if (u && p && !may_use(u, p))
        refuse(r, 403, "IAM.0002", "Forbidden", "The user has no access to the project.");
    else if (u)
        answer_token(r, u, p);
    json_object_put(body);
}
