/* SPDX-License-Identifier: MIT */
#include "config/settings/instances.h"

#include <stdio.h>
#include <string.h>

#include "config/instance_key.h"
#include "config/schema/canonical.h"
#include "config/settings/auth.h"
#include "config/settings/endpoint.h"
#include "daemon/base/str.h"

typedef struct Draft {
    Instance instance;
    const Node *auth;
} Draft;

enum {
    KEY_ENDPOINT,
    KEY_API,
    KEY_PROJECT_ID,
    KEY_INSTANCE_ID,
    KEY_AUTH,
    KEY_CA_FILE,
    KEY_PROXY,
    KEY_PROXY_PASSWORD_FILE
};

static const SchemaChoice families[] = {
    [API_APIC] = {"apic", "ROMA Connect"},
    [API_APIGW] = {"apigw", "the dedicated API Gateway, APIG, without ROMA Connect"},
    {NULL, NULL},
};

/* The names that the vendor gives the two products. */
static const SchemaRemedy products[] = {
    {"apig", "apigw"},
    {"api-gateway", "apigw"},
    {"api_gateway", "apigw"},
    {"gateway", "apigw"},
    {"dedicated", "apigw"},
    {"roma", "apic"},
    {"romaconnect", "apic"},
    {"roma-connect", "apic"},
    {"roma_connect", "apic"},
    {"roma connect", "apic"},
    {NULL, NULL},
};

static void put_auth(const void *draft, Buf *buf)
{
    canonical_put(buf, &auth_schema, CANONICAL_ALL, &((const Draft *)draft)->instance.auth);
}

static const SchemaKey keys[] = {
    [KEY_ENDPOINT] = {.name = "endpoint",
                      .type = SCHEMA_TEXT,
                      .is_required = true,
                      .offset = offsetof(Draft, instance.endpoint),
                      .min = 1,
                      .max = SETTING_PATH_SIZE_MAX,
                      .pattern = ENDPOINT_PATTERN,
                      .hint = "https://HOST"},
    [KEY_API] = {.name = "api",
                 .type = SCHEMA_CHOICE,
                 .offset = offsetof(Draft, instance.api),
                 .choices = families,
                 .remedies = products},
    [KEY_PROJECT_ID] = {.name = "project_id",
                        .type = SCHEMA_ID,
                        .is_required = true,
                        .offset = offsetof(Draft, instance.project_id),
                        .max = 64,
                        .hint = "the id of the instance's project"},
    [KEY_INSTANCE_ID] = {.name = "instance_id",
                         .type = SCHEMA_ID,
                         .is_required = true,
                         .offset = offsetof(Draft, instance.instance_id),
                         .max = 64,
                         .hint = "the id of the instance"},
    [KEY_AUTH] = {.name = "auth",
                  .type = SCHEMA_MAP,
                  .section = &auth_schema,
                  .put = put_auth,
                  .is_required = true,
                  .offset = offsetof(Draft, auth),
                  .hint = "a map with a method and its keys"},
    [KEY_CA_FILE] = {.name = "ca_file",
                     .type = SCHEMA_TEXT,
                     .offset = offsetof(Draft, instance.ca_file),
                     .min = 1,
                     .max = SETTING_PATH_SIZE_MAX},
    [KEY_PROXY] = {.name = "proxy",
                   .type = SCHEMA_TEXT,
                   .offset = offsetof(Draft, instance.proxy),
                   .min = 1,
                   .max = SETTING_PATH_SIZE_MAX,
                   .pattern = ENDPOINT_PROXY_PATTERN,
                   .hint = "http://HOST:PORT"},
    [KEY_PROXY_PASSWORD_FILE] = {.name = "proxy_password_file",
                                 .type = SCHEMA_TEXT,
                                 .offset = offsetof(Draft, instance.proxy_password_file),
                                 .min = 1,
                                 .max = SETTING_PATH_SIZE_MAX,
                                 .hint = "a file that holds user:password"},
};

const Schema instances_schema = {.keys = keys, .count = ELEMENTS(keys), .keeps_texts = true};

/* People write the name in commands, as INSTANCE/CHANNEL, and read it in log lines. */
static void check_instance_name(Reader *reader, const Node *node)
{
    size_t characters = 0;
    bool is_bad = false;

    for (const char *c = node->key->text; *c; c++) {
        is_bad = is_bad || (unsigned char)*c <= ' ' || *c == '/' || *c == 0x7f;
        characters += ((unsigned char)*c & 0xc0) != 0x80;
    }
    if (is_bad || characters == 0 || characters > INSTANCES_NAME_MAX)
        reader_problem_at_key(
            reader, node,
            "not a name of an instance, must be 1 to 64 characters without spaces "
            "and slashes");
}

static void check_proxy_password(Reader *reader, const Node *map, SchemaSeen seen)
{
    if (schema_has(seen, KEY_PROXY_PASSWORD_FILE) && !schema_has(seen, KEY_PROXY))
        reader_problem_at_key(reader, node_find(map, "proxy_password_file"),
                              "there is no proxy that it is for, must stand beside proxy: "
                              "http://HOST:PORT");
}

static void read_instance(Reader *reader, const Node *node, Instance *ret_instance)
{
    _cleanup_(buf_done) Buf canonical = {0};
    Draft draft = {0};
    SchemaSeen seen;

    check_instance_name(reader, node);
    seen = schema_read(reader, node, &instances_schema, &draft);
    auth_canonical_endpoint(reader, node, "endpoint", ENDPOINT_SERVICE, &draft.instance.endpoint);
    auth_canonical_endpoint(reader, node, "proxy", ENDPOINT_PROXY, &draft.instance.proxy);
    check_proxy_password(reader, node, seen);
    if (schema_is_good(seen, KEY_AUTH))
        auth_read(reader, draft.auth, &draft.instance.auth);
    draft.instance.name = reader_keep(reader, node->key->text);
    canonical_put(&canonical, &instances_schema, CANONICAL_ALL, &draft);
    if (canonical_digest(&canonical, draft.instance.canonical) < 0)
        problems_memory(reader->problems);
    *ret_instance = draft.instance;
}

/* rosterd would manage one instance with two names twice, each time with all of its limits. 0 or
 * -ENOMEM. */
static int check_same(Reader *reader, Map *known, Arena *arena, const Node *node,
                      const Instance *instance)
{
    char text[INSTANCE_KEY_SIZE];
    const Node *first;
    const char *key;
    size_t size;
    int r;

    if (!instance->endpoint || !instance->project_id || !instance->instance_id)
        return 0;
    instance_key(instance, text);
    size = strlen(text);
    key = arena_copy(arena, text, size);
    if (!key)
        return -ENOMEM;
    /* Maps take mutable values, and give back what was put in. */
    r = map_put(known, key, size, (void *)(uintptr_t)node);
    if (r != 0)
        return r < 0 ? r : 0;
    first = map_find(known, key, size);
    reader_problem_at_key(reader, node,
                          "duplicate instance: endpoint, project_id and instance_id are those of "
                          "\"%s\" (line %u), keep one of them",
                          first->key->text, first->key->line);
    return 0;
}

void instances_read(Build *build, Reader *reader, const Node *map)
{
    _cleanup_(map_done) Map known = {0};
    _cleanup_(arena_done) Arena arena = {0};

    if (map->size == 0) {
        reader_problem(reader, map, "empty, must name one instance at least");
        return;
    }
    build->instances = arena_alloc(&build->arena, map->size * sizeof(*build->instances));
    if (!build->instances) {
        problems_memory(reader->problems);
        return;
    }
    for (const Node *node = map->first; node; node = node->next) {
        Instance *instance = &build->instances[build->config.instance_count];

        read_instance(reader, node, instance);
        if (!instance->name || check_same(reader, &known, &arena, node, instance) < 0) {
            problems_memory(reader->problems);
            return;
        }
        build->config.instance_count++;
    }
    build->config.instances = build->instances;
    build->knows_instances = true;
}

size_t instances_find(const Build *build, const char *name)
{
    for (size_t i = 0; i < build->config.instance_count; i++) {
        if (str_equal(build->instances[i].name, name))
            return i;
    }
    return SIZE_MAX;
}
