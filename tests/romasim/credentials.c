/* SPDX-License-Identifier: MIT */
/* What the service and IAM accept: tokens, keys, users. */
#include "tests/romasim/credentials.h"

#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/timing.h"

static Token *tokens;
static size_t n_tokens, cap_tokens;
static Key *keys;
static size_t n_keys, cap_keys;
static User *users;
static size_t n_users, cap_users;

static const char *const token_keys[] = {"token", "project_id", "expires_in", "who", NULL};
static const char *const key_keys[] = {"access",     "secret",     "security_token",
                                       "project_id", "expires_in", NULL};
static const char *const user_keys[] = {"domain",   "name",          "password",
                                        "projects", "token_seconds", NULL};

static uint64_t expiry(JsonError *e, json_object *o)
{
    int seconds = jsonget_int(e, o, "expires_in", 0);

    if (!jsonget_has(o, "expires_in") || !json_object_object_get(o, "expires_in"))
        return 0;
    return timing_now_msec() + (uint64_t)(seconds > 0 ? seconds : 0) * 1000u;
}

static void drop_tokens(void)
{
    for (size_t i = 0; i < n_tokens; i++) {
        free(tokens[i].text);
        free(tokens[i].project_id);
        free(tokens[i].who);
    }
    n_tokens = 0;
}

static void drop_keys(void)
{
    size_t kept = 0;

    for (size_t i = 0; i < n_keys; i++) {
        if (keys[i].is_agency) {
            keys[kept++] = keys[i];
            continue;
        }
        free(keys[i].access);
        free(keys[i].secret);
        free(keys[i].security_token);
        free(keys[i].project_id);
    }
    n_keys = kept;
}

static void drop_users(void)
{
    for (size_t i = 0; i < n_users; i++) {
        free(users[i].domain);
        free(users[i].name);
        free(users[i].password);
        json_object_put(users[i].projects);
    }
    n_users = 0;
}

static void load_token(JsonError *e, json_object *o)
{
    Token *t;

    jsonget_only(e, o, "a token", token_keys);
    tokens = alloc_grow(tokens, n_tokens, &cap_tokens, sizeof(*tokens));
    t = &tokens[n_tokens++];
    *t = (Token){.text = jsonget_copy(e, o, "token", ""),
                 .project_id = jsonget_copy(e, o, "project_id", NULL),
                 .who = jsonget_copy(e, o, "who", NULL),
                 .expires_msec = expiry(e, o)};
}

static Key *add_key(void)
{
    keys = alloc_grow(keys, n_keys, &cap_keys, sizeof(*keys));
    keys[n_keys] = (Key){0};
    return &keys[n_keys++];
}

static void load_key(JsonError *e, json_object *o)
{
    Key *k = add_key();

    jsonget_only(e, o, "a key", key_keys);
    k->access = jsonget_copy(e, o, "access", "");
    k->secret = jsonget_copy(e, o, "secret", "");
    k->security_token = jsonget_copy(e, o, "security_token", NULL);
    k->project_id = jsonget_copy(e, o, "project_id", NULL);
    k->expires_msec = expiry(e, o);
}

static void load_user(JsonError *e, json_object *o)
{
    User *u;

    jsonget_only(e, o, "a user", user_keys);
    users = alloc_grow(users, n_users, &cap_users, sizeof(*users));
    u = &users[n_users++];
    *u = (User){.domain = jsonget_copy(e, o, "domain", ""),
                .name = jsonget_copy(e, o, "name", ""),
                .password = jsonget_copy(e, o, "password", ""),
                .projects = json_object_get(jsonget_array(e, o, "projects")),
                .token_seconds = jsonget_int(e, o, "token_seconds", 86400)};
}

static void load_list(JsonError *e, json_object *o, const char *name, void (*drop)(void),
                      void (*load)(JsonError *, json_object *))
{
    json_object *list = jsonget_array(e, o, name);

    if (!list)
        return;
    drop();
    for (size_t i = 0; i < json_object_array_length(list); i++)
        load(e, json_object_array_get_idx(list, i));
}

void credentials_load(JsonError *e, json_object *o)
{
    load_list(e, o, "tokens", drop_tokens, load_token);
    load_list(e, o, "keys", drop_keys, load_key);
    load_list(e, o, "users", drop_users, load_user);
}

Token *credentials_find_token(const char *text)
{
    for (size_t i = 0; i < n_tokens; i++)
        if (strcmp(tokens[i].text, text) == 0)
            return &tokens[i];
    return NULL;
}

void credentials_add_token(const char *text, const char *project_id, bool is_unscoped,
                           long lifetime_sec)
{
    tokens = alloc_grow(tokens, n_tokens, &cap_tokens, sizeof(*tokens));
    tokens[n_tokens++] =
        (Token){.text = alloc_copy(text),
                .project_id = alloc_copy(project_id),
                .is_unscoped = is_unscoped,
                .expires_msec =
                    timing_now_msec() + (uint64_t)(lifetime_sec > 0 ? lifetime_sec : 0) * 1000u};
}

Key *credentials_find_key(const char *access)
{
    for (size_t i = 0; i < n_keys; i++)
        if (strcmp(keys[i].access, access) == 0)
            return &keys[i];
    return NULL;
}

Key *credentials_add_agency_key(const char *access, const char *secret, const char *security_token,
                                uint64_t lifetime_sec)
{
    Key *k = add_key();

    k->access = alloc_copy(access);
    k->secret = alloc_copy(secret);
    k->security_token = alloc_copy(security_token);
    k->is_agency = true;
    k->expires_msec = timing_now_msec() + lifetime_sec * 1000u;
    return k;
}

User *credentials_find_user(const char *domain, const char *name)
{
    for (size_t i = 0; i < n_users; i++)
        if (strcmp(users[i].domain, domain) == 0 && strcmp(users[i].name, name) == 0)
            return &users[i];
    return NULL;
}
