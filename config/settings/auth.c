/* SPDX-License-Identifier: MIT */
#include "config/settings/auth.h"

#include <errno.h>
#include <stdint.h>

#include "config/settings/endpoint.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

/* The keys, as rows of the table below and as bits. */
enum {
    KEY_METHOD,
    KEY_TOKEN_FILE,
    KEY_IAM_ENDPOINT,
    KEY_DOMAIN,
    KEY_USER,
    KEY_PASSWORD_FILE,
    KEY_PROJECT_NAME,
    KEY_ACCESS_KEY_FILE,
    KEY_SECRET_KEY_FILE,
    KEY_SECURITY_TOKEN_FILE,
    KEY_METADATA_ENDPOINT,
};

#define BIT(key) SCHEMA_BIT(key)

static const SchemaChoice methods[] = {
#define METHOD(constant, word) [AUTH_##constant] = {#word, NULL},
    AUTH_METHOD_ROWS(METHOD)
#undef METHOD
        {NULL, NULL},
};

/* Which keys each method needs, and which it may have besides. */
static const SchemaVariant method_keys[] = {
    [AUTH_TOKEN] = {.needs = BIT(KEY_TOKEN_FILE)},
    [AUTH_PASSWORD] = {.needs = BIT(KEY_IAM_ENDPOINT) | BIT(KEY_DOMAIN) | BIT(KEY_USER) |
                                BIT(KEY_PASSWORD_FILE),
                       .takes = BIT(KEY_PROJECT_NAME)},
    [AUTH_AKSK] = {.needs = BIT(KEY_ACCESS_KEY_FILE) | BIT(KEY_SECRET_KEY_FILE),
                   .takes = BIT(KEY_SECURITY_TOKEN_FILE)},
    [AUTH_AGENCY] = {.takes = BIT(KEY_METADATA_ENDPOINT)},
    [AUTH_ENVIRONMENT] = {0},
};

#define TEXT_KEY(key)                                                                              \
    {                                                                                              \
        .name = #key, .type = SCHEMA_TEXT, .offset = offsetof(Auth, key), .min = 1,                \
        .max = SETTING_PATH_SIZE_MAX                                                               \
    }

#define ENDPOINT_KEY(key)                                                                          \
    {                                                                                              \
        .name = #key, .type = SCHEMA_TEXT, .offset = offsetof(Auth, key), .min = 1,                \
        .max = SETTING_PATH_SIZE_MAX, .pattern = ENDPOINT_PATTERN                                  \
    }

static const SchemaKey keys[] = {
    [KEY_METHOD] = {.name = "method",
                    .type = SCHEMA_CHOICE,
                    .is_required = true,
                    .offset = offsetof(Auth, method),
                    .choices = methods},
    [KEY_TOKEN_FILE] = TEXT_KEY(token_file),
    [KEY_IAM_ENDPOINT] = ENDPOINT_KEY(iam_endpoint),
    [KEY_DOMAIN] = TEXT_KEY(domain),
    [KEY_USER] = TEXT_KEY(user),
    [KEY_PASSWORD_FILE] = TEXT_KEY(password_file),
    [KEY_PROJECT_NAME] = TEXT_KEY(project_name),
    [KEY_ACCESS_KEY_FILE] = TEXT_KEY(access_key_file),
    [KEY_SECRET_KEY_FILE] = TEXT_KEY(secret_key_file),
    [KEY_SECURITY_TOKEN_FILE] = TEXT_KEY(security_token_file),
    [KEY_METADATA_ENDPOINT] = ENDPOINT_KEY(metadata_endpoint),
};

const Schema auth_schema = {
    .keys = keys, .count = ELEMENTS(keys), .keeps_texts = true, .variants = method_keys};

const char *auth_keep_endpoint(Reader *reader, const Node *node, const char *text, EndpointUse use)
{
    char canonical[ENDPOINT_SIZE_MAX], shown[NODE_DESCRIPTION_SIZE];
    Err err = {0};
    int r = endpoint_parse(text, use, canonical, &err);

    if (r == -EACCES) {
        reader_problem(reader, node, "%s", err.text);
        reader_hide_line(reader);
    } else if (r < 0) {
        reader_problem(reader, node, "%s (%s)", err.text, node_describe(node, shown));
    }
    return r < 0 ? NULL : reader_keep(reader, canonical);
}

void auth_canonical_endpoint(Reader *reader, const Node *map, const char *key, EndpointUse use,
                             const char **endpoint)
{
    const Node *node = node_find(map, key);

    if (*endpoint && node)
        *endpoint = auth_keep_endpoint(reader, node, *endpoint, use);
}

/* Lists the keys of a method: "access_key_file, secret_key_file, security_token_file (optional)".
 */
static void list_keys(AuthMethod method, Buf *buf)
{
    uint32_t needs = method_keys[method].needs, takes = method_keys[method].takes;

    for (unsigned i = 0; i < ELEMENTS(keys); i++) {
        if ((needs | takes) & BIT(i))
            buf_printf(buf, "%s%s%s", buf->size > 0 ? ", " : "", keys[i].name,
                       takes & BIT(i) ? " (optional)" : "");
    }
    if (buf->size == 0)
        buf_puts(buf, "no further key");
}

static void check_keys(Reader *reader, const Node *map, AuthMethod method, SchemaSeen seen)
{
    uint32_t needs = method_keys[method].needs;
    uint32_t allowed = needs | method_keys[method].takes | BIT(KEY_METHOD);
    _cleanup_(buf_done) Buf list = {0};

    list_keys(method, &list);
    if (buf_failed(&list) < 0)
        problems_memory(reader->problems);
    for (unsigned i = 0; i < ELEMENTS(keys); i++) {
        const Node *node = node_find(map, keys[i].name);

        if (node && !(allowed & BIT(i)))
            reader_problem_at_key(reader, node, "not a key of the method %s, which takes %s",
                                  methods[method].word, buf_text(&list));
        if (!schema_has(seen, i) && needs & BIT(i))
            reader_problem_missing(reader, map, keys[i].name, "missing, the method %s takes %s",
                                   methods[method].word, buf_text(&list));
    }
}

void auth_read(Reader *reader, const Node *map, Auth *ret_auth)
{
    Auth auth = {0};
    SchemaSeen seen = schema_read(reader, map, &auth_schema, &auth);

    if (schema_is_good(seen, KEY_METHOD))
        check_keys(reader, map, auth.method, seen);
    auth_canonical_endpoint(reader, map, "iam_endpoint", ENDPOINT_SERVICE, &auth.iam_endpoint);
    auth_canonical_endpoint(reader, map, "metadata_endpoint", ENDPOINT_METADATA,
                            &auth.metadata_endpoint);
    *ret_auth = auth;
}
