/* SPDX-License-Identifier: MIT */
/* What a Config says of files that are right: defaults, values, modes, guards, members. */
#include "tests/unit/test_config.h"

#include <errno.h>

#include "daemon/base/clock.h"

static void defaults_are_those_of_the_contract(void **state)
{
    Config *config;

    (void)state;
    config = load_settings(HEAD);
    assert_int_equal(config->mode, MODE_PRUNE);
    assert_int_equal(config->interval_usec, 60 * USEC_PER_SEC);
    assert_int_equal(config->retry.attempts, 4);
    assert_int_equal(config->retry.base_usec, USEC_PER_SEC);
    assert_int_equal(config->retry.cap_usec, 30 * USEC_PER_SEC);
    assert_int_equal(config->retry.throttle_base_usec, 5 * USEC_PER_SEC);
    assert_int_equal(config->limits.concurrency, 8);
    assert_int_equal(config->limits.requests_per_second, 20);
    assert_int_equal(config->limits.connect_timeout_usec, 15 * USEC_PER_SEC);
    assert_int_equal(config->limits.timeout_usec, 60 * USEC_PER_SEC);
    assert_int_equal(config->limits.pass_deadline_usec, 10 * USEC_PER_MINUTE);
    assert_int_equal(config->limits.total_concurrency, 200);
    assert_int_equal(config->guards.max_deletes, 10);
    assert_int_equal(config->guards.max_delete_percent, 50);
    assert_int_equal(config->guards.min_remaining, 1);
    assert_int_equal(config->guards.confirm_passes, 1);
    assert_int_equal(config->history_keep_usec, 90 * USEC_PER_DAY);
    assert_null(config->state_dir);
    assert_null(config->control_socket);
    assert_string_equal(config->path, "rosterd.yaml");
    assert_string_equal(config->directory, ".");
    assert_null(config->instances[0].ca_file);
    assert_int_equal(config->instances[0].api, API_APIC);
    config_free(config);
}

static void every_setting_is_taken(void **state)
{
    Config *config;

    (void)state;
    config = load_settings(
        "version: 1\nmode: observe\ninterval: 1500ms\n"
        "instances: {prod: {endpoint: 'https://Roma:443/', api: apigw, project_id: p,\n"
        "  instance_id: i, ca_file: ca.pem, auth: {method: password, iam_endpoint: "
        "https://iam, domain: d, user: u, password_file: f, project_name: n}}}\n"
        "retry: {attempts: 20, base: 1ms, cap: 1h, throttle_base: 2m}\n"
        "limits: {concurrency: 64, requests_per_second: 0, connect_timeout: 100ms,\n"
        "  timeout: 10m, pass_deadline: 24h, total_concurrency: 1000}\n"
        "guards: {max_deletes: 0, max_delete_percent: 100, min_remaining: 0,\n"
        "  confirm_passes: 1000}\n"
        "state_dir: /s\ncontrol_socket: /c\nhistory_keep: 48h\n");
    assert_int_equal(config->mode, MODE_OBSERVE);
    assert_int_equal(config->interval_usec, 1500 * USEC_PER_MSEC);
    assert_string_equal(config->instances[0].name, "prod");
    assert_string_equal(config->instances[0].endpoint, "https://roma");
    assert_int_equal(config->instances[0].api, API_APIGW);
    assert_string_equal(config->instances[0].project_id, "p");
    assert_string_equal(config->instances[0].instance_id, "i");
    assert_string_equal(config->instances[0].ca_file, "ca.pem");
    assert_int_equal(config->instances[0].auth.method, AUTH_PASSWORD);
    assert_string_equal(config->instances[0].auth.iam_endpoint, "https://iam");
    assert_string_equal(config->instances[0].auth.domain, "d");
    assert_string_equal(config->instances[0].auth.user, "u");
    assert_string_equal(config->instances[0].auth.password_file, "f");
    assert_string_equal(config->instances[0].auth.project_name, "n");
    assert_null(config->instances[0].auth.token_file);
    assert_int_equal(config->retry.attempts, 20);
    assert_int_equal(config->retry.base_usec, USEC_PER_MSEC);
    assert_int_equal(config->retry.cap_usec, USEC_PER_HOUR);
    assert_int_equal(config->retry.throttle_base_usec, 2 * USEC_PER_MINUTE);
    assert_int_equal(config->limits.concurrency, 64);
    assert_int_equal(config->limits.requests_per_second, 0);
    assert_int_equal(config->limits.pass_deadline_usec, USEC_PER_DAY);
    assert_int_equal(config->limits.total_concurrency, 1000);
    assert_int_equal(config->guards.max_deletes, 0);
    assert_int_equal(config->guards.confirm_passes, 1000);
    assert_string_equal(config->state_dir, "/s");
    assert_string_equal(config->control_socket, "/c");
    assert_int_equal(config->history_keep_usec, 2 * USEC_PER_DAY);
    config_free(config);
}

static void a_part_of_a_map_keeps_the_other_defaults(void **state)
{
    Config *config;

    (void)state;
    config = load_settings(HEAD "guards: {max_deletes: 3}\nretry: {}\nlimits: {timeout: 5s}\n");
    assert_int_equal(config->guards.max_deletes, 3);
    assert_int_equal(config->guards.max_delete_percent, 50);
    assert_int_equal(config->retry.attempts, 4);
    assert_int_equal(config->limits.timeout_usec, 5 * USEC_PER_SEC);
    assert_int_equal(config->limits.concurrency, 8);
    config_free(config);
}

static void every_method_is_taken(void **state)
{
    static const struct {
        const char *text;
        AuthMethod method;
    } methods[] = {
        {"{method: token, token_file: t}", AUTH_TOKEN},
        {"{method: password, iam_endpoint: 'https://iam', domain: d, user: u, password_file: p}",
         AUTH_PASSWORD},
        {"{method: aksk, access_key_file: a, secret_key_file: s}", AUTH_AKSK},
        {"{method: aksk, access_key_file: a, secret_key_file: s, security_token_file: t}",
         AUTH_AKSK},
        {"{method: agency}", AUTH_AGENCY},
        {"{method: agency, metadata_endpoint: 'http://169.254.169.254/'}", AUTH_AGENCY},
        {"{method: environment}", AUTH_ENVIRONMENT},
    };

    (void)state;
    put_file("rosters.d/a.yaml", ROSTER);
    for (size_t i = 0; i < ELEMENTS(methods); i++) {
        char text[512];
        Config *config;

        snprintf(text, sizeof(text),
                 "version: 1\nmode: prune\ninstances: {prod: {endpoint: 'https://h',\n"
                 "  project_id: p, instance_id: i, auth: %s}}\n",
                 methods[i].text);
        put_file("rosterd.yaml", text);
        config = load_good();
        assert_int_equal(config->instances[0].auth.method, methods[i].method);
        config_free(config);
    }
}

static void expect_member(const RosterMember *member, const char *group, const char *address,
                          unsigned port, bool is_ecs)
{
    assert_string_equal(config_member_group(member), group);
    assert_string_equal(member->address, address);
    assert_int_equal(member->port, port);
    assert_int_equal(member->is_ecs, is_ecs);
}

static void members_in_every_form(void **state)
{
    const RosterMember *members;
    Config *config;

    (void)state;
    put_file("rosterd.yaml", HEAD);
    put_file("rosters.d/a.yaml", "version: 1\n"
                                 "channels:\n"
                                 "  - name: payments\n"
                                 "    members:\n"
                                 "      - 10.1.0.5:8080\n"
                                 "      - 10.1.0.5\n"
                                 "      - App.Example.com.:443\n"
                                 "      - \"[2001:DB8::0:1]:80\"\n"
                                 "      - '[2001:db8::1]'\n"
                                 "      - '[2001:db8::2]'\n"
                                 "      - '[::ffff:10.1.0.9]'\n"
                                 "      - {host: 10.1.0.6, port: 8080, group: blue}\n"
                                 "      - host: '[2001:db8::3]'\n"
                                 "        group: \"\"\n"
                                 "      - {ecs_id: 9A5b-0c2e, port: 65535, group: 'a b'}\n"
                                 "      - {host: 10.1.0.6, port: 0}\n"
                                 "      - 10.1.0.7:0\n");
    config = load_good();
    assert_int_equal(config->channels[0].member_count, 12);
    members = config->channels[0].members;
    expect_member(&members[0], "", "10.1.0.5", 8080, false);
    expect_member(&members[1], "", "10.1.0.5", 0, false);
    expect_member(&members[2], "", "app.example.com", 443, false);
    expect_member(&members[3], "", "2001:db8::1", 80, false);
    expect_member(&members[4], "", "2001:db8::1", 0, false);
    expect_member(&members[5], "", "2001:db8::2", 0, false);
    expect_member(&members[6], "", "10.1.0.9", 0, false);
    expect_member(&members[7], "blue", "10.1.0.6", 8080, false);
    expect_member(&members[8], "", "2001:db8::3", 0, false);
    expect_member(&members[9], "a b", "9A5b-0c2e", 65535, true);
    expect_member(&members[10], "", "10.1.0.6", 0, false);
    expect_member(&members[11], "", "10.1.0.7", 0, false);
    config_free(config);
}

static void ignore_rules_in_every_form(void **state)
{
    const IgnoreRule *rules;
    Config *config;

    (void)state;
    put_file("rosterd.yaml", HEAD);
    put_file("rosters.d/a.yaml", "version: 1\n"
                                 "channels:\n"
                                 "  - name: payments\n"
                                 "    members: [a]\n"
                                 "    ignore:\n"
                                 "      - {host: 10.9.0.0/16}\n"
                                 "      - {host: '2001:db8::/32', port: 0}\n"
                                 "      - {host: '[2001:DB8::0:1]', group: canary}\n"
                                 "      - {group: '', port: 80}\n"
                                 "      - ecs_id: x\n");
    config = load_good();
    assert_int_equal(config->channels[0].ignore_count, 5);
    rules = config->channels[0].ignore;
    assert_true(rules[0].has_network && !rules[0].host && !rules[0].has_port && !rules[0].group);
    assert_int_equal(rules[0].prefix_bits, 112);
    assert_int_equal(rules[0].network[12], 10);
    assert_true(rules[1].has_network && rules[1].has_port && rules[1].port == 0);
    assert_int_equal(rules[1].prefix_bits, 32);
    assert_false(rules[2].has_network);
    assert_string_equal(rules[2].host, "2001:db8::1");
    assert_string_equal(rules[2].group, "canary");
    assert_string_equal(rules[3].group, "");
    assert_int_equal(rules[3].port, 80);
    assert_true(rules[3].has_port && !rules[3].host);
    assert_string_equal(rules[4].ecs_id, "x");
    config_free(config);
}

static void rosters_are_only_stricter(void **state)
{
    const RosterChannel *channels;
    Config *config;

    (void)state;
    put_file("rosterd.yaml", HEAD "guards: {min_remaining: 5, confirm_passes: 2}\n");
    put_file("rosters.d/a.yaml",
             "version: 1\n"
             "channels:\n"
             "  - {name: one, mode: observe, members: [a]}\n"
             "  - {name: two, mode: prune, members: [a], guards: {max_deletes: 10,\n"
             "     max_delete_percent: 0, min_remaining: 5, confirm_passes: 1000}}\n"
             "  - {id: two, members: [], allow_empty: true}\n"
             "  - {id: three, allow_empty: true}\n"
             "  - {id: four, members: [a], allow_empty: true, guards: {}, ignore: []}\n");
    config = load_good();
    channels = config->channels;
    assert_int_equal(config->channel_count, 5);
    assert_int_equal(channels[0].mode, MODE_OBSERVE);
    assert_int_equal(channels[0].guards.min_remaining, 5);
    assert_int_equal(channels[1].mode, MODE_PRUNE);
    assert_int_equal(channels[1].guards.max_deletes, 10);
    assert_int_equal(channels[1].guards.max_delete_percent, 0);
    assert_int_equal(channels[1].guards.min_remaining, 5);
    assert_int_equal(channels[1].guards.confirm_passes, 1000);
    assert_null(channels[2].name);
    assert_string_equal(channels[2].id, "two");
    assert_true(channels[2].allow_empty);
    assert_int_equal(channels[3].member_count, 0);
    assert_string_equal(channels[1].file, "rosters.d/a.yaml");
    assert_int_equal(channels[1].line, 4);
    config_free(config);
}

/* Observe is for all of them; the bounds of guards are the same in both places. */
static void rosters_follow_the_settings(void **state)
{
    Config *config;

    (void)state;
    put_file("rosterd.yaml", "version: 1\nmode: observe\n" INSTANCES
                             "guards: {max_deletes: 100000, max_delete_percent: 100,\n"
                             "  min_remaining: 0, confirm_passes: 1}\n");
    put_file("rosters.d/a.yaml",
             "version: 1\n"
             "channels:\n"
             "  - {name: one, members: [a]}\n"
             "  - {name: two, mode: observe, members: [a], guards: {max_deletes: 100000,\n"
             "     max_delete_percent: 100, min_remaining: 100000, confirm_passes: 1}}\n");
    config = load_good();
    assert_int_equal(config->channels[0].mode, MODE_OBSERVE);
    assert_int_equal(config->channels[0].guards.max_deletes, 100000);
    assert_int_equal(config->channels[0].guards.confirm_passes, 1);
    assert_int_equal(config->channels[1].mode, MODE_OBSERVE);
    assert_int_equal(config->channels[1].guards.min_remaining, 100000);
    config_free(config);
}

/* A plain scalar is taken as written where text is wanted. */
static void plain_scalars_are_text(void **state)
{
    Config *config;

    (void)state;
    put_file("rosterd.yaml", HEAD);
    put_file("rosters.d/a.yaml", "version: 1\n"
                                 "instance: prod\n"
                                 "channels:\n"
                                 "  - {id: 123, members: [{ecs_id: 1.0, group: no}]}\n"
                                 "  - {name: yes, members: [{host: true, group: 1e3}]}\n"
                                 "  - {name: \"null\", members: ['null']}\n"
                                 "  - {name: 0x1f, members: [a]}\n");
    config = load_good();
    assert_string_equal(config->channels[0].id, "123");
    expect_member(&config->channels[0].members[0], "no", "1.0", 0, true);
    assert_string_equal(config->channels[1].name, "yes");
    expect_member(&config->channels[1].members[0], "1e3", "true", 0, false);
    assert_string_equal(config->channels[2].name, "null");
    expect_member(&config->channels[2].members[0], "", "null", 0, false);
    assert_string_equal(config->channels[3].name, "0x1f");
    config_free(config);
}

static void channels_may_stand_in_the_settings(void **state)
{
    Config *config;

    (void)state;
    put_file("rosterd.yaml", HEAD "channels: [{name: payments, members: [a]}]\n");
    put_file("rosters.d/a.yaml", "not: read");
    config = load_good();
    assert_int_equal(config->channel_count, 1);
    assert_int_equal(config->file_count, 1);
    assert_string_equal(config->channels[0].file, "rosterd.yaml");
    config_free(config);
    config = load_settings(HEAD "rosters: [rosters.d]\nchannels: [{name: orders, members: [a]}]\n");
    assert_int_equal(config->channel_count, 2);
    config_free(config);
}

/* The same name in two instances, and a name that reads like an id, are different channels. */
static void what_is_not_listed_twice(void **state)
{
    Config *config;

    (void)state;
    put_file("rosterd.yaml", HEAD TEST);
    put_file("rosters.d/a.yaml", "version: 1\ninstance: prod\nchannels:\n"
                                 "  - {name: abc, members: [a, 'a:1', {host: a, group: g},\n"
                                 "     {ecs_id: a}]}\n"
                                 "  - {id: abc, members: [a]}\n");
    put_file("rosters.d/b.yaml", "version: 1\ninstance: test\nchannels:\n"
                                 "  - {name: abc, members: [a]}\n");
    config = load_good();
    assert_int_equal(config->channel_count, 3);
    assert_int_equal(config->channels[0].instance, 0);
    assert_int_equal(config->channels[2].instance, 1);
    config_free(config);
}

/* Lengths count characters, not bytes. */
static void names_have_characters(void **state)
{
    char text[1024] = "version: 1\nchannels: [{members: [{host: a, group: ";
    Config *config;

    (void)state;
    for (size_t i = 0; i < 64; i++)
        strcat(text, "\xe9\x80\x9a");
    strcat(text, "}], name: ");
    for (size_t i = 0; i < 64; i++)
        strcat(text, "\xf0\x9f\x98\x80");
    strcat(text, "}]\n");
    put_file("rosterd.yaml", HEAD);
    put_file("rosters.d/a.yaml", text);
    config = load_good();
    assert_int_equal(strlen(config->channels[0].name), 256);
    assert_int_equal(strlen(config_member_group(&config->channels[0].members[0])), 192);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(defaults_are_those_of_the_contract),
        IN_DIRECTORY(every_setting_is_taken),
        IN_DIRECTORY(a_part_of_a_map_keeps_the_other_defaults),
        IN_DIRECTORY(every_method_is_taken),
        IN_DIRECTORY(members_in_every_form),
        IN_DIRECTORY(ignore_rules_in_every_form),
        IN_DIRECTORY(rosters_are_only_stricter),
        IN_DIRECTORY(rosters_follow_the_settings),
        IN_DIRECTORY(plain_scalars_are_text),
        IN_DIRECTORY(channels_may_stand_in_the_settings),
        IN_DIRECTORY(what_is_not_listed_twice),
        IN_DIRECTORY(names_have_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
