/* SPDX-License-Identifier: MIT */
/* A guard and settings added as rows and nothing else (more_rows.h) are found in all that a row
 * stands for: keys, bounds, defaults, merging, comparing, evaluation, digest, report, plan. */
#include "tests/unit/test_config.h"

#include "config/load/compare.h"
#include "config/roster/roster.h"
#include "config/settings/settings.h"
#include "daemon/base/str.h"
#include "daemon/json/json_parser.h"
#include "daemon/report/json.h"
#include "daemon/report/text.h"
#include "reconcile/plan/plan_digest.h"

static uint64_t rounds; /* what the guard measures */

uint64_t guard_measure_max_rounds(const struct Subject *subject)
{
    (void)subject;
    return rounds;
}

#define CHANNEL(...) "version: 1\nchannels:\n  - {name: payments, members: [a]" __VA_ARGS__ "}\n"

static Config *load(const char *settings, const char *roster)
{
    put_file("rosterd.yaml", settings);
    put_file("rosters.d/a.yaml", roster);
    return load_good();
}

/* ---- keys and bounds ---- */

static const InvalidConfig refusals[] = {
    {HEAD "guards: {max_rounds: 41}\n", NULL,
     "rosterd.yaml:6:22: guards.max_rounds: out of range: 41, must be 2 to 40, or off\n"},
    {HEAD "guards: {max_rounds: 1}\n", NULL,
     "rosterd.yaml:6:22: guards.max_rounds: out of range: 1, must be 2 to 40, or off\n"},
    {HEAD "guards: {max_round: 5}\n", NULL,
     "rosterd.yaml:6:10: guards.max_round: unknown key, did you mean \"max_rounds\"?\n"},
    {HEAD "rest: 31d\n", NULL,
     "rosterd.yaml:6:7: rest: out of range: 31d, must be 1s to 30d (units: ms, s, m, h, d, w)\n"},
    {HEAD "rest: 30\n", NULL,
     "rosterd.yaml:6:7: rest: no unit: \"30\", must be 1s to 30d (units: ms, s, m, h, d, w); write "
     "30s for seconds\n"},
    {HEAD "spread: 0\n", NULL, "rosterd.yaml:6:9: spread: out of range: 0, must be 1 to 9\n"},
    {HEAD "corner: here\n", NULL,
     "rosterd.yaml:6:9: corner: not an absolute path: \"here\", must be one that begins with /\n"},
    {HEAD "corner: /aaaaaaaaaaaaaaaaaaaa\n", NULL,
     "rosterd.yaml:6:9: corner: too long: 21 bytes, must be 20 at most\n"},
    {NULL, CHANNEL(", spread: 10"),
     "rosters.d/a.yaml:3:44: channels[0].spread: out of range: 10, must be 1 to 9\n"},
    {NULL, CHANNEL(", corner: /c"),
     "rosters.d/a.yaml:3:36: channels[0].corner: unknown key, must be one of: name, id, mode, "
     "quarantine, rest, spread, allow_empty, members, ignore, guards, paused, windows, freezes\n"},
};

static void test_bounds_and_messages(void **state)
{
    (void)state;
    expect_invalid(refusals, ELEMENTS(refusals));
}

static void test_defaults(void **state)
{
    Config *config = load(HEAD, ROSTER);

    (void)state;
    assert_int_equal(config->guards.max_rounds, 7);
    assert_int_equal(config->guards.limits[GUARD_MAX_ROUNDS], 7);
    assert_int_equal(config->rest_usec, 10 * USEC_PER_SEC);
    assert_int_equal(config->spread, 5);
    assert_null(config->corner);
    assert_int_equal(config->channels[0].guards.max_rounds, 7);
    assert_int_equal(config->channels[0].rest_usec, 10 * USEC_PER_SEC);
    assert_int_equal(config->channels[0].spread, 5);
    config_free(config);
}

/* ---- merging ---- */

static void test_what_a_roster_leaves_out_is_the_settings(void **state)
{
    Config *config =
        load(HEAD "guards: {max_rounds: 9}\nrest: 1m\nspread: 3\ncorner: /c\n", ROSTER);

    (void)state;
    assert_string_equal(config->corner, "/c");
    assert_int_equal(config->channels[0].guards.max_rounds, 9);
    assert_int_equal(config->channels[0].rest_usec, USEC_PER_MINUTE);
    assert_int_equal(config->channels[0].spread, 3);
    config_free(config);
}

static void test_a_roster_may_be_stricter(void **state)
{
    Config *config = load(HEAD, CHANNEL(", guards: {max_rounds: 2}, rest: 30d, spread: 5"));

    (void)state;
    assert_int_equal(config->channels[0].guards.max_rounds, 2);
    assert_int_equal(config->channels[0].rest_usec, 30 * USEC_PER_DAY);
    assert_int_equal(config->channels[0].spread, 5);
    assert_int_equal(config->guards.max_rounds, 7);
    config_free(config);
}

static const InvalidConfig laxer[] = {
    {NULL, CHANNEL(", guards: {max_rounds: 8}"),
     "rosters.d/a.yaml:3:57: channels[0].guards.max_rounds: laxer than the settings: 8 where they "
     "say 7, must be 7 or less (a roster can only be stricter)\n"},
    {NULL, CHANNEL(", guards: {max_rounds: off}"),
     "rosters.d/a.yaml:3:57: channels[0].guards.max_rounds: laxer than the settings: off where "
     "they say 7, must be 7 or less (a roster can only be stricter)\n"},
    {HEAD "rest: 1m\n", CHANNEL(", rest: 59s"),
     "rosters.d/a.yaml:3:42: channels[0].rest: laxer than the settings: 59s where they say 1m, "
     "must be 1m or more (a roster can only be stricter)\n"},
    {NULL, CHANNEL(", spread: 6"),
     "rosters.d/a.yaml:3:44: channels[0].spread: laxer than the settings: 6 where they say 5, must "
     "be 5 or less (a roster can only be stricter)\n"},
    /* Compared with a mistake, a roster could only be wrong as well. */
    {HEAD "spread: 0\n", CHANNEL(", spread: 6"),
     "rosterd.yaml:6:9: spread: out of range: 0, must be 1 to 9\n"},
};

static void test_a_roster_may_not_be_laxer(void **state)
{
    (void)state;
    expect_invalid(laxer, ELEMENTS(laxer));
}

/* ---- comparing ---- */

static void count_changes(const Difference *change, void *userdata)
{
    ((int *)userdata)[change->subject] += change->kind != DIFFERENCE_NONE;
}

/* `settings` and `channel`: which of the two changes. */
static void expect_change(const char *settings, const char *roster, bool of_settings,
                          bool of_channel)
{
    Config *old = load(HEAD, ROSTER), *now = load(settings, roster);
    int counts[DIFFERENCE_OF_CHANNEL + 1] = {0};

    compare_configs(old, now, count_changes, counts);
    assert_int_equal(counts[DIFFERENCE_OF_SETTINGS], of_settings);
    assert_int_equal(counts[DIFFERENCE_OF_CHANNEL], of_channel);
    assert_int_equal(strcmp(old->set.digest, now->set.digest) != 0, of_channel);
    config_free(old);
    config_free(now);
}

static void test_a_change_is_one(void **state)
{
    (void)state;
    expect_change(HEAD "guards: {max_rounds: 6}\n", ROSTER, true, true);
    expect_change(HEAD "rest: 11s\n", ROSTER, true, true);
    expect_change(HEAD "spread: 4\n", ROSTER, true, true);
    expect_change(HEAD "corner: /c\n", ROSTER, true, false);
    expect_change(HEAD, ROSTER "    rest: 11s\n", false, true);
    expect_change(HEAD, ROSTER "    guards: {max_rounds: 6}\n", false, true);
    expect_change(HEAD "rest: 10s\nspread: 5\n", ROSTER "    rest: 10s\n", false, false);
}

static void test_whether_it_takes_a_restart_and_how_it_is_written(void **state)
{
    _cleanup_(buf_done) Buf text = {0};
    Config *config = load(HEAD "rest: 90s\ncorner: /c\n", ROSTER);

    (void)state;
    assert_int_equal(setting_row(SETTING_CORNER)->reload, SETTING_BY_RESTART);
    assert_string_equal(setting_row(SETTING_REST)->path, "rest");
    setting_print(config, SETTING_REST, &text);
    buf_putc(&text, ' ');
    setting_print(config, SETTING_SPREAD, &text);
    buf_putc(&text, ' ');
    setting_print(config, SETTING_CORNER, &text);
    assert_string_equal(buf_text(&text), "90s 5 /c");
    config_free(config);
}

/* ---- evaluation ---- */

static const Plan one_deletion = {.extras =
                                      (Extra[]){{.id = "m", .identity = "m", .identity_size = 1}},
                                  .extra_count = 1,
                                  .delete_count = 1,
                                  .live_count = 10,
                                  .staying_in_service = 9};

static const Conditions alone = {0};

static void test_it_is_evaluated_in_its_place(void **state)
{
    const ChannelRecord record = {0};
    Config *config = load(HEAD, ROSTER);
    Guard guards[GUARD_COUNT];

    (void)state;
    rounds = 7;
    assert_int_equal(guard_evaluate(&config->guards, &one_deletion, &record, &alone, 0, guards), 0);
    rounds = 8;
    config->guards.max_deletes = 0;
    assert_int_equal(guard_evaluate(&config->guards, &one_deletion, &record, &alone, 0, guards), 2);
    assert_true(guards[GUARD_MAX_DELETES].refuses);
    assert_true(guards[GUARD_COUNT - 1].refuses);
    assert_int_equal(guards[GUARD_COUNT - 1].name, GUARD_MAX_ROUNDS);
    assert_int_equal(guards[GUARD_COUNT - 1].planned, 8);
    assert_int_equal(guards[GUARD_COUNT - 1].limit, 7);
    config_free(config);
}

static void test_its_refusal_is_another_digest(void **state)
{
    Config *config = load(HEAD, ROSTER);
    const Desired desired = {.channel = &config->channels[0]};
    const Diff diff = {.desired = &desired, .channel_id = "c"};
    Guard guards[GUARD_COUNT] = {0};
    char before[DIGEST_HEX_SIZE], after[DIGEST_HEX_SIZE];

    (void)state;
    for (GuardName name = 0; name < GUARD_COUNT; name++)
        guards[name].name = name;
    plan_digest_make(&one_deletion, &diff, config->instances, guards, before);
    guards[GUARD_MAX_ROUNDS].refuses = true;
    plan_digest_make(&one_deletion, &diff, config->instances, guards, after);
    assert_string_not_equal(before, after);
    config_free(config);
}

/* ---- what people read ---- */

static void test_report_and_plan_tell_its_numbers(void **state)
{
    _cleanup_(buf_done) Buf json = {0}, text = {0};
    _cleanup_(json_freep) Json *root = NULL;
    Config *config = load(HEAD, ROSTER);
    Guard refusing = {.name = GUARD_MAX_ROUNDS, .planned = 8, .limit = 7, .refuses = true};
    ChannelReport channel = {
        .channel = &config->channels[0],
        .instance_name = "prod",
        .name = "payments",
        .id = "c",
        .result = RESULT_HELD,
        .has_list = true,
        .live_count = 10,
        .guards = &refusing,
        .guard_count = 1,
    };
    const Json *guard;
    const Report report = {.pass_id = "p", .channels = &channel, .channel_count = 1};

    (void)state;
    assert_int_equal(report_json_append(&report, NULL, NULL, &json), 0);
    assert_int_equal(json_parse_once(json.data, json.size, &root, NULL), 0);
    guard = json_at(json_find(json_at(json_find(root, "channels"), 0), "guards"), 0);
    assert_string_equal(json_as_text(json_find(guard, "name")), "max_rounds");
    assert_string_equal(json_as_text(json_find(guard, "planned")), "8");
    assert_string_equal(json_as_text(json_find(guard, "limit")), "7");
    assert_int_equal(report_text_append(&(ReportSource){.root = root}, &(TextOptions){0}, &text),
                     0);
    assert_non_null(strstr(buf_text(&text), "! max_rounds refuses: 8 rounds planned, limit 7\n"));
    config_free(config);
}

/* What a description of the settings is made from. */
static const SchemaKey *find_key(const Schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++) {
        if (str_equal(schema->keys[i].name, name))
            return &schema->keys[i];
    }
    return NULL;
}

static void test_the_schemas_describe_it(void **state)
{
    const Schema *channel = find_key(&roster_schema, "channels")->section;

    (void)state;
    assert_string_equal(find_key(&settings_guards_schema, "max_rounds")->help,
                        "the most rounds in a pass");
    assert_string_equal(find_key(&settings_schema, "rest")->help, "how long a channel rests");
    assert_string_equal(find_key(channel, "rest")->help, "how long a channel rests");
    assert_int_equal(find_key(&settings_schema, "rest")->fallback, 10 * USEC_PER_SEC);
    assert_null(find_key(channel, "corner"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(test_bounds_and_messages),
        IN_DIRECTORY(test_defaults),
        IN_DIRECTORY(test_what_a_roster_leaves_out_is_the_settings),
        IN_DIRECTORY(test_a_roster_may_be_stricter),
        IN_DIRECTORY(test_a_roster_may_not_be_laxer),
        IN_DIRECTORY(test_a_change_is_one),
        IN_DIRECTORY(test_whether_it_takes_a_restart_and_how_it_is_written),
        IN_DIRECTORY(test_it_is_evaluated_in_its_place),
        IN_DIRECTORY(test_its_refusal_is_another_digest),
        IN_DIRECTORY(test_report_and_plan_tell_its_numbers),
        cmocka_unit_test(test_the_schemas_describe_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
