/* SPDX-License-Identifier: MIT */
/* `http:` in the settings: what it means, and what is refused. */
#include "tests/unit/test_config.h"

#define HTTP(value) HEAD "http: " value "\n"

static Config *load_http(const char *value)
{
    char settings[1024];

    snprintf(settings, sizeof(settings), HTTP("%s"), value);
    return load_settings(settings);
}

static void expect_listen(const char *text, const char *listen, const char *address, uint16_t port,
                          bool is_loopback)
{
    char value[256];
    Config *config;

    snprintf(value, sizeof(value), "{listen: '%s', token_file: t, plain: true}", text);
    config = load_http(value);
    assert_string_equal(config->http.listen, listen);
    assert_string_equal(config->http.address, address);
    assert_int_equal(config->http.port, port);
    assert_int_equal(config->http.is_loopback, is_loopback);
    config_free(config);
}

static void where_it_listens(void **state)
{
    (void)state;
    expect_listen("127.0.0.1:9786", "127.0.0.1:9786", "127.0.0.1", 9786, true);
    expect_listen("127.255.0.1:1", "127.255.0.1:1", "127.255.0.1", 1, true);
    expect_listen("[::1]:65535", "[::1]:65535", "::1", 65535, true);
    expect_listen("[0:0::0001]:80", "[::1]:80", "::1", 80, true);
    expect_listen("[::ffff:127.0.0.1]:80", "127.0.0.1:80", "127.0.0.1", 80, true);
    expect_listen("0.0.0.0:9786", "0.0.0.0:9786", "0.0.0.0", 9786, false);
    expect_listen("[::]:9786", "[::]:9786", "::", 9786, false);
    expect_listen("10.0.0.1:9786", "10.0.0.1:9786", "10.0.0.1", 9786, false);
}

static void without_it_there_is_none(void **state)
{
    Config *config = load_settings(HEAD);

    (void)state;
    assert_null(config->http.listen);
    config_free(config);
}

static void all_of_it(void **state)
{
    Config *config = load_http("{listen: '[2001:db8::1]:443', hosts: [ROSTERD.example.com., b], "
                               "token_file: /t, cert_file: c, key_file: k}");

    (void)state;
    assert_int_equal(config->http.host_count, 2);
    assert_string_equal(config->http.hosts[0], "rosterd.example.com");
    assert_string_equal(config->http.hosts[1], "b");
    assert_string_equal(config->http.token_file, "/t");
    assert_string_equal(config->http.cert_file, "c");
    assert_string_equal(config->http.key_file, "k");
    assert_false(config->http.plain);
    config_free(config);
}

#define NOT_A_LISTEN(text)                                                                         \
    {                                                                                              \
        HTTP("{listen: '" text "'}"), NULL,                                                        \
            "rosterd.yaml:6:16: http.listen: not an address with a port: \"" text                  \
            "\", must be ADDRESS:PORT, such as 127.0.0.1:9786 or \"[::1]:9786\"\n"                 \
    }

static const InvalidConfig cases[] = {
    NOT_A_LISTEN("127.0.0.1"),
    NOT_A_LISTEN("127.0.0.1:0"),
    NOT_A_LISTEN("127.0.0.1:65536"),
    NOT_A_LISTEN("127.0.0.1:x"),
    NOT_A_LISTEN("127.0.0.1:"),
    NOT_A_LISTEN(":9786"),
    NOT_A_LISTEN("9786"),
    NOT_A_LISTEN("::1:9786"),
    NOT_A_LISTEN("[::1]"),
    NOT_A_LISTEN("[::1]9786"),
    NOT_A_LISTEN("[]:1"),
    NOT_A_LISTEN("]:1"),
    NOT_A_LISTEN("[127.0.0.1]:9786"),
    NOT_A_LISTEN("localhost:9786"),
    NOT_A_LISTEN("[fe80::1%lo]:9786"),
    {HTTP("{}"), NULL,
     "rosterd.yaml:6:7: http.listen: missing, must be ADDRESS:PORT, such as 127.0.0.1:9786 or "
     "\"[::1]:9786\"\n"},
    {HTTP("{listen: 10.0.0.1:9786}"), NULL,
     "rosterd.yaml:6:7: http.token_file: missing, must be a file with a secret: others reach "
     "10.0.0.1:9786\n"
     "rosterd.yaml:6:7: http.cert_file: missing, must stand beside key_file, or plain: true where "
     "something in front does TLS: others reach 10.0.0.1:9786\n"},
    {HTTP("{listen: '[::]:1', token_file: t}"), NULL,
     "rosterd.yaml:6:7: http.cert_file: missing, must stand beside key_file, or plain: true where "
     "something in front does TLS: others reach [::]:1\n"},
    {HTTP("{listen: 0.0.0.0:1, token_file: t, plain: false}"), NULL,
     "rosterd.yaml:6:7: http.cert_file: missing, must stand beside key_file, or plain: true where "
     "something in front does TLS: others reach 0.0.0.0:1\n"},
    {HTTP("{listen: 0.0.0.0:1, plain: true}"), NULL,
     "rosterd.yaml:6:7: http.token_file: missing, must be a file with a secret: others reach "
     "0.0.0.0:1\n"},
    {HTTP("{listen: 127.0.0.1:1, cert_file: c}"), NULL,
     "rosterd.yaml:6:7: http.key_file: missing, must be the private key of cert_file\n"},
    {HTTP("{listen: 127.0.0.1:1, key_file: c}"), NULL,
     "rosterd.yaml:6:7: http.cert_file: missing, must be the certificate of key_file\n"},
    {HTTP("{listen: 127.0.0.1:1, cert_file: c, key_file: k, plain: true}"), NULL,
     "rosterd.yaml:6:63: http.plain: true beside cert_file, must be one of them: TLS here, or in "
     "front\n"},
    {HTTP("{listen: 127.0.0.1:1, hosts: []}"), NULL,
     "rosterd.yaml:6:36: http.hosts: 0 entries, must be 1 to 64, or be left out\n"},
    {HTTP("{listen: 127.0.0.1:1, hosts: [a, 'b:80', 'https://c', 'd.*']}"), NULL,
     "rosterd.yaml:6:40: http.hosts[1]: not a host: \"b:80\", must be a name that it is asked by, "
     "without a port\n"
     "rosterd.yaml:6:48: http.hosts[2]: not a host: \"https://c\", must be a name that it is asked "
     "by, without a port\n"
     "rosterd.yaml:6:61: http.hosts[3]: not a host: \"d.*\", must be a name that it is asked by, "
     "without a port\n"},
    {HTTP("{listen: 127.0.0.1:1, port: 1}"), NULL,
     "rosterd.yaml:6:29: http.port: unknown key, must be one of: listen, hosts, token_file, "
     "cert_file, key_file, plain\n"},
    {HTTP("true"), NULL, "rosterd.yaml:6:7: http: not a map: text, must be a map of keys\n"},
};

static void what_is_refused(void **state)
{
    (void)state;
    expect_invalid(cases, ELEMENTS(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(where_it_listens),
        IN_DIRECTORY(without_it_there_is_none),
        IN_DIRECTORY(all_of_it),
        IN_DIRECTORY(what_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
