/* SPDX-License-Identifier: MIT */
/* What rosters refuse, and all that is said of it: names, instances, guards, channels listed twice.
 */
#include "tests/unit/test_config.h"

#define CHANNELS "version: 1\nchannels:\n"
#define WITH(key) CHANNELS "  - name: payments\n    members: [a]\n    " key "\n"

static const InvalidConfig what_a_roster_lacks_cases[] = {
    {NULL, "channels: []\n", "rosters.d/a.yaml:1:1: version: missing, must be 1\n"},
    {NULL, "version: 1\n", "rosters.d/a.yaml:1:1: channels: missing, must be a list of channels\n"},
    {NULL,
     "version: 2\n"
     "channels: [{name: abc, members: [a]}]\n",
     "rosters.d/a.yaml:1:10: version: out of range: 2, must be 1\n"},
    {NULL, CHANNELS, "rosters.d/a.yaml:2:10: channels: empty, must be a list of channels\n"},
    {NULL, "[]", "rosters.d/a.yaml:1:1: not a map: a list, must be a map of keys\n"},
    {NULL,
     "version: 1\n"
     "channels: [payments]\n",
     "rosters.d/a.yaml:2:12: channels[0]: not a map: text, must be a map of keys\n"},
    {NULL, CHANNELS "  - members: [a]\n",
     "rosters.d/a.yaml:3:5: channels[0]: neither name nor id, must have one of them\n"},
    {NULL, CHANNELS "  - {name: abc, id: abc, members: [a]}\n",
     "rosters.d/a.yaml:3:5: channels[0]: both name and id, must have one of them\n"},
    {NULL, CHANNELS "  - {nmae: abc, members: [a]}\n",
     "rosters.d/a.yaml:3:6: channels[0].nmae: unknown key, did you mean \"name\"?\n"},
    {NULL, CHANNELS "  - {id: abc}\n",
     "rosters.d/a.yaml:3:5: channels[0].members: missing, must be a list of members (or, to delete "
     "them all, left out with allow_empty: true)\n"},
    {NULL, CHANNELS "  - {id: abc, members: []}\n",
     "rosters.d/a.yaml:3:24: channels[0].members: empty, must list members (or, to delete them "
     "all, stand with allow_empty: true)\n"},
    {NULL, CHANNELS "  - {id: abc, members: [], allow_empty: false}\n",
     "rosters.d/a.yaml:3:24: channels[0].members: empty, must list members (or, to delete them "
     "all, stand with allow_empty: true)\n"},
    {NULL, CHANNELS "  - {id: abc, members: }\n",
     "rosters.d/a.yaml:3:24: channels[0].members: empty, must be a list of members\n"},
    {HEAD "quarantine: 1h\n", CHANNELS "  - {id: abc, quarantine: 30m, members: [10.1.0.5]}\n",
     "rosters.d/a.yaml:3:27: channels[0].quarantine: laxer than the settings: 30m where they say "
     "1h, "
     "must be 1h or more (a roster can only be stricter)\n"},
    {NULL, CHANNELS "  - {id: abc, quarantine: 500ms, members: [10.1.0.5]}\n",
     "rosters.d/a.yaml:3:27: channels[0].quarantine: out of range: 500ms, must be 0s, or 1s to "
     "30d\n"},
    {NULL, CHANNELS "  - {id: abc, members: , allow_empty: true}\n",
     "rosters.d/a.yaml:3:24: channels[0].members: empty, must be a list of members\n"},
    {NULL, CHANNELS "  - {id: abc, membres: [a]}\n",
     "rosters.d/a.yaml:3:15: channels[0].membres: unknown key, did you mean \"members\"?\n"},
    {NULL, CHANNELS "  - {id: abc, allow_empty: yes}\n",
     "rosters.d/a.yaml:3:28: channels[0].allow_empty: not a boolean: \"yes\", must be true\n"},
    {NULL, CHANNELS "  - {id: abc, members: [], allow_empty: 'true'}\n",
     "rosters.d/a.yaml:3:41: channels[0].allow_empty: not a boolean: \"true\", must be true "
     "without quotes\n"},
};

static void what_a_roster_lacks(void **state)
{
    (void)state;
    expect_invalid(what_a_roster_lacks_cases, ELEMENTS(what_a_roster_lacks_cases));
}

static const InvalidConfig what_a_roster_cannot_say_cases[] = {
    {NULL, "endpoint: https://evil\n" ROSTER,
     "rosters.d/a.yaml:1:1: endpoint: unknown key, must be one of: version, instance, channels\n"},
    {NULL,
     "version: 1\n"
     "mode: observe\n"
     "channels: [{name: abc, members: [a]}]\n",
     "rosters.d/a.yaml:2:1: mode: unknown key, must be one of: version, instance, channels\n"},
    {NULL, CHANNELS "  - {id: abc, members: [a], token_file: /etc/shadow}\n",
     "rosters.d/a.yaml:3:29: channels[0].token_file: unknown key, must be one of: name, id, mode, "
     "quarantine, allow_empty, members, ignore, guards, paused, windows, freezes\n"},
};

static void what_a_roster_cannot_say(void **state)
{
    (void)state;
    expect_invalid(what_a_roster_cannot_say_cases, ELEMENTS(what_a_roster_cannot_say_cases));
}

static const InvalidConfig which_names_are_refused_cases[] = {
    {NULL, CHANNELS "  - {name: ab, members: [a]}\n",
     "rosters.d/a.yaml:3:12: channels[0].name: too short: 2 characters, must be 3 to 64\n"},
    {NULL,
     CHANNELS "  - {name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
              "members: [a]}\n",
     "rosters.d/a.yaml:3:12: channels[0].name: too long: 65 characters, must be 3 to 64\n"},
    {NULL, CHANNELS "  - {name: ~, members: [a]}\n",
     "rosters.d/a.yaml:3:12: channels[0].name: empty, must be the name of a channel\n"},
    {NULL, CHANNELS "  - {name: '', members: [a]}\n",
     "rosters.d/a.yaml:3:12: channels[0].name: empty, must be the name of a channel\n"},
    {NULL, CHANNELS "  - {name: [abc], members: [a]}\n",
     "rosters.d/a.yaml:3:12: channels[0].name: not text: a list, must be the name of a channel\n"},
    {NULL, CHANNELS "  - {name: \"abc\\n\", members: [a]}\n",
     "rosters.d/a.yaml:3:12: channels[0].name: control character or line break in it, must be the "
     "name of a channel\n"},
    {NULL, CHANNELS "  - {id: a b, members: [a]}\n",
     "rosters.d/a.yaml:3:10: channels[0].id: not an id: \"a b\", must be 1 to 64 of the characters "
     "0-9 A-Z a-z _ -\n"},
    {NULL,
     CHANNELS
     "  - {id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, members: [a]}\n",
     "rosters.d/a.yaml:3:10: channels[0].id: not an id: "
     "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\", must be 1 to 64 of the "
     "characters 0-9 A-Z a-z _ -\n"},
    {NULL, CHANNELS "  - {id: , members: [a]}\n",
     "rosters.d/a.yaml:3:10: channels[0].id: empty, must be the id of a channel\n"},
};

static void which_names_are_refused(void **state)
{
    (void)state;
    expect_invalid(which_names_are_refused_cases, ELEMENTS(which_names_are_refused_cases));
}

static const InvalidConfig which_instances_are_refused_cases[] = {
    {HEAD TEST, ROSTER,
     "rosters.d/a.yaml:1:1: instance: missing, must be there where the settings name 2 "
     "instances\n"},
    {HEAD TEST, "instance: tset\n" ROSTER,
     "rosters.d/a.yaml:1:11: instance: unknown instance: \"tset\", did you mean \"test\"?\n"},
    {HEAD TEST, "instance: staging\n" ROSTER,
     "rosters.d/a.yaml:1:11: instance: unknown instance: \"staging\", must be one of: prod, "
     "test\n"},
    {NULL, "instance: staging\n" ROSTER,
     "rosters.d/a.yaml:1:11: instance: unknown instance: \"staging\", must be one of: prod\n"},
    {NULL, "instance: ~\n" ROSTER,
     "rosters.d/a.yaml:1:11: instance: empty, must be the name of an instance of the settings\n"},
    {HEAD TEST "rosters: []\n"
               "channels: [{name: abc, members: [a]}]\n",
     NULL,
     "rosterd.yaml:9:1: channels: not allowed in settings that name 2 instances, must be in roster "
     "files, each with its instance\n"},
};

static void which_instances_are_refused(void **state)
{
    (void)state;
    expect_invalid(which_instances_are_refused_cases, ELEMENTS(which_instances_are_refused_cases));
}

/* What is said of an instance that nobody knows names all others, up to a bound. */
static void very_many_instances(void **state)
{
    _cleanup_(buf_done) Buf settings = {0}, expected = {0};

    (void)state;
    buf_puts(&settings, "version: 1\nmode: prune\ninstances:\n");
    buf_puts(&expected, "unknown instance: \"nowhere\", must be one of: ");
    for (int i = 100; i < 200; i++) {
        buf_printf(&settings,
                   "  a-long-name-%d: {endpoint: https://roma.example.com, project_id: p1, "
                   "instance_id: i%d, auth: {method: environment}}\n",
                   i, i);
        buf_printf(&expected, "%sa-long-name-%d", i == 100 ? "" : ", ", i);
    }
    put_file("rosterd.yaml", buf_text(&settings));
    put_file("rosters.d/a.yaml", "version: 1\ninstance: nowhere\nchannels: []\n");
    buf_done(&settings);
    buf_printf(&settings, "rosters.d/a.yaml:2:11: instance: %.1020s...\n", buf_text(&expected));
    expect_problems(buf_text(&settings));
}

static const InvalidConfig which_ignore_rules_are_refused_cases[] = {
    {NULL, WITH("ignore: [{}]"),
     "rosters.d/a.yaml:5:14: channels[0].ignore[0]: empty rule, would ignore every member; must "
     "have one at least of host, port, group and ecs_id\n"},
    {NULL, WITH("ignore: [a]"),
     "rosters.d/a.yaml:5:14: channels[0].ignore[0]: not a rule: \"a\", must be a map, such as "
     "{host: a}\n"},
    {NULL, WITH("ignore: {}"),
     "rosters.d/a.yaml:5:13: channels[0].ignore: not a list: a map, must be a list of rules\n"},
    {NULL, WITH("ignore: [~]"),
     "rosters.d/a.yaml:5:14: channels[0].ignore[0]: not a map: empty, must be a map of keys\n"},
    {NULL, WITH("ignore: [{host: 10.9.0.1/16}]"),
     "rosters.d/a.yaml:5:21: channels[0].ignore[0].host: not a network: \"10.9.0.1/16\" has bits "
     "set behind the prefix, must be the network's first address and its prefix\n"},
    {NULL, WITH("ignore: [{host: 10.9.0.0/33}]"),
     "rosters.d/a.yaml:5:21: channels[0].ignore[0].host: not an address: \"10.9.0.0/33\", must be "
     "an IPv4 address, a host name, \"[IPV6]\" or a network like 10.9.0.0/16\n"},
    {NULL, WITH("ignore: [{host: 'a b'}]"),
     "rosters.d/a.yaml:5:21: channels[0].ignore[0].host: not an address: \"a b\", must be an IPv4 "
     "address, a host name, \"[IPV6]\" or a network like 10.9.0.0/16\n"},
    {NULL, WITH("ignore: [{hots: a}]"),
     "rosters.d/a.yaml:5:15: channels[0].ignore[0].hots: unknown key, did you mean \"host\"?\n"},
    {NULL, WITH("ignore: [{host: a, port: 70000}]"),
     "rosters.d/a.yaml:5:30: channels[0].ignore[0].port: out of range: 70000, must be 0 to "
     "65535\n"},
    {NULL, WITH("ignore: [{group: ~}]"),
     "rosters.d/a.yaml:5:22: channels[0].ignore[0].group: empty, must be the name of a member "
     "group\n"},
    {NULL, WITH("ignore: [{ecs_id: 'a b'}]"),
     "rosters.d/a.yaml:5:23: channels[0].ignore[0].ecs_id: not an id, must be visible ASCII "
     "characters without spaces\n"},
};

static void which_ignore_rules_are_refused(void **state)
{
    (void)state;
    expect_invalid(which_ignore_rules_are_refused_cases,
                   ELEMENTS(which_ignore_rules_are_refused_cases));
}

static const InvalidConfig what_would_be_laxer_cases[] = {
    {"version: 1\n"
     "mode: observe\n" INSTANCES,
     WITH("mode: prune"),
     "rosters.d/a.yaml:5:11: channels[0].mode: mode not allowed: prune where the settings say "
     "observe, must be observe or left out (a roster can only be milder)\n"},
    {HEAD "guards: {max_deletes: 5, max_delete_percent: 20, min_remaining: 3, confirm_passes: 2}\n",
     WITH("guards: {max_deletes: 6}"),
     "rosters.d/a.yaml:5:27: channels[0].guards.max_deletes: laxer than the settings: 6 where they "
     "say 5, must be 5 or less (a roster can only be stricter)\n"},
    {HEAD "guards: {max_deletes: 5, max_delete_percent: 20, min_remaining: 3, confirm_passes: 2}\n",
     WITH("guards: {max_delete_percent: 21}"),
     "rosters.d/a.yaml:5:34: channels[0].guards.max_delete_percent: laxer than the settings: 21 "
     "where they say 20, must be 20 or less (a roster can only be stricter)\n"},
    {HEAD "guards: {max_deletes: 5, max_delete_percent: 20, min_remaining: 3, confirm_passes: 2}\n",
     WITH("guards: {min_remaining: 2}"),
     "rosters.d/a.yaml:5:29: channels[0].guards.min_remaining: laxer than the settings: 2 where "
     "they say 3, must be 3 or more (a roster can only be stricter)\n"},
    {HEAD "guards: {max_deletes: 5, max_delete_percent: 20, min_remaining: 3, confirm_passes: 2}\n",
     WITH("guards: {confirm_passes: 1}"),
     "rosters.d/a.yaml:5:30: channels[0].guards.confirm_passes: laxer than the settings: 1 where "
     "they say 2, must be 2 or more (a roster can only be stricter)\n"},
    {NULL, WITH("mode: prun"),
     "rosters.d/a.yaml:5:11: channels[0].mode: unknown value: \"prun\", did you mean prune? Must "
     "be prune (delete extras), add (add what is missing, correct what differs), sync (both) or "
     "observe (only report them)\n"},
    {NULL, WITH("guards: {max_deletes: 100001}"),
     "rosters.d/a.yaml:5:27: channels[0].guards.max_deletes: out of range: 100001, must be 0 to "
     "100000\n"},
    {HEAD "guards: {max_delete_percent: 100}\n", WITH("guards: {max_delete_percent: 101}"),
     "rosters.d/a.yaml:5:34: channels[0].guards.max_delete_percent: out of range: 101, must be 0 "
     "to 100\n"},
    {NULL, WITH("guards: {min_remaining: 100001}"),
     "rosters.d/a.yaml:5:29: channels[0].guards.min_remaining: out of range: 100001, must be 0 to "
     "100000\n"},
    {NULL, WITH("guards: {confirm_passes: 1001}"),
     "rosters.d/a.yaml:5:30: channels[0].guards.confirm_passes: out of range: 1001, must be 1 to "
     "1000\n"},
    {NULL, WITH("guards: {confirm_passes: 0}"),
     "rosters.d/a.yaml:5:30: channels[0].guards.confirm_passes: out of range: 0, must be 1 to "
     "1000\n"},
    {NULL, WITH("guards: {max_delete: 1}"),
     "rosters.d/a.yaml:5:14: channels[0].guards.max_delete: unknown key, did you mean "
     "\"max_deletes\"?\n"},
    {NULL, WITH("guards: 5"),
     "rosters.d/a.yaml:5:13: channels[0].guards: not a map: text, must be a map of guards\n"},
};

static void what_would_be_laxer(void **state)
{
    (void)state;
    expect_invalid(what_would_be_laxer_cases, ELEMENTS(what_would_be_laxer_cases));
}

static const InvalidConfig channels_listed_twice_cases[] = {
    {NULL,
     CHANNELS "  - {name: abc, members: [a]}\n"
              "  - {name: 'abc', members: [b]}\n",
     "rosters.d/a.yaml:4:5: channels[1]: duplicate channel: \"abc\" (first in "
     "rosters.d/a.yaml:3:5), keep one of them\n"},
    {NULL,
     CHANNELS "  - {id: abc, members: [a]}\n"
              "  - {id: abc, members: [a], ignore: [{}]}\n",
     "rosters.d/a.yaml:4:5: channels[1]: duplicate channel: \"abc\" (first in "
     "rosters.d/a.yaml:3:5), keep one of them\n"
     "rosters.d/a.yaml:4:38: channels[1].ignore[0]: empty rule, would ignore every member; must "
     "have one at least of host, port, group and ecs_id\n"},
    {HEAD "rosters: [rosters.d]\n"
          "channels:\n"
          "  - {name: payments, members: [a]}\n",
     NULL,
     "rosters.d/a.yaml:3:5: channels[0]: duplicate channel: \"payments\" (first in "
     "rosterd.yaml:8:5), keep one of them\n"},
};

static void channels_listed_twice(void **state)
{
    (void)state;
    expect_invalid(channels_listed_twice_cases, ELEMENTS(channels_listed_twice_cases));
}

static const InvalidConfig a_mistake_in_the_settings_is_told_alone_cases[] = {
    {"version: 1\n"
     "mode: obsrve\n" INSTANCES,
     WITH("mode: prune"),
     "rosterd.yaml:2:7: mode: unknown value: \"obsrve\", did you mean observe? Must be prune "
     "(delete extras), add (add what is missing, correct what differs), sync (both) or observe "
     "(only report them)\n"},
    {HEAD "guards: {max_deletes: x}\n", WITH("guards: {max_deletes: 100, max_delete_percent: 90}"),
     "rosterd.yaml:6:23: guards.max_deletes: not a whole number: \"x\", must be 0 to 100000\n"},
    {HEAD "guards: {max_delets: 100}\n", WITH("guards: {max_deletes: 100}"),
     "rosterd.yaml:6:10: guards.max_delets: unknown key, did you mean \"max_deletes\"?\n"},
    {PROD_IS("{}"), "instance: prod\n" ROSTER,
     "rosterd.yaml:4:9: instances.prod.endpoint: missing, must be https://HOST\n"
     "rosterd.yaml:4:9: instances.prod.project_id: missing, must be the id of the instance's "
     "project\n"
     "rosterd.yaml:4:9: instances.prod.instance_id: missing, must be the id of the instance\n"
     "rosterd.yaml:4:9: instances.prod.auth: missing, must be a map with a method and its keys\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances: 5\n",
     "instance: prod\n" ROSTER,
     "rosterd.yaml:3:12: instances: not a map: text, must be a map of instances by name\n"},
    {"version: 1\n"
     "mode: [\n",
     NULL, "rosterd.yaml:3:1: not YAML: value missing here\n"},
};

static void a_mistake_in_the_settings_is_told_alone(void **state)
{
    (void)state;
    expect_invalid(a_mistake_in_the_settings_is_told_alone_cases,
                   ELEMENTS(a_mistake_in_the_settings_is_told_alone_cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_a_roster_lacks),
        IN_DIRECTORY(what_a_roster_cannot_say),
        IN_DIRECTORY(which_names_are_refused),
        IN_DIRECTORY(which_instances_are_refused),
        IN_DIRECTORY(very_many_instances),
        IN_DIRECTORY(which_ignore_rules_are_refused),
        IN_DIRECTORY(what_would_be_laxer),
        IN_DIRECTORY(channels_listed_twice),
        IN_DIRECTORY(a_mistake_in_the_settings_is_told_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
