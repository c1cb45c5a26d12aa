/* SPDX-License-Identifier: MIT */
#include "daemon/base/duration.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"

#define DIGITS_MAX 20U

typedef struct Unit {
    const char *name;
    uint64_t usec;
} Unit;

/* From the largest on. */
static const Unit units[] = {
    {"w", 7 * USEC_PER_DAY}, {"d", USEC_PER_DAY}, {"h", USEC_PER_HOUR},
    {"m", USEC_PER_MINUTE},  {"s", USEC_PER_SEC}, {"ms", USEC_PER_MSEC},
};

const char *duration_unit(size_t number, uint64_t *ret_usec)
{
    if (number >= ELEMENTS(units))
        return NULL;
    *ret_usec = units[number].usec;
    return units[number].name;
}

static const Unit *find_unit(const char *name)
{
    for (size_t i = 0; i < ELEMENTS(units); i++) {
        if (str_equal(units[i].name, name))
            return &units[i];
    }
    return NULL;
}

int duration_parse(const char *text, uint64_t *ret_usec)
{
    size_t length = strspn(text, "0123456789");
    const Unit *unit = find_unit(text + length);
    char digits[DIGITS_MAX + 1];
    uint64_t count;
    int r;

    if (!unit || length == 0)
        return -EINVAL;
    if (length > DIGITS_MAX)
        return text[0] == '0' ? -EINVAL : -ERANGE;
    memcpy(digits, text, length);
    digits[length] = '\0';
    r = str_parse_uint(digits, DURATION_MAX_USEC / unit->usec, &count);
    if (r < 0)
        return r;
    *ret_usec = count * unit->usec;
    return 0;
}

int duration_parse_since(const char *text, uint64_t now_usec, uint64_t *ret_realtime_usec)
{
    uint64_t today_usec = now_usec - now_usec % USEC_PER_DAY;
    uint64_t usec = 0;
    int r = duration_parse(text, &usec);

    if (r == 0) {
        *ret_realtime_usec = usec < now_usec ? now_usec - usec : 0;
        return 0;
    }
    if (r == -ERANGE)
        return r;
    if (str_equal(text, "today"))
        usec = today_usec;
    else if (str_equal(text, "yesterday"))
        usec = today_usec < USEC_PER_DAY ? 0 : today_usec - USEC_PER_DAY;
    else if (clock_parse_date(text, &usec) < 0 && clock_parse_rfc3339(text, &usec) < 0)
        return -EINVAL;
    if (usec > now_usec)
        return -EDOM;
    *ret_realtime_usec = usec;
    return 0;
}

void duration_format(uint64_t usec, char ret_text[static DURATION_TEXT_SIZE])
{
    size_t i = 1; /* days */

    while (i + 1 < ELEMENTS(units) && (usec == 0 || usec % units[i].usec != 0))
        i++;
    snprintf(ret_text, DURATION_TEXT_SIZE, "%" PRIu64 "%s", usec / units[i].usec, units[i].name);
}
