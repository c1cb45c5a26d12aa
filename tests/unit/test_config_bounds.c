/* SPDX-License-Identifier: MIT */
/* The bounds of texts and numbers in settings and rosters: the shortest and the longest, the least
 * and the most are taken, and what is beyond is refused. */
#include "tests/unit/test_config.h"

#include "daemon/base/buf.h"

#define FILE_MOST 4095
#define IDS "{endpoint: https://h, project_id: p, instance_id: i, auth: "
#define TOKEN "{method: token, token_file: t}"
#define PASSWORD(keys) PROD_IS(IDS "{method: password, iam_endpoint: https://i, " keys "}}")
#define AKSK(keys) PROD_IS(IDS "{method: aksk, " keys "}}")
#define HTTP(keys) HEAD "http: {listen: '127.0.0.1:9786', " keys "}\n"
#define FLEET(etcd, keys)                                                                          \
    HEAD "fleet: {etcd: {endpoints: ['http://127.0.0.1:2379']" etcd "}" keys "}\n"
#define FREEZE "freezes: [{from: 2026-01-01T00:00:00Z, to: 2026-01-02T00:00:00Z, reason: '@'}]\n"
#define CHANNEL(keys) "version: 1\nchannels:\n  - {" keys "}\n"
#define MEMBER(keys) CHANNEL("name: abc, members: [{" keys "}]")

/* A text of a settings file (where there is no roster) or of a roster, which stands where @ is. */
typedef struct Length {
    const char *settings, *roster;
    const char *key;
    unsigned least, most;
    const char *unit; /* what it is told in; NULL: it is told by other rules */
    char first;       /* 0: as those that follow, which are `a` */
} Length;

#define TEXT "characters"

static const Length lengths[] = {
    {PROD_IS(IDS TOKEN ", ca_file: '@'}"), NULL, "instances.prod.ca_file", 1, FILE_MOST, TEXT, 0},
    {PROD_IS(IDS TOKEN ", proxy: 'http://p:1', proxy_password_file: '@'}"), NULL,
     "instances.prod.proxy_password_file", 1, FILE_MOST, TEXT, 0},
    {PROD_IS("{endpoint: https://h, project_id: '@', instance_id: i, auth: " TOKEN "}"), NULL,
     "instances.prod.project_id", 1, 64, NULL, 0},
    {PROD_IS("{endpoint: https://h, project_id: p, instance_id: '@', auth: " TOKEN "}"), NULL,
     "instances.prod.instance_id", 1, 64, NULL, 0},
    {PROD_IS(IDS "{method: token, token_file: '@'}}"), NULL, "instances.prod.auth.token_file", 1,
     FILE_MOST, TEXT, 0},
    {PASSWORD("domain: '@', user: u, password_file: f"), NULL, "instances.prod.auth.domain", 1,
     FILE_MOST, TEXT, 0},
    {PASSWORD("domain: d, user: '@', password_file: f"), NULL, "instances.prod.auth.user", 1,
     FILE_MOST, TEXT, 0},
    {PASSWORD("domain: d, user: u, password_file: '@'"), NULL, "instances.prod.auth.password_file",
     1, FILE_MOST, TEXT, 0},
    {PASSWORD("domain: d, user: u, password_file: f, project_name: '@'"), NULL,
     "instances.prod.auth.project_name", 1, FILE_MOST, TEXT, 0},
    {AKSK("access_key_file: '@', secret_key_file: s"), NULL, "instances.prod.auth.access_key_file",
     1, FILE_MOST, TEXT, 0},
    {AKSK("access_key_file: a, secret_key_file: '@'"), NULL, "instances.prod.auth.secret_key_file",
     1, FILE_MOST, TEXT, 0},
    {AKSK("access_key_file: a, secret_key_file: s, security_token_file: '@'"), NULL,
     "instances.prod.auth.security_token_file", 1, FILE_MOST, TEXT, 0},
    {HEAD "state_dir: '@'\n", NULL, "state_dir", 1, FILE_MOST, "bytes", '/'},
    {HEAD "control_socket: '@'\n", NULL, "control_socket", 1, 107, "bytes", '/'},
    {HEAD "metrics_file: '@'\n", NULL, "metrics_file", 2, FILE_MOST, "bytes", '/'},
    {HTTP("token_file: '@'"), NULL, "http.token_file", 1, FILE_MOST, TEXT, 0},
    {HTTP("token_file: t, cert_file: '@', key_file: k"), NULL, "http.cert_file", 1, FILE_MOST, TEXT,
     0},
    {HTTP("token_file: t, cert_file: c, key_file: '@'"), NULL, "http.key_file", 1, FILE_MOST, TEXT,
     0},
    {HTTP("token_file: t, hosts: ['@']"), NULL, "http.hosts[0]", 1, 63, NULL, 0},
    {HEAD "notify: [{format: slack, url_file: '@'}]\n", NULL, "notify[0].url_file", 1, FILE_MOST,
     TEXT, 0},
    {FLEET(", ca_file: '@'", ""), NULL, "fleet.etcd.ca_file", 1, FILE_MOST, TEXT, 0},
    {FLEET(", cert_file: '@', key_file: k", ""), NULL, "fleet.etcd.cert_file", 1, FILE_MOST, TEXT,
     0},
    {FLEET(", cert_file: c, key_file: '@'", ""), NULL, "fleet.etcd.key_file", 1, FILE_MOST, TEXT,
     0},
    {FLEET(", user: '@', password_file: f", ""), NULL, "fleet.etcd.user", 1, FILE_MOST, TEXT, 0},
    {FLEET(", user: u, password_file: '@'", ""), NULL, "fleet.etcd.password_file", 1, FILE_MOST,
     TEXT, 0},
    {FLEET("", ", prefix: '@'"), NULL, "fleet.prefix", 1, 256, TEXT, 0},
    {FLEET("", ", host: '@'"), NULL, "fleet.host", 1, 253, TEXT, 0},
    {HEAD FREEZE, NULL, "freezes[0].reason", 1, 256, TEXT, 0},
    {HEAD, CHANNEL("name: '@', members: [h]"), "channels[0].name", 3, 64, TEXT, 0},
    {HEAD, CHANNEL("id: '@', members: [h]"), "channels[0].id", 1, 64, NULL, 0},
    {HEAD, CHANNEL("id: i, members: [h], paused: '@'"), "channels[0].paused", 1, 256, TEXT, 0},
    {HEAD, CHANNEL("id: i, members: [h], paused: {reason: '@'}"), "channels[0].paused.reason", 1,
     256, TEXT, 0},
    {HEAD, CHANNEL("id: i, members: ['@']"), "channels[0].members[0]", 1, 63, NULL, 0},
    {HEAD, MEMBER("host: '@'"), "channels[0].members[0].host", 1, 63, NULL, 0},
    {HEAD, MEMBER("ecs_id: '@'"), "channels[0].members[0].ecs_id", 1, 255, TEXT, 0},
    {HEAD, MEMBER("ecs_id: e, ecs_name: '@'"), "channels[0].members[0].ecs_name", 1, 64, TEXT, 0},
    {HEAD, MEMBER("host: h, group: '@'"), "channels[0].members[0].group", 0, 64, TEXT, 0},
};

static void put_text(const char *name, const char *template, const char *text)
{
    _cleanup_(buf_done) Buf buf = {0};
    const char *place = strchr(template, '@');

    buf_append(&buf, template, place ? (size_t)(place - template) : strlen(template));
    if (place)
        buf_printf(&buf, "%s%s", text, place + 1);
    put_file(name, buf_text(&buf));
}

static void load_text(const Length *row, const char *text, Buf *told)
{
    Problems problems = {0};
    Config *config = NULL;

    put_text("rosterd.yaml", row->settings, text);
    put_text("rosters.d/a.yaml", row->roster ? row->roster : ROSTER, text);
    if (config_load("rosterd.yaml", &problems, &config) < 0)
        problems_print(&problems, told);
    config_free(config);
    problems_done(&problems);
}

/* "" where all is right. */
static void load(const Length *row, unsigned size, Buf *told)
{
    char text[FILE_MOST + 2];

    memset(text, 'a', size);
    if (row->first && size > 0)
        text[0] = row->first;
    text[size] = '\0';
    load_text(row, text, told);
}

static void expect_taken(const Length *row, unsigned size)
{
    _cleanup_(buf_done) Buf told = {0};

    load(row, size, &told);
    if (told.size > 0)
        fail_msg("%s of %u: %s", row->key, size, buf_text(&told));
}

static void expect_refused(const Length *row, unsigned size, const char *what)
{
    _cleanup_(buf_done) Buf told = {0}, expected = {0};

    buf_printf(&expected, ": %s: ", row->key);
    if (row->unit && strcmp(row->unit, TEXT) == 0)
        buf_printf(&expected, "too %s: %u characters, must be %u to %u\n", what, size, row->least,
                   row->most);
    else if (row->unit)
        buf_printf(&expected, "too %s: %u %s, must be %u at most\n", what, size, row->unit,
                   row->most);
    load(row, size, &told);
    if (told.size == 0 || !strstr(buf_text(&told), buf_text(&expected)))
        fail_msg("%s of %u: %s", row->key, size, buf_text(&told));
}

static void each_text_has_a_least_and_a_greatest_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(lengths); i++) {
        expect_taken(&lengths[i], lengths[i].least);
        expect_taken(&lengths[i], lengths[i].most);
        expect_refused(&lengths[i], lengths[i].most + 1, "long");
        if (lengths[i].least > 1 && !lengths[i].first)
            expect_refused(&lengths[i], lengths[i].least - 1, "short");
    }
}

/* A number, a duration, a time of day or a port, which stands where @ is. */
typedef struct Bounds {
    const char *settings, *roster;
    const char *key;
    const char *good[4], *bad[4];
} Bounds;

#define WINDOW(keys) HEAD "windows: [{" keys "}]\n"

static const Bounds bounds[] = {
    {FLEET("", ", lease: @"), NULL, "fleet.lease", {"5s", "10m"}, {"4999ms", "600001ms"}},
    {FLEET("", ", handover: @"), NULL, "fleet.handover", {"0s", "10m"}, {"600001ms"}},
    {FLEET("", ", max_instances: @"),
     NULL,
     "fleet.max_instances",
     {"1", "100000"},
     {"0", "100001", "off"}},
    {HEAD "notify: [{format: slack, url_file: f, repeat: @}]\n",
     NULL,
     "notify[0].repeat",
     {"0s", "1m", "7d"},
     {"1ms", "59999ms", "604800001ms"}},
    {HTTP("token_file: t, plain: @"), NULL, "http.plain", {"true", "false"}, {"'true'", "yes"}},
    {HEAD "http: {listen: '127.0.0.1:@', token_file: t}\n",
     NULL,
     "http.listen",
     {"1", "65535"},
     {"0", "65536", ""}},
    {WINDOW("from: '@', to: 08:00"),
     NULL,
     "windows[0].from",
     {"00:00", "09:59", "19:30", "23:59"},
     {"24:00", "23:60", "7:00", "0a:00"}},
    {WINDOW("from: '@', to: 08:00"),
     NULL,
     "windows[0].from",
     {"07:10"},
     {"1/:00", "0::00", "10:1/", "10:0:"}},
    {WINDOW("from: 07:00, to: '@'"),
     NULL,
     "windows[0].to",
     {"00:00", "24:00", "23:59", "20:09"},
     {"24:01", "25:00", "12:00:00", "12-00"}},
    {WINDOW("from: 07:00, to: 08:00, days: @"),
     NULL,
     "windows[0].days",
     {"mon", "sun-mon", "sun"},
     {"mo", "mon-", "-mon", "monday"}},
    {WINDOW("from: 07:00, to: 08:00, days: [@]"),
     NULL,
     "windows[0].days",
     {"mon", "fri-tue, sat"},
     {"", "mon, mo"}},
    {HEAD,
     MEMBER("host: h, weight: @"),
     "channels[0].members[0].weight",
     {"0", "10000"},
     {"10001"}},
    {HEAD, MEMBER("host: h, port: @"), "channels[0].members[0].port", {"0", "65535"}, {"65536"}},
    {HEAD, MEMBER("host: h, backup: @"), "channels[0].members[0].backup", {"true", "false"}, {"1"}},
    {HEAD,
     MEMBER("host: h, enabled: @"),
     "channels[0].members[0].enabled",
     {"true", "false"},
     {"on"}},
    {HEAD,
     CHANNEL("id: i, members: ['10.0.0.1:@']"),
     "channels[0].members[0]",
     {"0", "1", "65535"},
     {"65536", "", "080"}},
};

static void each_number_has_its_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(bounds); i++) {
        const Length row = {.settings = bounds[i].settings, .roster = bounds[i].roster};

        for (size_t k = 0; k < 8; k++) {
            const char *text = k < 4 ? bounds[i].good[k] : bounds[i].bad[k - 4];
            _cleanup_(buf_done) Buf told = {0};

            if (!text)
                continue;
            load_text(&row, text, &told);
            if ((told.size == 0) != (k < 4) || (k >= 4 && !strstr(buf_text(&told), bounds[i].key)))
                fail_msg("%s: \"%s\": %s", bounds[i].key, text, buf_text(&told));
        }
    }
}

/* Names of files and of instances that are as short as can be. */
static void names_of_one_character(void **state)
{
    static const Length one = {HEAD "rosters: ['@']\n", NULL, "rosters[0]", 1, 1, TEXT, 0},
                        instance = {"version: 1\nmode: prune\ninstances:\n  '@': " IDS TOKEN "}\n",
                                    NULL,
                                    "instances.a",
                                    1,
                                    64,
                                    NULL,
                                    0},
                        named = {"version: 1\nmode: prune\ninstances:\n  '@': " IDS TOKEN "}\n",
                                 "version: 1\ninstance: '@'\nchannels: [{id: i, members: [h]}]\n",
                                 "instance",
                                 1,
                                 64,
                                 NULL,
                                 0};

    (void)state;
    put_file("a", ROSTER);
    expect_taken(&one, 1);
    expect_taken(&instance, 1);
    expect_taken(&instance, 64);
    expect_taken(&named, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(each_text_has_a_least_and_a_greatest_length),
        IN_DIRECTORY(each_number_has_its_bounds),
        IN_DIRECTORY(names_of_one_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
