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

static const Lockout what_is_misspelt_cases[] = {
    {HEAD "intervall: 60s\n", NULL,
     "rosterd.yaml:6:1: intervall: is an unknown key, should be \"interval\"?\n"},
    {HEAD "Guards: {max_deletes: 5}\n", NULL,
     "rosterd.yaml:6:1: Guards: is an unknown key, should be \"guards\"?\n"},
    {HEAD "guards: {max-deletes: 5}\n", NULL,
     "rosterd.yaml:6:10: guards.max-deletes: is an unknown key, should be \"max_deletes\"?\n"},
    {HEAD "limits: {conncurrency: 5}\n", NULL,
     "rosterd.yaml:6:10: limits.conncurrency: is an unknown key, should be \"concurrency\"?\n"},
    {HEAD "dry_run: true\n", NULL,
     "rosterd.yaml:6:1: dry_run: is an unknown key, should be one of: version, instances, mode, "
     "interval, rosters, channels, retry, limits, guards, state_dir, control_socket, "
     "history_keep\n"},
    {"version: 1\n"
     "mod: prune\n" INSTANCES,
     NULL, "rosterd.yaml:2:1: mod: is an unknown key, should be \"mode\"?\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instance:\n" PROD,
     NULL, "rosterd.yaml:3:1: instance: is an unknown key, should be \"instances\"?\n"},
    {"version: 1\n"
     "mode: Prune\n" INSTANCES,
     NULL,
     "rosterd.yaml:2:7: mode: is \"Prune\", should be prune (delete extras) or observe (only "
     "report them): \"prune\"?\n"},
    {"version: 1\n"
     "mode: delete\n" INSTANCES,
     NULL,
     "rosterd.yaml:2:7: mode: is \"delete\", should be prune (delete extras) or observe (only "
     "report them)\n"},
    {"version: 1\n"
     "mode:\n" INSTANCES,
     NULL,
     "rosterd.yaml:2:6: mode: is empty, should be prune (delete extras) or observe (only report "
     "them)\n"},
    {"version: 1\n"
     "mode: [prune]\n" INSTANCES,
     NULL,
     "rosterd.yaml:2:7: mode: is a list, should be prune (delete extras) or observe (only report "
     "them)\n"},
    {PROD_IS("{endpiont: https://h, project_id: p, instance_id: i, auth: {method: environment}}"),
     NULL,
     "rosterd.yaml:4:10: instances.prod.endpiont: is an unknown key, should be \"endpoint\"?\n"},
    {PROD_IS("{endpoint: https://h, project_id: p, instance_id: i, api: apicgw, auth: {method: "
             "environment}}"),
     NULL,
     "rosterd.yaml:4:67: instances.prod.api: is \"apicgw\", should be apic (ROMA Connect) or apigw "
     "(dedicated API Gateway): \"apigw\"?\n"},
    {PROD_IS("{endpoint: https://h, project_id: p, instance_id: i, api: roma, auth: {method: "
             "environment}}"),
     NULL,
     "rosterd.yaml:4:67: instances.prod.api: is \"roma\", should be apic (ROMA Connect) or apigw "
     "(dedicated API Gateway)\n"},
    {AUTH("{method: ask, access_key_file: a}"), NULL,
     "rosterd.yaml:4:34: instances.prod.auth.method: is \"ask\", should be token, password, aksk, "
     "agency or environment: \"aksk\"?\n"},
    {AUTH("{method: basic}"), NULL,
     "rosterd.yaml:4:34: instances.prod.auth.method: is \"basic\", should be token, password, "
     "aksk, agency or environment\n"},
    {AUTH("{token_file: a}"), NULL,
     "rosterd.yaml:4:25: instances.prod.auth.method: is missing, should be token, password, aksk, "
     "agency or environment\n"},
    {AUTH("{method: token, tokenfile: a}"), NULL,
     "rosterd.yaml:4:41: instances.prod.auth.tokenfile: is an unknown key, should be "
     "\"token_file\"?\n"},
};

static void what_is_misspelt(void **state)
{
    (void)state;
    expect_refusals(what_is_misspelt_cases, ELEMENTS(what_is_misspelt_cases));
}

static const Lockout what_a_method_does_not_take_cases[] = {
    {AUTH("{method: token}"), NULL,
     "rosterd.yaml:4:25: instances.prod.auth.token_file: is missing, the method token takes "
     "token_file\n"},
    {AUTH("{method: token, token_file: t, domain: d}"), NULL,
     "rosterd.yaml:4:56: instances.prod.auth.domain: does not belong to the method token, which "
     "takes token_file\n"},
    {AUTH("{method: password, user: u, project_name: n}"), NULL,
     "rosterd.yaml:4:25: instances.prod.auth.iam_endpoint: is missing, the method password takes "
     "iam_endpoint, domain, user, password_file, project_name (optional)\n"
     "rosterd.yaml:4:25: instances.prod.auth.domain: is missing, the method password takes "
     "iam_endpoint, domain, user, password_file, project_name (optional)\n"
     "rosterd.yaml:4:25: instances.prod.auth.password_file: is missing, the method password takes "
     "iam_endpoint, domain, user, password_file, project_name (optional)\n"},
    {AUTH("{method: aksk, access_key_file: a, token_file: t}"), NULL,
     "rosterd.yaml:4:25: instances.prod.auth.secret_key_file: is missing, the method aksk takes "
     "access_key_file, secret_key_file, security_token_file (optional)\n"
     "rosterd.yaml:4:60: instances.prod.auth.token_file: does not belong to the method aksk, which "
     "takes access_key_file, secret_key_file, security_token_file (optional)\n"},
    {AUTH("{method: agency, token_file: t}"), NULL,
     "rosterd.yaml:4:42: instances.prod.auth.token_file: does not belong to the method agency, "
     "which takes metadata_endpoint (optional)\n"},
    {AUTH("{method: environment, metadata_endpoint: 'https://h'}"), NULL,
     "rosterd.yaml:4:47: instances.prod.auth.metadata_endpoint: does not belong to the method "
     "environment, which takes no further key\n"},
    {AUTH("{method: aksk, access_key_file: '', secret_key_file: s}"), NULL,
     "rosterd.yaml:4:57: instances.prod.auth.access_key_file: is empty, should be text\n"},
};

static void what_a_method_does_not_take(void **state)
{
    (void)state;
    expect_refusals(what_a_method_does_not_take_cases, ELEMENTS(what_a_method_does_not_take_cases));
}

static const Lockout which_endpoints_are_refused_cases[] = {
    {ENDPOINT("http://roma.example.com"), NULL,
     "rosterd.yaml:3:30: instances.prod.endpoint: is \"http://roma.example.com\", which would send "
     "credentials in the clear, should begin with https://\n"},
    {ENDPOINT("roma.example.com"), NULL,
     "rosterd.yaml:3:30: instances.prod.endpoint: is \"roma.example.com\", which is no endpoint, "
     "should be https://HOST\n"},
    {ENDPOINT("https://roma.example.com/v2"), NULL,
     "rosterd.yaml:3:30: instances.prod.endpoint: is \"https://roma.example.com/v2\", which goes "
     "on after the host, should be https://HOST without a path or query\n"},
    {ENDPOINT("https://u:p@roma.example.com"), NULL,
     "rosterd.yaml:3:30: instances.prod.endpoint: names a user, should be https://HOST without "
     "one\n"},
    {ENDPOINT("https://roma.example.com?a"), NULL,
     "rosterd.yaml:3:30: instances.prod.endpoint: is \"https://roma.example.com?a\", which goes on "
     "after the host, should be https://HOST without a path or query\n"},
    {ENDPOINT("https://roma.example.com:99999"), NULL,
     "rosterd.yaml:3:30: instances.prod.endpoint: is \"https://roma.example.com:99999\", which has "
     "no valid port, should end in \":\" and 1 to 65535\n"},
    {ENDPOINT("https://10.0.0.300"), NULL,
     "rosterd.yaml:3:30: instances.prod.endpoint: is \"https://10.0.0.300\", which has no valid "
     "host, should be https://HOST\n"},
    {ENDPOINT("http://169.254.169.254"), NULL,
     "rosterd.yaml:3:30: instances.prod.endpoint: is \"http://169.254.169.254\", which would send "
     "credentials in the clear, should begin with https://\n"},
    {AUTH("{method: agency, metadata_endpoint: http://10.0.0.1}"), NULL,
     "rosterd.yaml:4:61: instances.prod.auth.metadata_endpoint: is \"http://10.0.0.1\", which "
     "would send credentials in the clear, should begin with https:// (or be "
     "http://169.254.169.254)\n"},
    {AUTH("{method: password, iam_endpoint: http://iam, domain: d, user: u, password_file: p}"),
     NULL,
     "rosterd.yaml:4:58: instances.prod.auth.iam_endpoint: is \"http://iam\", which would send "
     "credentials in the clear, should begin with https://\n"},
};

static void which_endpoints_are_refused(void **state)
{
    (void)state;
    expect_refusals(which_endpoints_are_refused_cases, ELEMENTS(which_endpoints_are_refused_cases));
}

static const Lockout which_ids_and_names_are_refused_cases[] = {
    {PROD_IS(
         "{endpoint: https://h, project_id: a/b, instance_id: 'i j', auth: {method: environment}}"),
     NULL,
     "rosterd.yaml:4:43: instances.prod.project_id: is \"a/b\", should be 1 to 64 of the "
     "characters 0-9 A-Z a-z _ -\n"
     "rosterd.yaml:4:61: instances.prod.instance_id: is \"i j\", should be 1 to 64 of the "
     "characters 0-9 A-Z a-z _ -\n"},
    {PROD_IS("{endpoint: https://h, project_id: "
             "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', instance_id: "
             "'', auth: {method: environment}}"),
     NULL,
     "rosterd.yaml:4:43: instances.prod.project_id: is "
     "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\", should be 1 to 64 of "
     "the characters 0-9 A-Z a-z _ -\n"
     "rosterd.yaml:4:125: instances.prod.instance_id: is empty, should be the id of the "
     "instance\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances:\n"
     "  a/b: {endpoint: https://roma.example.com, project_id: p1, instance_id: i1,\n"
     "         auth: {method: token, token_file: t}}\n",
     NULL,
     "rosterd.yaml:4:3: instances.a/b: is no name for an instance, should be 1 to 64 characters "
     "without spaces and slashes\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances:\n"
     "  '': {endpoint: https://roma.example.com, project_id: p1, instance_id: i1,\n"
     "         auth: {method: token, token_file: t}}\n",
     NULL,
     "rosterd.yaml:4:3: instances.: is no name for an instance, should be 1 to 64 characters "
     "without spaces and slashes\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances:\n"
     "  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: {endpoint: "
     "https://roma.example.com, project_id: p1, instance_id: i1,\n"
     "         auth: {method: token, token_file: t}}\n",
     NULL,
     "rosterd.yaml:4:3: instances.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...: "
     "is no name for an instance, should be 1 to 64 characters without spaces and slashes\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances:\n"
     "  \"a\\tb\": {endpoint: https://roma.example.com, project_id: p1, instance_id: i1,\n"
     "         auth: {method: token, token_file: t}}\n",
     NULL,
     "rosterd.yaml:4:3: instances.a<U+0009>b: is no name for an instance, should be 1 to 64 "
     "characters "
     "without spaces and slashes\n"},
};

static void which_ids_and_names_are_refused(void **state)
{
    (void)state;
    expect_refusals(which_ids_and_names_are_refused_cases,
                    ELEMENTS(which_ids_and_names_are_refused_cases));
}

static const Lockout instances_that_are_one_cases[] = {
    {HEAD "  again: {endpoint: 'HTTPS://ROMA.example.com:443/', project_id: p1, instance_id: i1,\n"
          "          auth: {method: environment}}\n"
          "rosters: []\n"
          "channels: [{name: abc, members: [a]}]\n",
     NULL,
     "rosterd.yaml:6:3: instances.again: is the same instance as \"prod\" in line 4 (endpoint, "
     "project_id and instance_id), should be there once\n"
     "rosterd.yaml:9:1: channels: cannot stand in settings that name 2 instances, should be in "
     "roster files, each with its instance\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances:\n"
     "  a: {endpoint: 'http://[::1]:80', project_id: p, instance_id: i, auth: {method: "
     "environment}}\n"
     "  b: {endpoint: 'http://[0:0::1]', project_id: p, instance_id: i, auth: {method: "
     "environment}}\n"
     "rosters: [empty.d]\n",
     NULL,
     "rosterd.yaml:5:3: instances.b: is the same instance as \"a\" in line 4 (endpoint, project_id "
     "and instance_id), should be there once\n"},
};

static void instances_that_are_one(void **state)
{
    (void)state;
    expect_refusals(instances_that_are_one_cases, ELEMENTS(instances_that_are_one_cases));
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
