/* SPDX-License-Identifier: MIT */
#include "daemon/base/duration.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

#define DIGITS_MAX 20U

typedef struct Unit {
    const char *name;
    uint64_t usec;
} Unit;

/* From the largest on. */
static const Unit units[] = {
    {"d", USEC_PER_DAY}, {"h", USEC_PER_HOUR},  {"m", USEC_PER_MINUTE},
    {"s", USEC_PER_SEC}, {"ms", USEC_PER_MSEC},
};

static const Unit *find_unit(const char *name, bool may_have_days)
{
    for (size_t i = may_have_days ? 0 : 1; i < ELEMENTS(units); i++) {
        if (str_equal(units[i].name, name))
            return &units[i];
    }
    return NULL;
}

int duration_parse(const char *text, bool may_have_days, uint64_t *ret_usec)
{
    size_t length = strspn(text, "0123456789");
    const Unit *unit = find_unit(text + length, may_have_days);
    char digits[DIGITS_MAX + 1];
    uint64_t count;
    int r;

    if (!unit || length == 0)
        return -EINVAL;
    if (length > DIGITS_MAX)
        return -ERANGE;
    memcpy(digits, text, length);
    digits[length] = '\0';
    r = str_parse_uint(digits, UINT64_MAX / unit->usec, &count);
    if (r < 0)
        return r;
    *ret_usec = count * unit->usec;
    return 0;
}

void duration_format(uint64_t usec, bool may_have_days, char ret_text[static DURATION_TEXT_SIZE])
{
    size_t i = may_have_days ? 0 : 1;

    while (i + 1 < ELEMENTS(units) && (usec == 0 || usec % units[i].usec != 0))
        i++;
    snprintf(ret_text, DURATION_TEXT_SIZE, "%" PRIu64 "%s", usec / units[i].usec, units[i].name);
}
