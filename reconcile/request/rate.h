/* SPDX-License-Identifier: MIT */
/* At most so many requests begun in any one second (limits.requests_per_second). */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct Rate {
    uint64_t *begun; /* ring of the newest `limit` beginnings */
    size_t limit;    /* 0: no limit */
    size_t next;     /* where the next one goes: the oldest stands there */
    size_t count;
} Rate;

/* 0 or -ENOMEM. */
int rate_init(Rate *rate, uint32_t per_second);
void rate_done(Rate *rate);

/* The first moment, not before now, at which another request may begin. Monotonic microseconds. */
uint64_t rate_next_usec(const Rate *rate, uint64_t now_usec);

/* Counts what the old rate saw begin; where the limits differ, the newest of it that fit. */
void rate_take_over(Rate *rate, const Rate *old);

/* Notes that one begins now. */
void rate_note(Rate *rate, uint64_t now_usec);
