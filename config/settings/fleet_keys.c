/* SPDX-License-Identifier: MIT */
#include "config/settings/fleet_keys.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config/endpoint_host.h"
#include "config/schema/canonical.h"
#include "config/settings/auth.h"
#include "daemon/base/duration.h"
#include "daemon/base/str.h"

#define PREFIX_DEFAULT "/rosterd/"
#define PREFIX_SIZE_MAX 256U
#define PREFIX_PATTERN "^[A-Za-z0-9._/-]*[A-Za-z0-9._-][A-Za-z0-9._/-]*$"
#define PREFIX_HINT "letters, digits, dots, hyphens and slashes, such as " PREFIX_DEFAULT
#define HOST_SIZE_MAX 253U /* of a name in DNS */
#define HOST_PATTERN "^[A-Za-z0-9._-]+$"
#define HOST_HINT "letters, digits, dots and hyphens: the name of this host in the fleet"
#define ENDPOINT_HINT "https://HOST:2379"
#define INSTANCES_MAX 100000U

/* Shorter ones are for loopback. What is sent to the service may be carried out for 50 s after it
 * was sent (API.md section 3.2), and handover is to outlast that. */
#define LEASE_LEAST_USEC (30 * USEC_PER_SEC)
#define LEASE_BOUNDS "30s to 10m (from 5s"
#define HANDOVER_LEAST_USEC (55 * USEC_PER_SEC)
#define HANDOVER_BOUNDS "55s to 10m (from 0s"

/* A renewal is sent each quarter of the lease, of which 0.98 counts: that much is always left. */
#define LEASE_LEFT_PERCENT 73U

enum { KEY_ETCD, KEY_PREFIX, KEY_HOST, KEY_LEASE, KEY_HANDOVER, KEY_MAX_INSTANCES };
enum { KEY_ENDPOINTS, KEY_CA_FILE, KEY_CERT_FILE, KEY_KEY_FILE, KEY_USER, KEY_PASSWORD_FILE };

static const SchemaKey endpoint_key = {.type = SCHEMA_TEXT,
                                       .min = 1,
                                       .max = SETTING_PATH_SIZE_MAX,
                                       .pattern = ENDPOINT_PATTERN,
                                       .hint = ENDPOINT_HINT};

#define ETCD_TEXT_KEY(key, sentence)                                                               \
    {                                                                                              \
        .name = #key, .type = SCHEMA_TEXT, .offset = offsetof(FleetDraft, settings.key), .min = 1, \
        .max = SETTING_PATH_SIZE_MAX, .help = sentence                                             \
    }

static void put_endpoints(const void *draft, Buf *buf)
{
    const FleetSettings *settings = &((const FleetDraft *)draft)->settings;

    canonical_put_number(buf, settings->endpoint_count);
    for (size_t i = 0; i < settings->endpoint_count; i++)
        canonical_put_text(buf, settings->endpoints[i]);
}

static const SchemaKey etcd_keys[] = {
    [KEY_ENDPOINTS] = {.name = "endpoints",
                       .type = SCHEMA_LIST,
                       .is_required = true,
                       .item = &endpoint_key,
                       .min = 1,
                       .max = FLEET_KEYS_ENDPOINTS_MAX,
                       .put = put_endpoints,
                       .offset = offsetof(FleetDraft, endpoints),
                       .hint = "a list of endpoints: [\"" ENDPOINT_HINT "\"]",
                       .help = "where its members are reached, tried in turn"},
    [KEY_CA_FILE] = ETCD_TEXT_KEY(ca_file, "the authorities of its certificates"),
    [KEY_CERT_FILE] = ETCD_TEXT_KEY(cert_file, "the certificate that rosterd shows, without a CN"),
    [KEY_KEY_FILE] = ETCD_TEXT_KEY(key_file, "the private key of the certificate, a secret"),
    [KEY_USER] = ETCD_TEXT_KEY(user, "the user of etcd"),
    [KEY_PASSWORD_FILE] = ETCD_TEXT_KEY(password_file, "the secret file with the user's password"),
};

static const SchemaRemedy etcd_remedies[] = {
    {"username", "must be user, with password_file"},
    {"cacert", "must be ca_file"},
    {"trusted_ca_file", "must be ca_file"},
    {NULL, NULL},
};

static const Schema etcd_schema = {.keys = etcd_keys,
                                   .count = ELEMENTS(etcd_keys),
                                   .keeps_texts = true,
                                   .remedies = etcd_remedies};

static const SchemaKey keys[] = {
    [KEY_ETCD] = {.name = "etcd",
                  .type = SCHEMA_SECTION,
                  .is_required = true,
                  .section = &etcd_schema,
                  .hint = "a map with the endpoints of etcd"},
    [KEY_PREFIX] = {.name = "prefix",
                    .type = SCHEMA_TEXT,
                    .offset = offsetof(FleetDraft, settings.prefix),
                    .min = 1,
                    .max = PREFIX_SIZE_MAX,
                    .pattern = PREFIX_PATTERN,
                    .hint = PREFIX_HINT,
                    .help = "what its keys begin with: one fleet"},
    [KEY_HOST] = {.name = "host",
                  .type = SCHEMA_TEXT,
                  .offset = offsetof(FleetDraft, settings.host),
                  .min = 1,
                  .max = HOST_SIZE_MAX,
                  .pattern = HOST_PATTERN,
                  .hint = HOST_HINT,
                  .help = "the name of this host in the fleet; left out: the machine's"},
    [KEY_LEASE] = {.name = "lease",
                   .type = SCHEMA_DURATION,
                   .offset = offsetof(FleetDraft, settings.lease_usec),
                   .min = 5 * USEC_PER_SEC,
                   .max = 10 * USEC_PER_MINUTE,
                   .fallback = 90 * USEC_PER_SEC,
                   .help = "how long a host that is not heard of keeps its instances"},
    [KEY_HANDOVER] = {.name = "handover",
                      .type = SCHEMA_DURATION,
                      .offset = offsetof(FleetDraft, settings.handover_usec),
                      .max = 10 * USEC_PER_MINUTE,
                      .fallback = 60 * USEC_PER_SEC,
                      .help = "how long a new owner changes nothing after a host that did not "
                              "release"},
    [KEY_MAX_INSTANCES] = {.name = "max_instances",
                           .type = SCHEMA_UINT,
                           .offset = offsetof(FleetDraft, settings.max_instances),
                           .min = 1,
                           .max = INSTANCES_MAX,
                           .help = "how many this host owns at the most; left out: all"},
};

const Schema fleet_keys_schema = {.keys = keys, .count = ELEMENTS(keys), .keeps_texts = true};

/* ---- endpoints ---- */

static bool is_loopback(const char *endpoint)
{
    char host[ADDRESS_SIZE_MAX];

    endpoint_host(endpoint, host);
    return address_is_loopback(host);
}

static const char *read_endpoint(Reader *reader, const Node *node, const FleetSettings *settings)
{
    const char *text =
        schema_read_text(reader, node, endpoint_key.min, endpoint_key.max, ENDPOINT_HINT);
    const char *endpoint = text ? auth_keep_endpoint(reader, node, text, ENDPOINT_SERVICE) : NULL;

    for (size_t i = 0; endpoint && i < settings->endpoint_count; i++) {
        if (str_equal(settings->endpoints[i], endpoint)) {
            reader_problem(reader, node, "listed twice: %s, must stand once", endpoint);
            return NULL;
        }
    }
    return endpoint;
}

/* Leaves none where one of them is wrong. */
static void take_endpoints(Reader *reader, const Node *list, FleetSettings *settings)
{
    const char **endpoints;

    if (list->size == 0 || list->size > FLEET_KEYS_ENDPOINTS_MAX) {
        reader_problem(reader, list, "%zu entries, must be 1 to %u", (size_t)list->size,
                       FLEET_KEYS_ENDPOINTS_MAX);
        return;
    }
    endpoints = arena_alloc(reader->arena, list->size * sizeof(*endpoints));
    if (!endpoints) {
        problems_memory(reader->problems);
        return;
    }
    settings->endpoints = endpoints;
    settings->is_loopback = true;
    for (const Node *node = list->first; node; node = node->next) {
        const char *endpoint = read_endpoint(reader, node, settings);

        if (!endpoint)
            continue;
        endpoints[settings->endpoint_count++] = endpoint;
        settings->is_loopback &= is_loopback(endpoint);
    }
    if (settings->endpoint_count < list->size)
        settings->endpoint_count = 0;
}

/* ---- names ---- */

static bool is_made_of(const char *text, const char *others)
{
    while (*text && (isalnum((unsigned char)*text) || strchr(others, *text)))
        text++;
    return *text == '\0';
}

/* "rosterd" and "/rosterd//" are /rosterd/. What begins keys of no fleet is `~`, which stands in no
 * prefix. */
static void take_prefix(Reader *reader, const Node *map, FleetSettings *settings)
{
    const char *text = settings->prefix ? settings->prefix : PREFIX_DEFAULT;
    char shown[NODE_DESCRIPTION_SIZE], prefix[PREFIX_SIZE_MAX + 3];
    const Node *node = node_find(map, keys[KEY_PREFIX].name);
    size_t length;

    while (*text == '/')
        text++;
    length = strlen(text);
    while (length > 0 && text[length - 1] == '/')
        length--;
    if (length == 0 || length > PREFIX_SIZE_MAX || !is_made_of(text, "._/-")) {
        reader_problem(reader, node, "not a prefix: %s, must be " PREFIX_HINT,
                       node_describe(node, shown));
        return;
    }
    snprintf(prefix, sizeof(prefix), "/%.*s/", (int)length, text);
    settings->prefix = reader_keep(reader, prefix);
}

static void check_host(Reader *reader, const Node *map, const FleetSettings *settings)
{
    const Node *node = node_find(map, keys[KEY_HOST].name);
    char shown[NODE_DESCRIPTION_SIZE];

    if (settings->host && !is_made_of(settings->host, "._-"))
        reader_problem(reader, node, "not a name of a host: %s, must be " HOST_HINT,
                       node_describe(node, shown));
}

/* ---- rules over several keys ---- */

/* Of two keys that stand side by side. */
static void check_pair(Reader *reader, const Node *etcd, const char *key, const char *value,
                       const char *what)
{
    if (!value)
        reader_problem_missing(reader, etcd, key, "missing, must be %s", what);
}

static void check_pairs(Reader *reader, const Node *etcd, const FleetSettings *settings)
{
    if (settings->cert_file || settings->key_file) {
        check_pair(reader, etcd, "key_file", settings->key_file, "the private key of cert_file");
        check_pair(reader, etcd, "cert_file", settings->cert_file, "the certificate of key_file");
    }
    if (settings->user || settings->password_file) {
        check_pair(reader, etcd, "password_file", settings->password_file,
                   "a file with the password of user");
        check_pair(reader, etcd, "user", settings->user, "the user of password_file");
    }
}

/* Of one that the table has found within its own bounds, which are those of loopback. */
static void check_least(Reader *reader, const Node *map, unsigned key, uint64_t usec,
                        uint64_t least_usec, const char *bounds)
{
    const Node *node = node_find(map, keys[key].name);

    if (node && usec < least_usec)
        reader_problem(reader, node,
                       "out of range: %.64s, must be %s where every endpoint is loopback)",
                       node->text, bounds);
}

void fleet_keys_check(Reader *reader, const Node *map, FleetDraft *draft)
{
    _cleanup_(buf_done) Buf canonical = {0};
    FleetSettings *settings = &draft->settings;
    const Node *etcd;

    if (!map || map->kind != NODE_MAPPING)
        return;
    etcd = node_find(map, keys[KEY_ETCD].name);
    if (draft->endpoints)
        take_endpoints(reader, draft->endpoints, settings);
    take_prefix(reader, map, settings);
    check_host(reader, map, settings);
    if (etcd && etcd->kind == NODE_MAPPING)
        check_pairs(reader, etcd, settings);
    if (settings->endpoint_count > 0 && !settings->is_loopback) {
        check_least(reader, map, KEY_LEASE, settings->lease_usec, LEASE_LEAST_USEC, LEASE_BOUNDS);
        check_least(reader, map, KEY_HANDOVER, settings->handover_usec, HANDOVER_LEAST_USEC,
                    HANDOVER_BOUNDS);
    }
    canonical_put(&canonical, &fleet_keys_schema, CANONICAL_ALL, draft);
    if (canonical_digest(&canonical, settings->canonical) < 0)
        problems_memory(reader->problems);
}

void fleet_keys_warn(Reader *warnings, const Node *map, const FleetSettings *settings,
                     uint64_t timeout_usec)
{
    const Node *node = node_find(map, keys[KEY_LEASE].name);
    char lease[DURATION_TEXT_SIZE], left[DURATION_TEXT_SIZE], timeout[DURATION_TEXT_SIZE],
        enough[DURATION_TEXT_SIZE];
    uint64_t left_usec = settings->lease_usec / 100 * LEASE_LEFT_PERCENT;
    uint64_t enough_usec = timeout_usec / LEASE_LEFT_PERCENT * 100;

    if (left_usec >= timeout_usec)
        return;
    duration_format(settings->lease_usec, lease);
    duration_format(left_usec, left);
    duration_format(timeout_usec, timeout);
    duration_format((enough_usec / USEC_PER_SEC + 1) * USEC_PER_SEC, enough);
    reader_problem(warnings, node ? node : map,
                   "of %s a change may have no more than %s left for its answer, less than "
                   "limits.timeout, %s; a lease of %s, or a shorter timeout, gives each all of it",
                   lease, left, timeout, enough);
}
