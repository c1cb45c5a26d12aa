/* SPDX-License-Identifier: MIT */
/* Durations as people write them, 500ms, 30s, 5m, 1h, 7d, 2w, and the beginnings of durations that
 * end now. The only parser of them: settings, rosters, command lines and requests use it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/clock.h"

/* The longest duration, 100 years: the wall clock and this added still make a year of four digits,
 * and no sum of a few of them comes near the end of 64 bits. */
#define DURATION_MAX_USEC (UINT64_C(36500) * USEC_PER_DAY)

/* What would be right, for messages about duration_parse_since(). */
#define DURATION_SINCE_HINT                                                                        \
    "a duration such as 30m, 2h, 7d or 2w, a date such as 2026-11-24, today, yesterday (dates "    \
    "begin at 00:00 UTC), or a time such as 2026-11-24T15:04:05Z"

/* A whole number and a unit, nothing between. 0; -EINVAL for what is no duration; -ERANGE for one
 * above DURATION_MAX_USEC. */
int duration_parse(const char *text, uint64_t *ret_usec);

/*
 * The realtime at which a duration that ends at `now_usec` began: a duration before now (not before
 * 1970), a date, "today" or "yesterday" (00:00 UTC of that day), or a time of RFC 3339. 0; -EINVAL
 * for what is none of them; -ERANGE for a duration that is too long, -EDOM for a time after now.
 */
int duration_parse_since(const char *text, uint64_t now_usec, uint64_t *ret_realtime_usec);

/* The name of a unit and what it is, from the longest on; NULL behind the last. */
const char *duration_unit(size_t number, uint64_t *ret_usec);

#define DURATION_TEXT_SIZE 32

/* The way back, in the largest unit up to days that needs no fraction; whole milliseconds. */
void duration_format(uint64_t usec, char ret_text[static DURATION_TEXT_SIZE]);
