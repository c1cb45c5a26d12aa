/* SPDX-License-Identifier: MIT */
/* Each key that a schema knows, changed alone in a file, makes the configuration another one. The
 * walk goes over the schemas: it fails at a key for which it knows no two values, until it is told
 * some. */
#include "tests/unit/test_config.h"

#include "config/load/compare.h"
#include "config/roster/roster.h"
#include "config/settings/settings.h"
#include "daemon/base/duration.h"
#include "daemon/base/str.h"

#define TWO_INSTANCES "version: 1\nmode: prune\ninstances:\n" PROD TEST
#define BASES_MAX 6

/* Where the keys of a schema stand in files, and what stands there besides: a key and its value in
 * turn. Only where some of these go with a key is there another list of them. */
typedef struct Frame {
    const char *path; /* of the map that goes by the schema */
    const char *settings;
    const char *roster; /* NULL: ROSTER */
    const char *const *bases[BASES_MAX];
} Frame;

#define BASE(...)                                                                                  \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__ __VA_OPT__(, ) NULL                                                            \
    }

static const Frame frames[] = {
    {"",
     "{%s}\n",
     NULL,
     {BASE(
          "version", "1", "mode", "prune", "instances",
          "{prod: {endpoint: 'https://h', project_id: p, instance_id: i, auth: {method: agency}}}"),
      NULL}},
    {"retry", HEAD "retry: {%s}\n", NULL, {BASE(), NULL}},
    {"limits", HEAD "limits: {%s}\n", NULL, {BASE(), NULL}},
    {"guards", HEAD "guards: {%s}\n", NULL, {BASE(), NULL}},
    {"instances",
     PROD_IS("{%s}"),
     NULL,
     {BASE("endpoint", "https://h", "project_id", "p", "instance_id", "i", "auth",
           "{method: agency}"),
      BASE("endpoint", "https://h", "project_id", "p", "instance_id", "i", "auth",
           "{method: agency}", "proxy", "http://p:3128"),
      NULL}},
    {"instances.auth",
     PROD_IS("{endpoint: 'https://h', project_id: p, instance_id: i, auth: {%s}}"),
     NULL,
     {BASE("method", "agency"), BASE("method", "token", "token_file", "t"),
      BASE("method", "password", "iam_endpoint", "https://iam", "domain", "d", "user", "u",
           "password_file", "f"),
      BASE("method", "aksk", "access_key_file", "a", "secret_key_file", "s"), NULL}},
    {"roster",
     TWO_INSTANCES,
     "{%s}\n",
     {BASE("version", "1", "instance", "prod", "channels", "[{name: abc, members: [a]}]"), NULL}},
    {"roster.channels",
     TWO_INSTANCES,
     "{version: 1, instance: prod, channels: [{%s}]}\n",
     {BASE("name", "abc", "members", "[a]"), BASE("id", "x", "members", "[a]"), NULL}},
    {"roster.channels.members",
     TWO_INSTANCES,
     "{version: 1, instance: prod, channels: [{name: abc, members: [{%s}]}]}\n",
     {BASE("host", "h"), BASE("ecs_id", "e"), NULL}},
    {"roster.channels.ignore",
     TWO_INSTANCES,
     "{version: 1, instance: prod, channels: [{name: abc, "
     "members: [a], ignore: [{%s}]}]}\n",
     {BASE(), NULL}},
    {"roster.channels.guards",
     TWO_INSTANCES,
     "{version: 1, instance: prod, channels: [{name: abc, "
     "members: [a], guards: {%s}}]}\n",
     {BASE(), NULL}},
    {"roster.channels.paused",
     TWO_INSTANCES,
     "{version: 1, instance: prod, channels: [{name: abc, "
     "members: [a], paused: {%s}}]}\n",
     {BASE("reason", "why"), NULL}},
    {"windows", HEAD "windows: [{%s}]\n", NULL, {BASE("from", "'07:00'", "to", "'18:00'"), NULL}},
    {"freezes",
     HEAD "freezes: [{%s}]\n",
     NULL,
     {BASE("from", "2026-12-20T00:00:00Z", "to", "2027-12-20T00:00:00Z"), NULL}},
    {"http",
     HEAD "http: {%s}\n",
     NULL,
     {BASE("listen", "'127.0.0.1:1'"), BASE("listen", "'127.0.0.1:1'", "key_file", "k"),
      BASE("listen", "'127.0.0.1:1'", "cert_file", "c"), NULL}},
    {"notify", HEAD "notify: [{%s}]\n", NULL, {BASE("format", "slack", "url_file", "f"), NULL}},
    {"fleet",
     HEAD "fleet: {%s}\n",
     NULL,
     {BASE("etcd", "{endpoints: ['https://etcd:2379']}"), NULL}},
    {"fleet.etcd",
     HEAD "fleet: {etcd: {%s}}\n",
     NULL,
     {BASE("endpoints", "['https://etcd:2379']"),
      BASE("endpoints", "['https://etcd:2379']", "cert_file", "c"),
      BASE("endpoints", "['https://etcd:2379']", "key_file", "k"),
      BASE("endpoints", "['https://etcd:2379']", "user", "u"),
      BASE("endpoints", "['https://etcd:2379']", "password_file", "p"), NULL}},
    {"roster.channels.windows",
     TWO_INSTANCES,
     "{version: 1, instance: prod, channels: [{name: abc, "
     "members: [a], windows: [{%s}]}]}\n",
     {BASE("from", "'07:00'", "to", "'18:00'"), NULL}},
    {"roster.channels.freezes",
     TWO_INSTANCES,
     "{version: 1, instance: prod, channels: [{name: abc, "
     "members: [a], freezes: [{%s}]}]}\n",
     {BASE("from", "2026-12-20T00:00:00Z", "to", "2027-12-20T00:00:00Z"), NULL}},
};

/* Values of keys for which any text will not do, and of those that are no scalar and have no
 * schema. */
static const struct {
    const char *path, *values[4];
} samples[] = {
    {"rosters", {"[rosters.d]", "[other.d]"}},
    {"channels", {"[{name: abc, members: [a]}]", "[{name: abc, members: [b]}]"}},
    {"instances.endpoint", {"https://a", "https://b:444", "http://127.0.0.1"}},
    {"instances.proxy", {"http://a:3128", "http://a:3129", "http://b:80"}},
    {"instances.auth.iam_endpoint", {"https://a", "https://b"}},
    {"instances.auth.metadata_endpoint", {"http://127.0.0.1:1", "http://127.0.0.1:2"}},
    {"notify.when", {"[held]", "[failed, drift]"}},
    {"roster.instance", {"prod", "test"}},
    {"roster.channels.members", {"[a]", "[b]", "[a, b]", "['a:1']"}},
    {"roster.channels.members.host", {"10.0.0.1", "'[2001:db8::1]'", "name.example.com"}},
    {"roster.channels.ignore.host", {"10.0.0.1", "10.0.0.0/24", "10.0.0.0/25", "h"}},
    {"roster.channels.paused", {"why", "why not"}},
    {"http.listen", {"'127.0.0.1:1'", "'127.0.0.1:2'", "'[::1]:1'"}},
    {"http.hosts", {"[a]", "[b]", "[a, b]"}},
    {"fleet.etcd.endpoints", {"['https://a']", "['https://b']", "['https://a', 'https://b']"}},
    {"fleet.lease", {"30s", "10m"}},
    {"fleet.handover", {"55s", "10m"}},
    {"windows.days", {"mon", "mon-tue", "[mon, wed]"}},
    {"windows.from", {"'07:00'", "'07:01'", "'19:00'"}},
    {"windows.to", {"'18:00'", "'24:00'", "'00:00'"}},
    {"windows.zone", {"UTC", "Europe/Berlin", "Asia/Kolkata"}},
    {"freezes.from", {"2026-12-20T00:00:00Z", "2026-12-20T00:00:00.5Z"}},
    {"freezes.to", {"2027-12-20T00:00:00Z", "2027-12-20T00:00:01Z"}},
    {"roster.channels.windows.days", {"mon", "mon-tue", "[mon, wed]"}},
    {"roster.channels.windows.from", {"'07:00'", "'07:01'", "'19:00'"}},
    {"roster.channels.windows.to", {"'18:00'", "'24:00'", "'00:00'"}},
    {"roster.channels.windows.zone", {"UTC", "Europe/Berlin", "Asia/Kolkata"}},
    {"roster.channels.freezes.from", {"2026-12-20T00:00:00Z", "2026-12-20T00:00:00.5Z"}},
    {"roster.channels.freezes.to", {"2027-12-20T00:00:00Z", "2027-12-20T00:00:01Z"}},
    {"roster.channels.paused.until", {"2026-12-24T18:00:00Z", "2026-12-24T18:00:00.5Z"}},
};

#define VALUES_MAX 8

typedef struct Values {
    char texts[VALUES_MAX][96];
    size_t count;
} Values;

static void add_value(Values *values, const char *text)
{
    assert_true(values->count < VALUES_MAX);
    str_copy(values->texts[values->count++], sizeof(values->texts[0]), text);
}

static void add_number(Values *values, const SchemaKey *key, uint64_t number)
{
    char text[DURATION_TEXT_SIZE];

    if (key->type == SCHEMA_DURATION)
        duration_format(number, text);
    else
        snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    add_value(values, text);
}

static bool add_samples(Values *values, const char *path)
{
    for (size_t i = 0; i < ELEMENTS(samples); i++) {
        for (size_t j = 0; str_equal(samples[i].path, path) && j < ELEMENTS(samples[i].values) &&
                           samples[i].values[j];
             j++)
            add_value(values, samples[i].values[j]);
    }
    return values->count > 0;
}

static void find_values(const SchemaKey *key, const char *path, Values *values)
{
    if (add_samples(values, path))
        return;
    switch (key->type) {
    case SCHEMA_UINT:
    case SCHEMA_DURATION:
        add_number(values, key, key->min);
        if (key->max > key->min)
            add_number(values, key, key->max);
        if (key->type == SCHEMA_UINT && key->max > key->min)
            add_number(values, key, key->min + 1);
        if (key->may_be_off)
            add_value(values, "off");
        break;
    case SCHEMA_CHOICE:
        for (const SchemaChoice *choice = key->choices; choice->word; choice++)
            add_value(values, choice->word);
        break;
    case SCHEMA_BOOL:
        add_value(values, "false");
        add_value(values, "true");
        break;
    case SCHEMA_PATH:
        add_value(values, "/one");
        add_value(values, "/two");
        break;
    case SCHEMA_TEXT:
    case SCHEMA_ID:
        add_value(values, "one");
        add_value(values, "two");
        break;
    case SCHEMA_TIME:
    case SCHEMA_SECTION:
    case SCHEMA_MAP:
    case SCHEMA_NAMES:
    case SCHEMA_LIST:
    case SCHEMA_ANY:
    default:
        break;
    }
}

/* The base with the key's value in it. */
static void print_map(const char *const *base, const char *key, const char *value, Buf *map)
{
    bool is_there = false;

    for (; *base; base += 2) {
        bool is_it = str_equal(base[0], key);

        is_there |= is_it;
        buf_printf(map, "%s%s: %s", map->size > 0 ? ", " : "", base[0], is_it ? value : base[1]);
    }
    if (!is_there)
        buf_printf(map, "%s%s: %s", map->size > 0 ? ", " : "", key, value);
}

static void put_framed(const char *path, const char *format, const char *map)
{
    _cleanup_(buf_done) Buf text = {0};
    const char *place = strstr(format, "%s");

    buf_append(&text, format, place ? (size_t)(place - format) : strlen(format));
    if (place)
        buf_printf(&text, "%s%s", map, place + 2);
    put_file(path, buf_text(&text));
}

/* NULL where the value is not allowed beside the base. */
static Config *load_with(const Frame *frame, const char *const *base, const char *key,
                         const char *value)
{
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(buf_done) Buf map = {0};
    Config *config = NULL;

    print_map(base, key, value, &map);
    put_framed("rosterd.yaml", frame->settings, buf_text(&map));
    put_framed("rosters.d/a.yaml", frame->roster ? frame->roster : ROSTER, buf_text(&map));
    config_load("rosterd.yaml", &problems, &config);
    return config;
}

static void on_change(const Difference *change, void *userdata)
{
    bool *channel_changed = userdata;

    *channel_changed |= change->kind != DIFFERENCE_NONE && change->subject == DIFFERENCE_OF_CHANNEL;
}

/* All that load, in pairs. Returns how many pairs there were. */
static size_t compare_pairs(Config *const *configs, const Values *values, const char *path)
{
    size_t pairs = 0;

    for (size_t i = 0; i < values->count; i++) {
        for (size_t j = 0; j < i; j++) {
            bool channel_changed = false;

            if (!configs[i] || !configs[j])
                continue;
            pairs++;
            if (compare_configs(configs[i], configs[j], on_change, &channel_changed) < 1)
                fail_msg("%s: %s and %s compare as the same", path, values->texts[i],
                         values->texts[j]);
            if (channel_changed)
                assert_string_not_equal(configs[i]->set.digest, configs[j]->set.digest);
        }
    }
    return pairs;
}

static size_t compare_values(const Frame *frame, const SchemaKey *key, const char *path,
                             const Values *values)
{
    size_t pairs = 0;

    for (const char *const *const *base = frame->bases; *base; base++) {
        Config *configs[VALUES_MAX] = {0};

        for (size_t i = 0; i < values->count; i++)
            configs[i] = load_with(frame, *base, key->name, values->texts[i]);
        pairs += compare_pairs(configs, values, path);
        for (size_t i = 0; i < values->count; i++)
            config_free(configs[i]);
    }
    return pairs;
}

/* What has one value only, or is refused there. */
static bool cannot_change(const SchemaKey *key, const Schema *schema, const char *path)
{
    if (schema == &settings_guards_schema && str_has_prefix(path, "roster."))
        return guards_row((GuardName)(guards_find(key->name) - guards_row(0)))->scope ==
               GUARD_OF_PASS;
    return key->type == SCHEMA_UINT && key->min == key->max;
}

static const Frame *find_frame(const char *path)
{
    for (size_t i = 0; i < ELEMENTS(frames); i++) {
        if (str_equal(frames[i].path, path))
            return &frames[i];
    }
    fail_msg("%s: the test does not know where its keys stand", path);
    return NULL;
}

static void walk(const Schema *schema, const char *at)
{
    const Frame *frame = find_frame(at);

    for (size_t i = 0; i < schema->count; i++) {
        const SchemaKey *key = &schema->keys[i];
        Values values = {0};
        char path[128];
        size_t pairs;

        snprintf(path, sizeof(path), "%s%s%s", at, at[0] ? "." : "", key->name);
        find_values(key, path, &values);
        pairs = compare_values(frame, key, path, &values);
        if (key->section)
            walk(key->section, path);
        if (pairs == 0 && !cannot_change(key, schema, path) && !(key->section && !values.count))
            fail_msg("%s: the test has no two values of it that load", path);
    }
}

static void test_each_key_of_the_settings(void **state)
{
    (void)state;
    assert_int_equal(mkdir("other.d", 0700), 0);
    put_file("other.d/a.yaml", "version: 1\nchannels: [{name: orders, members: [a]}]\n");
    walk(&settings_schema, "");
}

static void test_each_key_of_a_roster(void **state)
{
    (void)state;
    walk(&roster_schema, "roster");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(test_each_key_of_the_settings),
        IN_DIRECTORY(test_each_key_of_a_roster),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
