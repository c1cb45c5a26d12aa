/* SPDX-License-Identifier: MIT */
/* `windows:` and `freezes:` in settings and in rosters: what they mean, and what is refused. */
#include "config/load/compare.h"
#include "config/load/sources.h"
#include "tests/unit/test_config.h"

#define WINDOWS(value) HEAD "windows: " value "\n"
#define FREEZES(value) HEAD "freezes: " value "\n"
#define OWN(value) ROSTER "    windows: " value "\n"

static Config *load_with(const char *settings, const char *roster)
{
    put_file("rosterd.yaml", settings);
    put_file("rosters.d/a.yaml", roster);
    return load_good();
}

static void expect_window(const char *value, uint8_t days, unsigned from, unsigned to,
                          const char *zone)
{
    char settings[1024];
    Config *config;

    snprintf(settings, sizeof(settings), WINDOWS("%s"), value);
    config = load_with(settings, ROSTER);
    assert_int_equal(config->windows.window_count, 1);
    assert_int_equal(config->windows.windows[0].days, days);
    assert_int_equal(config->windows.windows[0].from_minute, from);
    assert_int_equal(config->windows.windows[0].to_minute, to);
    assert_string_equal(config->windows.windows[0].zone_name, zone);
    assert_int_equal(config->channels[0].windows.window_count, 0);
    config_free(config);
}

/* Each has its own, whichever came first, and a channel's may have another. */
static void every_window_has_its_zone(void **state)
{
    static const char *const zones[] = {"Europe/Berlin",    "UTC",
                                        "Asia/Kolkata",     "Europe/Berlin",
                                        "America/New_York", "Asia/Kolkata"};
    Config *config = load_with(
        WINDOWS("[{from: 07:00, to: 08:00, zone: Europe/Berlin}, {from: 07:00, to: 08:00},\n"
                "  {from: 07:00, to: 08:00, zone: Asia/Kolkata},\n"
                "  {from: 09:00, to: 10:00, zone: Europe/Berlin},\n"
                "  {from: 07:00, to: 08:00, zone: America/New_York},\n"
                "  {from: 09:00, to: 10:00, zone: Asia/Kolkata}]"),
        OWN("[{from: 07:00, to: 08:00, zone: Asia/Tokyo}]"));
    const ChangeWindow *windows = config->windows.windows;

    (void)state;
    assert_int_equal(config->windows.window_count, ELEMENTS(zones));
    for (size_t i = 0; i < ELEMENTS(zones); i++)
        assert_string_equal(windows[i].zone_name, zones[i]);
    assert_int_equal(zone_find(windows[0].zone, 0).offset, 3600);
    assert_int_equal(zone_find(windows[1].zone, 0).offset, 0);
    assert_int_equal(zone_find(windows[2].zone, 0).offset, 5 * 3600 + 1800);
    assert_int_equal(zone_find(windows[3].zone, 0).offset, 3600);
    assert_int_equal(zone_find(windows[4].zone, 0).offset, -5 * 3600);
    assert_string_equal(config->channels[0].windows.windows[0].zone_name, "Asia/Tokyo");
    assert_int_equal(zone_find(config->channels[0].windows.windows[0].zone, 0).offset, 9 * 3600);
    config_free(config);
}

static void what_a_window_means(void **state)
{
    (void)state;
    expect_window("[{days: mon-fri, from: '07:00', to: '18:00', zone: Europe/Berlin}]", 0x1f, 420,
                  1080, "Europe/Berlin");
    expect_window("[{days: sat-mon, from: 22:00, to: 06:00}]", 0x61, 1320, 360, "UTC");
    expect_window("[{days: [mon, wed-thu, sun], from: 00:00, to: 24:00}]", 0x4d, 0, 1440, "UTC");
    expect_window("[{from: 00:00, to: 00:00, zone: Asia/Kolkata}]", 0x7f, 0, 0, "Asia/Kolkata");
    expect_window("[{days: tue-tue, from: 23:59, to: 00:01, zone: UTC}]", 0x02, 1439, 1, "UTC");
}

static void a_channel_has_its_own(void **state)
{
    Config *config = load_with(
        FREEZES("[{from: 2026-12-20T00:00:00Z, to: 2027-01-04T01:00:00+01:00, reason: year end}]"),
        OWN("[{from: '10:00', to: '12:00'}, {from: '14:00', to: '16:00'}]") "    freezes: [{from: "
                                                                            "1970-01-01T00:00:01Z, "
                                                                            "to: "
                                                                            "1970-01-01T00:00:02Z}]"
                                                                            "\n");
    const ChangeWindows *own = &config->channels[0].windows;
    ChangeGate gate = config_gate(config, &config->channels[0]);

    (void)state;
    assert_int_equal(own->window_count, 2);
    assert_int_equal(own->windows[1].from_minute, 840);
    assert_int_equal(own->freeze_count, 1);
    assert_string_equal(own->freezes[0].reason, "a freeze");
    assert_string_equal(config->windows.freezes[0].reason, "year end");
    assert_true(config->windows.freezes[0].to_usec == UINT64_C(1799020800) * 1000000);
    assert_false(change_gate_is_open(&gate, UINT64_C(1798000000) * 1000000));
    config_free(config);
}

static const InvalidConfig cases[] = {
    {WINDOWS("[]"), NULL,
     "rosterd.yaml:6:10: windows: empty, must have one window at least, or be left out\n"},
    {FREEZES("[]"), NULL,
     "rosterd.yaml:6:10: freezes: empty, must have one freeze at least, or be left out\n"},
    {NULL, OWN("[]"),
     "rosters.d/a.yaml:5:14: channels[0].windows: empty, must have one window at least, or be left "
     "out\n"},
    {WINDOWS("[{to: 18:00}]"), NULL,
     "rosterd.yaml:6:11: windows[0].from: missing, must be a time of day, 00:00 to 23:59\n"},
    {WINDOWS("[{from: 24:00, to: 24:01}]"), NULL,
     "rosterd.yaml:6:18: windows[0].from: not a time of day: \"24:00\", must be a time of day, "
     "00:00 to 23:59\n"
     "rosterd.yaml:6:29: windows[0].to: not a time of day: \"24:01\", must be a time of day, 00:00 "
     "to 24:00\n"},
    {WINDOWS("[{from: '7:00', to: '18:60'}]"), NULL,
     "rosterd.yaml:6:18: windows[0].from: not a time of day: \"7:00\", must be a time of day, "
     "00:00 "
     "to 23:59\n"
     "rosterd.yaml:6:30: windows[0].to: not a time of day: \"18:60\", must be a time of day, 00:00 "
     "to 24:00\n"},
    {WINDOWS("[{days: monday, from: 07:00, to: 18:00}]"), NULL,
     "rosterd.yaml:6:18: windows[0].days: unknown day: \"monday\", must be mon, tue, wed, thu, "
     "fri, "
     "sat or sun, a range such as mon-fri, or a list of them\n"},
    {WINDOWS("[{days: [mon, fri-], from: 07:00, to: 18:00}]"), NULL,
     "rosterd.yaml:6:24: windows[0].days[1]: unknown day: \"fri-\", must be mon, tue, wed, thu, "
     "fri, sat or sun, a range such as mon-fri, or a list of them\n"},
    {WINDOWS("[{days: [], from: 07:00, to: 18:00}]"), NULL,
     "rosterd.yaml:6:18: windows[0].days: empty, must be mon, tue, wed, thu, fri, sat or sun, a "
     "range such as mon-fri, or a list of them\n"},
    {WINDOWS("[{from: 07:00, to: 18:00, zone: Europe/Berlln}]"), NULL,
     "rosterd.yaml:6:42: windows[0].zone: unknown zone: \"Europe/Berlln\", must be a name of the "
     "tz "
     "database, such as Europe/Berlin: /usr/share/zoneinfo/Europe/Berlln: No such file or "
     "directory\n"},
    {WINDOWS("[{from: 07:00, to: 18:00, zone: ../../../etc/passwd}]"), NULL,
     "rosterd.yaml:6:42: windows[0].zone: unknown zone: \"../../../etc/passwd\", must be a name of "
     "the tz database, such as Europe/Berlin: no file of /usr/share/zoneinfo has such a name\n"},
    {WINDOWS("[{from: 07:00, to: 18:00, zone: Europe}]"), NULL,
     "rosterd.yaml:6:42: windows[0].zone: unknown zone: \"Europe\", must be a name of the tz "
     "database, such as Europe/Berlin: /usr/share/zoneinfo/Europe: Is a directory\n"},
    {WINDOWS("[{from: 07:00, to: 18:00, zone: tzdata}]"), NULL,
     "rosterd.yaml:6:42: windows[0].zone: unknown zone: \"tzdata\", must be a name of the tz "
     "database, such as Europe/Berlin: /usr/share/zoneinfo/tzdata: No such file or directory\n"},
    {WINDOWS("[{from: 07:00, to: 18:00, tz: UTC}]"), NULL,
     "rosterd.yaml:6:36: windows[0].tz: unknown key, did you mean \"to\"?\n"},
    {FREEZES("[{from: 2026-12-20T00:00:00Z, to: 2026-12-20T01:00:00+01:00}]"), NULL,
     "rosterd.yaml:6:44: freezes[0].to: not after from, must be the end of a freeze that has "
     "one\n"},
    {FREEZES("[{from: 2026-12-20, to: 2026-12-21T00:00:00Z}]"), NULL,
     "rosterd.yaml:6:18: freezes[0].from: not a time with its offset: \"2026-12-20\", must be a "
     "time with its offset, such as 2026-12-20T00:00:00Z\n"},
    {WINDOWS("07:00"), NULL,
     "rosterd.yaml:6:10: windows: not a list: text, must be a list of windows\n"},
};

static void what_is_refused(void **state)
{
    (void)state;
    expect_invalid(cases, ELEMENTS(cases));
}

static void note(const Difference *change, void *userdata)
{
    *(int *)userdata += change->kind != DIFFERENCE_NONE;
}

static void what_is_a_change(void **state)
{
    static const char *const others[] = {
        WINDOWS("[{days: mon-fri, from: 07:00, to: 18:01, zone: Europe/Berlin}]"),
        WINDOWS("[{days: mon-sat, from: 07:00, to: 18:00, zone: Europe/Berlin}]"),
        WINDOWS("[{days: mon-fri, from: 07:00, to: 18:00, zone: Europe/Rome}]"),
        WINDOWS("[{days: mon-fri, from: 07:00, to: 18:00}]"),
        HEAD,
    };
    Config *same[2] = {0};
    int changes = 0;

    (void)state;
    same[0] = load_with(WINDOWS("[{days: mon-fri, from: 07:00, to: 18:00, zone: Europe/Berlin}]"),
                        ROSTER);
    same[1] = load_with(
        WINDOWS("[{zone: 'Europe/Berlin', days: [mon, tue-fri], from: '07:00', to: '18:00'}]"),
        ROSTER);
    assert_int_equal(compare_configs(same[0], same[1], note, &changes), 0);
    for (size_t i = 0; i < ELEMENTS(others); i++) {
        Config *other = load_with(others[i], ROSTER);

        assert_int_equal(compare_configs(same[0], other, note, &changes), 1);
        config_free(other);
    }
    config_free(same[0]);
    config_free(same[1]);
}

/* A zone's file is watched as a roster is: an update of the tz database is met by a reload. */
static void a_zone_is_a_source(void **state)
{
    Sources sources = {0}, now = {0};
    Problems problems = {0};
    Config *config = NULL;
    const char *path = NULL;
    bool is_there = false;

    (void)state;
    put_file("rosterd.yaml", WINDOWS("[{from: 07:00, to: 18:00, zone: Europe/Berlin}]"));
    put_file("rosters.d/a.yaml", ROSTER);
    assert_int_equal(config_load_sources("rosterd.yaml", &sources, &problems, &config), 0);
    for (size_t i = 0; i < sources.stamp_count; i++)
        is_there |= strcmp(sources.stamps[i].path, "/usr/share/zoneinfo/Europe/Berlin") == 0;
    assert_true(is_there);
    assert_int_equal(sources_look(&sources, &now), 0);
    assert_true(sources_equal(&sources, &now, &path));
    sources_done(&now);
    sources.stamps[sources.stamp_count - 1].written_nsec--;
    assert_int_equal(sources_look(&sources, &now), 0);
    assert_false(sources_equal(&sources, &now, &path));
    assert_string_equal(path, "/usr/share/zoneinfo/Europe/Berlin");
    sources_done(&now);
    sources_done(&sources);
    problems_done(&problems);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(every_window_has_its_zone), IN_DIRECTORY(what_a_window_means),
        IN_DIRECTORY(a_channel_has_its_own),     IN_DIRECTORY(what_is_refused),
        IN_DIRECTORY(what_is_a_change),          IN_DIRECTORY(a_zone_is_a_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
