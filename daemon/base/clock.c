/* SPDX-License-Identifier: MIT */
#include "daemon/base/clock.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t clock_read(clockid_t clock)
{
    struct timespec now;
    int r = clock_gettime(clock, &now);

    assert(r == 0);
    return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_monotonic_usec(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

uint64_t clock_boottime_usec(void)
{
    return clock_read(CLOCK_BOOTTIME);
}

uint64_t clock_realtime_usec(void)
{
    return clock_read(CLOCK_REALTIME);
}

static struct tm clock_utc(uint64_t realtime_usec)
{
    time_t seconds = (time_t)(realtime_usec / USEC_PER_SEC);
    struct tm parts = {.tm_mday = 1, .tm_year = 70};

    gmtime_r(&seconds, &parts);
    return parts;
}

void clock_format_rfc3339(uint64_t realtime_usec, char ret_text[static CLOCK_RFC3339_SIZE])
{
    struct tm parts = clock_utc(realtime_usec);

    if (strftime(ret_text, CLOCK_RFC3339_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        ret_text[0] = '\0';
}

void clock_format_sdk_date(uint64_t realtime_usec, char ret_text[static CLOCK_SDK_DATE_SIZE])
{
    struct tm parts = clock_utc(realtime_usec);

    if (strftime(ret_text, CLOCK_SDK_DATE_SIZE, "%Y%m%dT%H%M%SZ", &parts) == 0)
        ret_text[0] = '\0';
}

void clock_format_duration(uint64_t duration_usec, char *ret_text, size_t size)
{
    uint64_t seconds = duration_usec / USEC_PER_SEC;

    if (duration_usec < USEC_PER_SEC)
        snprintf(ret_text, size, "%" PRIu64 " ms", duration_usec / USEC_PER_MSEC);
    else if (seconds < 60)
        snprintf(ret_text, size, "%" PRIu64 " s", seconds);
    else if (seconds < 3600)
        snprintf(ret_text, size, "%" PRIu64 " min %" PRIu64 " s", seconds / 60, seconds % 60);
    else
        snprintf(ret_text, size, "%" PRIu64 " h %" PRIu64 " min", seconds / 3600,
                 seconds / 60 % 60);
}

/* A number of exactly that many digits. */
static bool clock_take_number(const char **text, unsigned digits, int64_t *ret_number)
{
    int64_t number = 0;

    for (; digits > 0; digits--, (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        number = number * 10 + (**text - '0');
    }
    *ret_number = number;
    return true;
}

static bool clock_take_char(const char **text, char wanted)
{
    if (**text != wanted)
        return false;
    (*text)++;
    return true;
}

static int64_t clock_days_of_month(int64_t year, int64_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && is_leap);
}

/* Days since the epoch. */
static bool clock_take_date(const char **text, int64_t *ret_days)
{
    int64_t year, month, day, days;

    if (!clock_take_number(text, 4, &year) || !clock_take_char(text, '-') ||
        !clock_take_number(text, 2, &month) || !clock_take_char(text, '-') ||
        !clock_take_number(text, 2, &day))
        return false;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > clock_days_of_month(year, month))
        return false;
    days = (year - 1970) * 365 + (year - 1969) / 4 - (year - 1901) / 100 + (year - 1601) / 400;
    for (int64_t before = 1; before < month; before++)
        days += clock_days_of_month(year, before);
    *ret_days = days + day - 1;
    return true;
}

/* Seconds of the day; 60 is a leap second. */
static bool clock_take_time(const char **text, int64_t *ret_seconds)
{
    int64_t hour, minute, second;

    if (!clock_take_number(text, 2, &hour) || !clock_take_char(text, ':') ||
        !clock_take_number(text, 2, &minute) || !clock_take_char(text, ':') ||
        !clock_take_number(text, 2, &second))
        return false;
    *ret_seconds = hour * 3600 + minute * 60 + second;
    return hour < 24 && minute < 60 && second <= 60;
}

static bool clock_take_fraction(const char **text, int64_t *ret_usec)
{
    int64_t usec = 0, unit = 100000;
    int digits = 0;

    if (clock_take_char(text, '.')) {
        for (; **text >= '0' && **text <= '9' && digits < 9; (*text)++, digits++, unit /= 10)
            usec += (**text - '0') * unit;
        if (digits == 0)
            return false;
    }
    *ret_usec = usec;
    return true;
}

/* Z, or +02:00: how far the clock of the text is ahead of UTC. */
static bool clock_take_offset(const char **text, int64_t *ret_seconds)
{
    bool is_behind = **text == '-';
    int64_t hour, minute;

    *ret_seconds = 0;
    if (clock_take_char(text, 'Z'))
        return true;
    if (!is_behind && **text != '+')
        return false;
    (*text)++;
    if (!clock_take_number(text, 2, &hour) || !clock_take_char(text, ':') ||
        !clock_take_number(text, 2, &minute))
        return false;
    *ret_seconds = (hour * 3600 + minute * 60) * (is_behind ? -1 : 1);
    return hour < 24 && minute < 60;
}

int clock_parse_date(const char *text, uint64_t *ret_realtime_usec)
{
    int64_t days;

    if (!clock_take_date(&text, &days) || *text)
        return -EINVAL;
    *ret_realtime_usec = (uint64_t)days * USEC_PER_DAY;
    return 0;
}

int clock_parse_rfc3339(const char *text, uint64_t *ret_realtime_usec)
{
    int64_t days, seconds, fraction_usec, offset;

    if (!clock_take_date(&text, &days) || !clock_take_char(&text, 'T') ||
        !clock_take_time(&text, &seconds) || !clock_take_fraction(&text, &fraction_usec) ||
        !clock_take_offset(&text, &offset) || *text)
        return -EINVAL;
    seconds += days * 86400 - offset;
    if (seconds < 0)
        return -EINVAL;
    *ret_realtime_usec = (uint64_t)seconds * USEC_PER_SEC + (uint64_t)fraction_usec;
    return 0;
}
