/* SPDX-License-Identifier: MIT */
#include "config/zone/zone_rule.h"

#include <errno.h>
#include <string.h>

#define SECONDS_PER_DAY 86400
#define RULE_CHANGES 6 /* of three years */
#define NAME_LENGTH_MIN 3

/* ---- the calendar ---- */

/* Years begin with March here, so that February 29 is the last day of one. An era has 400 years. */
#define DAYS_PER_ERA 146097
#define DAYS_TO_1970 719468 /* from 0000-03-01 */

static int64_t zone_floor(int64_t number, int64_t divisor)
{
    return number >= 0 ? number / divisor : -((divisor - 1 - number) / divisor);
}

int64_t zone_days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t from_march = month > 2 ? year : year - 1;
    int64_t era = zone_floor(from_march, 400);
    int64_t year_of_era = from_march - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

int64_t zone_year_of(int64_t days)
{
    int64_t shifted = days + DAYS_TO_1970;
    int64_t era = zone_floor(shifted, DAYS_PER_ERA);
    int64_t day = shifted - era * DAYS_PER_ERA;
    int64_t year = (day - day / 1460 + day / 36524) / 365;
    int64_t day_of_year = day - (365 * year + year / 4 - year / 100);

    return era * 400 + year + (day_of_year >= 306); /* January and February */
}

static bool zone_is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* ---- reading ---- */

typedef struct RuleReader {
    const char *at;
    bool is_bad;
} RuleReader;

static bool rule_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool rule_is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool rule_take(RuleReader *reader, char wanted)
{
    if (*reader->at != wanted)
        return false;
    reader->at++;
    return true;
}

/* A number of one to three digits, 0 after a mistake. */
static int32_t rule_take_number(RuleReader *reader, int32_t least, int32_t most)
{
    int32_t number = 0;
    int digits = 0;

    for (; rule_is_digit(*reader->at) && digits < 3; digits++)
        number = number * 10 + (*reader->at++ - '0');
    if (digits > 0 && number >= least && number <= most)
        return number;
    reader->is_bad = true;
    return 0;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static int32_t rule_take_time(RuleReader *reader, int32_t hours_most)
{
    bool is_negative = rule_take(reader, '-');
    int32_t seconds;

    if (!is_negative)
        rule_take(reader, '+');
    seconds = rule_take_number(reader, 0, hours_most) * 3600;
    if (rule_take(reader, ':')) {
        seconds += rule_take_number(reader, 0, 59) * 60;
        if (rule_take(reader, ':'))
            seconds += rule_take_number(reader, 0, 59);
    }
    return is_negative ? -seconds : seconds;
}

/* CET, or <+0330>. */
static void rule_skip_name(RuleReader *reader)
{
    bool is_quoted = rule_take(reader, '<');
    int length = 0;

    for (; rule_is_letter(*reader->at) ||
           (is_quoted && (rule_is_digit(*reader->at) || *reader->at == '+' || *reader->at == '-'));
         reader->at++)
        length++;
    if (length < NAME_LENGTH_MIN || (is_quoted && !rule_take(reader, '>')))
        reader->is_bad = true;
}

static ZoneDay rule_take_day(RuleReader *reader)
{
    ZoneDay day = {.kind = ZONE_DAY_OF_YEAR, .second = 2 * 3600};

    if (rule_take(reader, 'M')) {
        day.kind = ZONE_DAY_OF_WEEK;
        day.month = rule_take_number(reader, 1, 12);
        reader->is_bad |= !rule_take(reader, '.');
        day.week = rule_take_number(reader, 1, 5);
        reader->is_bad |= !rule_take(reader, '.');
        day.day = rule_take_number(reader, 0, 6);
    } else if (rule_take(reader, 'J')) {
        day.kind = ZONE_DAY_JULIAN;
        day.day = rule_take_number(reader, 1, 365);
    } else {
        day.day = rule_take_number(reader, 0, 365);
    }
    if (rule_take(reader, '/'))
        day.second = rule_take_time(reader, 167);
    return day;
}

/* POSIX counts offsets west of Greenwich. */
int zone_rule_parse(const char *text, ZoneRule *ret_rule)
{
    RuleReader reader = {.at = text};
    ZoneRule rule = {0};

    rule_skip_name(&reader);
    rule.offset = -rule_take_time(&reader, 24);
    if (*reader.at && !reader.is_bad) {
        rule.has_summer = true;
        rule.summer_offset = rule.offset + 3600;
        rule_skip_name(&reader);
        if (*reader.at != ',')
            rule.summer_offset = -rule_take_time(&reader, 24);
        reader.is_bad |= !rule_take(&reader, ',');
        rule.summer_start = rule_take_day(&reader);
        reader.is_bad |= !rule_take(&reader, ',');
        rule.summer_end = rule_take_day(&reader);
    }
    if (reader.is_bad || *reader.at)
        return -EINVAL;
    *ret_rule = rule;
    return 0;
}

/* ---- finding ---- */

static int64_t rule_weekday_of(const ZoneDay *day, int64_t year)
{
    int64_t first = zone_days_of(year, day->month, 1);
    int64_t next =
        day->month == 12 ? zone_days_of(year + 1, 1, 1) : zone_days_of(year, day->month + 1, 1);
    int64_t weekday = (first + 4) % 7; /* 1970-01-01 was a Thursday; negative before */
    int64_t days = first + (day->day - weekday + 7) % 7 + (int64_t)7 * (day->week - 1);

    return days < next ? days : days - 7;
}

/* The second of that day in a year, counted since 1970 by the clocks before. */
static int64_t rule_local(const ZoneDay *day, int64_t year)
{
    int64_t days = zone_days_of(year, 1, 1);

    if (day->kind == ZONE_DAY_OF_WEEK)
        days = rule_weekday_of(day, year);
    else if (day->kind == ZONE_DAY_OF_YEAR)
        days += day->day;
    else
        days += day->day - 1 + (zone_is_leap(year) && day->day >= 60);
    return days * SECONDS_PER_DAY + day->second;
}

typedef struct RuleChange {
    int64_t when;
    int32_t offset;
} RuleChange;

/* Keeps the changes in order; of two at one moment the one to summer time is the later: some zones
 * write a whole year of it so (RFC 9636, section 3.3.1). */
static void rule_insert(RuleChange *changes, size_t count, RuleChange change, bool is_start)
{
    size_t i = count;

    for (; i > 0 &&
           (changes[i - 1].when > change.when || (changes[i - 1].when == change.when && !is_start));
         i--)
        changes[i] = changes[i - 1];
    changes[i] = change;
}

/* A moment's own year and the two beside it have the changes before and after it. */
void zone_rule_find(const ZoneRule *rule, int64_t when, int64_t *ret_start, int64_t *ret_end,
                    int32_t *ret_offset)
{
    int64_t year = zone_year_of(zone_floor(when, SECONDS_PER_DAY));
    RuleChange changes[RULE_CHANGES];
    size_t count = 0;

    *ret_start = INT64_MIN;
    *ret_end = INT64_MAX;
    *ret_offset = rule->offset;
    if (!rule->has_summer)
        return;
    for (int64_t y = year - 1; y <= year + 1; y++) {
        RuleChange start = {rule_local(&rule->summer_start, y) - rule->offset, rule->summer_offset};
        RuleChange end = {rule_local(&rule->summer_end, y) - rule->summer_offset, rule->offset};

        rule_insert(changes, count++, start, true);
        rule_insert(changes, count++, end, false);
    }
    for (size_t i = 0; i < count; i++) {
        if (changes[i].when > when) {
            *ret_end = changes[i].when;
            return;
        }
        *ret_start = changes[i].when;
        *ret_offset = changes[i].offset;
    }
}
