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
    return load_settings(settings);
}

static void without_it_there_is_none(void **state)
{
    Config *config = load_settings(HEAD);

    (void)state;
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

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define LONGEST_HOST FIFTY FIFTY FIFTY FIFTY FIFTY "abc"
#define LONGEST_PREFIX FIFTY FIFTY FIFTY FIFTY FIFTY "abcd/f"

/* As many endpoints, and as long names, as there may be. */
static void the_most_of_each(void **state)
{
    Config *config = load_fleet(
        "{etcd: {endpoints: ['https://a1', 'https://a2', 'https://a3', 'https://a4',\n"
        "  'https://a5', 'https://a6', 'https://a7', 'https://a8', 'https://a9', 'https://a10',\n"
        "  'https://a11', 'https://a12', 'https://a13', 'https://a14', 'https://a15', "
        "'https://a16']},\n"
        "  host: " LONGEST_HOST ", prefix: " LONGEST_PREFIX ", max_instances: 100000}");
    const FleetSettings *fleet = config->fleet;

    (void)state;
    assert_int_equal(fleet->endpoint_count, 16);
    assert_string_equal(fleet->endpoints[15], "https://a16");
    assert_string_equal(fleet->host, LONGEST_HOST);
    assert_string_equal(fleet->prefix, "/" LONGEST_PREFIX "/");
    assert_int_equal(fleet->max_instances, 100000);
    config_free(config);
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
    expect_warning("{" ETCD ", lease: 100s}\nlimits: {timeout: 73s}", ""); /* just enough */
}

#define REFUSED(value, said)                                                                       \
    {                                                                                              \
        FLEET(value), NULL, "rosterd.yaml:6:" said "\n"                                            \
    }
#define ENDPOINTS(list, said) REFUSED("{etcd: {endpoints: " list "}}", said)
#define ETCD_WITH(keys, said) REFUSED("{etcd: {endpoints: ['https://h'], " keys "}}", said)
#define LACKS(keys, key, must) ETCD_WITH(keys, "15: fleet.etcd." key ": missing, must be " must)
#define FLEET_WITH(keys, said) REFUSED("{" ETCD ", " keys "}", said)

static const InvalidConfig cases[] = {
    REFUSED("{}", "8: fleet.etcd: missing, must be a map with the endpoints of etcd"),
    REFUSED("", "7: fleet: not a map: empty, must be a map of keys"),
    REFUSED(
        "{etcd: {}}",
        "15: fleet.etcd.endpoints: missing, must be a list of endpoints: [\"https://HOST:2379\"]"),
    ENDPOINTS("[]", "27: fleet.etcd.endpoints: 0 entries, must be 1 to 16"),
    ENDPOINTS("[a1, b]", "28: fleet.etcd.endpoints[0]: not an endpoint, must be https://HOST "
                         "(\"a1\")\nrosterd.yaml:6:32: fleet.etcd.endpoints[1]: not an endpoint, "
                         "must be https://HOST (\"b\")"),
    ENDPOINTS("['http://10.0.0.1:2379']", "28: fleet.etcd.endpoints[0]: credentials in the clear, "
                                          "must begin with https:// (\"http://10.0.0.1:2379\")"),
    ENDPOINTS("['https://h:2379/v3']", "28: fleet.etcd.endpoints[0]: path or query after the host, "
                                       "must be https://HOST alone (\"https://h:2379/v3\")"),
    ENDPOINTS("['https://root:hunter2@h:2379']", "28: fleet.etcd.endpoints[0]: user or password in "
                                                 "the endpoint, must be https://HOST without one"),
    ENDPOINTS("['https://h', 'https://H:443/', 'https://i']",
              "41: fleet.etcd.endpoints[1]: listed twice: https://h, must stand once"),
    ENDPOINTS("[a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a]",
              "27: fleet.etcd.endpoints: 17 entries, must be 1 to 16"),
    LACKS("cert_file: c", "key_file", "the private key of cert_file"),
    LACKS("key_file: k", "cert_file", "the certificate of key_file"),
    LACKS("user: u", "password_file", "a file with the password of user"),
    LACKS("password_file: p", "user", "the user of password_file"),
    ETCD_WITH("username: u",
              "42: fleet.etcd.username: unknown key, must be user, with password_file"),
    FLEET_WITH("prefix: /", "63: fleet.prefix: not a prefix: \"/\", must be letters, digits, dots, "
                            "hyphens and slashes, such as /rosterd/"),
    FLEET_WITH("prefix: /~a", "63: fleet.prefix: not a prefix: \"/~a\", must be letters, digits, "
                              "dots, hyphens and slashes, such as /rosterd/"),
    FLEET_WITH("host: a/b", "61: fleet.host: not a name of a host: \"a/b\", must be letters, "
                            "digits, dots and hyphens: the name of this host in the fleet"),
    FLEET_WITH("lease: 29s, handover: 54s",
               "62: fleet.lease: out of range: 29s, must be 30s to 10m (from 5s where every "
               "endpoint is loopback)\nrosterd.yaml:6:77: fleet.handover: out of range: 54s, must "
               "be 55s to 10m (from 0s where every endpoint is loopback)"),
    REFUSED("{etcd: {endpoints: ['https://h', 'http://127.0.0.1:1']}, lease: 29s}",
            "72: fleet.lease: out of range: 29s, must be 30s to 10m (from 5s where every endpoint "
            "is loopback)"),
    REFUSED("{etcd: {endpoints: ['http://127.0.0.1:1', 'https://h']}, lease: 29s}",
            "72: fleet.lease: out of range: 29s, must be 30s to 10m (from 5s where every endpoint "
            "is loopback)"),
    REFUSED("{" LOOPBACK ", lease: 4s}",
            "83: fleet.lease: out of range: 4s, must be 5s to 10m (units: ms, s, m, h, d, w)"),
    FLEET_WITH("lease: 11m",
               "62: fleet.lease: out of range: 11m, must be 5s to 10m (units: ms, s, m, h, d, w)"),
    FLEET_WITH(
        "handover: 11m",
        "65: fleet.handover: out of range: 11m, must be 0ms to 10m (units: ms, s, m, h, d, w)"),
    FLEET_WITH("max_instances: 0", "70: fleet.max_instances: out of range: 0, must be 1 to 100000"),
    /* What is not known is not judged. */
    REFUSED("{etcd: {endpoints: [a]}, lease: 5s}",
            "28: fleet.etcd.endpoints[0]: not an endpoint, must be https://HOST (\"a\")"),
};

static void mistakes(void **state)
{
    (void)state;
    expect_invalid(cases, ELEMENTS(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(without_it_there_is_none),
        IN_DIRECTORY(what_is_left_out_has_its_default),
        IN_DIRECTORY(all_of_it),
        IN_DIRECTORY(the_most_of_each),
        IN_DIRECTORY(a_prefix_begins_and_ends_with_a_slash),
        IN_DIRECTORY(short_times_are_for_loopback),
        IN_DIRECTORY(a_lease_is_to_outlast_the_timeout),
        IN_DIRECTORY(mistakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
