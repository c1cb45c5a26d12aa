/* SPDX-License-Identifier: MIT */
/* What the channels of a pass came to is logged whole and in order, however many turns it takes. */
#include "daemon/runtime/telling.h"

#include "daemon/base/mem.h"
#include "tests/unit/log_case.h"

/* So many in one turn, with these rows. */
#define ROWS ((size_t)(TELLING_AT_ONCE / 10 - TELLING_CHANNEL))
#define AT_ONCE 10U
#define COUNT (2 * AT_ONCE + 5)

typedef struct TellingCase {
    LogCase log_case;
    PassLog log;
    Telling telling;
    sd_event *event;
    RosterChannel rosters[COUNT];
    ChannelReport channels[COUNT];
    char names[COUNT][8];
    MissingReport missing[ROWS];
    Buf said;
} TellingCase;

static int setup(void **state)
{
    TellingCase *telling_case = test_calloc(1, sizeof(*telling_case));

    for (size_t i = 0; i < ROWS; i++)
        telling_case->missing[i] = (MissingReport){"", "10.0.0.1", 8080};
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(telling_case->names[i], sizeof(telling_case->names[i]), "c%zu", i);
        telling_case->rosters[i].name = telling_case->names[i];
        telling_case->channels[i] = (ChannelReport){
            .channel = &telling_case->rosters[i],
            .name = telling_case->names[i],
            .result = RESULT_DRIFT,
            .has_list = true,
            .missing = telling_case->missing,
            .missing_count = ROWS,
        };
    }
    assert_true(sd_event_new(&telling_case->event) >= 0);
    telling_case->log.instance_name = "prod";
    telling_case->telling = (Telling){.event = telling_case->event, .log = &telling_case->log};
    log_case_begin(&telling_case->log_case, LOG_LEVEL_NOTICE);
    *state = telling_case;
    return 0;
}

static int teardown(void **state)
{
    TellingCase *telling_case = *state;

    log_case_end(&telling_case->log_case);
    pass_log_done(&telling_case->log);
    sd_event_unref(telling_case->event);
    buf_done(&telling_case->said);
    test_free(telling_case);
    return 0;
}

/* The lines since the last look are of these channels and no others, in their order. */
static void expect_told(TellingCase *telling_case, size_t begin, size_t end)
{
    const char *line;

    log_case_read(&telling_case->log_case, &telling_case->said);
    line = buf_text(&telling_case->said);
    for (size_t i = begin; i < end; i++) {
        char name[32];
        const char *newline = strchr(line, '\n'), *found;

        assert_non_null(newline);
        snprintf(name, sizeof(name), "prod/c%zu: drift", i);
        found = strstr(line, name);
        assert_true(found && found < newline);
        line = newline + 1;
    }
    assert_string_equal(line, "");
}

/* Whether there was anything to do. */
static bool turn(const TellingCase *telling_case)
{
    int r = sd_event_run(telling_case->event, 0);

    assert_true(r >= 0);
    return r > 0;
}

static void some_are_told_each_turn(void **state)
{
    TellingCase *telling_case = *state;

    telling_begin(&telling_case->telling, telling_case->channels, COUNT);
    expect_told(telling_case, 0, AT_ONCE);
    assert_true(turn(telling_case));
    expect_told(telling_case, AT_ONCE, 2 * AT_ONCE);
    assert_true(turn(telling_case));
    expect_told(telling_case, 2 * AT_ONCE, COUNT);
    assert_false(turn(telling_case));
    expect_told(telling_case, 0, 0);
}

static void few_are_told_at_once(void **state)
{
    TellingCase *telling_case = *state;

    telling_begin(&telling_case->telling, telling_case->channels, AT_ONCE);
    expect_told(telling_case, 0, AT_ONCE);
    assert_false(turn(telling_case));
    telling_begin(&telling_case->telling, telling_case->channels, 0);
    assert_false(turn(telling_case));
    expect_told(telling_case, 0, 0);
}

/* Nothing is left out where the next pass, or the end, comes first, and nothing is told twice. */
static void the_rest_is_told_when_it_must_be(void **state)
{
    TellingCase *telling_case = *state;

    telling_begin(&telling_case->telling, telling_case->channels, COUNT);
    expect_told(telling_case, 0, AT_ONCE);
    telling_finish(&telling_case->telling);
    expect_told(telling_case, AT_ONCE, COUNT);
    telling_finish(&telling_case->telling);
    assert_false(turn(telling_case));
    expect_told(telling_case, 0, 0);
}

static void the_next_report_comes_after_the_rest(void **state)
{
    TellingCase *telling_case = *state;

    telling_begin(&telling_case->telling, telling_case->channels, AT_ONCE + 1);
    expect_told(telling_case, 0, AT_ONCE);
    telling_begin(&telling_case->telling, &telling_case->channels[AT_ONCE + 1], 1);
    expect_told(telling_case, AT_ONCE, AT_ONCE + 2);
    assert_false(turn(telling_case));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(some_are_told_each_turn, setup, teardown),
        cmocka_unit_test_setup_teardown(few_are_told_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(the_rest_is_told_when_it_must_be, setup, teardown),
        cmocka_unit_test_setup_teardown(the_next_report_comes_after_the_rest, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
