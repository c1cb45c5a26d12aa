/* SPDX-License-Identifier: MIT */
/* Durations, dates and times as people write them, and their bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/base/duration.h"
#include "daemon/base/mem.h"

#define ROUNDS 20000U
#define SEED UINT64_C(0x9e3779b97f4a7c15)

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void durations_with_every_unit(void **state)
{
    static const struct {
        const char *text;
        uint64_t usec;
    } rows[] = {
        {"0s", 0},
        {"500ms", 500 * USEC_PER_MSEC},
        {"30s", 30 * USEC_PER_SEC},
        {"5m", 5 * USEC_PER_MINUTE},
        {"1h", USEC_PER_HOUR},
        {"7d", 7 * USEC_PER_DAY},
        {"2w", 14 * USEC_PER_DAY},
        {"36500d", DURATION_MAX_USEC},
    };
    uint64_t usec;

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        assert_int_equal(duration_parse(rows[i].text, &usec), 0);
        assert_true(usec == rows[i].usec);
    }
}

static void what_is_no_duration(void **state)
{
    static const char *const texts[] = {
        "",     "s",  "5",   "5 s",  " 5s", "5s ",   "+5s",  "-5s", "05s",
        "1.5s", "5S", "5us", "1e3s", "5sm", "1h30m", "0x5s", "٣s",  "000000000000000000000001s",
    };
    uint64_t usec = 7;

    (void)state;
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        assert_int_equal(duration_parse(texts[i], &usec), -EINVAL);
        assert_true(usec == 7);
    }
}

/* 213503982d is one of those whose microseconds do not fit, and came out as 7 hours. */
static void durations_beyond_bounds(void **state)
{
    static const char *const texts[] = {
        "36501d",
        "213503982d",
        "213503983d",
        "5215w",
        "876001h",
        "18446744073709551615ms",
        "18446744073709551616ms",
        "18446744073709551619s",
        "99999999999999999999w",
        "100000000000000000000000000000d",
    };
    uint64_t usec = 7;

    (void)state;
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        assert_int_equal(duration_parse(texts[i], &usec), -ERANGE);
        assert_true(usec == 7);
    }
}

/* Near the bound of each unit, near the end of 64 bits, near where the product wraps, and anywhere:
 * a duration is the exact product, or refused. */
static void no_duration_wraps(void **state)
{
    static const struct {
        const char *name;
        uint64_t usec;
    } units[] = {{"ms", USEC_PER_MSEC}, {"s", USEC_PER_SEC}, {"m", USEC_PER_MINUTE},
                 {"h", USEC_PER_HOUR},  {"d", USEC_PER_DAY}, {"w", 7 * USEC_PER_DAY}};
    uint64_t random = SEED;

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t unit = next_random(&random) % ELEMENTS(units);
        const uint64_t bases[] = {DURATION_MAX_USEC / units[unit].usec,
                                  UINT64_MAX / units[unit].usec, UINT64_MAX, 0,
                                  next_random(&random) >> (next_random(&random) % 64)};
        uint64_t count =
            bases[next_random(&random) % ELEMENTS(bases)] + next_random(&random) % 5 - 2;
        bool fits = count <= DURATION_MAX_USEC / units[unit].usec;
        char text[DURATION_TEXT_SIZE], again[DURATION_TEXT_SIZE];
        uint64_t usec = 7, parsed;

        snprintf(text, sizeof(text), "%" PRIu64 "%s", count, units[unit].name);
        assert_int_equal(duration_parse(text, &usec), fits ? 0 : -ERANGE);
        assert_true(usec == (fits ? count * units[unit].usec : 7));
        if (!fits)
            continue;
        duration_format(usec, again);
        assert_int_equal(duration_parse(again, &parsed), 0);
        assert_true(parsed == usec);
    }
}

static void expect_since(const char *text, const char *now, const char *expected)
{
    char formatted[CLOCK_RFC3339_SIZE];
    uint64_t now_usec, usec;

    assert_int_equal(clock_parse_rfc3339(now, &now_usec), 0);
    assert_int_equal(duration_parse_since(text, now_usec, &usec), 0);
    clock_format_rfc3339(usec, formatted);
    assert_string_equal(formatted, expected);
}

static void spans_that_end_now(void **state)
{
    const char *now = "2026-03-01T12:34:56Z";
    uint64_t now_usec, usec = 7;

    (void)state;
    expect_since("2h", now, "2026-03-01T10:34:56Z");
    expect_since("7d", now, "2026-02-22T12:34:56Z");
    expect_since("2w", now, "2026-02-15T12:34:56Z");
    expect_since("36500d", now, "1970-01-01T00:00:00Z");
    expect_since("today", now, "2026-03-01T00:00:00Z");
    expect_since("yesterday", now, "2026-02-28T00:00:00Z");
    expect_since("yesterday", "2024-03-01T00:00:00Z", "2024-02-29T00:00:00Z");
    expect_since("yesterday", "1970-01-01T05:00:00Z", "1970-01-01T00:00:00Z");
    expect_since("2025-12-31", now, "2025-12-31T00:00:00Z");
    expect_since("2026-03-01T13:00:00+02:00", now, "2026-03-01T11:00:00Z");
    assert_int_equal(clock_parse_rfc3339(now, &now_usec), 0);
    assert_int_equal(duration_parse_since("2026-03-02", now_usec, &usec), -EDOM);
    assert_int_equal(duration_parse_since("36501d", now_usec, &usec), -ERANGE);
    assert_int_equal(duration_parse_since("2026-02-29", now_usec, &usec), -EINVAL);
    assert_int_equal(duration_parse_since("2026-3-1", now_usec, &usec), -EINVAL);
    assert_int_equal(duration_parse_since("Yesterday", now_usec, &usec), -EINVAL);
    assert_int_equal(duration_parse_since("", now_usec, &usec), -EINVAL);
    assert_true(usec == 7);
}

static void expect_time(const char *text, const char *expected)
{
    char formatted[CLOCK_RFC3339_SIZE];
    uint64_t usec;

    assert_int_equal(clock_parse_rfc3339(text, &usec), 0);
    clock_format_rfc3339(usec, formatted);
    assert_string_equal(formatted, expected);
}

static void times_of_rfc_3339(void **state)
{
    static const char *const bad[] = {
        "2026-12-24T18:00:00",
        "2026-12-24 18:00:00Z",
        "2026-12-24T18:00Z",
        "2026-12-24",
        "2026-12-24T18:00:00z",
        "2026-12-24T18:00:00+0100",
        "2026-12-24T18:00:00+01",
        "2026-12-24T18:00:00+24:00",
        "2026-12-24T18:00:00+01:60",
        "2026-12-24T24:00:00Z",
        "2026-12-24T18:60:00Z",
        "2026-12-24T18:00:61Z",
        "2026-13-24T18:00:00Z",
        "2026-00-24T18:00:00Z",
        "2026-02-29T18:00:00Z",
        "2026-02-00T18:00:00Z",
        "+026-12-24T18:00:00Z",
        " 2026-12-24T18:00:00Z",
        "2026-12-24T18:00:00Z ",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "10000-01-01T00:00:00Z",
        "2026-12-24T18:00:00.Z",
        "2026-12-24T18:00:00.1234567890Z",
        "2026-12-24T18:00:00\342\210\22201:00",
    };
    uint64_t usec = 7;

    (void)state;
    expect_time("2026-12-24T18:00:00+01:00", "2026-12-24T17:00:00Z");
    expect_time("2026-12-31T23:30:00-02:30", "2027-01-01T02:00:00Z");
    expect_time("2026-12-24T18:00:00-00:00", "2026-12-24T18:00:00Z");
    expect_time("2024-02-29T00:00:00.999999999Z", "2024-02-29T00:00:00Z");
    expect_time("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z");
    expect_time("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z");
    for (size_t i = 0; i < ELEMENTS(bad); i++)
        assert_int_equal(clock_parse_rfc3339(bad[i], &usec), -EINVAL);
    assert_true(usec == 7);
}

/* As the C library counts, over all of its range here. */
static void every_day_is_the_librarys(void **state)
{
    char text[16];

    (void)state;
    for (time_t day = 0; day < 366 * 800; day++) {
        time_t seconds = day * 86400;
        struct tm parts;
        uint64_t usec;

        gmtime_r(&seconds, &parts);
        strftime(text, sizeof(text), "%Y-%m-%d", &parts);
        assert_int_equal(clock_parse_date(text, &usec), 0);
        assert_true(usec == (uint64_t)seconds * USEC_PER_SEC);
    }
}

static void sums_do_not_wrap(void **state)
{
    (void)state;
    assert_true(usec_add(1, 2) == 3);
    assert_true(usec_add(USEC_NEVER, 1) == USEC_NEVER);
    assert_true(usec_add(USEC_NEVER - 1, 1) == USEC_NEVER);
    assert_true(usec_add(USEC_NEVER - 2, 1) == USEC_NEVER - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_with_every_unit), cmocka_unit_test(what_is_no_duration),
        cmocka_unit_test(durations_beyond_bounds),   cmocka_unit_test(no_duration_wraps),
        cmocka_unit_test(spans_that_end_now),        cmocka_unit_test(times_of_rfc_3339),
        cmocka_unit_test(every_day_is_the_librarys), cmocka_unit_test(sums_do_not_wrap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
