/* SPDX-License-Identifier: MIT */
/* What is refused of instances and how their requests are authorised, and all that is said of it.
 */
#include "tests/unit/test_config.h"

#define AUTH(auth)                                                                                 \
    "version: 1\nmode: prune\ninstances: {prod: {endpoint: 'https://h', project_id: p,\n"          \
    "  instance_id: i, auth: " auth "}}\n"

#define ENDPOINT(endpoint)                                                                         \
    "version: 1\nmode: prune\ninstances: {prod: {endpoint: '" endpoint "', project_id: p,\n"       \
    "  instance_id: i, auth: {method: environment}}}\n"

static const InvalidConfig what_is_misspelt_cases[] = {
    {HEAD "intervall: 60s\n", NULL,
     "rosterd.yaml:6:1: intervall: unknown key, did you mean \"interval\"?\n"},
    {HEAD "Guards: {max_deletes: 5}\n", NULL,
     "rosterd.yaml:6:1: Guards: unknown key, did you mean \"guards\"?\n"},
    {HEAD "guards: {max-deletes: 5}\n", NULL,
     "rosterd.yaml:6:10: guards.max-deletes: unknown key, did you mean \"max_deletes\"?\n"},
    {HEAD "limits: {conncurrency: 5}\n", NULL,
     "rosterd.yaml:6:10: limits.conncurrency: unknown key, did you mean \"concurrency\"?\n"},
    {HEAD "dry_run: true\n", NULL,
     "rosterd.yaml:6:1: dry_run: unknown key, must be one of: version, instances, mode, interval, "
     "settle, quarantine, state_dir, control_socket, metrics_file, history_keep, rosters, "
     "channels, "
     "retry, limits, guards, windows, freezes, http, notify, fleet\n"},
    {"version: 1\n"
     "mod: prune\n" INSTANCES,
     NULL, "rosterd.yaml:2:1: mod: unknown key, did you mean \"mode\"?\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instance:\n" PROD,
     NULL, "rosterd.yaml:3:1: instance: unknown key, did you mean \"instances\"?\n"},
    {"version: 1\n"
     "mode: Prune\n" INSTANCES,
     NULL,
     "rosterd.yaml:2:7: mode: unknown value: \"Prune\", did you mean prune? Must be prune (delete "
     "extras), add (add what is missing, correct what differs), sync (both) or observe (only "
     "report them)\n"},
    {"version: 1\n"
     "mode: delete\n" INSTANCES,
     NULL,
     "rosterd.yaml:2:7: mode: unknown value: \"delete\", must be prune (delete extras), add (add "
     "what is missing, correct what differs), sync (both) or observe (only report them)\n"},
    {"version: 1\n"
     "mode:\n" INSTANCES,
     NULL,
     "rosterd.yaml:2:6: mode: empty, must be prune (delete extras), add (add what is missing, "
     "correct what differs), sync (both) or observe (only report them)\n"},
    {"version: 1\n"
     "mode: [prune]\n" INSTANCES,
     NULL,
     "rosterd.yaml:2:7: mode: not text: a list, must be prune (delete extras), add (add what is "
     "missing, correct what differs), sync (both) or observe (only report them)\n"},
    {PROD_IS("{endpiont: https://h, project_id: p, instance_id: i, auth: {method: environment}}"),
     NULL, "rosterd.yaml:4:10: instances.prod.endpiont: unknown key, did you mean \"endpoint\"?\n"},
    {PROD_IS("{endpoint: https://h, project_id: p, instance_id: i, api: apicgw, auth: {method: "
             "environment}}"),
     NULL,
     "rosterd.yaml:4:67: instances.prod.api: unknown value: \"apicgw\", did you mean apigw? Must "
     "be apic (ROMA Connect) or apigw (the dedicated API Gateway, APIG, without ROMA Connect)\n"},
    {PROD_IS("{endpoint: https://h, project_id: p, instance_id: i, api: roma, auth: {method: "
             "environment}}"),
     NULL,
     "rosterd.yaml:4:67: instances.prod.api: unknown value: \"roma\", did you mean apic? Must be "
     "apic (ROMA Connect) or apigw (the dedicated API Gateway, APIG, without ROMA Connect)\n"},
    {AUTH("{method: ask, access_key_file: a}"), NULL,
     "rosterd.yaml:4:34: instances.prod.auth.method: unknown value: \"ask\", did you mean aksk? "
     "Must be token, password, aksk, agency or environment\n"},
    {AUTH("{method: basic}"), NULL,
     "rosterd.yaml:4:34: instances.prod.auth.method: unknown value: \"basic\", must be token, "
     "password, aksk, agency or environment\n"},
    {AUTH("{token_file: a}"), NULL,
     "rosterd.yaml:4:25: instances.prod.auth.method: missing, must be token, password, aksk, "
     "agency or environment\n"},
    {AUTH("{method: token, tokenfile: a}"), NULL,
     "rosterd.yaml:4:41: instances.prod.auth.tokenfile: unknown key, did you mean "
     "\"token_file\"?\n"},
};

static void what_is_misspelt(void **state)
{
    (void)state;
    expect_invalid(what_is_misspelt_cases, ELEMENTS(what_is_misspelt_cases));
}

static const InvalidConfig what_a_method_does_not_take_cases[] = {
    {AUTH("{method: token}"), NULL,
     "rosterd.yaml:4:25: instances.prod.auth.token_file: missing, the method token takes "
     "token_file\n"},
    {AUTH("{method: token, token_file: t, domain: d}"), NULL,
     "rosterd.yaml:4:56: instances.prod.auth.domain: not a key of the method token, which takes "
     "token_file\n"},
    {AUTH("{method: password, user: u, project_name: n}"), NULL,
     "rosterd.yaml:4:25: instances.prod.auth.iam_endpoint: missing, the method password takes "
     "iam_endpoint, domain, user, password_file, project_name (optional)\n"
     "rosterd.yaml:4:25: instances.prod.auth.domain: missing, the method password takes "
     "iam_endpoint, domain, user, password_file, project_name (optional)\n"
     "rosterd.yaml:4:25: instances.prod.auth.password_file: missing, the method password takes "
     "iam_endpoint, domain, user, password_file, project_name (optional)\n"},
    {AUTH("{method: aksk, access_key_file: a, token_file: t}"), NULL,
     "rosterd.yaml:4:25: instances.prod.auth.secret_key_file: missing, the method aksk takes "
     "access_key_file, secret_key_file, security_token_file (optional)\n"
     "rosterd.yaml:4:60: instances.prod.auth.token_file: not a key of the method aksk, which takes "
     "access_key_file, secret_key_file, security_token_file (optional)\n"},
    {AUTH("{method: agency, token_file: t}"), NULL,
     "rosterd.yaml:4:42: instances.prod.auth.token_file: not a key of the method agency, which "
     "takes metadata_endpoint (optional)\n"},
    {AUTH("{method: environment, metadata_endpoint: 'https://h'}"), NULL,
     "rosterd.yaml:4:47: instances.prod.auth.metadata_endpoint: not a key of the method "
     "environment, which takes no further key\n"},
    {AUTH("{method: aksk, access_key_file: '', secret_key_file: s}"), NULL,
     "rosterd.yaml:4:57: instances.prod.auth.access_key_file: empty, must be text\n"},
};

static void what_a_method_does_not_take(void **state)
{
    (void)state;
    expect_invalid(what_a_method_does_not_take_cases, ELEMENTS(what_a_method_does_not_take_cases));
}

static const InvalidConfig which_endpoints_are_refused_cases[] = {
    {ENDPOINT("http://roma.example.com"), NULL,
     "rosterd.yaml:3:30: instances.prod.endpoint: credentials in the clear, must begin with "
     "https:// (\"http://roma.example.com\")\n"},
    {ENDPOINT("roma.example.com"), NULL,
     "rosterd.yaml:3:30: instances.prod.endpoint: not an endpoint, must be https://HOST "
     "(\"roma.example.com\")\n"},
    {ENDPOINT("https://roma.example.com/v2"), NULL,
     "rosterd.yaml:3:30: instances.prod.endpoint: path or query after the host, must be "
     "https://HOST alone (\"https://roma.example.com/v2\")\n"},
    {ENDPOINT("https://u:p@roma.example.com"), NULL,
     "rosterd.yaml:3:30: instances.prod.endpoint: user or password in the endpoint, must be "
     "https://HOST without one\n"},
    {ENDPOINT("https://roma.example.com?a"), NULL,
     "rosterd.yaml:3:30: instances.prod.endpoint: path or query after the host, must be "
     "https://HOST alone (\"https://roma.example.com?a\")\n"},
    {ENDPOINT("https://roma.example.com:99999"), NULL,
     "rosterd.yaml:3:30: instances.prod.endpoint: not a port, must end in \":\" and 1 to 65535 "
     "(\"https://roma.example.com:99999\")\n"},
    {ENDPOINT("https://10.0.0.300"), NULL,
     "rosterd.yaml:3:30: instances.prod.endpoint: not a host, must be https://HOST "
     "(\"https://10.0.0.300\")\n"},
    {ENDPOINT("http://169.254.169.254"), NULL,
     "rosterd.yaml:3:30: instances.prod.endpoint: credentials in the clear, must begin with "
     "https:// (\"http://169.254.169.254\")\n"},
    {AUTH("{method: agency, metadata_endpoint: http://10.0.0.1}"), NULL,
     "rosterd.yaml:4:61: instances.prod.auth.metadata_endpoint: credentials in the clear, must "
     "begin with https:// (or be http://169.254.169.254) (\"http://10.0.0.1\")\n"},
    {AUTH("{method: password, iam_endpoint: http://iam, domain: d, user: u, password_file: p}"),
     NULL,
     "rosterd.yaml:4:58: instances.prod.auth.iam_endpoint: credentials in the clear, must begin "
     "with https:// (\"http://iam\")\n"},
};

static void which_endpoints_are_refused(void **state)
{
    (void)state;
    expect_invalid(which_endpoints_are_refused_cases, ELEMENTS(which_endpoints_are_refused_cases));
}

static const InvalidConfig which_ids_and_names_are_refused_cases[] = {
    {PROD_IS(
         "{endpoint: https://h, project_id: a/b, instance_id: 'i j', auth: {method: environment}}"),
     NULL,
     "rosterd.yaml:4:43: instances.prod.project_id: not an id: \"a/b\", must be 1 to 64 of the "
     "characters 0-9 A-Z a-z _ -\n"
     "rosterd.yaml:4:61: instances.prod.instance_id: not an id: \"i j\", must be 1 to 64 of the "
     "characters 0-9 A-Z a-z _ -\n"},
    {PROD_IS("{endpoint: https://h, project_id: "
             "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', instance_id: "
             "'', auth: {method: environment}}"),
     NULL,
     "rosterd.yaml:4:43: instances.prod.project_id: not an id: "
     "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\", must be 1 to 64 of the "
     "characters 0-9 A-Z a-z _ -\n"
     "rosterd.yaml:4:125: instances.prod.instance_id: empty, must be the id of the instance\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances:\n"
     "  a/b: {endpoint: https://roma.example.com, project_id: p1, instance_id: i1,\n"
     "         auth: {method: token, token_file: t}}\n",
     NULL,
     "rosterd.yaml:4:3: instances.a/b: not a name of an instance, must be 1 to 64 characters "
     "without spaces and slashes\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances:\n"
     "  '': {endpoint: https://roma.example.com, project_id: p1, instance_id: i1,\n"
     "         auth: {method: token, token_file: t}}\n",
     NULL,
     "rosterd.yaml:4:3: instances.: not a name of an instance, must be 1 to 64 characters without "
     "spaces and slashes\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances:\n"
     "  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: {endpoint: "
     "https://roma.example.com, project_id: p1, instance_id: i1,\n"
     "         auth: {method: token, token_file: t}}\n",
     NULL,
     "rosterd.yaml:4:3: instances.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...: "
     "not a name of an instance, must be 1 to 64 characters without spaces and slashes\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances:\n"
     "  \"a\\tb\": {endpoint: https://roma.example.com, project_id: p1, instance_id: i1,\n"
     "         auth: {method: token, token_file: t}}\n",
     NULL,
     "rosterd.yaml:4:3: instances.a<U+0009>b: not a name of an instance, must be 1 to 64 "
     "characters without spaces and slashes\n"},
};

static void which_ids_and_names_are_refused(void **state)
{
    (void)state;
    expect_invalid(which_ids_and_names_are_refused_cases,
                   ELEMENTS(which_ids_and_names_are_refused_cases));
}

static const InvalidConfig instances_that_are_one_cases[] = {
    {HEAD "  again: {endpoint: 'HTTPS://ROMA.example.com:443/', project_id: p1, instance_id: i1,\n"
          "          auth: {method: environment}}\n"
          "rosters: []\n"
          "channels: [{name: abc, members: [a]}]\n",
     NULL,
     "rosterd.yaml:6:3: instances.again: duplicate instance: endpoint, project_id and instance_id "
     "are those of \"prod\" (line 4), keep one of them\n"
     "rosterd.yaml:9:1: channels: not allowed in settings that name 2 instances, must be in roster "
     "files, each with its instance\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances:\n"
     "  a: {endpoint: 'http://[::1]:80', project_id: p, instance_id: i, auth: {method: "
     "environment}}\n"
     "  b: {endpoint: 'http://[0:0::1]', project_id: p, instance_id: i, auth: {method: "
     "environment}}\n"
     "rosters: [empty.d]\n",
     NULL,
     "rosterd.yaml:5:3: instances.b: duplicate instance: endpoint, project_id and instance_id are "
     "those of \"a\" (line 4), keep one of them\n"},
};

static void instances_that_are_one(void **state)
{
    (void)state;
    expect_invalid(instances_that_are_one_cases, ELEMENTS(instances_that_are_one_cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_is_misspelt),
        IN_DIRECTORY(what_a_method_does_not_take),
        IN_DIRECTORY(which_endpoints_are_refused),
        IN_DIRECTORY(which_ids_and_names_are_refused),
        IN_DIRECTORY(instances_that_are_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
