/* SPDX-License-Identifier: MIT */
/* When a zone's clocks are set, year by year: the TZ string of POSIX (XBD section 8.3) with the
 * extensions that TZif files have (RFC 9636, section 3.3.1). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef enum ZoneDayKind {
    ZONE_DAY_JULIAN,  /* Jn: the day 1 to 365, February 29 is never counted */
    ZONE_DAY_OF_YEAR, /* n: the day 0 to 365, February 29 is counted */
    ZONE_DAY_OF_WEEK, /* Mm.w.d: the weekday d of the week w of the month m; w 5 is the last */
} ZoneDayKind;

typedef struct ZoneDay {
    ZoneDayKind kind;
    int32_t day;    /* OF_WEEK: 0 is Sunday */
    int32_t week;   /* OF_WEEK */
    int32_t month;  /* OF_WEEK */
    int32_t second; /* of that day, by the clocks before; -167 to 167 hours */
} ZoneDay;

typedef struct ZoneRule {
    int32_t offset; /* standard time, seconds east of UTC */
    bool has_summer;
    int32_t summer_offset;
    ZoneDay summer_start, summer_end;
} ZoneRule;

/* Reads a string such as "CET-1CEST,M3.5.0,M10.5.0/3". 0 or -EINVAL. */
int zone_rule_parse(const char *text, ZoneRule *ret_rule);

/* The last change at or before a moment, the first after it, and the offset between them; without
 * summer time INT64_MIN and INT64_MAX. */
void zone_rule_find(const ZoneRule *rule, int64_t when, int64_t *ret_start, int64_t *ret_end,
                    int32_t *ret_offset);

/* Days from 1970-01-01 to a day of the Gregorian calendar, and the year that a day lies in. */
int64_t zone_days_of(int64_t year, int64_t month, int64_t day);
int64_t zone_year_of(int64_t days);
