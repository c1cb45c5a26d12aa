/* SPDX-License-Identifier: MIT */
/* The rule by which a zone goes on: the calendar day by day, TZ strings field by field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "config/zone/zone_rule.h"
#include "daemon/base/mem.h"

/* ---- the calendar ---- */

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static void each_day_has_its_number_and_its_year(void **state)
{
    static const int64_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days;

    (void)state;
    assert_int_equal(zone_days_of(1970, 1, 1), 0);
    assert_int_equal(zone_days_of(2000, 3, 1), 11017);
    days = zone_days_of(-1139, 1, 1);
    for (int64_t year = -1139; year < 2900; year++) {
        for (int64_t month = 1; month <= 12; month++) {
            int64_t length = lengths[month - 1] + (month == 2 && is_leap(year));

            assert_int_equal(zone_days_of(year, month, 1), days);
            assert_int_equal(zone_year_of(days), year);
            days += length;
            assert_int_equal(zone_days_of(year, month, length), days - 1);
            assert_int_equal(zone_year_of(days - 1), year);
        }
    }
}

/* ---- TZ strings ---- */

typedef struct Parsed {
    const char *text;
    ZoneRule rule;
} Parsed;

#define HOUR 3600
#define JULIAN(day_, second_)                                                                      \
    {                                                                                              \
        .kind = ZONE_DAY_JULIAN, .day = day_, .second = second_                                    \
    }
#define OF_YEAR(day_, second_)                                                                     \
    {                                                                                              \
        .kind = ZONE_DAY_OF_YEAR, .day = day_, .second = second_                                   \
    }
#define OF_WEEK(month_, week_, day_, second_)                                                      \
    {                                                                                              \
        .kind = ZONE_DAY_OF_WEEK, .month = month_, .week = week_, .day = day_, .second = second_   \
    }

static const Parsed parsed[] = {
    {"AZz0", {.offset = 0}},
    {"azZ+24", {.offset = -24 * HOUR}},
    {"<+09>-24:59:59", {.offset = 24 * HOUR + 3599}},
    {"<-0A>1:00:01", {.offset = -HOUR - 1}},
    {"AAA1BBB,J1,J365",
     {.offset = -HOUR,
      .has_summer = true,
      .summer_offset = 0,
      .summer_start = JULIAN(1, 2 * HOUR),
      .summer_end = JULIAN(365, 2 * HOUR)}},
    {"AAA-1BBB-3,0/0,365/167",
     {.offset = HOUR,
      .has_summer = true,
      .summer_offset = 3 * HOUR,
      .summer_start = OF_YEAR(0, 0),
      .summer_end = OF_YEAR(365, 167 * HOUR)}},
    {"AAA-1BBB,M1.1.0/-167,M12.5.6/-1:30:30",
     {.offset = HOUR,
      .has_summer = true,
      .summer_offset = 2 * HOUR,
      .summer_start = OF_WEEK(1, 1, 0, -167 * HOUR),
      .summer_end = OF_WEEK(12, 5, 6, -5430)}},
};

static void expect_day(const ZoneDay *day, const ZoneDay *expected)
{
    assert_int_equal(day->kind, expected->kind);
    assert_int_equal(day->day, expected->day);
    assert_int_equal(day->week, expected->week);
    assert_int_equal(day->month, expected->month);
    assert_int_equal(day->second, expected->second);
}

static void each_field_of_a_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(parsed); i++) {
        const ZoneRule *expected = &parsed[i].rule;
        ZoneRule rule;

        if (zone_rule_parse(parsed[i].text, &rule) < 0)
            fail_msg("refused: \"%s\"", parsed[i].text);
        assert_int_equal(rule.offset, expected->offset);
        assert_int_equal(rule.has_summer, expected->has_summer);
        assert_int_equal(rule.summer_offset, expected->summer_offset);
        expect_day(&rule.summer_start, &expected->summer_start);
        expect_day(&rule.summer_end, &expected->summer_end);
    }
}

static void what_is_beyond_each_field(void **state)
{
    static const char *const bad[] = {
        "AA0",
        "A@A0",
        "A[A0",
        "A`A0",
        "A{A0",
        "A1A0",
        "A-A0",
        "<A/A>0",
        "<A:A>0",
        "<AA>0",
        "<AAA0",
        "AAA",
        "AAA+",
        "AAA25",
        "AAA0:60",
        "AAA0:0:60",
        "AAA0:",
        "AAA0:0:",
        "AAA0000",
        "AAA0BB,J1,J2",
        "AAA0BBB25,J1,J2",
        "AAA0BBBJ1,J2",
        "AAA0BBB,J1J2",
        "AAA0BBB,J1,J366",
        "AAA0BBB,J1,-1",
        "AAA0BBB,J1,366",
        "AAA0BBB,J1/168,J2",
        "AAA0BBB,J1/-168,J2",
        "AAA0BBB,M0.1.0,J2",
        "AAA0BBB,M13.1.0,J2",
        "AAA0BBB,M1.0.0,J2",
        "AAA0BBB,M1.6.0,J2",
        "AAA0BBB,M1.1.7,J2",
        "AAA0BBB,M1,1.0,J2",
        "AAA0BBB,M1.1,0,J2",
        "AAA0BBB,J1,J2,",
        "AAA0 ",
    };
    ZoneRule rule;

    (void)state;
    for (size_t i = 0; i < ELEMENTS(bad); i++) {
        if (zone_rule_parse(bad[i], &rule) != -EINVAL)
            fail_msg("taken: \"%s\"", bad[i]);
    }
}

/* A change is at its very second, in the first and last days of years as well. */
static void changes_of_a_rule_are_exact(void **state)
{
    static const struct {
        const char *rule;
        int64_t year, month, day; /* of the beginning of summer time */
    } cases[] = {
        {"AAA0BBB,M12.5.0/0,M1.2.0/0", 2023, 12, 31}, {"AAA0BBB,M12.4.0/0,M1.2.0/0", 2023, 12, 24},
        {"AAA0BBB,M1.1.0/0,M7.1.0/0", 2023, 1, 1},    {"AAA0BBB,M1.1.6/0,M7.1.0/0", 2022, 1, 1},
        {"AAA0BBB,M2.5.2/0,M7.1.0/0", 2028, 2, 29},   {"AAA0BBB,M2.5.2/0,M7.1.0/0", 2027, 2, 23},
        {"AAA0BBB,M2.4.2/0,M7.1.0/0", 2028, 2, 22},   {"AAA0BBB,J59/0,J200/0", 2028, 2, 28},
        {"AAA0BBB,J60/0,J200/0", 2028, 3, 1},         {"AAA0BBB,J60/0,J200/0", 2027, 3, 1},
        {"AAA0BBB,59/0,J200/0", 2028, 2, 29},         {"AAA0BBB,59/0,J200/0", 2100, 3, 1},
        {"AAA0BBB,M3.1.4/0,M7.1.0/0", 1962, 3, 1},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        int64_t expected = zone_days_of(cases[i].year, cases[i].month, cases[i].day) * 86400, start,
                end;
        int32_t offset;
        ZoneRule rule;

        assert_int_equal(zone_rule_parse(cases[i].rule, &rule), 0);
        zone_rule_find(&rule, expected, &start, &end, &offset);
        assert_int_equal(start, expected);
        assert_int_equal(offset, HOUR);
        zone_rule_find(&rule, expected - 1, &start, &end, &offset);
        assert_int_equal(end, expected);
        assert_int_equal(offset, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_day_has_its_number_and_its_year),
        cmocka_unit_test(each_field_of_a_rule),
        cmocka_unit_test(what_is_beyond_each_field),
        cmocka_unit_test(changes_of_a_rule_are_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
