/* SPDX-License-Identifier: MIT */
/* Settings alone, rosters that a person names, and rosters that may be absent; and a configuration
 * that takes over from an equal one where its entries stand by now. */
#include "tests/unit/test_config.h"

#include "config/closed.h"

#define BILLING "version: 1\nchannels:\n  - name: billing\n    members: ['10.0.0.2:80']\n"

static void assert_told(Problems *problems, int r, const char *expected)
{
    Buf text = {0};

    problems_print(problems, &text);
    assert_string_equal(buf_text(&text), expected);
    assert_int_equal(r, expected[0] ? -EINVAL : 0);
    buf_done(&text);
    problems_done(problems);
}

static void expect_rosters(const char *settings, const char *const *files, size_t count,
                           size_t channels, const char *expected)
{
    Problems problems = {0};
    Config *config = NULL;
    int r = config_load_rosters(settings, files, count, &problems, &config);

    assert_told(&problems, r, expected);
    assert_int_equal(config != NULL, expected[0] == '\0');
    if (config)
        assert_int_equal(config->channel_count, channels);
    config_free(config);
}

static void the_settings_alone(void **state)
{
    Problems problems = {0};
    Config *config = NULL;

    (void)state;
    put_file("rosterd.yaml", HEAD "state_dir: /var/lib/x\n");
    put_file("rosters.d/a.yaml", "nonsense");
    assert_told(&problems, config_load_settings("rosterd.yaml", &problems, &config), "");
    assert_string_equal(config->state_dir, "/var/lib/x");
    assert_int_equal(config->channel_count, 0);
    config_free(config);
    config = NULL;
    put_file("rosterd.yaml", "version: 1\n" INSTANCES);
    assert_told(&problems, config_load_settings("rosterd.yaml", &problems, &config),
                "rosterd.yaml:1:1: mode: missing, must be prune (delete extras), add (add what is "
                "missing, correct what differs), sync (both) or observe (only report them)\n");
    assert_null(config);
}

static void rosters_that_may_be_absent(void **state)
{
    Problems problems = {0};
    Config *config = NULL;

    (void)state;
    put_file("rosterd.yaml", HEAD);
    assert_told(&problems, config_load_if_any("rosterd.yaml", &problems, &config), "");
    assert_int_equal(config->channel_count, 0);
    config_free(config);
    put_file("rosters.d/a.yaml", ROSTER);
    assert_told(&problems, config_load_if_any("rosterd.yaml", &problems, &config), "");
    assert_int_equal(config->channel_count, 1);
    config_free(config);
}

static void rosters_that_a_person_names(void **state)
{
    static const char *const one[] = {"a.yaml"}, *const twice[] = {"a.yaml", "./a.yaml"},
                             *const folder[] = {"more"}, *const empty[] = {"empty.d"},
                             *const gone[] = {"gone.yaml"}, *const pattern[] = {"*.yaml"},
                             *const both[] = {"a.yaml", "more"}, *const own[] = {"rosterd.yaml"};

    (void)state;
    put_file("rosterd.yaml", HEAD);
    put_file("rosters.d/other.yaml", "nonsense");
    put_file("a.yaml", ROSTER);
    assert_int_equal(mkdir("more", 0700), 0);
    put_file("more/b.yml", BILLING);
    put_file("more/c.txt", "nonsense");
    expect_rosters("rosterd.yaml", one, 1, 1, "");
    expect_rosters("rosterd.yaml", twice, 2, 1, "");
    expect_rosters("rosterd.yaml", folder, 1, 1, "");
    expect_rosters("rosterd.yaml", both, 2, 2, "");
    expect_rosters("rosterd.yaml", empty, 1, 0,
                   "empty.d: no roster in it, must have *.yaml or *.yml\n");
    expect_rosters("rosterd.yaml", own, 1, 0,
                   "rosterd.yaml: the settings file itself, must be a roster\n");
    expect_rosters("rosterd.yaml", gone, 1, 0,
                   "gone.yaml: cannot be read: No such file or directory\n");
    expect_rosters("rosterd.yaml", pattern, 1, 0,
                   "*.yaml: cannot be read: No such file or directory\n");
    expect_rosters(NULL, both, 2, 2, "");
}

/* Instances go by their names alone: the same channel twice is found all the same. */
static void rosters_without_settings(void **state)
{
    static const char *const files[] = {"a.yaml", "b.yaml", "c.yaml"};

    (void)state;
    put_file("a.yaml", ROSTER);
    put_file("b.yaml", "instance: prod\n" ROSTER);
    put_file("c.yaml", "instance: test\n" ROSTER);
    expect_rosters(NULL, files, 3, 3, "");
    put_file("c.yaml", "instance: prod\n" ROSTER);
    expect_rosters(NULL, files, 3, 0,
                   "c.yaml:4:5: channels[0]: duplicate channel: \"payments\" (first in "
                   "b.yaml:4:5), keep one of them\n");
}

/* ---- windows between which nothing is ever changed ---- */

static void expect_closed(const char *settings, const char *roster, const char *expected)
{
    Problems warnings = {0};
    Buf text = {0};
    Config *config;

    put_file("rosterd.yaml", settings);
    put_file("rosters.d/a.yaml", roster);
    config = load_good();
    closed_warn(config, UINT64_C(1795532645) * USEC_PER_SEC, &warnings);
    problems_print(&warnings, &text);
    if (expected ? !strstr(buf_text(&text), expected) : text.size > 0)
        fail_msg("%s", buf_text(&text));
    buf_done(&text);
    problems_done(&warnings);
    config_free(config);
}

static void windows_that_never_open(void **state)
{
    (void)state;
    expect_closed(HEAD, ROSTER, NULL);
    expect_closed(HEAD "windows: [{from: 00:00, to: 01:00}]\n", ROSTER, NULL);
    expect_closed(HEAD "freezes: [{from: 2026-01-01T00:00:00Z, to: 2027-11-24T00:00:00Z}]\n",
                  ROSTER, NULL);
    expect_closed(HEAD "freezes: [{from: 2026-01-01T00:00:00Z, to: 2028-11-24T00:00:00Z}]\n",
                  ROSTER,
                  "rosterd.yaml: no change window opens within a year, so nothing is ever changed");
    expect_closed(HEAD "windows: [{from: 00:00, to: 01:00}]\n",
                  ROSTER "    windows: [{from: 02:00, to: 03:00}]\n",
                  "rosters.d/a.yaml:3:1: no change window of this channel opens within a year");
    expect_closed(HEAD "windows: [{from: 00:00, to: 02:30}]\n",
                  ROSTER "    windows: [{from: 02:00, to: 03:00}]\n", NULL);
}

/* ---- the same said elsewhere ---- */

static void take_places(Config *config)
{
    Config *now = load_good();

    assert_int_equal(config_take_places(config, now), 0);
    config_free(now);
}

static void an_equal_configuration_has_the_places_of_now(void **state)
{
    Config *config;

    (void)state;
    put_file("rosterd.yaml", HEAD);
    put_file("rosters.d/a.yaml",
             ROSTER "    paused: {reason: work}\n  - id: c7\n    members: ['10.0.0.3:80']\n");
    config = load_good();
    assert_int_equal(config->channels[0].line, 3);
    assert_int_equal(config->channels[0].pause->line, 5);
    put_file("rosters.d/a.yaml",
             "# moved\n\n" ROSTER
             "    # moved\n    paused: {reason: work}\n  - id: c7\n    members: ['10.0.0.3:80']\n");
    take_places(config);
    assert_string_equal(config->channels[0].file, "rosters.d/a.yaml");
    assert_int_equal(config->channels[0].line, 5);
    assert_int_equal(config->channels[0].pause->line, 8);
    assert_string_equal(config->channels[0].pause->reason, "work");
    assert_int_equal(config->channels[1].line, 9);
    assert_int_equal(rename("rosters.d/a.yaml", "rosters.d/b.yaml"), 0);
    take_places(config);
    assert_string_equal(config->channels[0].file, "rosters.d/b.yaml");
    assert_string_equal(config->channels[1].file, "rosters.d/b.yaml");
    assert_string_equal(config->files[config->file_count - 1], "rosters.d/b.yaml");
    put_file("rosters.d/c.yaml", "version: 1\nchannels: []\n");
    take_places(config);
    assert_string_equal(config->files[config->file_count - 1], "rosters.d/c.yaml");
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(the_settings_alone),
        IN_DIRECTORY(rosters_that_may_be_absent),
        IN_DIRECTORY(rosters_that_a_person_names),
        IN_DIRECTORY(rosters_without_settings),
        IN_DIRECTORY(windows_that_never_open),
        IN_DIRECTORY(an_equal_configuration_has_the_places_of_now),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
