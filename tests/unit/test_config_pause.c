/* SPDX-License-Identifier: MIT */
/* `paused:` in rosters: what pauses, and what is refused. */
#include "daemon/base/clock.h"
#include "tests/unit/test_config.h"

#define PAUSED(value)                                                                              \
    "version: 1\nchannels:\n  - name: payments\n    members: [a]\n    paused: " value "\n"

static void expect_pause(const char *roster, const char *reason, uint64_t until_usec)
{
    const RosterPause *pause;
    Config *config;

    put_file("rosterd.yaml", HEAD);
    put_file("rosters.d/a.yaml", roster);
    config = load_good();
    pause = config->channels[0].pause;
    assert_non_null(pause);
    assert_string_equal(pause->reason, reason);
    assert_true(pause->until_usec == until_usec);
    assert_int_equal(pause->line, 5);
    assert_string_equal(config->channels[0].file, "rosters.d/a.yaml");
    config_free(config);
}

static void what_pauses(void **state)
{
    const uint64_t until_usec = UINT64_C(1798135200) * USEC_PER_SEC; /* 2026-12-24T18:00:00Z */

    (void)state;
    expect_pause(PAUSED("move to zone b"), "move to zone b", 0);
    expect_pause(PAUSED("{reason: \"move to zone b\", until: 2026-12-24T18:00:00Z}"),
                 "move to zone b", until_usec);
    expect_pause(PAUSED("{until: '2026-12-24T19:30:00.5+01:30', reason: r}"), "r",
                 until_usec + 500000);
    expect_pause(PAUSED("{reason: 2 days}"), "2 days", 0);
    expect_pause(PAUSED("yes we move"), "yes we move", 0);
    expect_pause(PAUSED("{reason: over, until: 1970-01-01T00:00:01Z}"), "over", USEC_PER_SEC);
}

static void whether_a_pause_holds(void **state)
{
    RosterPause pause = {.reason = "r"};
    RosterChannel channel = {0};

    (void)state;
    assert_false(config_pause_holds(&channel, 5));
    channel.pause = &pause;
    assert_true(config_pause_holds(&channel, UINT64_MAX));
    pause.until_usec = 5;
    assert_true(config_pause_holds(&channel, 4));
    assert_false(config_pause_holds(&channel, 5));
}

static const InvalidConfig cases[] = {
    {NULL, PAUSED(""),
     "rosters.d/a.yaml:5:12: channels[0].paused: empty, must be a reason, or {reason: TEXT, until: "
     "2026-12-24T18:00:00Z}; a channel that is not paused has no such key\n"},
    {NULL, PAUSED("~"),
     "rosters.d/a.yaml:5:13: channels[0].paused: empty, must be a reason, or {reason: TEXT, until: "
     "2026-12-24T18:00:00Z}; a channel that is not paused has no such key\n"},
    {NULL, PAUSED("null"),
     "rosters.d/a.yaml:5:13: channels[0].paused: empty, must be a reason, or {reason: TEXT, until: "
     "2026-12-24T18:00:00Z}; a channel that is not paused has no such key\n"},
    {NULL, PAUSED("''"),
     "rosters.d/a.yaml:5:13: channels[0].paused: empty, must be a reason, or {reason: TEXT, until: "
     "2026-12-24T18:00:00Z}; a channel that is not paused has no such key\n"},
    {NULL, PAUSED("'  '"),
     "rosters.d/a.yaml:5:13: channels[0].paused: empty reason, must be a reason, or {reason: TEXT, "
     "until: 2026-12-24T18:00:00Z}; a channel that is not paused has no such key\n"},
    {NULL, PAUSED("true"),
     "rosters.d/a.yaml:5:13: channels[0].paused: not a reason: a word for yes or no, must be a "
     "reason, or {reason: TEXT, until: 2026-12-24T18:00:00Z}; a channel that is not paused has no "
     "such key\n"},
    {NULL, PAUSED("false"),
     "rosters.d/a.yaml:5:13: channels[0].paused: not a reason: a word for yes or no, must be a "
     "reason, or {reason: TEXT, until: 2026-12-24T18:00:00Z}; a channel that is not paused has no "
     "such key\n"},
    {NULL, PAUSED("No"),
     "rosters.d/a.yaml:5:13: channels[0].paused: not a reason: a word for yes or no, must be a "
     "reason, or {reason: TEXT, until: 2026-12-24T18:00:00Z}; a channel that is not paused has no "
     "such key\n"},
    {NULL, PAUSED("'off'"),
     "rosters.d/a.yaml:5:13: channels[0].paused: not a reason: a word for yes or no, must be a "
     "reason, or {reason: TEXT, until: 2026-12-24T18:00:00Z}; a channel that is not paused has no "
     "such key\n"},
    {NULL, PAUSED("0"),
     "rosters.d/a.yaml:5:13: channels[0].paused: not a reason: a word for yes or no, must be a "
     "reason, or {reason: TEXT, until: 2026-12-24T18:00:00Z}; a channel that is not paused has no "
     "such key\n"},
    {NULL, PAUSED("2026-12-24T18:00:00Z"),
     "rosters.d/a.yaml:5:13: channels[0].paused: not a reason: a time alone, must be a reason, or "
     "{reason: TEXT, until: 2026-12-24T18:00:00Z}; a channel that is not paused has no such key\n"},
    {NULL, PAUSED("2h"),
     "rosters.d/a.yaml:5:13: channels[0].paused: not a reason: a time alone, must be a reason, or "
     "{reason: TEXT, until: 2026-12-24T18:00:00Z}; a channel that is not paused has no such key\n"},
    {NULL, PAUSED("[a]"),
     "rosters.d/a.yaml:5:13: channels[0].paused: not text: a list, must be a reason, or {reason: "
     "TEXT, until: 2026-12-24T18:00:00Z}; a channel that is not paused has no such key\n"},
    {NULL, PAUSED("{}"),
     "rosters.d/a.yaml:5:13: channels[0].paused.reason: missing, must be why the channel is "
     "paused\n"},
    {NULL, PAUSED("{until: 2026-12-24T18:00:00Z}"),
     "rosters.d/a.yaml:5:13: channels[0].paused.reason: missing, must be why the channel is "
     "paused\n"},
    {NULL, PAUSED("{reason: yes}"),
     "rosters.d/a.yaml:5:22: channels[0].paused.reason: not a reason: a word for yes or no, must "
     "be a reason, or {reason: TEXT, until: 2026-12-24T18:00:00Z}; a channel that is not paused "
     "has no such key\n"},
    {NULL, PAUSED("{reason: r, until: }"),
     "rosters.d/a.yaml:5:32: channels[0].paused.until: empty, must be a time with its offset, such "
     "as 2026-12-24T18:00:00Z or 2026-12-24T19:00:00+01:00\n"},
    {NULL, PAUSED("{reason: r, until: 2026-12-24T18:00:00}"),
     "rosters.d/a.yaml:5:32: channels[0].paused.until: not a time with its offset: "
     "\"2026-12-24T18:00:00\", must be a time with its offset, such as 2026-12-24T18:00:00Z or "
     "2026-12-24T19:00:00+01:00\n"},
    {NULL, PAUSED("{reason: r, until: 2026-12-24}"),
     "rosters.d/a.yaml:5:32: channels[0].paused.until: not a time with its offset: \"2026-12-24\", "
     "must be a time with its offset, such as 2026-12-24T18:00:00Z or 2026-12-24T19:00:00+01:00\n"},
    {NULL, PAUSED("{reason: r, until: 2026-12-24 18:00:00Z}"),
     "rosters.d/a.yaml:5:32: channels[0].paused.until: not a time with its offset: \"2026-12-24 "
     "18:00:00Z\", must be a time with its offset, such as 2026-12-24T18:00:00Z or "
     "2026-12-24T19:00:00+01:00\n"},
    {NULL, PAUSED("{reason: r, until: 2026-02-30T18:00:00Z}"),
     "rosters.d/a.yaml:5:32: channels[0].paused.until: not a time with its offset: "
     "\"2026-02-30T18:00:00Z\", must be a time with its offset, such as 2026-12-24T18:00:00Z or "
     "2026-12-24T19:00:00+01:00\n"},
    {NULL, PAUSED("{reason: r, until: 2h}"),
     "rosters.d/a.yaml:5:32: channels[0].paused.until: not a time with its offset: \"2h\", must be "
     "a time with its offset, such as 2026-12-24T18:00:00Z or 2026-12-24T19:00:00+01:00\n"},
    {NULL, PAUSED("{reason: r, for: 2h}"),
     "rosters.d/a.yaml:5:25: channels[0].paused.for: unknown key, must be one of: reason, until\n"},
    {NULL, PAUSED("{reason: r, reason: s}"),
     "rosters.d/a.yaml:5:25: channels[0].paused.reason: duplicate key (first on line 5), keep one "
     "of them\n"},
    {NULL, PAUSED("*a"), "rosters.d/a.yaml:5:13: channels[0].paused: alias, write the value out\n"},
};

static void what_is_refused(void **state)
{
    (void)state;
    expect_invalid(cases, ELEMENTS(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_pauses),
        cmocka_unit_test(whether_a_pause_holds),
        IN_DIRECTORY(what_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
