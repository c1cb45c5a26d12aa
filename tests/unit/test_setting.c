/* SPDX-License-Identifier: MIT */
/* Each setting that is one value, as it is read and shown: as the settings write it, and where they
 * leave it out; and its place after a reload that moved it. */
#include "config/setting.h"
#include "tests/unit/failing.h"
#include "tests/unit/test_config.h"

static void show_settings(const Config *config, Buf *text)
{
    for (SettingName name = 0; name < SETTING_COUNT; name++) {
        const SettingRow *row = setting_row(name);

        buf_printf(text, "%s: ", row->path);
        setting_print(config, name, text);
        if (row->kind != SETTING_IS_PATH)
            buf_printf(text, " (%llu)", (unsigned long long)setting_get(config, name));
        if (row->rule != SETTING_RULE_HOST)
            buf_printf(text, ", channel %llu",
                       (unsigned long long)setting_get_of_channel(&config->channels[0], name));
        buf_puts(text, "\n");
    }
}

static void expect_settings(const char *settings, const char *roster, const char *shown)
{
    Config *config;
    Buf text = {0};

    put_file("rosterd.yaml", settings);
    put_file("rosters.d/a.yaml", roster);
    config = load_good();
    show_settings(config, &text);
    assert_string_equal(buf_text(&text), shown);
    buf_done(&text);
    config_free(config);
}

static void what_settings_leave_out(void **state)
{
    (void)state;
    expect_settings(HEAD, ROSTER,
                    "mode: prune (0), channel 0\n"
                    "interval: 1m (60000000)\n"
                    "settle: 10s (10000000)\n"
                    "quarantine: 0ms (0), channel 0\n"
                    "state_dir: \n"
                    "control_socket: \n"
                    "metrics_file: \n"
                    "history_keep: 90d (7776000000000)\n"
                    "retry.attempts: 4 (4)\n"
                    "retry.base: 1s (1000000)\n"
                    "retry.cap: 30s (30000000)\n"
                    "retry.throttle_base: 5s (5000000)\n"
                    "limits.concurrency: 8 (8)\n"
                    "limits.requests_per_second: 20 (20)\n"
                    "limits.connect_timeout: 15s (15000000)\n"
                    "limits.timeout: 1m (60000000)\n"
                    "limits.pass_deadline: 10m (600000000)\n"
                    "limits.total_concurrency: 200 (200)\n");
}

static void what_settings_say(void **state)
{
    (void)state;
    expect_settings(
        "version: 1\nmode: prune\ninterval: 61s\nsettle: 1500ms\nquarantine: 1d\n"
        "state_dir: /s\ncontrol_socket: /c\nmetrics_file: /m/m.prom\nhistory_keep: 2w\n"
        "retry: {attempts: 3, base: 2s, cap: 31s, throttle_base: 6s}\n"
        "limits: {concurrency: 7, requests_per_second: 21, connect_timeout: 16s, timeout: 59s,\n"
        "  pass_deadline: 11m, total_concurrency: 201}\n" INSTANCES,
        "version: 1\nchannels: [{name: payments, members: [a], mode: observe, quarantine: 36h}]\n",
        "mode: prune (0), channel 3\n"
        "interval: 61s (61000000)\n"
        "settle: 1500ms (1500000)\n"
        "quarantine: 1d (86400000000), channel 129600000000\n"
        "state_dir: /s\n"
        "control_socket: /c\n"
        "metrics_file: /m/m.prom\n"
        "history_keep: 14d (1209600000000)\n"
        "retry.attempts: 3 (3)\n"
        "retry.base: 2s (2000000)\n"
        "retry.cap: 31s (31000000)\n"
        "retry.throttle_base: 6s (6000000)\n"
        "limits.concurrency: 7 (7)\n"
        "limits.requests_per_second: 21 (21)\n"
        "limits.connect_timeout: 16s (16000000)\n"
        "limits.timeout: 59s (59000000)\n"
        "limits.pass_deadline: 11m (660000000)\n"
        "limits.total_concurrency: 201 (201)\n");
}

/* ---- places ---- */

static void show_places(const Config *config, Buf *text)
{
    for (size_t i = 0; i < config->channel_count; i++) {
        const RosterChannel *channel = &config->channels[i];

        buf_printf(text, "%s %s:%zu", channel->name ? channel->name : channel->id, channel->file,
                   channel->line);
        if (channel->pause)
            buf_printf(text, " %s %llu:%zu", channel->pause->reason,
                       (unsigned long long)channel->pause->until_usec, channel->pause->line);
        buf_puts(text, "\n");
    }
    for (size_t i = 0; i < config->file_count; i++)
        buf_printf(text, "%s ", config->files[i]);
    problems_print(&config->warnings, text);
}

static void expect_places(const Config *config, const char *expected)
{
    Buf text = {0};

    show_places(config, &text);
    assert_string_equal(buf_text(&text), expected);
    buf_done(&text);
}

#define PAUSE_A "paused: {reason: work, until: '1970-01-01T00:00:02Z'}"
#define SETTINGS(rosters) HEAD "rosters: " rosters "\n"

static Config *load_before(void)
{
    put_file("rosterd.yaml", SETTINGS("[rosters.d]"));
    put_file("rosters.d/a.yaml", "version: 1\nchannels:\n"
                                 "  - {name: one, members: [a]}\n"
                                 "  - {name: two, members: [a], " PAUSE_A "}\n"
                                 "  - {id: '0123', members: [b], paused: stays}\n");
    return load_good();
}

/* The same, elsewhere: in two files, of which the first is the settings themselves. */
static Config *load_moved(void)
{
    Config *config;
    Problems problems = {0};

    put_file("rosterd.yaml", SETTINGS("[rosters.d, empty.d]"));
    put_file("rosters.d/a.yaml", "version: 1\nchannels:\n"
                                 "  - {name: one, members: [a]}\n"
                                 "  - {id: '0123', members: [b], paused: stays}\n");
    put_file("rosters.d/b.yaml", "version: 1\nchannels:\n\n\n"
                                 "  - {name: two, members: [a],\n     " PAUSE_A "}\n");
    assert_int_equal(config_load("rosterd.yaml", &problems, &config), 0);
    problems_done(&problems);
    return config;
}

#define PLACES_BEFORE                                                                              \
    "one rosters.d/a.yaml:3\ntwo rosters.d/a.yaml:4 work 2000000:4\n"                              \
    "0123 rosters.d/a.yaml:5 stays 0:5\nrosterd.yaml rosters.d rosters.d/a.yaml "
#define PLACES_MOVED                                                                               \
    "one rosters.d/a.yaml:3\ntwo rosters.d/b.yaml:5 work 2000000:6\n"                              \
    "0123 rosters.d/a.yaml:4 stays 0:4\n"                                                          \
    "rosterd.yaml rosters.d empty.d rosters.d/a.yaml rosters.d/b.yaml "                            \
    "rosterd.yaml:6:22: rosters[1]: \"empty.d\" names no roster file, must name one or be left "   \
    "out\n"

static void places_are_taken(void **state)
{
    Config *old = load_before(), *now = load_moved(), *again;
    const RosterPause *held = old->channels[1].pause;

    (void)state;
    expect_places(old, PLACES_BEFORE);
    assert_int_equal(config_take_places(old, now), 0);
    assert_string_equal(old->set.head, now->set.head);
    config_free(now);
    expect_places(old, PLACES_MOVED);
    assert_int_equal(held->line, 4); /* others hold it */
    again = load_moved();
    held = old->channels[1].pause;
    assert_int_equal(config_take_places(old, again), 0);
    assert_ptr_equal(old->channels[1].pause, held);
    config_free(again);
    expect_places(old, PLACES_MOVED);
    config_free(old);
}

static void places_without_memory(void **state)
{
    long index = 0;
    int r;

    (void)state;
    if (!failing_is_possible())
        skip();
    do {
        Config *old = load_before(), *now = load_moved();

        assert_int_equal(unlink("rosters.d/b.yaml"), 0);
        failing_after(index++);
        r = config_take_places(old, now);
        assert_int_equal(r, failing_stop() ? -ENOMEM : 0);
        if (r == 0)
            expect_places(old, PLACES_MOVED);
        config_free(now);
        config_free(old);
    } while (r < 0);
    assert_true(index > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_settings_leave_out),
        IN_DIRECTORY(what_settings_say),
        IN_DIRECTORY(places_are_taken),
        IN_DIRECTORY(places_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
