/* SPDX-License-Identifier: MIT */
/* Every allocation of a load fails once, in turn, those of libyaml too: nothing crashes, no Config
 * comes out, and the person is told. Needs the allocator to itself. */
#include "config/load/compare.h"
#include "config/load/config_load.h"
#include "tests/unit/failing.h"
#include "tests/unit/test_config.h"

typedef int (*Loader)(Problems *problems, Config **ret_config);

/* A load of which allocation `index` fails. False when it has fewer; else nothing came of it. */
static bool load_without(Loader loader, long index)
{
    Problems problems = {0};
    Config *config = NULL;
    Buf text = {0};
    bool did_fail;
    int r;

    failing_after(index);
    r = loader(&problems, &config);
    did_fail = failing_stop();
    problems_print(&problems, &text);
    if (did_fail) {
        assert_int_equal(r, -ENOMEM);
        assert_null(config);
        assert_true(problems_any(&problems));
        assert_non_null(strstr(buf_text(&text), "out of memory\n"));
    }
    config_free(config);
    problems_done(&problems);
    buf_done(&text);
    return did_fail;
}

static void every_allocation_of(Loader loader)
{
    long index = 0;

    if (!failing_is_possible())
        skip();
    while (load_without(loader, index))
        index++;
    assert_true(index > 20);
}

static int load_settings_and_rosters(Problems *problems, Config **ret_config)
{
    return config_load("rosterd.yaml", problems, ret_config);
}

static void every_allocation_fails(void)
{
    every_allocation_of(load_settings_and_rosters);
}

static const char *const alone[] = {"rosters.d", "nowhere.yaml"};

static int load_good_roster_alone(Problems *problems, Config **ret_config)
{
    return config_load_rosters(NULL, alone, 1, problems, ret_config);
}

static int load_rosters_alone(Problems *problems, Config **ret_config)
{
    return config_load_rosters(NULL, alone, ELEMENTS(alone), problems, ret_config);
}

static int load_rosters_against_settings(Problems *problems, Config **ret_config)
{
    return config_load_rosters("rosterd.yaml", alone, ELEMENTS(alone), problems, ret_config);
}

static void of_rosters_alone(void **state)
{
    (void)state;
    put_file("rosterd.yaml", HEAD TEST);
    put_file("rosters.d/a.yaml", "version: 1\ninstance: test\nchannels:\n"
                                 "  - {name: abc, members: [a], mode: observe}\n");
    put_file("rosters.d/b.yaml", "version: 1\nchannels:\n"
                                 "  - {name: abc, members: [a], guards: {max_deletes: 3}}\n");
    every_allocation_of(load_good_roster_alone);
    put_file("rosters.d/c.yaml", "version: 1\nchannels:\n  - {name: abc, members: [a, a]}\n");
    every_allocation_of(load_rosters_alone);
    every_allocation_of(load_rosters_against_settings);
}

static void of_files_that_are_right(void **state)
{
    (void)state;
    put_file("rosterd.yaml",
             HEAD TEST "rosters: ['ros*', 'rosters.d/*.yaml', empty.d]\nstate_dir: /s\n");
    put_file("rosters.d/a.yaml", "version: 1\ninstance: test\nchannels:\n"
                                 "  - name: abc\n"
                                 "    members: [a, '10.0.0.1:80', {ecs_id: e, group: g}]\n"
                                 "    ignore: [{host: 10.0.0.0/8, group: g}]\n"
                                 "    guards: {max_deletes: 1}\n"
                                 "  - {id: abc, allow_empty: true}\n");
    every_allocation_fails();
}

/* So late that no file is young. */
#define YEAR_2100_USEC (UINT64_C(4102444800) * 1000000)

static RosterReadings read_before;

static int load_again(Problems *problems, Config **ret_config)
{
    const LoadTerms terms = {.realtime_usec = YEAR_2100_USEC, .before = &read_before};
    _cleanup_(sources_done) Sources sources = {0};
    _cleanup_(roster_readings_done) RosterReadings readings = {0};

    return config_load_again("rosterd.yaml", &terms, &sources, &readings, problems, ret_config);
}

static void of_files_that_were_read_before(void **state)
{
    const LoadTerms terms = {.realtime_usec = YEAR_2100_USEC};
    Sources sources = {0};
    Problems problems = {0};
    Config *config = NULL;

    (void)state;
    if (!failing_is_possible())
        skip();
    put_file("rosterd.yaml", HEAD "rosters: [rosters.d]\n");
    put_file("rosters.d/a.yaml", "version: 1\nchannels:\n  - {name: abc, members: [a, b]}\n");
    put_file("rosters.d/b.yaml", "version: 1\nchannels:\n  - {name: bcd, members: [a, b]}\n");
    assert_int_equal(
        config_load_again("rosterd.yaml", &terms, &sources, &read_before, &problems, &config), 0);
    put_file("rosters.d/b.yaml", "version: 1\nchannels:\n  - {name: bcd, members: [a, b]} #\n");
    every_allocation_of(load_again);
    config_free(config);
    problems_done(&problems);
    sources_done(&sources);
    roster_readings_done(&read_before);
}

static void of_files_with_mistakes(void **state)
{
    (void)state;
    put_file("rosterd.yaml", HEAD TEST "rosters: [rosters.d, nowhere]\nintervall: 5s\nretry: 5\n"
                                       "interval: &a 1\ninterval: 2\nx: 1\n");
    put_file("rosters.d/a.yaml", "version: 1\ninstance: tests\nchannels:\n"
                                 "  - {name: abc, members: [a, a, {}, '1.2', [~]]}\n");
    put_file("rosters.d/b.yaml", "a: [\n");
    put_file("rosters.d/c.yaml", "version: 1\ninstance: nothing\nchannels: []\n");
    every_allocation_fails();
}

/* Blocks of memory end elsewhere with each length: at every text once. */
static void of_files_of_all_lengths(void **state)
{
    char padding[201], roster[2048];

    (void)state;
    memset(padding, 'p', sizeof(padding));
    put_file("rosterd.yaml", HEAD TEST "rosters: [rosters.d, nowhere.d/*]\nstate_dir: /s\n");
    for (size_t length = 3; length < 60; length++) {
        snprintf(roster, sizeof(roster),
                 "version: 1\ninstance: test\nchannels:\n"
                 "  - name: a%.*s\n"
                 "    members: [a, {ecs_id: e%.*s, group: g}, {host: h%.*s}]\n"
                 "    ignore: [{host: 10.0.0.0/8, group: g}, {ecs_id: i%.*s}]\n"
                 "    guards: {max_deletes: 1}\n"
                 "  - {id: b%.*s, allow_empty: true}\n",
                 (int)length, padding, (int)length, padding, (int)length, padding, (int)length,
                 padding, (int)length, padding);
        put_file("rosters.d/a.yaml", roster);
        every_allocation_fails();
    }
}

static void count_change(const Difference *change, void *userdata)
{
    (void)change;
    ++*(size_t *)userdata;
}

#define COMPARED 60

static Config *load_channels(int first, int step)
{
    _cleanup_(buf_done) Buf roster = {0};

    buf_puts(&roster, "version: 1\ninstance: prod\nchannels:\n");
    for (int i = 0; i < COMPARED; i++)
        buf_printf(&roster, "  - {name: channel-%d, allow_empty: true}\n", first + i * step);
    put_file("rosterd.yaml", HEAD TEST);
    put_file("rosters.d/a.yaml", buf_text(&roster));
    return load_good();
}

/* Comparing them fails with each of their allocations, so many. */
static long count_allocations(const Config *old, const Config *now)
{
    long index = 0;
    int r;

    do {
        size_t count = 0;

        failing_after(index++);
        r = compare_configs(old, now, count_change, &count);
        assert_int_equal(r, failing_stop() ? -ENOMEM : 0);
        assert_int_equal(count, r < 0 ? 0 : 1 + 2 + COMPARED);
    } while (r < 0);
    return index - 1;
}

/* A comparison without memory says so, and tells of nothing. Channels in the order of before are
 * not looked for, which takes tables. */
static void of_a_comparison(void **state)
{
    Config *config, *reversed;
    long in_order;

    (void)state;
    if (!failing_is_possible())
        skip();
    config = load_channels(0, 1);
    reversed = load_channels(COMPARED - 1, -1);
    in_order = count_allocations(config, config);
    assert_true(in_order > 2);
    assert_true(count_allocations(config, reversed) >= 2 * in_order + 2);
    config_free(config);
    config_free(reversed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(of_files_that_are_right),        IN_DIRECTORY(of_files_with_mistakes),
        IN_DIRECTORY(of_files_that_were_read_before), IN_DIRECTORY(of_rosters_alone),
        IN_DIRECTORY(of_files_of_all_lengths),        IN_DIRECTORY(of_a_comparison),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
