/* SPDX-License-Identifier: MIT */
/* Comparing configurations: what is told, and that the same thing written otherwise is no change.
 */
#include "tests/unit/test_config.h"

#include "config/load/compare.h"

/* ---- what was told ---- */

static char told[1024];

static void on_change(const Difference *change, void *userdata)
{
    static const char *const subjects[] = {"", "instance ", "channel "};

    (void)userdata;
    if (change->kind == DIFFERENCE_NONE)
        return;
    snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s%s %s\n",
             subjects[change->subject], change->name, compare_kind_text(change->kind));
}

static int compare(const Config *old, const Config *now)
{
    told[0] = '\0';
    return compare_configs(old, now, on_change, NULL);
}

/* ---- what is the same ---- */

static Config *load_roster(const char *settings, const char *roster)
{
    put_file("rosterd.yaml", settings);
    put_file("rosters.d/a.yaml", roster);
    return load_good();
}

static void expect_same(const char *settings, const char *roster, const char *settings_now,
                        const char *roster_now)
{
    Config *old = load_roster(settings, roster), *now = load_roster(settings_now, roster_now);

    assert_int_equal(compare(old, now), 0);
    assert_string_equal(told, "");
    assert_string_equal(old->set.digest, now->set.digest);
    config_free(old);
    config_free(now);
}

#define CHANNEL(...) "version: 1\nchannels:\n  - {name: abc, " __VA_ARGS__ "}\n"

static void test_the_same_is_unchanged(void **state)
{
    (void)state;
    expect_same(HEAD, ROSTER, HEAD, ROSTER);
    expect_same(HEAD "interval: 60s\n", ROSTER, HEAD "# as before\ninterval: 1m\n", ROSTER);
    expect_same(HEAD, ROSTER,
                HEAD "interval: 60s\nguards: {max_deletes: 10}\nretry: {cap: 30s}\nlimits: {}\n",
                ROSTER);
    expect_same(HEAD, CHANNEL("members: ['10.0.0.1:80', h, 'i:0']"), HEAD,
                CHANNEL("members: [i, {port: 80, host: 10.0.0.1}, {host: H, group: ''}]"));
    expect_same(HEAD, CHANNEL("members: [{host: a, weight: 5, enabled: true}]"), HEAD,
                CHANNEL("members: [{enabled: true, host: A, port: 0, weight: 5}]"));
    expect_same(
        HEAD, CHANNEL("members: [a], ignore: [{host: 10.9.0.0/16}, {group: g, port: 1}]"), HEAD,
        CHANNEL("members: [a], ignore: [{port: 1, group: g}, {host: '::ffff:10.9.0.0/112'}]"));
    expect_same(HEAD, CHANNEL("members: [a], paused: why"), HEAD,
                "version: 1\nchannels:\n\n  - {name: abc, members: [a], paused: {reason: why}}\n");
    expect_same(HEAD, CHANNEL("members: [a], paused: {reason: r, until: 2026-12-24T18:00:00Z}"),
                HEAD,
                CHANNEL("paused: {until: '2026-12-24T19:00:00+01:00', reason: r}, members: [a]"));
    expect_same(
        HEAD, CHANNEL("members: [a]"), HEAD,
        CHANNEL("members: [a], mode: prune, guards: {max_deletes: 10}, allow_empty: false"));
}

static void test_what_is_ignored_says_whether_it_has_a_port(void **state)
{
    Config *old, *now;

    (void)state;
    old = load_roster(HEAD, CHANNEL("members: [a], ignore: [{group: g}]"));
    now = load_roster(HEAD, CHANNEL("members: [a], ignore: [{group: g, port: 0}]"));
    assert_int_equal(compare(old, now), 1);
    config_free(old);
    config_free(now);
}

/* What is not stated is not managed, whatever value it would be stated with. */
static void test_what_a_member_states_says_whether_it_does(void **state)
{
    static const char *const stated[] = {"weight: 0", "backup: false", "enabled: false",
                                         "enabled: true"};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(stated); i++) {
        Config *old = load_roster(HEAD, CHANNEL("members: [{host: a}]")), *now;
        char roster[128];

        snprintf(roster, sizeof(roster), CHANNEL("members: [{host: a, %s}]"), stated[i]);
        now = load_roster(HEAD, roster);
        assert_int_equal(compare(old, now), 1);
        config_free(old);
        config_free(now);
    }
}

/* What the settings say goes for the rosters that leave it out, also where none does so far. */
static void test_settings_make_another_set(void **state)
{
    const char *const roster = CHANNEL("members: [a], mode: observe, quarantine: 2d");
    static const char *const others[] = {"mode: sync\n", "mode: prune\nquarantine: 1d\n"};
    Config *old = load_roster("version: 1\nmode: prune\n" INSTANCES, roster);

    (void)state;
    for (size_t i = 0; i < ELEMENTS(others); i++) {
        char settings[512];
        Config *now;

        snprintf(settings, sizeof(settings), "version: 1\n%s" INSTANCES, others[i]);
        now = load_roster(settings, roster);
        assert_string_equal(now->channels[0].canonical, old->channels[0].canonical);
        assert_string_not_equal(now->set.digest, old->set.digest);
        config_free(now);
    }
    config_free(old);
}

/* ---- what comes and goes ---- */

#define IN(instance, channels) "{version: 1, instance: " instance ", channels: [" channels "]}\n"
#define BOTH "version: 1\nmode: prune\nrosters: [p.yaml, t.yaml]\ninstances:\n" PROD TEST

static Config *load_two(const char *settings, const char *prod, const char *test)
{
    put_file("rosterd.yaml", settings);
    put_file("p.yaml", prod);
    put_file("t.yaml", test);
    return load_good();
}

static void expect_change(Config *old, Config *now, int count, const char *text)
{
    assert_int_equal(compare(old, now), count);
    assert_string_equal(told, text);
}

static void test_what_comes_and_goes(void **state)
{
    Config *all, *some;

    (void)state;
    all = load_two(BOTH, IN("prod", "{name: payments, members: [a]}"),
                   IN("test", "{id: 0123, members: [a]}, {name: payments, members: [a]}"));
    some = load_two("version: 1\nmode: prune\nrosters: [p.yaml]\n" INSTANCES,
                    IN("prod", "{name: payments, members: [a]}"), "");
    expect_change(all, some, 3,
                  "instance test removed\nchannel test/id:0123 removed\nchannel test/payments "
                  "removed\n");
    expect_change(some, all, 3,
                  "instance test added\nchannel test/id:0123 added\nchannel test/payments added\n");
    assert_string_equal(compare_kind_text(DIFFERENCE_NONE), "unchanged");
    config_free(some);
    config_free(all);
}

static void test_several_at_once_are_told_each(void **state)
{
    Config *old, *now;

    (void)state;
    old = load_two(BOTH, IN("prod", "{name: payments, members: [a]}"),
                   IN("test", "{id: 0123, members: [a]}, {name: payments, members: [a]}"));
    now = load_two(
        "version: 1\nmode: prune\ninterval: 5s\nrosters: [p.yaml, t.yaml]\ninstances:\n" PROD
        "  test: {endpoint: https://other.example.com, project_id: p1, instance_id: i2,\n"
        "         auth: {method: environment}}\n",
        IN("prod", "{name: payments, members: [a]}"),
        IN("test", "{id: 4567, members: [a]}, {name: payments, mode: observe, members: "
                   "[a]}"));
    expect_change(old, now, 5,
                  "settings changed\ninstance test changed\nchannel test/id:4567 added\n"
                  "channel test/payments changed\nchannel test/id:0123 removed\n");
    config_free(old);
    config_free(now);
}

/* A channel whose name looks like another one's id. */
static void test_a_name_that_looks_like_an_id(void **state)
{
    Config *both, *one;

    (void)state;
    both = load_roster(HEAD, "version: 1\nchannels:\n  - {name: 'id:0123', members: [a]}\n"
                             "  - {id: 0123, members: [a]}\n");
    one = load_roster(HEAD, "version: 1\nchannels:\n  - {name: 'id:0123', members: [a]}\n");
    expect_change(both, one, 1, "channel prod/id:0123 removed\n");
    expect_change(one, both, 1, "channel prod/id:0123 added\n");
    expect_change(both, both, 0, "");
    config_free(one);
    config_free(both);
}

/* The lines that messages cite are each channel's own. */
static void test_places_of_a_name_that_looks_like_an_id(void **state)
{
    Config *old, *now;

    (void)state;
    old = load_roster(HEAD, "version: 1\nchannels:\n  - {name: 'id:0123', members: [a]}\n"
                            "  - {id: 0123, members: [a]}\n");
    now = load_roster(HEAD, "version: 1\nchannels:\n\n  - {name: 'id:0123', members: [a]}\n\n"
                            "  - {id: 0123, members: [a]}\n");
    assert_int_equal(config_take_places(old, now), 0);
    assert_int_equal(old->channels[0].line, 4);
    assert_int_equal(old->channels[1].line, 6);
    config_free(old);
    config_free(now);
}

/* Another commit of the same set, and what the settings are warned of now. */
static void test_what_is_told_of_a_set(void **state)
{
    Config *old, *now;

    (void)state;
    old = load_roster(HEAD, "version: 1\nchannels:\n  - {name: pay, members: [a]}\n");
    now = load_roster(HEAD, "version: 1\nchannels:\n  - {name: pay, members: [a]}\n");
    strcpy(old->set.head, "0123456789012345678901234567890123456789");
    strcpy(now->set.head, "abcdefabcdefabcdefabcdefabcdefabcdefabcd");
    problems_add(&old->warnings, "rosterd.yaml", 1, 1, "", "an old one");
    problems_add(&old->warnings, "rosterd.yaml", 2, 1, "", "another old one");
    problems_add(&now->warnings, "rosterd.yaml", 3, 1, "", "a new one");
    assert_int_equal(config_take_places(old, now), 0);
    assert_string_equal(old->set.head, now->set.head);
    assert_string_equal(old->set.digest, now->set.digest);
    assert_int_equal(old->warnings.count, 1);
    assert_string_equal(problems_message(&old->warnings.items[0]), "a new one");
    assert_int_equal(now->warnings.count, 0);
    config_free(old);
    config_free(now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(test_the_same_is_unchanged),
        IN_DIRECTORY(test_what_is_ignored_says_whether_it_has_a_port),
        IN_DIRECTORY(test_what_a_member_states_says_whether_it_does),
        IN_DIRECTORY(test_settings_make_another_set),
        IN_DIRECTORY(test_what_is_told_of_a_set),
        IN_DIRECTORY(test_what_comes_and_goes),
        IN_DIRECTORY(test_several_at_once_are_told_each),
        IN_DIRECTORY(test_a_name_that_looks_like_an_id),
        IN_DIRECTORY(test_places_of_a_name_that_looks_like_an_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
