/* SPDX-License-Identifier: MIT */
/* The status line and the watchdog's question, of schedulers in states that no service brings about
 * at will: a loop that is behind, channels by the thousand, texts without end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "daemon/service/status_line.h"

typedef struct Fixture {
    uint64_t listed_usec[4];
    Schedule schedules[2];
    Scheduler schedulers[2];
    Controller controller;
} Fixture;

/* Whether it can be used is all that is asked of it. */
static Store *sound_state;

/* One channel each, in sync, read just now, the next passes in a little over two and four hours. */
static void fixture_init(Fixture *fixture)
{
    uint64_t now_usec = clock_monotonic_usec();

    *fixture = (Fixture){.controller = {.schedulers = fixture->schedulers, .scheduler_count = 2}};
    fixture->controller.backend.store = sound_state;
    fixture->controller.lifecycle = (Lifecycle){.schedules = fixture->schedules, .count = 2};
    for (size_t i = 0; i < 2; i++) {
        fixture->listed_usec[i] = now_usec;
        fixture->schedules[i].next_usec = now_usec + 2 * (i + 1) * USEC_PER_HOUR + USEC_PER_MINUTE;
        fixture->schedulers[i] = (Scheduler){
            .channel_count = 1,
            .listed_usec = &fixture->listed_usec[i],
            .schedule = &fixture->schedules[i],
        };
        fixture->schedulers[i].results[RESULT_IN_SYNC] = 1;
    }
}

static void expect_status(Fixture *fixture, const char *invalid, const char *part)
{
    char text[STATUS_LINE_SIZE];

    status_line_format(&fixture->controller, invalid, NULL, text);
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void test_sums_over_instances(void **state)
{
    Fixture fixture;

    (void)state;
    fixture_init(&fixture);
    expect_status(&fixture, "", "2 channels: 2 in sync; ");
    fixture.schedulers[0].channel_count = 3;
    fixture.schedulers[0].listed_usec = (uint64_t[]){1, 1, 0};
    fixture.schedulers[0].results[RESULT_PAUSED] = 1;
    fixture.schedulers[1].results[RESULT_IN_SYNC] = 0;
    fixture.schedulers[1].results[RESULT_HELD] = 1;
    expect_status(&fixture, "", "4 channels: 1 in sync, 1 paused, 1 held, 1 not read yet; ");
    expect_status(&fixture, "", "(some never)");
}

static void test_the_first_next_pass_counts(void **state)
{
    Fixture fixture;

    (void)state;
    fixture_init(&fixture);
    expect_status(&fixture, "", "; next pass in 2 h");
    fixture.schedules[0].next_usec = USEC_NEVER;
    expect_status(&fixture, "", "; next pass in 4 h");
    fixture.schedules[1].next_usec = 1;
    expect_status(&fixture, "", "; a pass begins (as of ");
}

static void test_what_is_wrong_comes_first(void **state)
{
    Fixture fixture;
    char text[STATUS_LINE_SIZE];

    (void)state;
    fixture_init(&fixture);
    fixture.controller.backend.store = NULL;
    strcpy(fixture.controller.backend.store_err.text, "the disk is full");
    status_line_format(&fixture.controller, "rosterd.yaml:3:1: mode: is missing", NULL, text);
    assert_true(strncmp(text, "INVALID", 7) == 0);
    assert_non_null(strstr(text, "rosterd.yaml:3:1: mode: is missing"));
    assert_non_null(strstr(text, "STATE unusable, nothing is changed (the disk is full)"));
    assert_non_null(strstr(text, "2 in sync"));
}

static void test_long_texts_are_cut_not_overrun(void **state)
{
    char invalid[2 * STATUS_LINE_SIZE], text[STATUS_LINE_SIZE];
    Fixture fixture;

    (void)state;
    fixture_init(&fixture);
    memset(invalid, 'x', sizeof(invalid) - 1);
    invalid[sizeof(invalid) - 1] = '\0';
    memset(fixture.schedulers[0].trouble, 'y', sizeof(fixture.schedulers[0].trouble) - 1);
    status_line_format(&fixture.controller, invalid, NULL, text);
    assert_int_equal(strlen(text), STATUS_LINE_SIZE - 1);
    expect_status(&fixture, "", "yyyy); oldest whole list ");
}

static void test_an_overdue_pass_is_no_progress(void **state)
{
    Fixture fixture;
    uint64_t due_usec;

    (void)state;
    fixture_init(&fixture);
    due_usec = fixture.schedules[0].next_usec;
    assert_false(controller_is_stuck(&fixture.controller, due_usec));
    assert_false(controller_is_stuck(&fixture.controller, due_usec + USEC_PER_SEC));
    assert_true(controller_is_stuck(&fixture.controller, due_usec + USEC_PER_MINUTE));
    fixture.schedules[0].next_usec = USEC_NEVER;
    assert_false(controller_is_stuck(&fixture.controller, due_usec + USEC_PER_HOUR));
    assert_true(controller_is_stuck(&fixture.controller, due_usec + 3 * USEC_PER_HOUR));
}

static int open_state(void **state)
{
    (void)state;
    return store_open_read_only("/nonexistent", &sound_state, NULL);
}

static int close_state(void **state)
{
    (void)state;
    store_free(sound_state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_over_instances),
        cmocka_unit_test(test_the_first_next_pass_counts),
        cmocka_unit_test(test_what_is_wrong_comes_first),
        cmocka_unit_test(test_long_texts_are_cut_not_overrun),
        cmocka_unit_test(test_an_overdue_pass_is_no_progress),
    };

    return cmocka_run_group_tests(tests, open_state, close_state);
}
