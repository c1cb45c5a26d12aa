/* SPDX-License-Identifier: MIT */
/* What the settings refuse, and all that is said of it: keys, types, bounds, spelling. */
#include "tests/unit/test_config.h"

static const Lockout what_is_missing_cases[] = {
    {"mode: prune\n" INSTANCES, NULL, "rosterd.yaml:1:1: version: is missing, should be 1\n"},
    {"version: 1\n" INSTANCES, NULL,
     "rosterd.yaml:1:1: mode: is missing, should be prune (delete extras) or observe (only report "
     "them)\n"},
    {"version: 1\n"
     "mode: prune\n",
     NULL, "rosterd.yaml:1:1: instances: is missing, should be a map of instances by name\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances: {}\n",
     NULL, "rosterd.yaml:3:12: instances: is empty, should name one instance at least\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances:\n",
     NULL, "rosterd.yaml:3:11: instances: is empty, should be a map of instances by name\n"},
    {PROD_IS("{}"), NULL,
     "rosterd.yaml:4:9: instances.prod.endpoint: is missing, should be https://HOST\n"
     "rosterd.yaml:4:9: instances.prod.project_id: is missing, should be the id of the instance's "
     "project\n"
     "rosterd.yaml:4:9: instances.prod.instance_id: is missing, should be the id of the instance\n"
     "rosterd.yaml:4:9: instances.prod.auth: is missing, should be a map with a method and its "
     "keys\n"},
    {PROD_IS("{endpoint: https://h, project_id: p, instance_id: i}"), NULL,
     "rosterd.yaml:4:9: instances.prod.auth: is missing, should be a map with a method and its "
     "keys\n"},
    {"{}", NULL,
     "rosterd.yaml:1:1: version: is missing, should be 1\n"
     "rosterd.yaml:1:1: instances: is missing, should be a map of instances by name\n"
     "rosterd.yaml:1:1: mode: is missing, should be prune (delete extras) or observe (only report "
     "them)\n"},
};

static void what_is_missing(void **state)
{
    (void)state;
    expect_refusals(what_is_missing_cases, ELEMENTS(what_is_missing_cases));
}

static const Lockout what_has_the_wrong_type_cases[] = {
    {"- version: 1\n", NULL, "rosterd.yaml:1:1: is a list, should be a map of keys\n"},
    {"just text\n", NULL, "rosterd.yaml:1:1: is one text, should be a map of keys\n"},
    {"version: '1'\n"
     "mode: prune\n" INSTANCES,
     NULL, "rosterd.yaml:1:10: version: is \"1\" in quotes, should be 1 without quotes\n"},
    {"version: 2\n"
     "mode: prune\n" INSTANCES,
     NULL, "rosterd.yaml:1:10: version: is \"2\", should be 1\n"},
    {"version: 1.0\n"
     "mode: prune\n" INSTANCES,
     NULL, "rosterd.yaml:1:10: version: is \"1.0\", should be 1\n"},
    {HEAD "interval: [60s]\n", NULL,
     "rosterd.yaml:6:11: interval: is a list, should be a duration from 1s to 1d (units: ms, s, m, "
     "h, d, w)\n"},
    {HEAD "guards: 5\n", NULL, "rosterd.yaml:6:9: guards: is \"5\", should be a map of keys\n"},
    {HEAD "guards:\n", NULL, "rosterd.yaml:6:8: guards: is empty, should be a map of keys\n"},
    {HEAD "retry: [attempts]\n", NULL,
     "rosterd.yaml:6:8: retry: is a list, should be a map of keys\n"},
    {HEAD "rosters: rosters.d\n", NULL,
     "rosterd.yaml:6:10: rosters: is \"rosters.d\", should be a list of files, directories or "
     "patterns\n"},
    {HEAD "rosters: [[rosters.d]]\n", NULL,
     "rosterd.yaml:6:11: rosters[0]: is a list, should be a file, a directory or a pattern\n"},
    {HEAD "rosters: [~]\n", NULL,
     "rosterd.yaml:6:11: rosters[0]: is empty, should be a file, a directory or a pattern\n"},
    {HEAD "channels: {}\n", NULL,
     "rosterd.yaml:6:11: channels: is a map, should be a list of channels\n"},
    {HEAD "state_dir: ~\n", NULL, "rosterd.yaml:6:12: state_dir: is empty, should be text\n"},
    {HEAD "state_dir: {a: b}\n", NULL, "rosterd.yaml:6:12: state_dir: is a map, should be text\n"},
    {HEAD "state_dir: ''\n", NULL, "rosterd.yaml:6:12: state_dir: is empty, should be text\n"},
    {HEAD "state_dir: \"/a\\nb\"\n", NULL,
     "rosterd.yaml:6:12: state_dir: holds a control character, should be one line of text\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances: [prod]\n",
     NULL, "rosterd.yaml:3:12: instances: is a list, should be a map of instances by name\n"},
    {PROD_IS("text"), NULL,
     "rosterd.yaml:4:9: instances.prod: is \"text\", should be a map of keys\n"},
    {PROD_IS("~"), NULL, "rosterd.yaml:4:9: instances.prod: is empty, should be a map of keys\n"},
    {PROD_IS("{endpoint: [], project_id: {}, instance_id: null, auth: token}"), NULL,
     "rosterd.yaml:4:20: instances.prod.endpoint: is a list, should be https://HOST\n"
     "rosterd.yaml:4:36: instances.prod.project_id: is a map, should be the id of the instance's "
     "project\n"
     "rosterd.yaml:4:53: instances.prod.instance_id: is empty, should be the id of the instance\n"
     "rosterd.yaml:4:65: instances.prod.auth: is \"token\", should be a map with a method and its "
     "keys\n"},
    {PROD_IS("{endpoint: https://h, project_id: p, instance_id: i, auth: {method: token, "
             "token_file: null}}"),
     NULL, "rosterd.yaml:4:96: instances.prod.auth.token_file: is empty, should be text\n"},
};

static void what_has_the_wrong_type(void **state)
{
    (void)state;
    expect_refusals(what_has_the_wrong_type_cases, ELEMENTS(what_has_the_wrong_type_cases));
}

static const Lockout what_is_out_of_bounds_cases[] = {
    {HEAD "interval: 999ms\n", NULL,
     "rosterd.yaml:6:11: interval: is \"999ms\", should be a duration from 1s to 1d (units: ms, s, "
     "m, h, d, w)\n"},
    {HEAD "interval: 25h\n", NULL,
     "rosterd.yaml:6:11: interval: is \"25h\", should be a duration from 1s to 1d (units: ms, s, "
     "m, h, d, w)\n"},
    {HEAD "interval: 60\n", NULL,
     "rosterd.yaml:6:11: interval: is \"60\", should be a duration from 1s to 1d (units: ms, s, m, "
     "h, d, w)\n"},
    {HEAD "interval: 1.5s\n", NULL,
     "rosterd.yaml:6:11: interval: is \"1.5s\", should be a duration from 1s to 1d (units: ms, s, "
     "m, h, d, w)\n"},
    {HEAD "interval: \"60s\"\n", NULL,
     "rosterd.yaml:6:11: interval: is \"60s\" in quotes, should be a duration from 1s to 1d "
     "(units: ms, s, m, h, d, w) without quotes\n"},
    {HEAD "interval: 2d\n", NULL,
     "rosterd.yaml:6:11: interval: is \"2d\", should be a duration from 1s to 1d (units: ms, s, m, "
     "h, d, w)\n"},
    {HEAD "interval: -1s\n", NULL,
     "rosterd.yaml:6:11: interval: is \"-1s\", should be a duration from 1s to 1d (units: ms, s, "
     "m, h, d, w)\n"},
    {HEAD "interval: 99999999999999999999h\n", NULL,
     "rosterd.yaml:6:11: interval: is \"99999999999999999999h\", should be a duration from 1s to "
     "1d (units: ms, s, m, h, d, w)\n"},
    {HEAD "interval: 060s\n", NULL,
     "rosterd.yaml:6:11: interval: is \"060s\", should be a duration from 1s to 1d (units: ms, s, "
     "m, h, d, w)\n"},
    {HEAD "retry: {attempts: 0}\n", NULL,
     "rosterd.yaml:6:19: retry.attempts: is \"0\", should be a number from 1 to 20\n"},
    {HEAD "retry: {attempts: 21}\n", NULL,
     "rosterd.yaml:6:19: retry.attempts: is \"21\", should be a number from 1 to 20\n"},
    {HEAD "retry: {attempts: +3}\n", NULL,
     "rosterd.yaml:6:19: retry.attempts: is \"+3\", should be a number from 1 to 20\n"},
    {HEAD "retry: {attempts: 0x3}\n", NULL,
     "rosterd.yaml:6:19: retry.attempts: is \"0x3\", should be a number from 1 to 20\n"},
    {HEAD "retry: {attempts: '3'}\n", NULL,
     "rosterd.yaml:6:19: retry.attempts: is \"3\" in quotes, should be a number from 1 to 20 "
     "without quotes\n"},
    {HEAD "retry: {base: 0ms}\n", NULL,
     "rosterd.yaml:6:15: retry.base: is \"0ms\", should be a duration from 1ms to 1h (units: ms, "
     "s, m, h, d, w)\n"},
    {HEAD "retry: {base: 61m}\n", NULL,
     "rosterd.yaml:6:15: retry.base: is \"61m\", should be a duration from 1ms to 1h (units: ms, "
     "s, m, h, d, w)\n"},
    {HEAD "retry: {cap: 0s}\n", NULL,
     "rosterd.yaml:6:14: retry.cap: is \"0s\", should be a duration from 1ms to 1h (units: ms, s, "
     "m, h, d, w)\n"},
    {HEAD "retry: {throttle_base: 3601s}\n", NULL,
     "rosterd.yaml:6:24: retry.throttle_base: is \"3601s\", should be a duration from 1ms to 1h "
     "(units: ms, s, m, h, d, w)\n"},
    {HEAD "limits: {concurrency: 0}\n", NULL,
     "rosterd.yaml:6:23: limits.concurrency: is \"0\", should be a number from 1 to 64\n"},
    {HEAD "limits: {concurrency: 65}\n", NULL,
     "rosterd.yaml:6:23: limits.concurrency: is \"65\", should be a number from 1 to 64\n"},
    {HEAD "limits: {requests_per_second: 10001}\n", NULL,
     "rosterd.yaml:6:31: limits.requests_per_second: is \"10001\", should be a number from 0 to "
     "10000\n"},
    {HEAD "limits: {connect_timeout: 99ms}\n", NULL,
     "rosterd.yaml:6:27: limits.connect_timeout: is \"99ms\", should be a duration from 100ms to "
     "10m (units: ms, s, m, h, d, w)\n"},
    {HEAD "limits: {connect_timeout: 601s}\n", NULL,
     "rosterd.yaml:6:27: limits.connect_timeout: is \"601s\", should be a duration from 100ms to "
     "10m (units: ms, s, m, h, d, w)\n"},
    {HEAD "limits: {timeout: 99ms}\n", NULL,
     "rosterd.yaml:6:19: limits.timeout: is \"99ms\", should be a duration from 100ms to 10m "
     "(units: ms, s, m, h, d, w)\n"},
    {HEAD "limits: {timeout: 11m}\n", NULL,
     "rosterd.yaml:6:19: limits.timeout: is \"11m\", should be a duration from 100ms to 10m "
     "(units: ms, s, m, h, d, w)\n"},
    {HEAD "limits: {pass_deadline: 999ms}\n", NULL,
     "rosterd.yaml:6:25: limits.pass_deadline: is \"999ms\", should be a duration from 1s to 1d "
     "(units: ms, s, m, h, d, w)\n"},
    {HEAD "limits: {pass_deadline: 1441m}\n", NULL,
     "rosterd.yaml:6:25: limits.pass_deadline: is \"1441m\", should be a duration from 1s to 1d "
     "(units: ms, s, m, h, d, w)\n"},
    {HEAD "guards: {max_deletes: 100001}\n", NULL,
     "rosterd.yaml:6:23: guards.max_deletes: is \"100001\", should be a number from 0 to 100000\n"},
    {HEAD "guards: {max_deletes: -1}\n", NULL,
     "rosterd.yaml:6:23: guards.max_deletes: is \"-1\", should be a number from 0 to 100000\n"},
    {HEAD "guards: {max_delete_percent: 101}\n", NULL,
     "rosterd.yaml:6:30: guards.max_delete_percent: is \"101\", should be a number from 0 to "
     "100\n"},
    {HEAD "guards: {min_remaining: 100001}\n", NULL,
     "rosterd.yaml:6:25: guards.min_remaining: is \"100001\", should be a number from 0 to "
     "100000\n"},
    {HEAD "guards: {confirm_passes: 0}\n", NULL,
     "rosterd.yaml:6:26: guards.confirm_passes: is \"0\", should be a number from 1 to 1000\n"},
    {HEAD "guards: {confirm_passes: 1001}\n", NULL,
     "rosterd.yaml:6:26: guards.confirm_passes: is \"1001\", should be a number from 1 to 1000\n"},
    {HEAD "history_keep: 23h\n", NULL,
     "rosterd.yaml:6:15: history_keep: is \"23h\", should be a duration from 1d to 3650d (units: "
     "ms, s, m, h, d, w)\n"},
    {HEAD "history_keep: 3651d\n", NULL,
     "rosterd.yaml:6:15: history_keep: is \"3651d\", should be a duration from 1d to 3650d (units: "
     "ms, s, m, h, d, w)\n"},
    {HEAD "history_keep: 90\n", NULL,
     "rosterd.yaml:6:15: history_keep: is \"90\", should be a duration from 1d to 3650d (units: "
     "ms, s, m, h, d, w)\n"},
    {HEAD "state_dir: var/lib\n", NULL,
     "rosterd.yaml:6:12: state_dir: is \"var/lib\", should be an absolute path\n"},
    {HEAD "control_socket: run/x\n", NULL,
     "rosterd.yaml:6:17: control_socket: is \"run/x\", should be an absolute path\n"},
    {HEAD "control_socket: "
          "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaa\n",
     NULL, "rosterd.yaml:6:17: control_socket: has 108 bytes, should have 107 at most\n"},
};

static void what_is_out_of_bounds(void **state)
{
    (void)state;
    expect_refusals(what_is_out_of_bounds_cases, ELEMENTS(what_is_out_of_bounds_cases));
}

static const Lockout where_there_are_no_channels_cases[] = {
    {HEAD "rosters: []\n", NULL,
     "rosterd.yaml:1:1: channels: are missing, should be in files that \"rosters\" names, or "
     "here\n"},
    {HEAD "channels: []\n", NULL,
     "rosterd.yaml:1:1: channels: are missing, should be in files that \"rosters\" names, or "
     "here\n"},
    {HEAD "rosters: [empty.d]\n", NULL,
     "rosterd.yaml:6:11: rosters[0]: \"empty.d\" has no channels and there are none elsewhere, "
     "should be rosters that list channels\n"},
    {HEAD "rosters: ['rosters.d/*.nothing', empty.d]\n", NULL,
     "rosterd.yaml:6:11: rosters[0]: \"rosters.d/*.nothing\" has no channels and there are none "
     "elsewhere, should be rosters that list channels\n"
     "rosterd.yaml:6:34: rosters[1]: \"empty.d\" has no channels and there are none elsewhere, "
     "should be rosters that list channels\n"},
};

static void where_there_are_no_channels(void **state)
{
    (void)state;
    expect_refusals(where_there_are_no_channels_cases, ELEMENTS(where_there_are_no_channels_cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_is_missing),
        IN_DIRECTORY(what_has_the_wrong_type),
        IN_DIRECTORY(what_is_out_of_bounds),
        IN_DIRECTORY(where_there_are_no_channels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
