/* SPDX-License-Identifier: MIT */
/* `fleet:` in the settings: what it means, and what is refused. */
#include "tests/unit/test_config.h"

#define FLEET(value) HEAD "fleet: " value "\n"
#define ETCD "etcd: {endpoints: ['https://10.0.0.1:2379']}"
#define LOOPBACK "etcd: {endpoints: ['http://127.0.0.1:2379', 'http://[::1]:2379']}"

static Config *load_fleet(const char *value)
{
    char settings[2048];

    snprintf(settings, sizeof(settings), FLEET("%s"), value);
    put_file("rosterd.yaml", settings);
    put_file("rosters.d/a.yaml", ROSTER);
    return load_good();
}

static void without_it_there_is_none(void **state)
{
    Config *config;

    (void)state;
    put_file("rosterd.yaml", HEAD);
    put_file("rosters.d/a.yaml", ROSTER);
    config = load_good();
    assert_null(config->fleet);
    config_free(config);
}

static void what_is_left_out_has_its_default(void **state)
{
    Config *config = load_fleet("{" ETCD "}");
    const FleetSettings *fleet = config->fleet;

    (void)state;
    assert_int_equal(fleet->endpoint_count, 1);
    assert_string_equal(fleet->endpoints[0], "https://10.0.0.1:2379");
    assert_false(fleet->is_loopback);
    assert_null(fleet->ca_file);
    assert_null(fleet->cert_file);
    assert_null(fleet->key_file);
    assert_null(fleet->user);
    assert_null(fleet->password_file);
    assert_string_equal(fleet->prefix, "/rosterd/");
    assert_null(fleet->host);
    assert_int_equal(fleet->lease_usec, 90 * USEC_PER_SEC);
    assert_int_equal(fleet->handover_usec, 60 * USEC_PER_SEC);
    assert_int_equal(fleet->max_instances, 0);
    assert_int_equal(config->warnings.count, 0);
    config_free(config);
}

static void all_of_it(void **state)
{
    Config *config = load_fleet(
        "{etcd: {endpoints: [HTTPS://Etcd-1.Example.com.:2379/, 'https://[2001:DB8::0:1]:2379'],\n"
        "  ca_file: ca.pem, cert_file: c, key_file: k, user: rosterd, password_file: p},\n"
        "  prefix: a/b, host: admin-a.example.com, lease: 10m, handover: 10m, max_instances: 1}");
    const FleetSettings *fleet = config->fleet;

    (void)state;
    assert_int_equal(fleet->endpoint_count, 2);
    assert_string_equal(fleet->endpoints[0], "https://etcd-1.example.com:2379");
    assert_string_equal(fleet->endpoints[1], "https://[2001:db8::1]:2379");
    assert_string_equal(fleet->ca_file, "ca.pem");
    assert_string_equal(fleet->cert_file, "c");
    assert_string_equal(fleet->key_file, "k");
    assert_string_equal(fleet->user, "rosterd");
    assert_string_equal(fleet->password_file, "p");
    assert_string_equal(fleet->prefix, "/a/b/");
    assert_string_equal(fleet->host, "admin-a.example.com");
    assert_int_equal(fleet->lease_usec, 10 * USEC_PER_MINUTE);
    assert_int_equal(fleet->handover_usec, 10 * USEC_PER_MINUTE);
    assert_int_equal(fleet->max_instances, 1);
    config_free(config);
}

static void expect_prefix(const char *text, const char *prefix)
{
    char value[512];
    Config *config;

    snprintf(value, sizeof(value), "{" ETCD ", prefix: %s}", text);
    config = load_fleet(value);
    assert_string_equal(config->fleet->prefix, prefix);
    config_free(config);
}

static void a_prefix_begins_and_ends_with_a_slash(void **state)
{
    (void)state;
    expect_prefix("rosterd", "/rosterd/");
    expect_prefix("/rosterd", "/rosterd/");
    expect_prefix("rosterd/", "/rosterd/");
    expect_prefix("//rosterd.x//", "/rosterd.x/");
    expect_prefix("a-2_b", "/a-2_b/");
}

static void short_times_are_for_loopback(void **state)
{
    Config *config = load_fleet("{" LOOPBACK ", lease: 5s, handover: 0s}\nlimits: {timeout: 3s}");

    (void)state;
    assert_true(config->fleet->is_loopback);
    assert_int_equal(config->fleet->lease_usec, 5 * USEC_PER_SEC);
    assert_int_equal(config->fleet->handover_usec, 0);
    assert_int_equal(config->warnings.count, 0);
    config_free(config);
    config = load_fleet("{" ETCD ", lease: 30s, handover: 55s}\nlimits: {timeout: 21s}");
    assert_int_equal(config->warnings.count, 0);
    config_free(config);
}

static void expect_warning(const char *value, const char *expected)
{
    Config *config = load_fleet(value);
    Buf text = {0};

    problems_print(&config->warnings, &text);
    assert_string_equal(buf_text(&text), expected);
    buf_done(&text);
    config_free(config);
}

static void a_lease_is_to_outlast_the_timeout(void **state)
{
    (void)state;
    expect_warning("{" ETCD ", lease: 30s}\nlimits: {timeout: 22s}",
                   "rosterd.yaml:6:62: fleet.lease: of 30s a change may have no more than 21900ms "
                   "left for its answer, less than limits.timeout, 22s; a lease of 31s, or a "
                   "shorter timeout, gives each all of it\n");
    expect_warning("{" ETCD "}\nlimits: {timeout: 66s}",
                   "rosterd.yaml:6:8: fleet: of 90s a change may have no more than 65700ms left "
                   "for its answer, less than limits.timeout, 66s; a lease of 91s, or a shorter "
                   "timeout, gives each all of it\n");
    expect_warning("{" ETCD ", lease: 82s}", /* the timeout's default */
                   "rosterd.yaml:6:62: fleet.lease: of 82s a change may have no more than 59860ms "
                   "left for its answer, less than limits.timeout, 1m; a lease of 83s, or a "
                   "shorter timeout, gives each all of it\n");
    expect_warning("{" ETCD ", lease: 83s}", "");
}

#define ENDPOINTS(list) FLEET("{etcd: {endpoints: " list "}}")
#define ETCD_WITH(keys) FLEET("{etcd: {endpoints: ['https://h'], " keys "}}")

static const InvalidConfig cases[] = {
    {FLEET("{}"), NULL,
     "rosterd.yaml:6:8: fleet.etcd: missing, must be a map with the endpoints of etcd\n"},
    {FLEET(""), NULL, "rosterd.yaml:6:7: fleet: not a map: empty, must be a map of keys\n"},
    {FLEET("{etcd: {}}"), NULL,
     "rosterd.yaml:6:15: fleet.etcd.endpoints: missing, must be a list of endpoints: "
     "[\"https://HOST:2379\"]\n"},
    {ENDPOINTS("[]"), NULL,
     "rosterd.yaml:6:27: fleet.etcd.endpoints: 0 entries, must be 1 to 16\n"},
    {ENDPOINTS("[a1, b]"), NULL,
     "rosterd.yaml:6:28: fleet.etcd.endpoints[0]: not an endpoint, must be https://HOST (\"a1\")\n"
     "rosterd.yaml:6:32: fleet.etcd.endpoints[1]: not an endpoint, must be https://HOST (\"b\")\n"},
    {ENDPOINTS("['http://10.0.0.1:2379']"), NULL,
     "rosterd.yaml:6:28: fleet.etcd.endpoints[0]: credentials in the clear, must begin with "
     "https:// (\"http://10.0.0.1:2379\")\n"},
    {ENDPOINTS("['https://h:2379/v3']"), NULL,
     "rosterd.yaml:6:28: fleet.etcd.endpoints[0]: path or query after the host, must be "
     "https://HOST alone (\"https://h:2379/v3\")\n"},
    {ENDPOINTS("['https://root:hunter2@h:2379']"), NULL,
     "rosterd.yaml:6:28: fleet.etcd.endpoints[0]: user or password in the endpoint, must be "
     "https://HOST without one\n"},
    {ENDPOINTS("['https://h', 'https://H:443/', 'https://i']"), NULL,
     "rosterd.yaml:6:41: fleet.etcd.endpoints[1]: listed twice: https://h, must stand once\n"},
    {ENDPOINTS("[a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a]"), NULL,
     "rosterd.yaml:6:27: fleet.etcd.endpoints: 17 entries, must be 1 to 16\n"},
    {ETCD_WITH("cert_file: c"), NULL,
     "rosterd.yaml:6:15: fleet.etcd.key_file: missing, must be the private key of cert_file\n"},
    {ETCD_WITH("key_file: k"), NULL,
     "rosterd.yaml:6:15: fleet.etcd.cert_file: missing, must be the certificate of key_file\n"},
    {ETCD_WITH("user: u"), NULL,
     "rosterd.yaml:6:15: fleet.etcd.password_file: missing, must be a file with the password of "
     "user\n"},
    {ETCD_WITH("password_file: p"), NULL,
     "rosterd.yaml:6:15: fleet.etcd.user: missing, must be the user of password_file\n"},
    {ETCD_WITH("username: u"), NULL,
     "rosterd.yaml:6:42: fleet.etcd.username: unknown key, must be user, with password_file\n"},
    {FLEET("{" ETCD ", prefix: /}"), NULL,
     "rosterd.yaml:6:63: fleet.prefix: not a prefix: \"/\", must be letters, digits, dots, hyphens "
     "and slashes, such as /rosterd/\n"},
    {FLEET("{" ETCD ", prefix: /~a}"), NULL,
     "rosterd.yaml:6:63: fleet.prefix: not a prefix: \"/~a\", must be letters, digits, dots, "
     "hyphens and slashes, such as /rosterd/\n"},
    {FLEET("{" ETCD ", host: a/b}"), NULL,
     "rosterd.yaml:6:61: fleet.host: not a name of a host: \"a/b\", must be letters, digits, dots "
     "and hyphens: the name of this host in the fleet\n"},
    {FLEET("{" ETCD ", lease: 29s, handover: 54s}"), NULL,
     "rosterd.yaml:6:62: fleet.lease: out of range: 29s, must be 30s to 10m (from 5s where every "
     "endpoint is loopback)\n"
     "rosterd.yaml:6:77: fleet.handover: out of range: 54s, must be 55s to 10m (from 0s where "
     "every "
     "endpoint is loopback)\n"},
    {FLEET("{etcd: {endpoints: ['http://127.0.0.1:1', 'https://h']}, lease: 29s}"), NULL,
     "rosterd.yaml:6:72: fleet.lease: out of range: 29s, must be 30s to 10m (from 5s where every "
     "endpoint is loopback)\n"},
    {FLEET("{" LOOPBACK ", lease: 4s}"), NULL,
     "rosterd.yaml:6:83: fleet.lease: out of range: 4s, must be 5s to 10m (units: ms, s, m, h, d, "
     "w)\n"},
    {FLEET("{" ETCD ", lease: 11m}"), NULL,
     "rosterd.yaml:6:62: fleet.lease: out of range: 11m, must be 5s to 10m (units: ms, s, m, h, d, "
     "w)\n"},
    {FLEET("{" ETCD ", handover: 11m}"), NULL,
     "rosterd.yaml:6:65: fleet.handover: out of range: 11m, must be 0ms to 10m (units: ms, s, m, "
     "h, "
     "d, w)\n"},
    {FLEET("{" ETCD ", max_instances: 0}"), NULL,
     "rosterd.yaml:6:70: fleet.max_instances: out of range: 0, must be 1 to 100000\n"},
    /* What is not known is not judged. */
    {FLEET("{etcd: {endpoints: [a]}, lease: 5s}"), NULL,
     "rosterd.yaml:6:28: fleet.etcd.endpoints[0]: not an endpoint, must be https://HOST "
     "(\"a\")\n"},
};

static void mistakes(void **state)
{
    (void)state;
    expect_invalid(cases, sizeof(cases) / sizeof(cases[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(without_it_there_is_none),
        IN_DIRECTORY(what_is_left_out_has_its_default),
        IN_DIRECTORY(all_of_it),
        IN_DIRECTORY(a_prefix_begins_and_ends_with_a_slash),
        IN_DIRECTORY(short_times_are_for_loopback),
        IN_DIRECTORY(a_lease_is_to_outlast_the_timeout),
        IN_DIRECTORY(mistakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
