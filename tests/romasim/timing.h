/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC. */
uint64_t timing_now_usec(void);
uint64_t timing_now_msec(void);

/* The stand-in's own wall clock: the machine's plus the skew of the state file, in seconds. */
time_t timing_wall(void);
void timing_set_skew(long seconds);

/* The wall clock as an HTTP date; the text is static and changes once a second. */
const char *timing_http_date(void);

/* A time as 2024-01-02T03:04:05Z (at least 21 bytes). */
void timing_rfc3339(time_t t, char *ret_text, size_t size);

typedef void (*TimingFunction)(void *userdata);

/* Calls `function` from timing_run() once `delay_msec` have passed. */
void timing_after(uint64_t delay_msec, TimingFunction function, void *userdata);

/* As a delay: until timing_release(). */
#define TIMING_HELD_MSEC (1000ull * 3600 * 24 * 365)

/* What waits for this is due now. */
void timing_release(void);

/* Calls everything that is due. */
void timing_run(void);

/* Milliseconds until the next call is due, at most `max_msec`. */
int timing_next_msec(int max_msec);
