/* SPDX-License-Identifier: MIT */
#include "daemon/base/clock.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t clock_read(clockid_t clock)
{
    struct timespec now;

    assert(clock_gettime(clock, &now) == 0);
    return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_monotonic_usec(void)
{
    return clock_read(CLOCK_MONOTONIC);
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

void clock_format_duration(uint64_t span_usec, char *ret_text, size_t size)
{
    uint64_t seconds = span_usec / USEC_PER_SEC;

    if (span_usec < USEC_PER_SEC)
        snprintf(ret_text, size, "%" PRIu64 " ms", span_usec / USEC_PER_MSEC);
    else if (seconds < 60)
        snprintf(ret_text, size, "%" PRIu64 " s", seconds);
    else if (seconds < 3600)
        snprintf(ret_text, size, "%" PRIu64 " min %" PRIu64 " s", seconds / 60, seconds % 60);
    else
        snprintf(ret_text, size, "%" PRIu64 " h %" PRIu64 " min", seconds / 3600,
                 seconds / 60 % 60);
}

int clock_parse_rfc3339(const char *text, uint64_t *ret_realtime_usec)
{
    struct tm parts = {0};
    uint64_t fraction_usec = 0, unit = 100000;
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    int digits = 0;
    time_t seconds;

    if (!rest)
        return -EINVAL;
    if (*rest == '.') {
        for (rest++; *rest >= '0' && *rest <= '9' && digits < 9; rest++, digits++, unit /= 10)
            fraction_usec += (uint64_t)(*rest - '0') * unit;
        if (digits == 0)
            return -EINVAL;
    }
    if (strcmp(rest, "Z") != 0)
        return -EINVAL;
    seconds = timegm(&parts);
    if (seconds < 0)
        return -EINVAL;
    *ret_realtime_usec = (uint64_t)seconds * USEC_PER_SEC + fraction_usec;
    return 0;
}
