/* SPDX-License-Identifier: MIT */
/* Points in time and durations, in microseconds. Waiting goes by the monotonic clock; the wall
 * clock is for signing, expiry and what people read. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define USEC_PER_MSEC UINT64_C(1000)
#define USEC_PER_SEC UINT64_C(1000000)
#define USEC_PER_MINUTE (60 * USEC_PER_SEC)
#define USEC_PER_HOUR (60 * USEC_PER_MINUTE)
#define USEC_PER_DAY (24 * USEC_PER_HOUR)
#define USEC_NEVER UINT64_MAX

/* CLOCK_MONOTONIC. */
uint64_t clock_monotonic_usec(void);

/* CLOCK_BOOTTIME: since the boot, time asleep included; nobody can set it. */
uint64_t clock_boottime_usec(void);

/* CLOCK_REALTIME, since the epoch. */
uint64_t clock_realtime_usec(void);

#define CLOCK_RFC3339_SIZE 21
#define CLOCK_SDK_DATE_SIZE 17

/* 2026-11-24T15:04:05Z (RFC 3339, whole seconds, UTC). */
void clock_format_rfc3339(uint64_t realtime_usec, char ret_text[static CLOCK_RFC3339_SIZE]);

/* 20261124T150405Z, the form of X-Sdk-Date (API.md section 5). */
void clock_format_sdk_date(uint64_t realtime_usec, char ret_text[static CLOCK_SDK_DATE_SIZE]);

/* A duration for people: 500 ms, 12 s, 5 min 3 s, 2 h 5 min. */
void clock_format_duration(uint64_t duration_usec, char *ret_text, size_t size);

/* Reads a time of RFC 3339, such as 2026-11-24T15:04:05Z or 2026-11-24T16:04:05.250+01:00, with 0
 * to 9 digits of fraction, from 1970 to the year 9999. 0 or -EINVAL. */
int clock_parse_rfc3339(const char *text, uint64_t *ret_realtime_usec);

/* Reads a date, 2026-11-24, as its 00:00 UTC. 0 or -EINVAL. */
int clock_parse_date(const char *text, uint64_t *ret_realtime_usec);

/* The sum, or USEC_NEVER where it would not fit: for adding what somebody else said. */
static inline uint64_t usec_add(uint64_t a, uint64_t b)
{
    return a > USEC_NEVER - b ? USEC_NEVER : a + b;
}
