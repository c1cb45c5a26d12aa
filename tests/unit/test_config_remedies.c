/* SPDX-License-Identifier: MIT */
/* Mistakes that people make again and again, each with its remedy. */
#include <sys/resource.h>

#include "tests/unit/test_config.h"

#define MEMBER(text) "version: 1\nchannels:\n  - name: payments\n    members: [" text "]\n"
#define AUTH(text) PROD_IS("{endpoint: https://h, project_id: p, instance_id: i, " text "}")

static const InvalidConfig cases[] = {
    {AUTH("api: APIG, auth: {method: environment}"), NULL,
     "rosterd.yaml:4:67: instances.prod.api: unknown value: \"APIG\", did you mean apigw? Must be "
     "apic (ROMA Connect) or apigw (the dedicated API Gateway, APIG, without ROMA Connect)\n"},
    {AUTH("api: ROMA, auth: {method: environment}"), NULL,
     "rosterd.yaml:4:67: instances.prod.api: unknown value: \"ROMA\", did you mean apic? Must be "
     "apic (ROMA Connect) or apigw (the dedicated API Gateway, APIG, without ROMA Connect)\n"},
    {AUTH("auth: {method: aksk, access_key: SECRET, secret_key_file: f}"), NULL,
     "rosterd.yaml:4:68: instances.prod.auth.access_key_file: missing, the method aksk takes "
     "access_key_file, secret_key_file, security_token_file (optional)\n"
     "rosterd.yaml:4:83: instances.prod.auth.access_key: unknown key, secrets do not stand in "
     "YAML: write it to a file of mode 0600, name that in auth (token_file, password_file, "
     "access_key_file, secret_key_file), and replace the secret, which others may have read "
     "here\n"},
    {AUTH("auth: {method: password, password: SECRET}"), NULL,
     "rosterd.yaml:4:68: instances.prod.auth.iam_endpoint: missing, the method password takes "
     "iam_endpoint, domain, user, password_file, project_name (optional)\n"
     "rosterd.yaml:4:68: instances.prod.auth.domain: missing, the method password takes "
     "iam_endpoint, domain, user, password_file, project_name (optional)\n"
     "rosterd.yaml:4:68: instances.prod.auth.user: missing, the method password takes "
     "iam_endpoint, domain, user, password_file, project_name (optional)\n"
     "rosterd.yaml:4:68: instances.prod.auth.password_file: missing, the method password takes "
     "iam_endpoint, domain, user, password_file, project_name (optional)\n"
     "rosterd.yaml:4:87: instances.prod.auth.password: unknown key, secrets do not stand in YAML: "
     "write it to a file of mode 0600, name that in auth (token_file, password_file, "
     "access_key_file, secret_key_file), and replace the secret, which others may have read "
     "here\n"},
    {AUTH("token: SECRET, auth: SECRET"), NULL,
     "rosterd.yaml:4:62: instances.prod.token: unknown key, secrets do not stand in YAML: write it "
     "to a file of mode 0600, name that in auth (token_file, password_file, access_key_file, "
     "secret_key_file), and replace the secret, which others may have read here\n"
     "rosterd.yaml:4:83: instances.prod.auth: not a map: text, must be a map with a method and its "
     "keys\n"},
    {AUTH("auth: {method: token, token_file: \"SECRET\\nSECRET\"}"), NULL,
     "rosterd.yaml:4:96: instances.prod.auth.token_file: control character or line break in it, "
     "must be one line of text\n"},
    {AUTH("auth: {method: password, iam_endpoint: 'u:SECRET@h', domain: d, user: u, "
          "password_file: f}"),
     NULL,
     "rosterd.yaml:4:101: instances.prod.auth.iam_endpoint: user or password in the endpoint, must "
     "be https://HOST without one\n"},
    {NULL, MEMBER("{ip: 10.1.0.5}"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: neither host nor ecs_id, must have one of "
     "them\n"
     "rosters.d/a.yaml:4:16: channels[0].members[0].ip: unknown key, write host\n"},
    {NULL, MEMBER("{host: a, member_group_name: b}"),
     "rosters.d/a.yaml:4:25: channels[0].members[0].member_group_name: unknown key, write group\n"},
    {NULL, MEMBER("a") "    ignore: [10.9.0.0/16]\n",
     "rosters.d/a.yaml:5:14: channels[0].ignore[0]: not a rule: \"10.9.0.0/16\", must be a map, "
     "such as {host: 10.9.0.0/16}\n"},
    {NULL, MEMBER("'{{ host }}'"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: template left unrendered: \"{{ host }}\", "
     "render the file before rosterd reads it\n"},
    {NULL, MEMBER("{host: a, group: '${GROUP}'}"),
     "rosters.d/a.yaml:4:32: channels[0].members[0].group: template left unrendered: \"${GROUP}\", "
     "render the file before rosterd reads it\n"},
    {NULL, MEMBER("{host: a, port: '{{ port }}'}"),
     "rosters.d/a.yaml:4:31: channels[0].members[0].port: template left unrendered: \"{{ port "
     "}}\", render the file before rosterd reads it\n"},
    {NULL, MEMBER("{host: a, '{{ key }}': b}"),
     "rosters.d/a.yaml:4:25: channels[0].members[0].{{ key }}: template left unrendered, render "
     "the file before rosterd reads it\n"},
    {NULL, MEMBER("{host: a, port: 18446744073709551619}"),
     "rosters.d/a.yaml:4:31: channels[0].members[0].port: out of range: 18446744073709551619, must "
     "be 0 to 65535\n"},
    {NULL, MEMBER("{host: a, port: -5}"),
     "rosters.d/a.yaml:4:31: channels[0].members[0].port: out of range: -5, must be 0 to 65535\n"},
    {NULL, MEMBER("{host: a, port: 1e3}"),
     "rosters.d/a.yaml:4:31: channels[0].members[0].port: not a whole number: \"1e3\", must be 0 "
     "to 65535\n"},
    {NULL, MEMBER("{host: a, port: 8_080}"),
     "rosters.d/a.yaml:4:31: channels[0].members[0].port: not a whole number: \"8_080\", must be 0 "
     "to 65535\n"},
    {NULL, MEMBER("{host: a, port: 010}"),
     "rosters.d/a.yaml:4:31: channels[0].members[0].port: leading zero: \"010\", must be 0 to "
     "65535 without one\n"},
    {NULL, MEMBER("{host: a, port: +5}"),
     "rosters.d/a.yaml:4:31: channels[0].members[0].port: not a whole number: \"+5\", must be 0 to "
     "65535\n"},
    {NULL, MEMBER("{host: a, port: .5}"),
     "rosters.d/a.yaml:4:31: channels[0].members[0].port: not a whole number: \".5\", must be 0 to "
     "65535\n"},
    {NULL,
     MEMBER("10.1.0.5\xef\xbc\x9a"
            "8080"),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"10.1.0.5<U+FF1A>8080\", "
     "must be HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("\"10.1.0.5\xc2\xa0\""),
     "rosters.d/a.yaml:4:15: channels[0].members[0]: not an address: \"10.1.0.5<U+00A0>\", must be "
     "HOST:PORT, HOST or \"[IPV6]:PORT\"\n"},
    {NULL, MEMBER("{h\xd0\xbest: a}"),
     "rosters.d/a.yaml:4:16: channels[0].members[0].h<U+043E>st: unknown key, did you mean "
     "\"host\"?\n"},
    {NULL, MEMBER("{host: \"a\xe2\x80\x8b\"}"),
     "rosters.d/a.yaml:4:22: channels[0].members[0].host: not an address: \"a<U+200B>\", must be "
     "an IPv4 address, a host name or \"[IPV6]\", alone (the port has a key of its own)\n"},
    {NULL, MEMBER("{host: \"\xe2\x80\xaeg\"}"),
     "rosters.d/a.yaml:4:22: channels[0].members[0].host: not an address: \"<U+202E>g\", must be "
     "an IPv4 address, a host name or \"[IPV6]\", alone (the port has a key of its own)\n"},
};

static void each_has_a_remedy(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++)
        assert_null(strstr(cases[i].expected, "SECRET"));
    expect_invalid(cases, ELEMENTS(cases));
}

static void descriptors_that_ran_out(void **state)
{
    struct rlimit limit, none;

    (void)state;
    put_file("rosterd.yaml", HEAD);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    expect_problems("rosterd.yaml: cannot be read: Too many open files in this process (raise "
                    "LimitNOFILE= of the unit, or ulimit -n)\n");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {IN_DIRECTORY(each_has_a_remedy),
                                       IN_DIRECTORY(descriptors_that_ran_out)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
