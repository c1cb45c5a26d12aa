/* SPDX-License-Identifier: MIT */
#include "config/settings/http_keys.h"

#include <stdio.h>
#include <string.h>

#include "config/address.h"
#include "config/schema/canonical.h"
#include "daemon/base/str.h"

#define LISTEN_HINT "ADDRESS:PORT, such as 127.0.0.1:9786 or \"[::1]:9786\""
#define LISTEN_PATTERN "^(\\[[0-9A-Fa-f:.]+\\]|[0-9.]+):[0-9]{1,5}$"
#define HOST_HINT "a name that it is asked by, without a port"
#define LISTEN_SIZE_MAX 64U
#define LISTEN_SIZE (ADDRESS_SIZE_MAX + 16)

enum { KEY_LISTEN, KEY_HOSTS, KEY_TOKEN_FILE, KEY_CERT_FILE, KEY_KEY_FILE, KEY_PLAIN };

static const SchemaKey host_key = {
    .type = SCHEMA_TEXT, .min = 1, .max = ADDRESS_SIZE_MAX - 1, .hint = HOST_HINT};

#define FILE_KEY(key, sentence)                                                                    \
    {                                                                                              \
        .name = #key, .type = SCHEMA_TEXT, .offset = offsetof(HttpDraft, settings.key), .min = 1,  \
        .max = SETTING_PATH_SIZE_MAX, .help = sentence                                             \
    }

/* The names by their values: their order and case mean nothing. */
static void put_hosts(const void *draft, Buf *buf)
{
    const HttpSettings *settings = &((const HttpDraft *)draft)->settings;

    canonical_put_number(buf, settings->host_count);
    for (size_t i = 0; i < settings->host_count; i++)
        canonical_put_text(buf, settings->hosts[i]);
}

static const SchemaKey keys[] = {
    [KEY_LISTEN] = {.name = "listen",
                    .type = SCHEMA_TEXT,
                    .is_required = true,
                    .offset = offsetof(HttpDraft, settings.listen),
                    .min = 1,
                    .max = LISTEN_SIZE_MAX,
                    .pattern = LISTEN_PATTERN,
                    .hint = LISTEN_HINT,
                    .help = "the address and port where it listens"},
    [KEY_HOSTS] = {.name = "hosts",
                   .type = SCHEMA_LIST,
                   .item = &host_key,
                   .min = 1,
                   .max = HTTP_KEYS_HOSTS_MAX,
                   .put = put_hosts,
                   .offset = offsetof(HttpDraft, hosts),
                   .hint = "a list of names",
                   .help = "names that it is asked by, beside localhost and addresses"},
    [KEY_TOKEN_FILE] = FILE_KEY(token_file, "the secret that whoever reads has to know"),
    [KEY_CERT_FILE] = FILE_KEY(cert_file, "the certificate and those that lead to its authority"),
    [KEY_KEY_FILE] = FILE_KEY(key_file, "the private key of the certificate, a secret"),
    [KEY_PLAIN] = {.name = "plain",
                   .type = SCHEMA_BOOL,
                   .offset = offsetof(HttpDraft, settings.plain),
                   .help = "whether something in front does TLS"},
};

const Schema http_keys_schema = {.keys = keys, .count = ELEMENTS(keys), .keeps_texts = true};

/* ---- listen ---- */

/* Splits text at its last colon. False where there is no address and port of 1 to 65535. */
static bool read_listen(const char *text, HttpSettings *settings,
                        char ret_address[static ADDRESS_SIZE_MAX])
{
    const char *colon = strrchr(text, ':');
    bool in_brackets = text[0] == '[' && colon && colon > text && colon[-1] == ']';
    char head[LISTEN_SIZE_MAX + 1];
    AddressKind kind;
    uint64_t port;

    if (!colon || str_parse_uint(colon + 1, ADDRESS_PORT_MAX, &port) < 0 || port == 0)
        return false;
    snprintf(head, sizeof(head), "%.*s", (int)(colon - text) - 2 * in_brackets, text + in_brackets);
    if (address_parse(head, ret_address, &kind) < 0 || kind == ADDRESS_NAME ||
        in_brackets != (strchr(head, ':') != NULL))
        return false;
    settings->port = (uint16_t)port;
    settings->is_loopback = str_has_prefix(ret_address, "127.") || str_equal(ret_address, "::1");
    return true;
}

static void take_listen(Reader *reader, const Node *map, HttpSettings *settings)
{
    char address[ADDRESS_SIZE_MAX], canonical[LISTEN_SIZE], shown[NODE_DESCRIPTION_SIZE];
    const Node *node = node_find(map, keys[KEY_LISTEN].name);
    bool is_ipv6;

    if (!settings->listen || !node)
        return;
    if (!read_listen(settings->listen, settings, address)) {
        reader_problem(reader, node, "not an address with a port: %s, must be " LISTEN_HINT,
                       node_describe(node, shown));
        settings->listen = NULL;
        return;
    }
    is_ipv6 = strchr(address, ':') != NULL;
    snprintf(canonical, sizeof(canonical), "%s%s%s:%u", is_ipv6 ? "[" : "", address,
             is_ipv6 ? "]" : "", settings->port);
    settings->listen = reader_keep(reader, canonical);
    settings->address = reader_keep(reader, address);
}

/* ---- hosts ---- */

static const char *read_host(Reader *reader, const Node *node)
{
    const char *text = schema_read_text(reader, node, host_key.min, host_key.max, HOST_HINT);
    char canonical[ADDRESS_SIZE_MAX], shown[NODE_DESCRIPTION_SIZE];
    AddressKind kind;

    if (!text)
        return NULL;
    if (address_parse(text, canonical, &kind) == 0)
        return reader_keep(reader, canonical);
    reader_problem(reader, node, "not a host: %s, must be " HOST_HINT, node_describe(node, shown));
    return NULL;
}

static void take_hosts(Reader *reader, const Node *list, HttpSettings *settings)
{
    const char **hosts;

    if (list->size == 0 || list->size > HTTP_KEYS_HOSTS_MAX) {
        reader_problem(reader, list, "%zu entries, must be 1 to %u, or be left out",
                       (size_t)list->size, HTTP_KEYS_HOSTS_MAX);
        return;
    }
    hosts = arena_alloc(reader->arena, list->size * sizeof(*hosts));
    if (!hosts) {
        problems_memory(reader->problems);
        return;
    }
    for (const Node *node = list->first; node; node = node->next) {
        const char *host = read_host(reader, node);

        if (host)
            hosts[settings->host_count++] = host;
    }
    settings->hosts = hosts;
}

/* ---- rules over several keys ---- */

static void check_files(Reader *reader, const Node *map, const HttpSettings *settings)
{
    if (settings->cert_file && !settings->key_file)
        reader_problem_missing(reader, map, "key_file",
                               "missing, must be the private key of cert_file");
    if (settings->key_file && !settings->cert_file)
        reader_problem_missing(reader, map, "cert_file",
                               "missing, must be the certificate of key_file");
    if (settings->plain && settings->cert_file)
        reader_problem(reader, node_find(map, "plain"),
                       "true beside cert_file, must be one of them: TLS here, or in front");
}

static void check_reach(Reader *reader, const Node *map, const HttpSettings *settings)
{
    if (!settings->listen || settings->is_loopback)
        return;
    if (!settings->token_file)
        reader_problem_missing(reader, map, "token_file",
                               "missing, must be a file with a secret: others reach %s",
                               settings->listen);
    if (!settings->cert_file && !settings->key_file && !settings->plain)
        reader_problem_missing(reader, map, "cert_file",
                               "missing, must stand beside key_file, or plain: true where "
                               "something in front does TLS: others reach %s",
                               settings->listen);
}

void http_keys_check(Reader *reader, const Node *map, HttpDraft *draft)
{
    if (!map || map->kind != NODE_MAPPING)
        return;
    take_listen(reader, map, &draft->settings);
    if (draft->hosts)
        take_hosts(reader, draft->hosts, &draft->settings);
    check_files(reader, map, &draft->settings);
    check_reach(reader, map, &draft->settings);
}
