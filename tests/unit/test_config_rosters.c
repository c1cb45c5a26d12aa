/* SPDX-License-Identifier: MIT */
/* What rosters refuse, and all that is said of it: names, instances, guards, channels listed twice.
 */
#include "tests/unit/test_config.h"

#define CHANNELS "version: 1\nchannels:\n"
#define WITH(key) CHANNELS "  - name: payments\n    members: [a]\n    " key "\n"

static const Lockout what_a_roster_lacks_cases[] = {
    {NULL, "channels: []\n", "rosters.d/a.yaml:1:1: version: is missing, should be 1\n"},
    {NULL, "version: 1\n",
     "rosters.d/a.yaml:1:1: channels: is missing, should be a list of channels\n"},
    {NULL,
     "version: 2\n"
     "channels: [{name: abc, members: [a]}]\n",
     "rosters.d/a.yaml:1:10: version: is \"2\", should be 1\n"},
    {NULL, CHANNELS, "rosters.d/a.yaml:2:10: channels: is empty, should be a list of channels\n"},
    {NULL, "[]", "rosters.d/a.yaml:1:1: is a list, should be a map of keys\n"},
    {NULL,
     "version: 1\n"
     "channels: [payments]\n",
     "rosters.d/a.yaml:2:12: channels[0]: is \"payments\", should be a map of keys\n"},
    {NULL, CHANNELS "  - members: [a]\n",
     "rosters.d/a.yaml:3:5: channels[0]: neither name nor id, must have one of them\n"},
    {NULL, CHANNELS "  - {name: abc, id: abc, members: [a]}\n",
     "rosters.d/a.yaml:3:5: channels[0]: both name and id, must have one of them\n"},
    {NULL, CHANNELS "  - {nmae: abc, members: [a]}\n",
     "rosters.d/a.yaml:3:6: channels[0].nmae: is an unknown key, should be \"name\"?\n"},
    {NULL, CHANNELS "  - {id: abc}\n",
     "rosters.d/a.yaml:3:5: channels[0].members: is missing, should be a list of members (or, to "
     "delete them all, left out with allow_empty: true)\n"},
    {NULL, CHANNELS "  - {id: abc, members: []}\n",
     "rosters.d/a.yaml:3:24: channels[0].members: is empty, should list members (or, to delete "
     "them all, stand with allow_empty: true)\n"},
    {NULL, CHANNELS "  - {id: abc, members: [], allow_empty: false}\n",
     "rosters.d/a.yaml:3:24: channels[0].members: is empty, should list members (or, to delete "
     "them all, stand with allow_empty: true)\n"},
    {NULL, CHANNELS "  - {id: abc, members: }\n",
     "rosters.d/a.yaml:3:24: channels[0].members: is empty, should be a list of members\n"},
    {NULL, CHANNELS "  - {id: abc, members: , allow_empty: true}\n",
     "rosters.d/a.yaml:3:24: channels[0].members: is empty, should be a list of members\n"},
    {NULL, CHANNELS "  - {id: abc, membres: [a]}\n",
     "rosters.d/a.yaml:3:15: channels[0].membres: is an unknown key, should be \"members\"?\n"},
    {NULL, CHANNELS "  - {id: abc, allow_empty: yes}\n",
     "rosters.d/a.yaml:3:28: channels[0].allow_empty: is \"yes\", should be true or false\n"},
    {NULL, CHANNELS "  - {id: abc, members: [], allow_empty: 'true'}\n",
     "rosters.d/a.yaml:3:41: channels[0].allow_empty: is \"true\" in quotes, should be true or "
     "false without quotes\n"},
};

static void what_a_roster_lacks(void **state)
{
    (void)state;
    expect_refusals(what_a_roster_lacks_cases, ELEMENTS(what_a_roster_lacks_cases));
}

static const Lockout what_a_roster_cannot_say_cases[] = {
    {NULL, "endpoint: https://evil\n" ROSTER,
     "rosters.d/a.yaml:1:1: endpoint: is an unknown key, should be one of: version, instance, "
     "channels\n"},
    {NULL,
     "version: 1\n"
     "mode: observe\n"
     "channels: [{name: abc, members: [a]}]\n",
     "rosters.d/a.yaml:2:1: mode: is an unknown key, should be one of: version, instance, "
     "channels\n"},
    {NULL, CHANNELS "  - {id: abc, members: [a], token_file: /etc/shadow}\n",
     "rosters.d/a.yaml:3:29: channels[0].token_file: is an unknown key, should be one of: name, "
     "id, mode, allow_empty, members, ignore, guards, paused\n"},
};

static void what_a_roster_cannot_say(void **state)
{
    (void)state;
    expect_refusals(what_a_roster_cannot_say_cases, ELEMENTS(what_a_roster_cannot_say_cases));
}

static const Lockout which_names_are_refused_cases[] = {
    {NULL, CHANNELS "  - {name: ab, members: [a]}\n",
     "rosters.d/a.yaml:3:12: channels[0].name: has 2 characters, should have 3 to 64\n"},
    {NULL,
     CHANNELS "  - {name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
              "members: [a]}\n",
     "rosters.d/a.yaml:3:12: channels[0].name: has 65 characters, should have 3 to 64\n"},
    {NULL, CHANNELS "  - {name: ~, members: [a]}\n",
     "rosters.d/a.yaml:3:12: channels[0].name: is empty, should be the name of a channel\n"},
    {NULL, CHANNELS "  - {name: '', members: [a]}\n",
     "rosters.d/a.yaml:3:12: channels[0].name: is empty, should be the name of a channel\n"},
    {NULL, CHANNELS "  - {name: [abc], members: [a]}\n",
     "rosters.d/a.yaml:3:12: channels[0].name: is a list, should be the name of a channel\n"},
    {NULL, CHANNELS "  - {name: \"abc\\n\", members: [a]}\n",
     "rosters.d/a.yaml:3:12: channels[0].name: holds a control character, should be the name of a "
     "channel\n"},
    {NULL, CHANNELS "  - {id: a b, members: [a]}\n",
     "rosters.d/a.yaml:3:10: channels[0].id: is \"a b\", should be 1 to 64 of the characters 0-9 "
     "A-Z a-z _ -\n"},
    {NULL,
     CHANNELS
     "  - {id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, members: [a]}\n",
     "rosters.d/a.yaml:3:10: channels[0].id: is "
     "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\", should be 1 to 64 of "
     "the characters 0-9 A-Z a-z _ -\n"},
    {NULL, CHANNELS "  - {id: , members: [a]}\n",
     "rosters.d/a.yaml:3:10: channels[0].id: is empty, should be the id of a channel\n"},
};

static void which_names_are_refused(void **state)
{
    (void)state;
    expect_refusals(which_names_are_refused_cases, ELEMENTS(which_names_are_refused_cases));
}

static const Lockout which_instances_are_refused_cases[] = {
    {HEAD TEST, ROSTER,
     "rosters.d/a.yaml:1:1: instance: is missing, should be there where the settings name 2 "
     "instances\n"},
    {HEAD TEST, "instance: tset\n" ROSTER,
     "rosters.d/a.yaml:1:11: instance: is \"tset\", which the settings do not name, should be "
     "\"test\"?\n"},
    {HEAD TEST, "instance: staging\n" ROSTER,
     "rosters.d/a.yaml:1:11: instance: is \"staging\", which the settings do not name, should be "
     "one of: prod, test\n"},
    {NULL, "instance: staging\n" ROSTER,
     "rosters.d/a.yaml:1:11: instance: is \"staging\", which the settings do not name, should be "
     "one of: prod\n"},
    {NULL, "instance: ~\n" ROSTER,
     "rosters.d/a.yaml:1:11: instance: is empty, should be the name of an instance of the "
     "settings\n"},
    {HEAD TEST "rosters: []\n"
               "channels: [{name: abc, members: [a]}]\n",
     NULL,
     "rosterd.yaml:9:1: channels: cannot stand in settings that name 2 instances, should be in "
     "roster files, each with its instance\n"},
};

static void which_instances_are_refused(void **state)
{
    (void)state;
    expect_refusals(which_instances_are_refused_cases, ELEMENTS(which_instances_are_refused_cases));
}

/* What is said of an instance that nobody knows names all others, up to a bound. */
static void very_many_instances(void **state)
{
    _cleanup_(buf_done) Buf settings = {0}, expected = {0};

    (void)state;
    buf_puts(&settings, "version: 1\nmode: prune\ninstances:\n");
    buf_puts(&expected, "is \"nowhere\", which the settings do not name, should be one of: ");
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

static const Lockout which_ignore_rules_are_refused_cases[] = {
    {NULL, WITH("ignore: [{}]"),
     "rosters.d/a.yaml:5:14: channels[0].ignore[0]: is empty and would ignore every member, should "
     "have one at least of host, port, group and ecs_id\n"},
    {NULL, WITH("ignore: [a]"),
     "rosters.d/a.yaml:5:14: channels[0].ignore[0]: is \"a\", should be a map of keys\n"},
    {NULL, WITH("ignore: {}"),
     "rosters.d/a.yaml:5:13: channels[0].ignore: is a map, should be a list of rules\n"},
    {NULL, WITH("ignore: [~]"),
     "rosters.d/a.yaml:5:14: channels[0].ignore[0]: is empty, should be a map of keys\n"},
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
     "rosters.d/a.yaml:5:15: channels[0].ignore[0].hots: is an unknown key, should be \"host\"?\n"},
    {NULL, WITH("ignore: [{host: a, port: 70000}]"),
     "rosters.d/a.yaml:5:30: channels[0].ignore[0].port: is \"70000\", should be a number from 0 "
     "to 65535\n"},
    {NULL, WITH("ignore: [{group: ~}]"),
     "rosters.d/a.yaml:5:22: channels[0].ignore[0].group: is empty, should be the name of a member "
     "group\n"},
    {NULL, WITH("ignore: [{ecs_id: 'a b'}]"),
     "rosters.d/a.yaml:5:23: channels[0].ignore[0].ecs_id: is no id, should be visible ASCII "
     "characters without spaces\n"},
};

static void which_ignore_rules_are_refused(void **state)
{
    (void)state;
    expect_refusals(which_ignore_rules_are_refused_cases,
                    ELEMENTS(which_ignore_rules_are_refused_cases));
}

static const Lockout what_would_be_laxer_cases[] = {
    {"version: 1\n"
     "mode: observe\n" INSTANCES,
     WITH("mode: prune"),
     "rosters.d/a.yaml:5:11: channels[0].mode: is \"prune\" where the settings say observe, should "
     "be observe or left out (a roster cannot allow deletion)\n"},
    {HEAD "guards: {max_deletes: 5, max_delete_percent: 20, min_remaining: 3, confirm_passes: 2}\n",
     WITH("guards: {max_deletes: 6}"),
     "rosters.d/a.yaml:5:27: channels[0].guards.max_deletes: is 6 where the settings say 5, should "
     "be 5 or less (a roster can only be stricter)\n"},
    {HEAD "guards: {max_deletes: 5, max_delete_percent: 20, min_remaining: 3, confirm_passes: 2}\n",
     WITH("guards: {max_delete_percent: 21}"),
     "rosters.d/a.yaml:5:34: channels[0].guards.max_delete_percent: is 21 where the settings say "
     "20, should be 20 or less (a roster can only be stricter)\n"},
    {HEAD "guards: {max_deletes: 5, max_delete_percent: 20, min_remaining: 3, confirm_passes: 2}\n",
     WITH("guards: {min_remaining: 2}"),
     "rosters.d/a.yaml:5:29: channels[0].guards.min_remaining: is 2 where the settings say 3, "
     "should be 3 or more (a roster can only be stricter)\n"},
    {HEAD "guards: {max_deletes: 5, max_delete_percent: 20, min_remaining: 3, confirm_passes: 2}\n",
     WITH("guards: {confirm_passes: 1}"),
     "rosters.d/a.yaml:5:30: channels[0].guards.confirm_passes: is 1 where the settings say 2, "
     "should be 2 or more (a roster can only be stricter)\n"},
    {NULL, WITH("mode: prun"),
     "rosters.d/a.yaml:5:11: channels[0].mode: is \"prun\", should be observe, or left out for the "
     "settings' mode: \"prune\"?\n"},
    {NULL, WITH("guards: {max_deletes: 100001}"),
     "rosters.d/a.yaml:5:27: channels[0].guards.max_deletes: is \"100001\", should be a number "
     "from 0 to 100000\n"},
    {HEAD "guards: {max_delete_percent: 100}\n", WITH("guards: {max_delete_percent: 101}"),
     "rosters.d/a.yaml:5:34: channels[0].guards.max_delete_percent: is \"101\", should be a number "
     "from 0 to 100\n"},
    {NULL, WITH("guards: {min_remaining: 100001}"),
     "rosters.d/a.yaml:5:29: channels[0].guards.min_remaining: is \"100001\", should be a number "
     "from 0 to 100000\n"},
    {NULL, WITH("guards: {confirm_passes: 1001}"),
     "rosters.d/a.yaml:5:30: channels[0].guards.confirm_passes: is \"1001\", should be a number "
     "from 1 to 1000\n"},
    {NULL, WITH("guards: {confirm_passes: 0}"),
     "rosters.d/a.yaml:5:30: channels[0].guards.confirm_passes: is \"0\", should be a number from "
     "1 to 1000\n"},
    {NULL, WITH("guards: {max_delete: 1}"),
     "rosters.d/a.yaml:5:14: channels[0].guards.max_delete: is an unknown key, should be "
     "\"max_deletes\"?\n"},
    {NULL, WITH("guards: 5"),
     "rosters.d/a.yaml:5:13: channels[0].guards: is \"5\", should be a map of guards\n"},
};

static void what_would_be_laxer(void **state)
{
    (void)state;
    expect_refusals(what_would_be_laxer_cases, ELEMENTS(what_would_be_laxer_cases));
}

static const Lockout channels_listed_twice_cases[] = {
    {NULL,
     CHANNELS "  - {name: abc, members: [a]}\n"
              "  - {name: 'abc', members: [b]}\n",
     "rosters.d/a.yaml:4:5: channels[1]: lists the channel \"abc\" again, should be listed once "
     "(first in rosters.d/a.yaml:3:5)\n"},
    {NULL,
     CHANNELS "  - {id: abc, members: [a]}\n"
              "  - {id: abc, members: [a], ignore: [{}]}\n",
     "rosters.d/a.yaml:4:5: channels[1]: lists the channel \"abc\" again, should be listed once "
     "(first in rosters.d/a.yaml:3:5)\n"
     "rosters.d/a.yaml:4:38: channels[1].ignore[0]: is empty and would ignore every member, should "
     "have one at least of host, port, group and ecs_id\n"},
    {HEAD "rosters: [rosters.d]\n"
          "channels:\n"
          "  - {name: payments, members: [a]}\n",
     NULL,
     "rosters.d/a.yaml:3:5: channels[0]: lists the channel \"payments\" again, should be listed "
     "once (first in rosterd.yaml:8:5)\n"},
};

static void channels_listed_twice(void **state)
{
    (void)state;
    expect_refusals(channels_listed_twice_cases, ELEMENTS(channels_listed_twice_cases));
}

static const Lockout a_mistake_in_the_settings_is_told_alone_cases[] = {
    {"version: 1\n"
     "mode: obsrve\n" INSTANCES,
     WITH("mode: prune"),
     "rosterd.yaml:2:7: mode: is \"obsrve\", should be prune (delete extras) or observe (only "
     "report them): \"observe\"?\n"},
    {HEAD "guards: {max_deletes: x}\n", WITH("guards: {max_deletes: 100, max_delete_percent: 90}"),
     "rosterd.yaml:6:23: guards.max_deletes: is \"x\", should be a number from 0 to 100000\n"},
    {HEAD "guards: {max_delets: 100}\n", WITH("guards: {max_deletes: 100}"),
     "rosterd.yaml:6:10: guards.max_delets: is an unknown key, should be \"max_deletes\"?\n"},
    {PROD_IS("{}"), "instance: prod\n" ROSTER,
     "rosterd.yaml:4:9: instances.prod.endpoint: is missing, should be https://HOST\n"
     "rosterd.yaml:4:9: instances.prod.project_id: is missing, should be the id of the instance's "
     "project\n"
     "rosterd.yaml:4:9: instances.prod.instance_id: is missing, should be the id of the instance\n"
     "rosterd.yaml:4:9: instances.prod.auth: is missing, should be a map with a method and its "
     "keys\n"},
    {"version: 1\n"
     "mode: prune\n"
     "instances: 5\n",
     "instance: prod\n" ROSTER,
     "rosterd.yaml:3:12: instances: is \"5\", should be a map of instances by name\n"},
    {"version: 1\n"
     "mode: [\n",
     NULL,
     "rosterd.yaml:3:1: is no YAML: did not find expected node content while parsing a flow node "
     "that begins in line 3\n"},
};

static void a_mistake_in_the_settings_is_told_alone(void **state)
{
    (void)state;
    expect_refusals(a_mistake_in_the_settings_is_told_alone_cases,
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
