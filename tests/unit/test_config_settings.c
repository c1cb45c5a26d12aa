/* SPDX-License-Identifier: MIT */
/* What the settings refuse, and all that is said of it: keys, types, bounds, spelling. */
#include "tests/unit/test_config.h"

static const InvalidConfig what_is_missing_cases[] = {
    {"mode: prune\n" INSTANCES, NULL, "rosterd.yaml:1:1: version: missing, must be 1\n"},
    {"version: 1\n" INSTANCES, NULL,
     "rosterd.yaml:1:1: mode: missing, must be prune (delete extras), add (add what is missing, "
     "correct what differs), sync (both) or observe (only report them)\n"},
    {"version: 1\n"
     "mode: prune\n",
     NULL, "rosterd.yaml:1:1: instances: missing, must be a map of instances by name\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances: {}\n",
     NULL, "rosterd.yaml:3:12: instances: empty, must name one instance at least\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances:\n",
     NULL, "rosterd.yaml:3:11: instances: empty, must be a map of instances by name\n"},
    {PROD_IS("{}"), NULL,
     "rosterd.yaml:4:9: instances.prod.endpoint: missing, must be https://HOST\n"
     "rosterd.yaml:4:9: instances.prod.project_id: missing, must be the id of the instance's "
     "project\n"
     "rosterd.yaml:4:9: instances.prod.instance_id: missing, must be the id of the instance\n"
     "rosterd.yaml:4:9: instances.prod.auth: missing, must be a map with a method and its keys\n"},
    {PROD_IS("{endpoint: https://h, project_id: p, instance_id: i}"), NULL,
     "rosterd.yaml:4:9: instances.prod.auth: missing, must be a map with a method and its keys\n"},
    {"{}", NULL,
     "rosterd.yaml:1:1: version: missing, must be 1\n"
     "rosterd.yaml:1:1: instances: missing, must be a map of instances by name\n"
     "rosterd.yaml:1:1: mode: missing, must be prune (delete extras), add (add what is missing, "
     "correct what differs), sync (both) or observe (only report them)\n"},
};

static void what_is_missing(void **state)
{
    (void)state;
    expect_invalid(what_is_missing_cases, ELEMENTS(what_is_missing_cases));
}

static const InvalidConfig what_has_the_wrong_type_cases[] = {
    {"- version: 1\n", NULL, "rosterd.yaml:1:1: not a map: a list, must be a map of keys\n"},
    {"just text\n", NULL, "rosterd.yaml:1:1: not a map: text, must be a map of keys\n"},
    {"version: '1'\n"
     "mode: prune\n" INSTANCES,
     NULL, "rosterd.yaml:1:10: version: number in quotes: \"1\", must be 1 without quotes\n"},
    {"version: 2\n"
     "mode: prune\n" INSTANCES,
     NULL, "rosterd.yaml:1:10: version: out of range: 2, must be 1\n"},
    {"version: 1.0\n"
     "mode: prune\n" INSTANCES,
     NULL, "rosterd.yaml:1:10: version: not a whole number: \"1.0\", must be 1\n"},
    {HEAD "interval: [60s]\n", NULL,
     "rosterd.yaml:6:11: interval: not a duration: a list, must be 1s to 1d (units: ms, s, m, h, "
     "d, w)\n"},
    {HEAD "guards: 5\n", NULL,
     "rosterd.yaml:6:9: guards: not a map: text, must be a map of keys\n"},
    {HEAD "guards:\n", NULL, "rosterd.yaml:6:8: guards: not a map: empty, must be a map of keys\n"},
    {HEAD "retry: [attempts]\n", NULL,
     "rosterd.yaml:6:8: retry: not a map: a list, must be a map of keys\n"},
    {HEAD "rosters: rosters.d\n", NULL,
     "rosterd.yaml:6:10: rosters: not a list: text, must be a list of files, directories or "
     "patterns\n"},
    {HEAD "rosters: [[rosters.d]]\n", NULL,
     "rosterd.yaml:6:11: rosters[0]: not text: a list, must be a file, a directory or a pattern\n"},
    {HEAD "rosters: [~]\n", NULL,
     "rosterd.yaml:6:11: rosters[0]: empty, must be a file, a directory or a pattern\n"},
    {HEAD "channels: {}\n", NULL,
     "rosterd.yaml:6:11: channels: not a list: a map, must be a list of channels\n"},
    {HEAD "state_dir: ~\n", NULL, "rosterd.yaml:6:12: state_dir: empty, must be text\n"},
    {HEAD "state_dir: {a: b}\n", NULL,
     "rosterd.yaml:6:12: state_dir: not text: a map, must be text\n"},
    {HEAD "state_dir: ''\n", NULL, "rosterd.yaml:6:12: state_dir: empty, must be text\n"},
    {HEAD "state_dir: \"/a\\nb\"\n", NULL,
     "rosterd.yaml:6:12: state_dir: control character or line break in it, must be one line of "
     "text\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances: [prod]\n",
     NULL, "rosterd.yaml:3:12: instances: not a map: a list, must be a map of instances by name\n"},
    {PROD_IS("text"), NULL,
     "rosterd.yaml:4:9: instances.prod: not a map: text, must be a map of keys\n"},
    {PROD_IS("~"), NULL,
     "rosterd.yaml:4:9: instances.prod: not a map: empty, must be a map of keys\n"},
    {PROD_IS("{endpoint: [], project_id: {}, instance_id: null, auth: token}"), NULL,
     "rosterd.yaml:4:20: instances.prod.endpoint: not text: a list, must be https://HOST\n"
     "rosterd.yaml:4:36: instances.prod.project_id: not text: a map, must be the id of the "
     "instance's project\n"
     "rosterd.yaml:4:53: instances.prod.instance_id: empty, must be the id of the instance\n"
     "rosterd.yaml:4:65: instances.prod.auth: not a map: text, must be a map with a method and its "
     "keys\n"},
    {PROD_IS("{endpoint: https://h, project_id: p, instance_id: i, auth: {method: token, "
             "token_file: null}}"),
     NULL, "rosterd.yaml:4:96: instances.prod.auth.token_file: empty, must be text\n"},
};

static void what_has_the_wrong_type(void **state)
{
    (void)state;
    expect_invalid(what_has_the_wrong_type_cases, ELEMENTS(what_has_the_wrong_type_cases));
}

static const InvalidConfig what_is_out_of_bounds_cases[] = {
    {HEAD "interval: 999ms\n", NULL,
     "rosterd.yaml:6:11: interval: out of range: 999ms, must be 1s to 1d (units: ms, s, m, h, d, "
     "w)\n"},
    {HEAD "interval: 25h\n", NULL,
     "rosterd.yaml:6:11: interval: out of range: 25h, must be 1s to 1d (units: ms, s, m, h, d, "
     "w)\n"},
    {HEAD "interval: 60\n", NULL,
     "rosterd.yaml:6:11: interval: no unit: \"60\", must be 1s to 1d (units: ms, s, m, h, d, w); "
     "write 60s for seconds\n"},
    {HEAD "interval: 1.5s\n", NULL,
     "rosterd.yaml:6:11: interval: not a duration: \"1.5s\", must be 1s to 1d (units: ms, s, m, h, "
     "d, w)\n"},
    {HEAD "interval: \"60s\"\n", NULL,
     "rosterd.yaml:6:11: interval: duration in quotes: \"60s\", must be 1s to 1d (units: ms, s, m, "
     "h, d, w) without quotes\n"},
    {HEAD "interval: 2d\n", NULL,
     "rosterd.yaml:6:11: interval: out of range: 2d, must be 1s to 1d (units: ms, s, m, h, d, "
     "w)\n"},
    {HEAD "interval: -1s\n", NULL,
     "rosterd.yaml:6:11: interval: not a duration: \"-1s\", must be 1s to 1d (units: ms, s, m, h, "
     "d, w)\n"},
    {HEAD "interval: 99999999999999999999h\n", NULL,
     "rosterd.yaml:6:11: interval: out of range: 99999999999999999999h, must be 1s to 1d (units: "
     "ms, s, m, h, d, w)\n"},
    {HEAD "interval: 060s\n", NULL,
     "rosterd.yaml:6:11: interval: not a duration: \"060s\", must be 1s to 1d (units: ms, s, m, h, "
     "d, w)\n"},
    {HEAD "retry: {attempts: 0}\n", NULL,
     "rosterd.yaml:6:19: retry.attempts: out of range: 0, must be 1 to 20\n"},
    {HEAD "retry: {attempts: 21}\n", NULL,
     "rosterd.yaml:6:19: retry.attempts: out of range: 21, must be 1 to 20\n"},
    {HEAD "retry: {attempts: +3}\n", NULL,
     "rosterd.yaml:6:19: retry.attempts: not a whole number: \"+3\", must be 1 to 20\n"},
    {HEAD "retry: {attempts: 0x3}\n", NULL,
     "rosterd.yaml:6:19: retry.attempts: not a whole number: \"0x3\", must be 1 to 20\n"},
    {HEAD "retry: {attempts: '3'}\n", NULL,
     "rosterd.yaml:6:19: retry.attempts: number in quotes: \"3\", must be 1 to 20 without "
     "quotes\n"},
    {HEAD "retry: {base: 0ms}\n", NULL,
     "rosterd.yaml:6:15: retry.base: out of range: 0ms, must be 1ms to 1h (units: ms, s, m, h, d, "
     "w)\n"},
    {HEAD "retry: {base: 61m}\n", NULL,
     "rosterd.yaml:6:15: retry.base: out of range: 61m, must be 1ms to 1h (units: ms, s, m, h, d, "
     "w)\n"},
    {HEAD "retry: {cap: 0s}\n", NULL,
     "rosterd.yaml:6:14: retry.cap: out of range: 0s, must be 1ms to 1h (units: ms, s, m, h, d, "
     "w)\n"},
    {HEAD "retry: {throttle_base: 3601s}\n", NULL,
     "rosterd.yaml:6:24: retry.throttle_base: out of range: 3601s, must be 1ms to 1h (units: ms, "
     "s, m, h, d, w)\n"},
    {HEAD "limits: {concurrency: 0}\n", NULL,
     "rosterd.yaml:6:23: limits.concurrency: out of range: 0, must be 1 to 64\n"},
    {HEAD "limits: {concurrency: 65}\n", NULL,
     "rosterd.yaml:6:23: limits.concurrency: out of range: 65, must be 1 to 64\n"},
    {HEAD "limits: {total_concurrency: 0}\n", NULL,
     "rosterd.yaml:6:29: limits.total_concurrency: out of range: 0, must be 1 to 1000\n"},
    {HEAD "limits: {total_concurrency: 1001}\n", NULL,
     "rosterd.yaml:6:29: limits.total_concurrency: out of range: 1001, must be 1 to 1000\n"},
    {HEAD "limits: {requests_per_second: 10001}\n", NULL,
     "rosterd.yaml:6:31: limits.requests_per_second: out of range: 10001, must be 0 to 10000\n"},
    {HEAD "limits: {connect_timeout: 99ms}\n", NULL,
     "rosterd.yaml:6:27: limits.connect_timeout: out of range: 99ms, must be 100ms to 10m (units: "
     "ms, s, m, h, d, w)\n"},
    {HEAD "limits: {connect_timeout: 601s}\n", NULL,
     "rosterd.yaml:6:27: limits.connect_timeout: out of range: 601s, must be 100ms to 10m (units: "
     "ms, s, m, h, d, w)\n"},
    {HEAD "limits: {timeout: 99ms}\n", NULL,
     "rosterd.yaml:6:19: limits.timeout: out of range: 99ms, must be 100ms to 10m (units: ms, s, "
     "m, h, d, w)\n"},
    {HEAD "limits: {timeout: 11m}\n", NULL,
     "rosterd.yaml:6:19: limits.timeout: out of range: 11m, must be 100ms to 10m (units: ms, s, m, "
     "h, d, w)\n"},
    {HEAD "limits: {pass_deadline: 999ms}\n", NULL,
     "rosterd.yaml:6:25: limits.pass_deadline: out of range: 999ms, must be 1s to 1d (units: ms, "
     "s, m, h, d, w)\n"},
    {HEAD "limits: {pass_deadline: 1441m}\n", NULL,
     "rosterd.yaml:6:25: limits.pass_deadline: out of range: 1441m, must be 1s to 1d (units: ms, "
     "s, m, h, d, w)\n"},
    {HEAD "guards: {max_deletes: 100001}\n", NULL,
     "rosterd.yaml:6:23: guards.max_deletes: out of range: 100001, must be 0 to 100000\n"},
    {HEAD "guards: {max_deletes: -1}\n", NULL,
     "rosterd.yaml:6:23: guards.max_deletes: out of range: -1, must be 0 to 100000\n"},
    {HEAD "guards: {max_delete_percent: 101}\n", NULL,
     "rosterd.yaml:6:30: guards.max_delete_percent: out of range: 101, must be 0 to 100\n"},
    {HEAD "guards: {min_remaining: 100001}\n", NULL,
     "rosterd.yaml:6:25: guards.min_remaining: out of range: 100001, must be 0 to 100000\n"},
    {HEAD "guards: {confirm_passes: 0}\n", NULL,
     "rosterd.yaml:6:26: guards.confirm_passes: out of range: 0, must be 1 to 1000\n"},
    {HEAD "guards: {confirm_passes: 1001}\n", NULL,
     "rosterd.yaml:6:26: guards.confirm_passes: out of range: 1001, must be 1 to 1000\n"},
    {HEAD "history_keep: 23h\n", NULL,
     "rosterd.yaml:6:15: history_keep: out of range: 23h, must be 1d to 3650d (units: ms, s, m, h, "
     "d, w)\n"},
    {HEAD "history_keep: 3651d\n", NULL,
     "rosterd.yaml:6:15: history_keep: out of range: 3651d, must be 1d to 3650d (units: ms, s, m, "
     "h, d, w)\n"},
    {HEAD "history_keep: 90\n", NULL,
     "rosterd.yaml:6:15: history_keep: not a duration: \"90\", must be 1d to 3650d (units: ms, s, "
     "m, h, d, w)\n"},
    {HEAD "state_dir: var/lib\n", NULL,
     "rosterd.yaml:6:12: state_dir: not an absolute path: \"var/lib\", must be one that begins "
     "with /\n"},
    {HEAD "control_socket: run/x\n", NULL,
     "rosterd.yaml:6:17: control_socket: not an absolute path: \"run/x\", must be one that begins "
     "with /\n"},
    {HEAD "control_socket: "
          "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaa\n",
     NULL, "rosterd.yaml:6:17: control_socket: too long: 108 bytes, must be 107 at most\n"},
};

static void what_is_out_of_bounds(void **state)
{
    (void)state;
    expect_invalid(what_is_out_of_bounds_cases, ELEMENTS(what_is_out_of_bounds_cases));
}

static const InvalidConfig where_there_are_no_channels_cases[] = {
    {HEAD "rosters: []\n", NULL,
     "rosterd.yaml:1:1: channels: missing, must be in files that \"rosters\" names, or here\n"},
    {HEAD "channels: []\n", NULL,
     "rosterd.yaml:1:1: channels: missing, must be in files that \"rosters\" names, or here\n"},
    {HEAD "rosters: [empty.d]\n", NULL,
     "rosterd.yaml:6:11: rosters[0]: no channels: \"empty.d\" has none and there are none "
     "elsewhere, must be rosters that list channels\n"},
    {HEAD "rosters: ['rosters.d/*.nothing', empty.d]\n", NULL,
     "rosterd.yaml:6:11: rosters[0]: no channels: \"rosters.d/*.nothing\" has none and there are "
     "none elsewhere, must be rosters that list channels\n"
     "rosterd.yaml:6:34: rosters[1]: no channels: \"empty.d\" has none and there are none "
     "elsewhere, must be rosters that list channels\n"},
};

static void where_there_are_no_channels(void **state)
{
    (void)state;
    expect_invalid(where_there_are_no_channels_cases, ELEMENTS(where_there_are_no_channels_cases));
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
