/* SPDX-License-Identifier: MIT */
/* Dates of answers. Each has one, and libcurl reads them with sscanf(3). */
#include <curl/curl.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/http/client.h"

/* Where the parts of "Sun, 06 Nov 1994 08:49:37 GMT" stand. */
#define DATE_SIZE 29
#define DATE_DAY 5
#define DATE_MONTH 8
#define DATE_YEAR 12
#define DATE_TIME 17

/* The number from 0 of a word of three letters among such, or -1. */
static int date_word(const char *words, const char *text)
{
    for (int i = 0; words[3 * i] != '\0'; i++) {
        if (memcmp(words + 3 * i, text, 3) == 0)
            return i;
    }
    return -1;
}

/* The form that is to be sent, written as one that the clock reads. 0, or -EINVAL for another. */
static int date_parse_preferred(const char *text, uint64_t *ret_realtime_usec)
{
    char rfc3339[] = "1994-11-06T08:49:37Z";
    int month;

    if (strnlen(text, DATE_SIZE + 1) != DATE_SIZE || memcmp(text + 3, ", ", 2) != 0 ||
        text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || memcmp(text + 25, " GMT", 4) != 0)
        return -EINVAL;
    month = date_word("JanFebMarAprMayJunJulAugSepOctNovDec", text + DATE_MONTH) + 1;
    if (month == 0 || date_word("MonTueWedThuFriSatSun", text) < 0)
        return -EINVAL;
    memcpy(rfc3339, text + DATE_YEAR, 4);
    rfc3339[5] = (char)('0' + month / 10);
    rfc3339[6] = (char)('0' + month % 10);
    memcpy(rfc3339 + 8, text + DATE_DAY, 2);
    memcpy(rfc3339 + 11, text + DATE_TIME, 8);
    return clock_parse_rfc3339(rfc3339, ret_realtime_usec);
}

int http_parse_date(const char *text, uint64_t *ret_realtime_usec)
{
    time_t seconds;

    if (date_parse_preferred(text, ret_realtime_usec) == 0)
        return 0;
    seconds = curl_getdate(text, NULL);
    if (seconds < 0 || (uint64_t)seconds > UINT64_MAX / USEC_PER_SEC)
        return -EINVAL;
    *ret_realtime_usec = (uint64_t)seconds * USEC_PER_SEC;
    return 0;
}
